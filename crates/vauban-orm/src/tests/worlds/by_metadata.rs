//! The statements of this test where no type is known.

use super::conditions::{Condition, Number, Text};
use super::models::{Job, Person};
use super::reference::PlainJob;
use crate::untyped::{AnyColumn, AnyFilter, AnyNewRow, AnyQuerySet, AnyRow, AnyTable};
use crate::*;

/// The same without what asks for many rows, which metadata does not lead to yet.
pub(super) fn without_many(condition: Condition) -> Condition {
    use Condition::{And, Assignee, AssigneeName, NoAssignee, Not, Or, Whole};
    let inside = |inner: Box<Condition>| Box::new(without_many(*inner));
    match condition {
        Condition::SomeLead => NoAssignee,
        Condition::SomeMember(person) => Assignee(person),
        Condition::SomeHelperNamed(op, name) | Condition::AllHelpersNamed(op, name) => AssigneeName(op, name),
        Condition::SomeMemberNamed(name) => AssigneeName(Text::Is, name),
        // Nor to what is computed.
        Condition::AssigneeNameTitle(op) | Condition::TitleAssigneeName(op) => {
            AssigneeName(op, "be".to_owned())
        }
        Condition::SomePart(inner) | Condition::SomeOfTeam(inner) | Whole(inner) => Whole(inside(inner)),
        And(a, b) => And(inside(a), inside(b)),
        Or(a, b) => Or(inside(a), inside(b)),
        Not(inner) => Not(inside(inner)),
        leaf => leaf,
    }
}

pub(super) fn jobs(db: &Db) -> AnyTable {
    db.table("job").unwrap()
}

/// The column that this way leads to.
pub(super) fn column(table: AnyTable, way: &[&str]) -> AnyColumn {
    let first = table.column(way[0]).unwrap();
    way[1..]
        .iter()
        .fold(first, |column, field| column.through(field).unwrap())
}

pub(super) fn query(db: &Db, wanted: &Condition) -> AnyQuerySet {
    let table = jobs(db);
    table
        .objects()
        .filter(filter(table, &mut Vec::new(), wanted))
        .unwrap()
}

fn filter(table: AnyTable, way: &mut Vec<&str>, condition: &Condition) -> AnyFilter {
    let at = |fields: &[&'static str]| {
        let fields: Vec<_> = way.iter().copied().chain(fields.iter().copied()).collect();
        column(table, &fields)
    };
    match condition {
        Condition::Always => !column(table, &["id"]).is_null(),
        Condition::Never => column(table, &["id"]).is_null(),
        Condition::Points(op, with) => number(&at(&["points"]), *op, *with),
        Condition::PointsIn(list) => at(&["points"]).is_in(list.clone()).unwrap(),
        Condition::NoPoints => at(&["points"]).is_null(),
        Condition::Hits(op, with) => number(&at(&["hits"]), *op, *with),
        Condition::Title(op, with) => text(&at(&["title"]), *op, with),
        Condition::Assignee(person) => at(&["assignee"]).eq(*person).unwrap(),
        Condition::NoAssignee => at(&["assignee"]).is_null(),
        Condition::AssigneeName(op, with) => text(&at(&["assignee", "name"]), *op, with),
        Condition::AssigneeSecret(secret) => at(&["assignee", "secret"]).eq(*secret).unwrap(),
        Condition::TeamName(op, with) => text(&at(&["team", "name"]), *op, with),
        Condition::NoWhole => at(&["part_of"]).is_null(),
        Condition::Whole(inner) => {
            way.push("part_of");
            let inner = filter(table, way, inner);
            way.pop();
            inner
        }
        Condition::And(a, b) => filter(table, way, a) & filter(table, way, b),
        Condition::Or(a, b) => filter(table, way, a) | filter(table, way, b),
        Condition::Not(inner) => !filter(table, way, inner),
        many => panic!("{many:?} is not asked by metadata"),
    }
}

fn text(column: &AnyColumn, op: Text, with: &str) -> AnyFilter {
    let made = match op {
        Text::Is => column.eq(with),
        Text::IsNot => column.ne(with),
        Text::Contains => column.contains(with),
        Text::ContainsIgnoringCase => column.icontains(with),
        Text::StartsWith => column.starts_with(with),
        Text::EndsWith => column.ends_with(with),
        Text::Before => column.lt(with),
        Text::NotBefore => column.ge(with),
    };
    made.unwrap()
}

fn number(column: &AnyColumn, op: Number, with: i64) -> AnyFilter {
    let made = match op {
        Number::Is => column.eq(with),
        // As an address brings it.
        Number::IsNot => column.ne(column.parse(&with.to_string()).unwrap()),
        Number::Less => column.lt(with),
        Number::AtMost => column.le(with),
        Number::More => column.gt(with),
        Number::AtLeast => column.ge(with),
    };
    made.unwrap()
}

/// The row's values, each read by its column.
pub(super) fn plain(table: AnyTable, row: &AnyRow) -> PlainJob {
    let text = |field| row.text(&table.column(field).unwrap()).unwrap();
    let key = |field| Some(text(field)).filter(|text| !text.is_empty());
    PlainJob {
        id: text("id").parse().unwrap(),
        team: text("team").parse().unwrap(),
        title: text("title"),
        assignee: key("assignee").map(|id| id.parse().unwrap()),
        points: key("points").map(|points| points.parse().unwrap()),
        hits: text("hits").parse().unwrap(),
        part_of: key("part_of").map(|id| id.parse().unwrap()),
        after: key("after").map(|id| id.parse().unwrap()),
        with: key("with").map(|id| id.parse().unwrap()),
    }
}

pub(super) fn new_row(table: AnyTable, job: &PlainJob) -> Result<AnyNewRow> {
    let column = |field| table.column(field).unwrap();
    let assignee: Option<Id<Person>> = job.assignee;
    let values = [
        column("team").set(job.team)?,
        column("title").set(job.title.as_str())?,
        column("assignee").set(assignee)?,
        column("points").set_text(&job.points.map(|points| points.to_string()).unwrap_or_default())?,
        column("hits").set(job.hits)?,
        column("part_of").set(job.part_of)?,
        column("after").set(job.after)?,
        column("with").set(job.with)?,
    ];
    Ok(table.create(values))
}

pub(super) async fn create(db: &Db<Write>, job: &PlainJob) -> Result<Id<Job>> {
    let table = jobs(db);
    let made = new_row(table, job)?.save(db).await?;
    assert_eq!(
        plain(table, &made),
        PlainJob {
            id: Id::from_uuid(made.key().uuid()),
            ..job.clone()
        }
    );
    Ok(Id::from_uuid(made.key().uuid()))
}

pub(super) async fn change(db: &Db<Write>, id: Id<Job>, change: Assignment<AnyRow>) -> Result<()> {
    let table = jobs(db);
    let row = table
        .objects()
        .get_to_change(db, table.key(&id.to_string())?)
        .await?;
    row.change(db, [change]).await.map(drop)
}

pub(super) async fn delete(db: &Db<Write>, id: Id<Job>) -> Result<()> {
    let table = jobs(db);
    let row = table
        .objects()
        .get_to_delete(db, table.key(&id.to_string())?)
        .await?;
    row.delete(db).await
}
