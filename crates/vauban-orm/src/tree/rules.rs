//! A model's rules as conditions: what the typed rules were compiled to.

use crate::tree::expr::Expr;
use crate::tree::meta::ColumnMeta;
use crate::tree::permission::PermissionMeta;

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

impl CompiledRules {
    /// Tells every permission that they ask, with what for: `view`, …, `set COLUMN`.
    pub(crate) fn permissions(&self, tell: &mut dyn FnMut(&str, PermissionMeta)) {
        let rules = [
            ("view", &self.view),
            ("add", &self.add),
            ("change", &self.change),
            ("delete", &self.delete),
        ];
        for (action, rule) in rules {
            rule.permissions(&mut |permission| tell(action, permission));
        }
        for set in &self.set {
            let what = format!("set {}", set.column.field);
            for rule in [&set.add, &set.change] {
                rule.permissions(&mut |permission| tell(&what, permission));
            }
        }
    }
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
