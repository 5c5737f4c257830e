//! A rule of two: a person by the session, a program by its token.

use vauban_orm::PermissionMeta;

use super::{AccessRule, ByEither, BySession, ByToken, Credential, TokenScheme};
use crate::http::{Refusal, Request};
use crate::site::Identity;

/// A rule that takes either of two: a person by the session, or a program by its token. The presence of
/// `Authorization` decides which is asked, before anything is looked up, and whether a token against forgery is
/// needed. A view behind it gets the rule's value, and neither the session nor the user's row.
#[derive(Debug, Clone, Copy)]
pub enum Either<A, B> {
    /// Let in by the session.
    Session(A),
    /// Let in by a token.
    Token(B),
}

impl<T, A, B> AccessRule for Either<A, B>
where
    T: TokenScheme,
    A: AccessRule<Credential = BySession>,
    B: AccessRule<Credential = ByToken<T>>,
{
    type Credential = ByEither<T>;
    const ASKS_FACTOR: bool = A::ASKS_FACTOR || B::ASKS_FACTOR;

    fn admit(cx: &Request, who: &Identity) -> Result<Self, Refusal> {
        if cx.is_ambient() {
            A::admit(cx, who).map(Self::Session)
        } else {
            B::admit(cx, ByToken::<T>::loaded(cx)?).map(Self::Token)
        }
    }

    fn permissions(tell: &mut dyn FnMut(PermissionMeta)) {
        A::permissions(tell);
        B::permissions(tell);
    }
}
