//! What is not wrong and will be slow: rules for viewing by which a database finds its rows only if it looks at all of them.

use super::finding::ModelFinding;
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::row::RowNumber;
use crate::tree::served::{is_indexed, is_served, is_small, ordinary};
use crate::tree::value::Kind;

/// What to write before there are many rows.
///
/// * `orm.W001`: a rule for viewing that no index serves, of a model that has no other index to be listed by (CWE-400).
/// * `orm.W002`: the same of an OR: one part without an index is enough, and the indexes of the others are of no use.
///
/// Nothing is said of rules that hold for everybody, of models to which nobody may add, and of what an index serves or lists in
/// its order: there a page ends where it is full.
pub fn counsel(models: &[&'static ModelMeta]) -> Vec<ModelFinding> {
    models.iter().filter_map(|model| of(model)).collect()
}

fn of(model: &'static ModelMeta) -> Option<ModelFinding> {
    let rules = (model.rules)();
    let is_open =
        |rule: &Expr| matches!(rule, Expr::True) || matches!(rule, Expr::Flag(flag) if ordinary(*flag));
    if is_small(rules) || is_open(&rules.view) || is_served(model, &rules.view, &ordinary) || is_listed(model)
    {
        return None;
    }
    let parts = match &rules.view {
        Expr::Or(parts) => parts.iter().collect(),
        one => vec![one],
    };
    let unserved: Vec<_> = parts
        .iter()
        .filter(|part| !is_served(model, part, &ordinary))
        .collect();
    let mut columns: Vec<&ColumnMeta> = Vec::new();
    for part in &unserved {
        compared(part, model, &mut columns);
    }
    let names: Vec<_> = columns
        .iter()
        .map(|column| format!("`{}`", column.field))
        .collect();
    let list = "`#[field(index)]` on the column by which its rows are listed (a date, a name)";
    let write = match names.as_slice() {
        [] => list.to_owned(),
        names => format!("`#[field(index)]` on {}, or {list}", names.join(" and ")),
    };
    let (id, what) = match unserved.len() < parts.len() {
        true => (
            "orm.W002",
            format!(
                "its rule for viewing is an OR of {} parts, {} of them without an index, so that every list reads the whole table \
                 `{}`: write {write}",
                parts.len(),
                unserved.len(),
                model.table
            ),
        ),
        false => (
            "orm.W001",
            format!(
                "no index serves its rule for viewing, so that every list reads the whole table `{}`: write {write}",
                model.table
            ),
        ),
    };
    Some(ModelFinding {
        id,
        model: model.name,
        message: what,
    })
}

/// Whether some index has its rows in an order in which people want them: by a column that is no reference.
fn is_listed(model: &ModelMeta) -> bool {
    let orders = |column: &&ColumnMeta| column.target.is_none() && column.kind != Kind::Bool;
    let alone = model
        .columns
        .iter()
        .skip(1)
        .filter(|column| column.index)
        .any(|column| orders(&column));
    let together = model
        .indexes
        .iter()
        .filter(|index| index.only.is_none())
        .any(|index| {
            let mut columns = model.columns.iter().filter(|c| index.columns.contains(&c.column));
            columns.any(|column| orders(&column))
        });
    alone || together
}

/// The columns of the row itself that an index would serve.
fn compared<'m>(condition: &Expr, model: &'m ModelMeta, out: &mut Vec<&'m ColumnMeta>) {
    let mut note = |column: &Col| {
        let own = model.columns.iter().find(|own| std::ptr::eq(*own, column.meta));
        let own = own
            .filter(|own| column.row == RowNumber::ROOT && own.kind != Kind::Bool && !is_indexed(model, own));
        if let Some(own) = own
            && !out.iter().any(|other| std::ptr::eq(*other, own))
        {
            out.push(own);
        }
    };
    match condition {
        Expr::Compare(Op::Eq, column, _)
        | Expr::In(column, _)
        | Expr::IsNull(column)
        | Expr::IsActor(column) => {
            note(column);
        }
        Expr::And(all) | Expr::Or(all) => all.iter().for_each(|part| compared(part, model, out)),
        _ => {}
    }
}
