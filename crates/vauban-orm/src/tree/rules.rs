//! A model's rules as conditions: what the typed rules were compiled to.

use crate::tree::expr::Expr;
use crate::tree::meta::ColumnMeta;

/// A model's rules without its type.
#[doc(hidden)]
#[derive(Debug)]
pub struct CompiledRules {
    pub(crate) view: Expr,
    pub(crate) add: Expr,
    pub(crate) change: Expr,
    pub(crate) delete: Expr,
    pub(crate) set: Vec<SetRule>,
    /// Why they serve nobody.
    pub(crate) unfit: Option<Unfit>,
}

/// Where a column that carries privilege may be written.
#[derive(Debug)]
pub(crate) struct SetRule {
    pub(crate) column: &'static ColumnMeta,
    pub(crate) add: Expr,
    pub(crate) change: Expr,
}

/// Why rules serve nobody, and the finding that says so.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) id: &'static str,
    pub(crate) why: String,
}
