//! `sql!`: a literal piece of SQL inside a typed query.

use std::marker::PhantomData;

use crate::model::Model;
use crate::model::columns::Column;
use crate::model::field::Field;
use crate::model::filter::Filter;
use crate::model::key::Rel;
use crate::model::scope::{Place, Scope};
use crate::tree::expr::{Expr, FragmentArg};
use crate::tree::fragment::fault;
use crate::tree::value::Value;

/// A condition in SQL, for what the typed query does not have: `sql!("length({}) > {}", a.title, 5)`.
///
/// The text is a literal token (CWE-89: a `String` is never SQL, nor is what `String::leak` makes of
/// one). Each `{}` stands for a column of the query or for a value, which is bound. The fragment stands
/// inside a query and beside its policy, so it may not break out: brackets must match, and comments,
/// `;`, quotes of names and subqueries (`SELECT`), which would pass by the policies, do not compile. Nor does a column's bare
/// name, which the policy could not follow to the row that is meant, and what answers otherwise each time (`datetime('now')`).
///
/// In a policy's rules only what cannot fail on any row may stand: `json_extract` does, so such rules serve nobody
/// (`orm.E010`).
#[macro_export]
macro_rules! sql {
    ($text:literal $(, $arg:expr)* $(,)?) => {{
        const _: () = $crate::fragment::check($text, 0 $(+ $crate::__one!($arg))*);
        match ::std::vec![$($crate::fragment::FragmentValue::into_arg(&$arg)),*] {
            #[allow(deprecated)]
            __args => $crate::fragment::__by_macro($text, __args),
        }
    }};
    ($($other:tt)*) => {
        ::std::compile_error!(
            "SQL is a literal written out here: `sql!(\"length({}) > {}\", a.title, 5)`; a String, `format!` or a leaked string is never SQL. Values go into `{}` and are bound"
        )
    };
}

/// For [`sql!`](crate::sql): counts its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __one {
    ($arg:expr) => {
        1
    };
}

/// CWE-89: rustc reports every other use, for any string becomes `&'static` by `String::leak`.
#[doc(hidden)]
#[deprecated(note = "SQL is a literal inside `sql!(\"…\", binds)`: only that macro makes a fragment")]
pub fn __by_macro<R>(text: &'static str, args: Vec<FragmentPart<R>>) -> Filter<R> {
    Filter::new(Expr::Fragment(
        text,
        args.into_iter().map(|part| part.0).collect(),
    ))
}

/// Stops the build if the fragment could leave its place, or means something else than it says.
#[doc(hidden)]
pub const fn check(text: &str, args: usize) {
    if let Some(fault) = fault(text, args) {
        panic!("{}", fault.says())
    }
}

/// What stands for a `{}` in `sql!`: a column of the query, or a value to bind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a `{{}}` of `sql!`",
    label = "neither a column of this query nor a value of a column's type",
    note = "a `{{}}` takes a column (`t.title`), a foreign key (`t.author`), or a value that a column could have: text, numbers, an id, a time"
)]
pub trait FragmentValue<R> {
    #[doc(hidden)]
    fn into_arg(self) -> FragmentPart<R>;
}

#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct FragmentPart<R>(pub(crate) FragmentArg, PhantomData<fn() -> R>);

impl<P: Place, T> FragmentValue<P::Scope> for &Column<P, T> {
    fn into_arg(self) -> FragmentPart<P::Scope> {
        FragmentPart(
            FragmentArg::Column(self.path().far(self.column_meta())),
            PhantomData,
        )
    }
}
/// A foreign key is the column that has the id.
impl<P: Place, M: Model> FragmentValue<P::Scope> for &Rel<P, M> {
    fn into_arg(self) -> FragmentPart<P::Scope> {
        FragmentPart(
            FragmentArg::Column(self.path().far(self.column_meta())),
            PhantomData,
        )
    }
}
#[diagnostic::do_not_recommend]
impl<R: Scope, T: Field> FragmentValue<R> for &T {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Value(self.to_value()), PhantomData)
    }
}
impl<R: Scope> FragmentValue<R> for &&str {
    fn into_arg(self) -> FragmentPart<R> {
        FragmentPart(FragmentArg::Value(Value::Text((*self).to_owned())), PhantomData)
    }
}
