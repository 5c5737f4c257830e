//! Conditions as SQL say what conditions say: any tree, any rows, any actor, against an evaluator in memory.

use std::sync::Arc;

use proptest::prelude::*;
use vauban_macros::Model;

use super::*;
use crate::backend::KeptTexts;
use crate::backend::sqlite::Connection;
use crate::policy::authority::Authority;
use crate::sql::dialect::Dialect;
use crate::sql::render::{Renderer, Row, Scope};
use crate::sql::statement::Statement;
use crate::tree::expr::{Col, Expr, Far, Flag, FragmentArg, Op, Opened};
use crate::tree::row::RowNumber;
use crate::tree::value::{Value, ValueRef};
use crate::*;

#[derive(Model, Debug)]
#[model(crate = vauban_orm, related(children: Item.parent))]
struct Item {
    id: Id<Item>,
    owner: Option<ForeignKey<User>>,
    number: i64,
    maybe: Option<i64>,
    parent: Option<ForeignKey<Item>>,
}
impl Policy for Item {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// A row: ids and owners are small numbers.
#[derive(Debug, Clone, PartialEq)]
struct Plain {
    id: usize,
    owner: Option<usize>,
    number: i64,
    maybe: Option<i64>,
    parent: Option<usize>,
}

fn uuid(kind: u8, number: usize) -> uuid::Uuid {
    let mut bytes = [0; 16];
    (bytes[0], bytes[15]) = (kind, number as u8 + 1);
    uuid::Uuid::from_bytes(bytes)
}

#[derive(Debug, Clone, Copy)]
enum Asker {
    Nobody,
    User {
        number: usize,
        staff: bool,
        superuser: bool,
    },
}

impl Asker {
    fn authority(self) -> Authority {
        let actor = match self {
            Self::Nobody => Actor::nobody(),
            Self::User {
                number,
                staff,
                superuser,
            } => Actor::user(UserFacts {
                id: uuid(1, number),
                is_staff: staff,
                is_superuser: superuser,
            }),
        };
        let listed = crate::policy::listed::Listed::new(vec![Item::meta(), User::meta()], Vec::new());
        Authority::new(actor, std::sync::Arc::new(listed.unwrap()))
    }
}

fn column(field: &str) -> &'static ColumnMeta {
    Item::meta().column(field).unwrap()
}

/// What the evaluator knows where a condition stands: all rows as they were before the statement, who asks, and the rows
/// that are open, the innermost last.
#[derive(Clone)]
struct World<'a> {
    rows: &'a [Plain],
    asker: Asker,
    open: Vec<(RowNumber, &'a Plain)>,
}

impl<'a> World<'a> {
    fn new(row: &'a Plain, rows: &'a [Plain], asker: Asker) -> Self {
        Self {
            rows,
            asker,
            open: vec![(RowNumber::ROOT, row)],
        }
    }

