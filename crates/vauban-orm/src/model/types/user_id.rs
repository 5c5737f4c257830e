//! `UserId`: whose a row is, in a module that does not know the site's user.

use std::fmt;

use uuid::Uuid;

use crate::model::UserModel;
use crate::model::columns::Column;
use crate::model::field::Field;
use crate::model::filter::Filter;
use crate::model::scope::Place;
use crate::model::types::Id;
use crate::model::who::Who;
use crate::tree::expr::Expr;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// The id of a user of the site, whichever model that is: the owner's column of a module's rows.
///
/// The site's user is a model of the site, which a module in a package of its own cannot name; so it has no
/// `ForeignKey<User>`. It keeps this, and its policy asks the same question: `e.author.is(who)`. What a foreign key has
/// more, it lacks: no join, and nothing happens to the rows when the user is deleted by a statement. When an account is erased by its
/// owner's wish they go as they state, like those with a foreign key: `#[field(owner, on_delete = cascade)]`.
///
/// It is made of whoever acts ([`UserId::of`]) or of the site's own key, never of a text that a client sends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Uuid);

impl UserId {
    pub(crate) const fn of_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The id alone, for a service's own rows.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The key of the user's row: for the site, which knows the model.
    pub fn id<U: UserModel>(self) -> Id<U> {
        Id::from_uuid(self.0)
    }
}

impl<U: UserModel> From<Id<U>> for UserId {
    fn from(id: Id<U>) -> Self {
        Self(id.uuid())
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Field for UserId {
    const KIND: Kind = Kind::Uuid;
    fn to_value(&self) -> Value {
        Value::Uuid(self.0)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        <Uuid as Field>::from_value(value).map(Self)
    }
}

impl<P: Place> Column<P, UserId> {
    /// This user is whoever asks. Never true for nobody and for services (CWE-639).
    pub fn is<W>(&self, _: Who<W>) -> Filter<P::Scope> {
        self.condition(Expr::IsActor)
    }
}

impl<P: Place> Column<P, Option<UserId>> {
    /// This user is whoever asks. Never true for nobody, and where there is none.
    pub fn is<W>(&self, _: Who<W>) -> Filter<P::Scope> {
        self.condition(Expr::IsActor)
    }
}
