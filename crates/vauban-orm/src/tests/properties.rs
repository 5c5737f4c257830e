//! Conditions as SQL say what conditions say: any tree, any rows, any actor, against an evaluator in memory.

use proptest::prelude::*;
use vauban_macros::Model;

use super::*;
use crate::actor::Authority;
use crate::engine::Plan;
use crate::expr::{Expr, Flag, FragmentArg, Op};
use crate::render::{Renderer, Row, Scope};
use crate::value::Value;
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
        let listed = crate::listed::Listed::new(vec![Item::meta(), User::meta()], Vec::new());
        Authority::new(actor, std::sync::Arc::new(listed.unwrap()))
    }
}

fn column(field: &str) -> &'static ColumnMeta {
    Item::meta().column(field).unwrap()
}

/// The evaluator: a condition on a row; relations are read from `rows`, as they were before the statement.
fn holds(expr: &Expr, row: &Plain, rows: &[Plain], asker: Asker) -> bool {
    match expr {
        Expr::True => true,
        Expr::False => false,
        Expr::Flag(flag) => match (asker, flag) {
            (Asker::Nobody, _) => false,
            (Asker::User { .. }, Flag::SignedIn) => true,
            (Asker::User { staff, .. }, Flag::Staff) => staff,
            (Asker::User { superuser, .. }, Flag::Superuser) => superuser,
        },
        Expr::Compare(op, column, Value::Integer(with)) => {
            let value = if column.field == "number" {
                Some(row.number)
            } else {
                row.maybe
            };
            match op {
                Op::Eq => value == Some(*with),
                Op::Ne => value != Some(*with),
                Op::Lt => value.is_some_and(|value| value < *with),
                Op::Ge => value.is_some_and(|value| value >= *with),
                _ => unreachable!(),
            }
        }
        Expr::In(_, list) => row
            .maybe
            .is_some_and(|value| list.contains(&Value::Integer(value))),
        Expr::IsNull(column) if column.field == "maybe" => row.maybe.is_none(),
        Expr::IsNull(_) => row.parent.is_none(),
        Expr::IsActor(_) => matches!(asker, Asker::User { number, .. } if row.owner == Some(number)),
        Expr::Fragment(_, args) => match &args[1] {
            FragmentArg::Value(Value::Integer(with)) => row.maybe.is_some_and(|value| value > *with),
            _ => unreachable!(),
        },
        Expr::And(all) => all.iter().all(|part| holds(part, row, rows, asker)),
        Expr::Or(all) => all.iter().any(|part| holds(part, row, rows, asker)),
        Expr::Not(inner) => !holds(inner, row, rows, asker),
        Expr::Through(_, inner) => row.parent.is_some_and(|parent| {
            rows.iter()
                .any(|r| r.id == parent && holds(inner, r, rows, asker))
        }),
        Expr::Any(_, _, inner) => rows
            .iter()
            .any(|child| child.parent == Some(row.id) && holds(inner, child, rows, asker)),
        _ => unreachable!(),
    }
}

fn conditions() -> impl Strategy<Value = Expr> {
    let number = prop_oneof![Just("number"), Just("maybe")];
    let op = prop_oneof![Just(Op::Eq), Just(Op::Ne), Just(Op::Lt), Just(Op::Ge)];
    let leaf = prop_oneof![
        1 => Just(Expr::True),
        1 => Just(Expr::False),
        2 => prop_oneof![Just(Flag::SignedIn), Just(Flag::Staff), Just(Flag::Superuser)].prop_map(Expr::Flag),
        5 => (op, number, 0..3_i64).prop_map(|(op, name, with)| Expr::Compare(op, column(name), Value::Integer(with))),
        2 => prop::collection::vec((0..3_i64).prop_map(Value::Integer), 0..3)
            .prop_map(|list| Expr::In(column("maybe"), list)),
        2 => prop_oneof![Just("maybe"), Just("parent")].prop_map(|name| Expr::IsNull(column(name))),
        3 => Just(Expr::IsActor(column("owner"))),
        2 => (0..3_i64).prop_map(|with| {
            let args = vec![
                FragmentArg::Column(Vec::new(), column("maybe")),
                FragmentArg::Value(Value::Integer(with)),
            ];
            Expr::Fragment("{} > {}", args)
        }),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| all.into_iter().fold(Expr::True, Expr::and)),
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| all.into_iter().rfold(Expr::False, |any, one| one.or(any))),
            inner.clone().prop_map(Expr::negated),
            inner.clone().prop_map(|e| Expr::through(column("parent"), e)),
            inner.prop_map(|e| Expr::any(Item::meta, column("parent"), e)),
        ]
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

fn filled(rows: &[Plain]) -> crate::engine::Connection {
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
    crate::engine::Connection::new(sqlite, true).unwrap()
}

/// The rows for which the condition holds in SQL, by their numbers.
fn in_sql(
    c: &crate::engine::Connection,
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
    let mut renderer = Renderer::new(&authority, by_key, values.len());
    let row = Row { alias: "t", new };
    let condition = renderer.condition(expr, row, scope).unwrap();
    let sql = format!(
        "SELECT t.id FROM item AS t WHERE {} ORDER BY t.id",
        condition.sql()
    );
    let plan = Plan::new(sql, renderer.constants);
    let mut statement = c.bind(&plan, authority.id(), &values).unwrap();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let id: Vec<u8> = row.get(0).unwrap();
        found.push(id[15] as usize - 1);
    }
    found
}

/// A service that sees items, so that in a query related items are not hidden from the comparison.
fn visible_in_queries(expr: &Expr) -> bool {
    // Under the policy `none` every related row is absent in a query: such conditions are compared as rules.
    match expr {
        Expr::Through(..) | Expr::Any(..) => false,
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
        column("maybe"),
        Value::Integer(1),
    )));
    assert_eq!(in_sql(&c, &not, Asker::Nobody, Scope::Policy, false, &[]), [0]);
    let mine = Expr::IsActor(column("owner"));
    assert!(in_sql(&c, &mine, Asker::Nobody, Scope::Policy, false, &[]).is_empty());
    {
        let _attack = without(Control::TwoValued);
        assert!(in_sql(&c, &not, Asker::Nobody, Scope::Policy, false, &[]).is_empty());
    }
    let _attack = without(Control::NobodyOwns);
    assert_eq!(in_sql(&c, &mine, Asker::Nobody, Scope::Policy, false, &[]), [0]);
}