    fn row(&self, number: RowNumber, reached: &'a Plain) -> &'a Plain {
        if number == RowNumber::REACHED {
            return reached;
        }
        self.open.iter().find(|(open, _)| *open == number).unwrap().1
    }

    /// A number as it stands there, and as it is seen behind a foreign key.
    fn number(&self, column: &Far, reached: &'a Plain) -> Option<i64> {
        let mut row = self.row(column.row, reached);
        for _ in &column.keys {
            row = self.rows.iter().find(|r| Some(r.id) == row.parent)?;
        }
        if column.meta.field == "number" {
            Some(row.number)
        } else {
            row.maybe
        }
    }
}

fn holds(expr: &Expr, row: &Plain, rows: &[Plain], asker: Asker) -> bool {
    judged(expr, row, &World::new(row, rows, asker))
}

/// The evaluator: a condition on the row that keys have led to, or the innermost of the open ones.
fn judged<'a>(expr: &Expr, reached: &'a Plain, world: &World<'a>) -> bool {
    let at = |column: &Col| world.row(column.row, reached);
    let compared = |op: Op, a: Option<i64>, b: Option<i64>| {
        let both = |holds: fn(i64, i64) -> bool| a.zip(b).is_some_and(|(a, b)| holds(a, b));
        match op {
            Op::Eq => both(|a, b| a == b),
            Op::Ne => !both(|a, b| a == b),
            Op::Lt => both(|a, b| a < b),
            Op::Ge => both(|a, b| a >= b),
            _ => unreachable!(),
        }
    };
    let value = |column: &Col| {
        let row = at(column);
        if column.meta.field == "number" {
            Some(row.number)
        } else {
            row.maybe
        }
    };
    match expr {
        Expr::True => true,
        Expr::False => false,
        Expr::Flag(flag) => match (world.asker, flag) {
            // Who holds what: `tests/permissions.rs`.
            (Asker::Nobody, _) | (Asker::User { .. }, Flag::Has(_)) => false,
            (Asker::User { .. }, Flag::SignedIn) => true,
            (Asker::User { staff, .. }, Flag::Staff) => staff,
            (Asker::User { superuser, .. }, Flag::Superuser) => superuser,
        },
        Expr::Compare(op, column, Value::Integer(with)) => compared(*op, value(column), Some(*with)),
        Expr::Columns(op, column, with) => compared(*op, value(column), world.number(with, reached)),
        Expr::In(column, list) => value(column).is_some_and(|value| list.contains(&Value::Integer(value))),
        Expr::IsNull(column) if column.meta.field == "maybe" => at(column).maybe.is_none(),
        Expr::IsNull(column) => at(column).parent.is_none(),
        Expr::IsActor(column) => {
            matches!(world.asker, Asker::User { number, .. } if at(column).owner == Some(number))
        }
        Expr::Fragment(_, args) => match args.as_slice() {
            [
                FragmentArg::Column(column),
                FragmentArg::Value(Value::Integer(with)),
            ] => world.number(column, reached).is_some_and(|value| value > *with),
            _ => unreachable!(),
        },
        Expr::And(all) => all.iter().all(|part| judged(part, reached, world)),
        Expr::Or(all) => all.iter().any(|part| judged(part, reached, world)),
        Expr::Not(inner) => !judged(inner, reached, world),
        Expr::Through(key, inner) => at(key).parent.is_some_and(|parent| {
            world
                .rows
                .iter()
                .any(|r| r.id == parent && judged(inner, r, world))
        }),
        Expr::Any(opened, inner) => {
            let to = world.row(opened.to, reached).id;
            world.rows.iter().any(|child| {
                let mut inside = world.clone();
                inside.open.push((opened.number, child));
                child.parent == Some(to) && judged(inner, child, &inside)
            })
        }
        _ => unreachable!(),
    }
}

/// A column before it is known which rows are open where it stands: 0 is the nearest row, 1, 2 … open rows from inside.
fn some_row() -> impl Strategy<Value = RowNumber> {
    prop_oneof![3 => Just(0), 1 => Just(1), 1 => Just(2), 1 => Just(3)].prop_map(RowNumber)
}

fn some(column: &'static ColumnMeta) -> impl Strategy<Value = Col> {
    some_row().prop_map(move |row| Col { row, meta: column })
}

fn number() -> impl Strategy<Value = Col> {
    prop_oneof![some(column("number")), some(column("maybe"))]
}

/// Puts real rows in the places of those.
fn bound(expr: &mut Expr, open: &mut Vec<RowNumber>, behind_a_key: bool) {
    let row = |number: &mut RowNumber, open: &[RowNumber]| {
        let inside = usize::try_from(number.0).unwrap().saturating_sub(1) % open.len();
        *number = if number.0 == 0 && behind_a_key {
            RowNumber::REACHED
        } else {
            open[open.len() - 1 - inside]
        };
    };
    match expr {
        Expr::Compare(_, column, _) | Expr::In(column, _) | Expr::IsNull(column) | Expr::IsActor(column) => {
            row(&mut column.row, open);
        }
        Expr::Columns(_, column, with) => {
            row(&mut column.row, open);
            row(&mut with.row, open);
        }
        Expr::Fragment(_, args) => {
            for arg in args {
                if let FragmentArg::Column(column) = arg {
                    row(&mut column.row, open);
                }
            }
        }
        Expr::And(all) | Expr::Or(all) => all.for_each(|part| bound(part, open, behind_a_key)),
        Expr::Not(inner) => bound(inner, open, behind_a_key),
        Expr::Through(key, inner) => {
            row(&mut key.row, open);
            bound(inner, open, true);
        }
        Expr::Any(opened, inner) => {
            row(&mut opened.to, open);
            opened.number = RowNumber::opened();
            open.push(opened.number);
            bound(inner, open, false);
            open.pop();
        }
        _ => {}
    }
}

