//! A rule of a permission.

use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban_orm::{Permission, PermissionMeta};

use super::{AccessRule, BySession, SignedIn};
use crate::http::{Refusal, Request};
use crate::site::Identity;

/// Whoever holds the permission `P`: it was granted to them or to a group of theirs, and is so in the rows at this very request.
/// Whoever is signed in and does not hold it is forbidden; a stranger may sign in. Superusers hold what they were granted, as everybody
/// does. A tuple means all: `(HasPerm<A>, HasPerm<B>)`.
///
/// The rule is of the view; what may be done to each row says the row's policy, `who.has::<P>()`. (ASVS 8.2.1, CWE-862.)
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
///
/// permission!(pub PublishArticles = "articles.publish", "may publish articles of others");
///
/// #[view(post, "/articles/publish/")]
/// async fn publish(_: HasPerm<PublishArticles>) -> Result<Text> { Ok(Text::new("Published.")) }
///
/// fn module() -> Module {
///     Module::new("articles").permission::<PublishArticles>()
/// }
/// # fn main() {}
/// ```
pub struct HasPerm<P> {
    signed_in: SignedIn,
    permission: PhantomData<fn() -> P>,
}

impl<P> HasPerm<P> {
    /// The user's id.
    pub fn id(&self) -> Uuid {
        self.signed_in.id()
    }
}

impl<P: Permission> AccessRule for HasPerm<P> {
    type Credential = BySession;

    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        let signed_in = SignedIn::admit(cx, who)?;
        // CWE-862: what no module lists nobody holds.
        if who.actor().has::<P>() {
            Ok(Self {
                signed_in,
                permission: PhantomData,
            })
        } else {
            Err(Refusal::Forbidden)
        }
    }

    fn permissions(tell: &mut dyn FnMut(PermissionMeta)) {
        tell(PermissionMeta::of::<P>());
    }
}

impl<P> fmt::Debug for HasPerm<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasPerm").field(&self.signed_in.id()).finish()
    }
}

impl<P> Clone for HasPerm<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for HasPerm<P> {}
