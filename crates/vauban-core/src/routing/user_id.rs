//! The signed-in user's id as a parameter, for modules that do not know the site's user.

use vauban_orm::UserId;

use super::{Call, Credential, Kind, OptionalParam, Param};
use crate::http::{Error, Refusal, Result};

/// Whoever is signed in; asks for a sign-in. `Option<UserId>` does not.
impl<K: Kind, C: Credential> Param<K, C> for UserId {
    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        // CWE-862: a service is no user, and nobody is none either.
        Self::of(&call.cx().actor()).ok_or_else(|| Error::refused(Refusal::SignInRequired))
    }
}

impl<K: Kind, C: Credential> OptionalParam<K, C> for UserId {
    fn is_there(call: &Call<K, C>) -> bool {
        Self::of(&call.cx().actor()).is_some()
    }
}
