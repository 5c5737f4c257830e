//! The signed-in user's id as a parameter, for modules that do not know the site's user.

use vauban_orm::UserId;

use super::{Call, Param, Refusal};
use crate::http::{Error, Result};

/// Whoever is signed in; asks for a sign-in. `Option<UserId>` does not.
impl<S> Param<S> for UserId {
    async fn take(call: &mut Call) -> Result<Self> {
        // CWE-862: a service is no user, and nobody is none either.
        Self::of(&call.cx().actor()).ok_or_else(|| Error::refused(Refusal::SignInRequired))
    }
}

impl<S> Param<S> for Option<UserId> {
    async fn take(call: &mut Call) -> Result<Self> {
        Ok(UserId::of(&call.cx().actor()))
    }
}
