//! Idea 1: every view states who may call it. The first parameter of a view is its access rule.

use ::http::StatusCode;

use uuid::Uuid;
use vauban_orm::UserFacts;

use crate::http::Cx;

/// Who may call a view: a decision on what the pipeline has already loaded, so it is quick and certain.
///
/// What a rule finds out, the view gets: a rule of one's own may carry a value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an access rule",
    label = "the first parameter of a view says who may call it",
    note = "write `_: Public`, `_: SignedIn`, `_: Staff`, `_: Superuser` or a rule of your own first; other parameters follow"
)]
pub trait AccessRule: Sized + Send + 'static {
    /// The name in the access matrix.
    const NAME: &'static str;

    /// Lets the caller in, or says why not.
    ///
    /// # Errors
    /// The refusal that the caller gets.
    fn admit(cx: &Cx) -> Result<Self, Refusal>;
}

/// Why an access rule turns somebody away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nobody is signed in: a browser is sent to the sign-in page and comes back afterwards.
    SignInRequired,
    /// Whoever asks may not (403).
    Forbidden,
    /// Whoever asks may not know that it exists (404).
    NotFound,
}

impl Refusal {
    /// The status of the answer; for [`Refusal::SignInRequired`] when there is no page to send the browser to.
    pub fn status(self) -> StatusCode {
        match self {
            Self::SignInRequired | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }
}

/// Everybody, signed in or not.
#[derive(Debug, Clone, Copy)]
pub struct Public;

impl AccessRule for Public {
    const NAME: &'static str = "Public";
    fn admit(_: &Cx) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// Whoever is signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    facts: UserFacts,
}

impl SignedIn {
    /// The user's id.
    pub fn id(&self) -> Uuid {
        self.facts.id
    }
}

impl AccessRule for SignedIn {
    const NAME: &'static str = "SignedIn";
    fn admit(cx: &Cx) -> Result<Self, Refusal> {
        let facts = cx.actor().user_facts().ok_or(Refusal::SignInRequired)?;
        Ok(Self { facts })
    }
}

/// Members of staff. Whoever is signed in and is none is forbidden; a stranger may sign in.
#[derive(Debug, Clone, Copy)]
pub struct Staff {
    facts: UserFacts,
}

impl Staff {
    /// The user's id.
    pub fn id(&self) -> Uuid {
        self.facts.id
    }
}

impl AccessRule for Staff {
    const NAME: &'static str = "Staff";
    fn admit(cx: &Cx) -> Result<Self, Refusal> {
        let facts = SignedIn::admit(cx)?.facts;
        if facts.is_staff {
            Ok(Self { facts })
        } else {
            Err(Refusal::Forbidden)
        }
    }
}

/// Superusers.
#[derive(Debug, Clone, Copy)]
pub struct Superuser {
    facts: UserFacts,
}

impl Superuser {
    /// The user's id.
    pub fn id(&self) -> Uuid {
        self.facts.id
    }
}

impl AccessRule for Superuser {
    const NAME: &'static str = "Superuser";
    fn admit(cx: &Cx) -> Result<Self, Refusal> {
        let facts = SignedIn::admit(cx)?.facts;
        if facts.is_superuser {
            Ok(Self { facts })
        } else {
            Err(Refusal::Forbidden)
        }
    }
}
