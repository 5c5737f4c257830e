//! Models, columns, filters, policies, queries, migrations: the rows of a Vauban site.
//!
//! A row states who may see, add, change and delete it: a [`Model`] without a [`Policy`] does not
//! compile, and a [`Db`] is bound to the actor who asks, so that the policy is part of every statement.
//!
//! ```
//! use vauban_macros::Model;
//! use vauban_orm::*;
//!
//! #[derive(Model)]
//! #[model(crate = vauban_orm, user)] // `vauban`'s own users leave `crate` out
//! pub struct User {
//!     pub id: Id<User>,
//!     #[field(max_length = 100, unique)]
//!     pub email: String,
//!     #[field(privileged, default = false)] // starts with `false`; written only where the rules name it
//!     pub is_staff: bool,
//! }
//!
//! impl Policy for User {
//!     fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
//!         Rules { view: Filter::always(), change: u.id.is(who), ..Rules::none() }
//!             .may_set(&u.is_staff, who.is_superuser())
//!     }
//! }
//!
//! #[derive(Model)]
//! #[model(crate = vauban_orm)]
//! pub struct Article {
//!     pub id: Id<Article>,
//!     #[field(max_length = 200)]
//!     pub title: String,
//!     #[field(owner)] // given when it is made, judged by the add rule, fixed from then on
//!     pub author: ForeignKey<User>,
//!     #[field(default = false)]
//!     pub published: bool,
//!     #[field(auto_now_add)]
//!     pub created: DateTime,
//! }
//!
//! impl Policy for Article {
//!     fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
//!         let mine = a.author.is(who);
//!         Rules { view: a.published.eq(true) | mine.clone(), ..Rules::owner(mine) }
//!     }
//! }
//!
//! async fn publish(db: &Db<Write>, id: Id<Article>, shown: Version) -> Result<Article> {
//!     let article = Article::objects().get_to_change(db, |a| a.id.eq(id)).await?; // 404 or 403
//!     let article = article.unchanged_since(shown)?; // 409
//!     article.change(db, |a| [a.published.set(true)]).await
//! }
//!
//! async fn newest(db: &Db, of: &str) -> Result<Page<Article>> {
//!     Article::objects()
//!         .filter(|a| a.author.email.eq(of)) // joins by itself; an author who may not be seen is absent
//!         .related(|a| &a.author)
//!         .order_by(|a| a.created.desc())
//!         .page(db, 1)
//!         .await
//! }
//! # fn main() {}
//! ```

#[cfg(test)]
extern crate self as vauban_orm;

/// Whether this build has what tests need, and no release may have (CWE-489).
#[doc(hidden)]
pub const TEST_KIT: bool = cfg!(feature = "testing");

pub mod checks;
#[cfg(any(test, feature = "testing"))]
pub mod factory;
pub mod membership;
pub mod migrations;
pub mod untyped;

mod backend;
mod error;
mod keys;
mod model;
mod policy;
mod problem;
mod query;
mod sabotage;
mod sql;
mod tree;
mod unit;

/// What stands behind the handles. For the framework only; an application has `Db`.
#[doc(hidden)]
pub mod engine {
    pub use crate::backend::StatementWatch;
    pub use crate::backend::sqlite::Synchronous;
    pub use crate::keys::{Key, KeyRefused, MissingKeys, Moved};
    pub use crate::tree::ring::{Cipher, KeyName, KeyState, RootId};
    pub use crate::unit::hooks::ChangeHooks;
    pub use crate::unit::{
        Backoff, Database, Following, Heard, LoggedQuery, Options, OwnersUrl, Unit, Upkeep, answering,
        answering_within, rendering,
    };
    #[cfg(debug_assertions)]
    pub use crate::unit::{Found, Refused};
}

