//! Hooks: what other modules do when something happens, in the unit of work of whoever it happens to. Django's signals, but that each
//! says as whom it acts, stands in the access matrix, and is called in the order in which modules are listed.
//!
//! What happens is a type, an [`Event`], which the module declares that [fires](fire) it. Who wants to be told brings a
//! [`#[hook]`](macro@crate::hook) by its module: [`Module::hook`](crate::Module::hook).
//!
//! ```
//! # extern crate vauban_core as vauban;
//! # use vauban::prelude::*;
//! # #[derive(Model)]
//! # pub struct Line { pub id: Id<Line>, #[field(max_length = 20)] pub text: String }
//! # impl Policy for Line { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
//! # #[derive(Model)]
//! # pub struct Order { pub id: Id<Order>, #[field(max_length = 20)] pub what: String }
//! # impl Policy for Order { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
//! # service! { pub Ledger: Add<Line>; waiver!(ServiceRights, "the ledger is written by the site alone") }
//! use vauban::hooks::{Event, Refused, fire};
//!
//! /// Somebody is about to order something: a hook may refuse it, with what the page says.
//! pub struct Ordering { pub what: String }
//! impl Event for Ordering {
//!     type Failure = Refused;
//! }
//!
//! /// Where it happens.
//! async fn order(db: &Db<Write>, what: String) -> Result<(), Refused> {
//!     fire(db, &Ordering { what: what.clone() }).await?;
//!     Order::create(NewOrder { what }).save(db).await?;
//!     Ok(())
//! }
//!
//! /// In another module.
//! #[hook]
//! async fn write_down(_: AsService<Ledger>, db: Db<Write>, ordering: &Ordering) -> Result<(), Refused> {
//!     if ordering.what == "a dragon" {
//!         return Err(vauban::Problem::new("sold_out", "There is none left.").into());
//!     }
//!     Line::create(NewLine { text: ordering.what.clone() }).save(&db).await?;
//!     Ok(())
//! }
//!
//! fn module() -> Module {
//!     Module::new("ledger").model::<Line>().service::<Ledger>().hook::<write_down>()
//! }
//! # fn main() {}
//! ```

mod event;
mod hook;
mod listed;

pub use event::{Event, Refused};
pub use hook::{ActsAs, Hook, HookParam};
pub(crate) use listed::Hooks;
pub use listed::{HookMeta, fire};