fn conditions() -> impl Strategy<Value = Expr> {
    let op = || prop_oneof![Just(Op::Eq), Just(Op::Ne), Just(Op::Lt), Just(Op::Ge)];
    let with = (number(), 0..3_usize).prop_map(|(column, keys)| Far {
        row: column.row,
        keys: vec![self::column("parent"); keys],
        meta: column.meta,
    });
    let leaf = prop_oneof![
        1 => Just(Expr::True),
        1 => Just(Expr::False),
        2 => prop_oneof![Just(Flag::SignedIn), Just(Flag::Staff), Just(Flag::Superuser)].prop_map(Expr::Flag),
        5 => (op(), number(), 0..3_i64)
            .prop_map(|(op, column, with)| Expr::Compare(op, column, Value::Integer(with))),
        4 => (op(), number(), with).prop_map(|(op, column, with)| Expr::Columns(op, column, with)),
        2 => (some(column("maybe")), prop::collection::vec((0..3_i64).prop_map(Value::Integer), 0..3))
            .prop_map(|(column, list)| Expr::In(column, list)),
        2 => prop_oneof![some(column("maybe")), some(column("parent"))].prop_map(Expr::IsNull),
        3 => some(column("owner")).prop_map(Expr::IsActor),
         2 => (some(column("maybe")), 0..3_i64).prop_map(|(column, with)| {
             let column = Far { row: column.row, keys: Vec::new(), meta: column.meta };
             Expr::Fragment("{} > {}", vec![FragmentArg::Column(column), FragmentArg::Value(Value::Integer(with))])
         }),
    ];
    let tree = leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(|all| all.into_iter().fold(Expr::True, Expr::and)),
            1 => prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| all.into_iter().rfold(Expr::False, |any, one| one.or(any))),
            1 => inner.clone().prop_map(Expr::negated),
            1 => (some(column("parent")), inner.clone()).prop_map(|(key, e)| Expr::through(key, e)),
            2 => (some_row(), inner).prop_map(|(to, e)| {
                let opened = Opened { number: RowNumber::ROOT, model: Item::meta(), key: column("parent"), to };
                Expr::any(opened, e)
            }),
        ]
    });
    tree.prop_map(|mut expr| {
        bound(&mut expr, &mut vec![RowNumber::ROOT], false);
        expr
    })
}

fn plain_rows() -> impl Strategy<Value = Vec<Plain>> {
    let row = (
        prop::option::of(0..2_usize),
        0..3_i64,
        prop::option::of(0..3_i64),
        prop::option::of(0..4_usize),
    );
    prop::collection::vec(row, 4).prop_map(|rows| {
        rows.into_iter()
            .enumerate()
            .map(|(id, (owner, number, maybe, parent))| Plain {
                id,
                owner,
                number,
                maybe,
                parent,
            })
            .collect()
    })
}

fn askers() -> impl Strategy<Value = Asker> {
    let user = (0..2_usize, any::<bool>(), any::<bool>());
    prop_oneof![
        Just(Asker::Nobody),
        user.prop_map(|(number, staff, superuser)| Asker::User {
            number,
            staff,
            superuser
        }),
    ]
}

fn filled(rows: &[Plain]) -> Connection {
    let mut sqlite = rusqlite::Connection::open_in_memory().unwrap();
    crate::migrations::create_all(&mut sqlite, &[Item::meta()]).unwrap();
    sqlite.pragma_update(None, "foreign_keys", false).unwrap();
    for row in rows {
        sqlite
            .execute(
                "INSERT INTO item (id, owner_id, number, maybe, parent_id, row_version) VALUES (?, ?, ?, ?, ?, 1)",
                rusqlite::params![
                    Value::Uuid(uuid(0, row.id)),
                    row.owner.map(|owner| Value::Uuid(uuid(1, owner))),
                    row.number,
                    row.maybe,
                    row.parent.map(|parent| Value::Uuid(uuid(0, parent))),
                ],
            )
            .unwrap();
    }
    Connection::new(sqlite, true, KeptTexts::default()).unwrap()
}

