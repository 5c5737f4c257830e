//! Loading as a part of the result's type: `Task::objects().with(|t| (t.owner.load(), t.comments.load()))` gives rows that are
//! `With<Task, (One<User>, Vec<Comment>)>`. One row behind a foreign key is joined; of a relation to many all rows come by one
//! statement more, however many parents there are. Each row stands under its own model's view rule.

mod many;
mod one;
mod parts;
mod query;
mod run;
mod tuples;
mod with;

pub(crate) use super::stored::key_of;
pub use many::LoadMany;
pub use one::{LoadOne, One};
pub(crate) use parts::{Asks, Joins, LoadWeight, Loading};
pub use parts::{Load, RowQuery};
pub use query::LoadingQuerySet;
pub use with::With;