pub use error::{DatabaseError, Error, FieldProblem, Result, RowProblem};
pub use model::aggregate::{Aggregate, Subset};
pub use model::assignment::Assignment;
pub use model::choices::{Choices, InvalidChoice};
pub use model::columns::{Column, Columns};
pub use model::computed::{Cases, case};
pub use model::expression::Expression;
pub use model::field::{Field, ModelField};
pub use model::filter::{Filter, IntoFilter};
pub use model::group::FieldGroup;
pub use model::key::Rel;
pub use model::linked::Linked;
pub use model::many::Many;
pub use model::order::Order;
pub use model::scope::{Grouped, In, Join, Own, OwnRow, Place, Root, Scope, Via};
pub use model::symbolic::{Now, Today};
pub use model::types::{
    Date, DateTime, Decimal, Duration, Encrypted, ForeignKey, Id, InvalidDate, InvalidDecimal,
    InvalidDuration, InvalidId, InvalidIpAddress, InvalidSearch, InvalidSlug, InvalidTime, IpAddress, Json,
    OneToOne, Related, SearchText, Slug, Time, UserId,
};
pub use model::who::Who;
pub use model::{Model, UserModel, field, fragment};
pub use policy::actor::{Actor, Binder, May, Service, UserFacts, actions};
pub use policy::changes::{Change, ChangedColumn, Told};
pub use policy::{Policy, Rules, Settable, actor};
pub use problem::{Argument, Problem};
pub use query::{
    BadCursor, Changeable, ChosenValues, Chunks, Create, CreateAll, CreateOrChangeAll, Cursor, DEEPEST_ROW,
    Deletable, DeletePreview, ForUpdate, GroupedValues, Groups, KeysetPage, Links, Load, LoadMany, LoadOne,
    LoadingQuerySet, One, OwnColumns, Page, Permitted, PermittedQuerySet, QuerySet, RowCount, RowQuery,
    ValuesQuery, Version, With,
};
pub use tree::meta::{ColumnMeta, ModelMeta};
pub use tree::permission::{Permission, PermissionMeta, Permissions};
pub use tree::ring::Unopened;
pub use tree::{identifier, meta, permission};
pub use unit::handles::{Acting, Db, Mode, Read, Reads, Unscoped, Write, Writes};
pub use unit::hooks::{ChangeHook, Changes};

/// Columns as queries, rules and changes see them.
pub mod columns {
    pub use crate::model::aggregate::{Ranked, Summed, WholeNumber};
    pub use crate::model::arithmetic::{DividedBy, Plus, Times};
    pub use crate::model::assignment::{Assigned, AssignedKey, Assignment, Takes};
    pub use crate::model::columns::{
        Column, Columns, OrderedField, TextField, WriteEqInstead, WriteLtInstead,
    };
    pub use crate::model::compared::{Comparable, Compared, KeyOperand, Operand};
    pub use crate::model::computed::Dated;
    pub use crate::model::encrypted::{
        Blind, ComparedInTheDatabase, FoundByItsIndex, NotIndexed, SealedColumn,
    };
    pub use crate::model::expression::{Expression, IntoExpression, Readable};
    pub use crate::model::key::{IdOf, Rel};
    pub use crate::model::linked::Linked;
    pub use crate::model::many::Many;
    pub use crate::model::order::{IntoOrder, Order};
    pub use crate::model::set_to::Fits;
    pub use crate::model::types::{EncryptedField, JsonValue};
}

/// For generated code. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::model::NewValues;
    pub use crate::model::choices::read as read_choice;
    pub use crate::model::columns::{WriteEqInstead, WriteLtInstead};
    pub use crate::model::encrypted::INDEX;
    pub use crate::model::fragment::FragmentPart;
    pub use crate::model::key::IdOf;
    pub use crate::model::many::KeyOf;
    pub use crate::model::path::Path;
    pub use crate::model::serialised::IsNotSerialised;
    pub use crate::model::stated::stated;
    pub use crate::model::types::OnlyAKey_LoadRelated_WriteGet;
    pub use crate::model::types::text::read as read_text;
    pub use crate::model::types::{opened, unsealed};
    pub use crate::model::{LoadedToChange, LoadedToDelete};
    pub use crate::tree::flat;
    pub use crate::tree::rules::CompiledRules;
    pub use crate::tree::value::{Mismatch, RowReader, Value, ValueRef, passed};
    pub use serde;
    pub use vauban_waiver::{__place, Place};
}

#[cfg(test)]
mod tests;
