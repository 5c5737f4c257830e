//! Idea 1: every view states who may call it. The first parameter of a view is its access rule.

use uuid::Uuid;
use vauban_orm::{PermissionMeta, UserFacts};

use super::{BySession, Credential};
use crate::http::{Refusal, Request};
use crate::site::Identity;

/// Who may call a view: a decision on what the pipeline has already loaded, so it is quick and certain.
///
/// What a rule finds out, the view gets: a rule of one's own may carry a value. A tuple of rules means all of them:
/// `(Staff, Mfa)`. In the access matrix a rule is printed by its type; it has no name to give itself. It may be asked more
/// than once for a request, and for another method at its address: before anything tells of a view it is found out whether
/// its rule hides it ([`Refusal::NotFound`]).
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::routing::{AccessRule, BySession};
/// use vauban::site::Identity;
/// use vauban::{Request, Refusal};
///
/// /// Whoever is signed in and no member of staff.
/// pub struct Customer;
///
/// impl AccessRule for Customer {
///     type Credential = BySession;
///
///     fn admit(_: &Request, who: &Identity) -> Result<Self, Refusal> {
///         let facts = who.actor().user_facts().ok_or(Refusal::SignInRequired)?;
///         if facts.is_staff { Err(Refusal::Forbidden) } else { Ok(Self) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an access rule",
    label = "the first parameter of a view says who may call it",
    note = "write `_: Public`, `_: SignedIn`, `_: Staff`, `_: Superuser`, `_: HasPerm<P>` or a rule of your own first; other parameters follow"
)]
pub trait AccessRule: Sized + Send + 'static {
    /// What it goes by. That credential is loaded before the rule is asked, and no other.
    type Credential: Credential;

    /// Whether it asks for a second factor, as [`Mfa`] does: on a site with such a view nobody adds their first factor with a password alone
    /// (CWE-308). A rule of one's own that asks by `Mfa` hands it on: `const ASKS_FACTOR: bool = Mfa::ASKS_FACTOR;`.
    const ASKS_FACTOR: bool = false;

    /// Lets the caller in, or says why not: by the request and by what its credential proved.
    ///
    /// # Errors
    /// The refusal that the caller gets.
    fn admit(cx: &Request, who: &<Self::Credential as Credential>::Loaded) -> Result<Self, Refusal>;

    /// The permissions that it asks, for the access matrix and for start: one that no module lists is told there. A rule of one's own
    /// that asks some by another rule hands them on: `HasPerm::<PublishArticles>::permissions(tell)`.
    fn permissions(_tell: &mut dyn FnMut(PermissionMeta)) {}
}

/// Everybody, signed in or not.
#[derive(Debug, Clone, Copy)]
pub struct Public;

impl AccessRule for Public {
    type Credential = BySession;
    fn admit(_: &Request, _: &Identity) -> Result<Self, Refusal> {
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
    type Credential = BySession;
    fn admit(_: &Request, who: &Identity) -> Result<Self, Refusal> {
        let facts = who.actor().user_facts().ok_or(Refusal::SignInRequired)?;
        Ok(Self { facts })
    }
}

/// Whoever is signed in and has proved it in the last ten minutes (ASVS 7.5.1, CWE-306): for what an open session that somebody
/// else sits at should not do. Others prove it on a page of their own, and come back to the form as they had filled it.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
/// use vauban::Reauthenticated;
///
/// #[view(post, "/account/payout/")]
/// async fn pay_out(_: Reauthenticated) -> Result<Text> { Ok(Text::new("Paid.")) }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Reauthenticated {
    facts: UserFacts,
}

impl Reauthenticated {
    /// The id of whoever has proved it.
    pub fn id(&self) -> Uuid {
        self.facts.id
    }
}

impl AccessRule for Reauthenticated {
    type Credential = BySession;
    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let facts = SignedIn::admit(cx, who)?.facts;
        if who.has_just_proved() {
            Ok(Self { facts })
        } else {
            Err(Refusal::ProofRequired)
        }
    }
}

/// Whoever is signed in and has proved it by two factors of two kinds: the password, and a code of their authenticator app or a recovery
/// code (ASVS 6.3.3, CWE-308). It is asked at each request, by the rows: who has no second factor (any more) is sent to where they add one.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
/// use vauban::{Mfa, Staff};
///
/// #[view(post, "/payroll/")]
/// async fn pay((_, _): (Staff, Mfa)) -> Result<Text> { Ok(Text::new("Paid.")) }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Mfa {
    facts: UserFacts,
}

impl Mfa {
    /// The id of whoever has proved it.
    pub fn id(&self) -> Uuid {
        self.facts.id
    }
}

impl AccessRule for Mfa {
    type Credential = BySession;
    const ASKS_FACTOR: bool = true;

    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let facts = SignedIn::admit(cx, who)?.facts;
        if who.has_two_factors() {
            Ok(Self { facts })
        } else {
            Err(Refusal::FactorRequired)
        }
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
    type Credential = BySession;
    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let facts = SignedIn::admit(cx, who)?.facts;
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
    type Credential = BySession;
    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let facts = SignedIn::admit(cx, who)?.facts;
        if facts.is_superuser {
            Ok(Self { facts })
        } else {
            Err(Refusal::Forbidden)
        }
    }
}

/// A tuple of rules means all of them, asked in order; they go by one credential.
macro_rules! all_of {
    ($($first:ident $($more:ident)+;)+) => {$(
        impl<$first: AccessRule, $($more: AccessRule<Credential = $first::Credential>),+> AccessRule for ($first, $($more),+) {
            type Credential = $first::Credential;
            const ASKS_FACTOR: bool = $first::ASKS_FACTOR $(|| $more::ASKS_FACTOR)+;

            fn admit(cx: &Request, who: &<Self::Credential as Credential>::Loaded) -> Result<Self, Refusal> {
                Ok(($first::admit(cx, who)?, $($more::admit(cx, who)?),+))
            }
            fn permissions(tell: &mut dyn FnMut(PermissionMeta)) {
                $first::permissions(tell);
                $($more::permissions(tell);)+
            }
        }
    )+};
}
all_of! { A B; A B C; A B C D; }
