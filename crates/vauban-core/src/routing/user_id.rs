//! The signed-in user's id as a parameter, for modules that do not know the site's user.

use vauban_orm::UserId;

use super::{Call, OptionalParam, Param, Refusal};
use crate::http::{Error, Result};

/// Whoever is signed in; asks for a sign-in. `Option<UserId>` does not.
impl<S> Param<S> for UserId {
    async fn take(call: &mut Call) -> Result<Self> {
        // CWE-862: a service is no user, and nobody is none either.
        Self::of(&call.cx().actor()).ok_or_else(|| Error::refused(Refusal::SignInRequired))
    }
}

impl<S> OptionalParam<S> for UserId {
    fn is_there(call: &Call) -> bool {
        Self::of(&call.cx().actor()).is_some()
    }
}
