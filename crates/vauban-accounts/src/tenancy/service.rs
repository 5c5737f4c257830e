//! As whom members are looked at and made: a service for each of the site's memberships, so it is written out here and not by `service!`.

use std::marker::PhantomData;

use vauban::orm::actions::{Add, Change, View};
use vauban::orm::actor::{Proof, Right};
use vauban::orm::membership::Membership;
use vauban::orm::{May, Service};
use vauban::{__place, SignedPlace};

/// Lets people in who were invited, and sees that an owner stays.
#[derive(Debug)]
pub(crate) struct Members<M>(PhantomData<fn() -> M>);

/// What of a person and a tenant is read, and that they are held while it is decided who is left.
type OfOthers<M> = (
    Right<View, <M as Membership>::Tenant>,
    (
        Right<View, <M as Membership>::Person>,
        (Right<Change, <M as Membership>::Person>, ()),
    ),
);

macro_rules! members {
    ([$($action:ident),+]; waiver!(ServiceRights, $reason:literal);) => {
        impl<M: Membership> Service for Members<M> {
            type Rights = (Right<View, M>, (Right<Add, M>, (Right<Change, M>, OfOthers<M>)));
            #[allow(deprecated)]
            const SIGNED: Proof<Self> = Proof::__by_macro();
            fn waiver() -> SignedPlace {
                __place!(ServiceRights, $reason)
            }
        }
        $(impl<M: Membership> May<$action, M> for Members<M> {
            #[allow(deprecated)]
            const LISTED: Proof<Self> = Proof::__by_macro();
        })+
    };
}

members! {
    [View, Add, Change];
    waiver!(ServiceRights, "whoever is invited belongs to nothing yet");
}