/// The rows for which the condition holds in SQL, by their numbers.
fn in_sql(
    c: &Connection,
    expr: &Expr,
    asker: Asker,
    scope: Scope,
    by_key: bool,
    new: &[(&'static ColumnMeta, String)],
) -> Vec<usize> {
    let authority = asker.authority();
    let (mut key, mut values) = (Vec::new(), Vec::new());
    if scope == Scope::Query {
        expr.shape(&mut key, &mut values);
    }
    let mut renderer = Renderer::new(Dialect::Sqlite, &authority, by_key, values.len());
    let row = Row { alias: "t", new };
    let condition = renderer.condition(expr, row, scope).unwrap();
    let sql = format!(
        "SELECT t.id FROM item AS t WHERE {} ORDER BY t.id",
        condition.sql()
    );
    let text = Arc::new(renderer.text(sql).unwrap());
    let statement = Statement {
        text: &text,
        actor: authority.id(),
        values: &values,
    };
    let mut found = Vec::new();
    c.fetch(&statement, |row| {
        let Ok(ValueRef::Blob(id)) = row.value() else {
            panic!("no id")
        };
        found.push(id[15] as usize - 1);
        Ok(())
    })
    .unwrap();
    found
}

/// A service that sees items, so that in a query related items are not hidden from the comparison.
fn visible_in_queries(expr: &Expr) -> bool {
    // Under the policy `none` every related row is absent in a query: such conditions are compared as rules.
    match expr {
        Expr::Through(..) | Expr::Any(..) => false,
        Expr::Columns(.., with) => with.keys.is_empty(),
        Expr::And(all) | Expr::Or(all) => all.iter().all(visible_in_queries),
        Expr::Not(inner) => visible_in_queries(inner),
        _ => true,
    }
}

proptest! {
    #![proptest_config(long::cases(400, 10_000, "worlds of rows and rules"))]

    #[test]
    fn rules_say_in_sql_what_they_say(expr in conditions(), rows in plain_rows(), asker in askers(), by_key: bool) {
        let c = filled(&rows);
        let expected: Vec<_> =
            rows.iter().filter(|row| holds(&expr, row, &rows, asker)).map(|row| row.id).collect();
        prop_assert_eq!(&in_sql(&c, &expr, asker, Scope::Policy, by_key, &[]), &expected);
        if visible_in_queries(&expr) {
            prop_assert_eq!(&in_sql(&c, &expr, asker, Scope::Query, by_key, &[]), &expected);
        }
    }

    /// The two-sided update: columns replaced by what they become, relations as they were.
    #[test]
    fn rules_judge_what_rows_become(
        expr in conditions(), rows in plain_rows(), asker in askers(), by_key: bool,
        number in 0..3_i64, owner in prop::option::of(0..2_usize), parent in prop::option::of(0..4_usize),
    ) {
        let c = filled(&rows);
        let literal = |value: Option<Value>| value.map_or("NULL".to_owned(), |value| value.literal());
        let new = [
            (column("number"), number.to_string()),
            (column("owner"), literal(owner.map(|owner| Value::Uuid(uuid(1, owner))))),
            (column("parent"), literal(parent.map(|parent| Value::Uuid(uuid(0, parent))))),
        ];
        let expected: Vec<_> = rows
            .iter()
            .filter(|row| holds(&expr, &Plain { number, owner, parent, ..(*row).clone() }, &rows, asker))
            .map(|row| row.id)
            .collect();
        prop_assert_eq!(in_sql(&c, &expr, asker, Scope::Policy, by_key, &new), expected);
    }
}

/// The properties can fail: without the control they do.
#[test]
fn the_comparison_sees_a_mistake() {
    let rows = [Plain {
        id: 0,
        owner: None,
        number: 0,
        maybe: None,
        parent: None,
    }];
    let c = filled(&rows);
    let not = Expr::Not(Box::new(Expr::Compare(
        Op::Eq,
        Col::of_root(column("maybe")),
        Value::Integer(1),
    )));
    assert_eq!(in_sql(&c, &not, Asker::Nobody, Scope::Policy, false, &[]), [0]);
    let mine = Expr::IsActor(Col::of_root(column("owner")));
    assert!(in_sql(&c, &mine, Asker::Nobody, Scope::Policy, false, &[]).is_empty());
    {
        let _attack = without(Control::TwoValued);
        assert!(in_sql(&c, &not, Asker::Nobody, Scope::Policy, false, &[]).is_empty());
    }
    let _attack = without(Control::NobodyOwns);
    assert_eq!(in_sql(&c, &mine, Asker::Nobody, Scope::Policy, false, &[]), [0]);
}
