//! Typed forms, re-displayed with what was typed.
//!
//! ```text
//! #[derive(Form)]
//! #[form(clean = not_in_the_past)]
//! pub struct TaskForm {
//!     #[field(max_length = 200)]
//!     pub title: String,
//!     #[field(choices = Organisation::objects().order_by(|o| o.name.asc()))]
//!     pub organisation: Id<Organisation>,
//! }
//!
//! #[view(post, "/tasks/new/")]
//! async fn add(_: SignedIn, db: Db<Write>, form: Form<TaskForm>) -> Result<Response> {
//!     let clean = form.clean(&db).await?.or_show(|form| NewTask { form })?;
//!     …
//! }
//! ```
//!
//! The rules, and the weakness each one is against:
//!
//! * A form lists its fields; a name that it does not declare is never looked at (CWE-915). A model cannot be a form.
//! * A declared name that was sent twice is refused with 400 (CWE-235); the encoding's own rules stand in [`FormData`].
//! * Every text has a bound, every value a type; cleaning is positive (CWE-20). Constraint attributes in HTML help
//!   while typing, the server decides (CWE-602).
//! * Choices that are rows are asked for under the actor's policies; absent and invisible are the same (CWE-639).
//! * What was typed is shown again, escaped (CWE-79), except secrets (CWE-549).

mod amounts;
mod bound;
mod clean;
mod creates;
mod documents;
mod edits;
mod form;
#[cfg(test)]
mod grouped;
mod http_url;
mod many;
mod offer;
mod param;
mod problems;
mod render;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod round_trip;
mod rows;
mod spec;
mod value;
#[cfg(test)]
mod vectors;

pub use crate::http::{DataError, FormData, FormLimits};
pub use bound::BoundField;
pub use clean::{Clean, Cleaned};
pub use creates::Creates;
#[doc(hidden)]
pub use creates::{Ungiven, ungiven};
pub use edits::{Edits, StartsFrom};
#[doc(hidden)]
pub use form::{AFormIsNotAModel, FieldSet};
pub use form::{Filling, Form, FormErrors, FormFields, GetForm, WithoutContext, WithoutRows};
pub use http_url::{HttpUrl, InvalidHttpUrl, MAX_URL_BYTES};
pub use many::Entry;
pub use offer::{ChosenFromRows, ChosenFromValues, Offer};
#[doc(hidden)]
pub use offer::{LeftOut, Offered, given, offered};
pub use problems::NOT_A_CHOICE;
pub use spec::{Choice, FieldSpec, Widget};
pub use value::FieldValue;
pub use vauban_orm::Problem;
