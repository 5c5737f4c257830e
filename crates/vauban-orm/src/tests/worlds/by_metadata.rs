//! The statements of this test where no type is known.

use super::conditions::{Condition, Number, Text};
use super::models::{Job, Person, Rank};
use super::reference::{PlainJob, PlainScore};
use super::values::Amount;
use crate::tree::term::Whole;
use crate::untyped::{
    AnyAmount, AnyColumn, AnyFilter, AnyKey, AnyLinked, AnyNewRow, AnyQuerySet, AnyRow, AnyTable, Given,
};
use crate::*;

/// The same without what compares computed values, to which metadata does not lead.
pub(super) fn without_computed(condition: Condition) -> Condition {
    use Condition::{
        And, AssigneeName, AssigneeNameTitle, Not, Or, SomeOfTeam, SomePart, TitleAssigneeName, Whole,
    };
    let inside = |inner: Box<Condition>| Box::new(without_computed(*inner));
    match condition {
        AssigneeNameTitle(op) | TitleAssigneeName(op) => AssigneeName(op, "be".to_owned()),
        SomePart(inner) => SomePart(inside(inner)),
        SomeOfTeam(inner) => SomeOfTeam(inside(inner)),
        Whole(inner) => Whole(inside(inner)),
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
    jobs(db).objects().filter(condition(db, wanted)).unwrap()
}

/// The same as a filter on jobs.
pub(super) fn condition(db: &Db, wanted: &Condition) -> AnyFilter {
    filter(db, &mut Vec::new(), wanted)
}

fn filter(db: &Db, way: &mut Vec<&str>, condition: &Condition) -> AnyFilter {
    let table = jobs(db);
    // The job that is spoken of, and those of another table that have this key to it.
    let this = match way.is_empty() {
        true => table.id(),
        false => column(table, way),
    };
    let [members, helpers] = ["member", "helper"].map(|name| db.table(name).unwrap());
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
            let inner = filter(db, way, inner);
            way.pop();
            inner
        }
        Condition::SomeLead => {
            let lead = column(members, &["rank"]).eq(Given::new(&Rank::Lead));
            some(&at(&["team"]), &column(members, &["team"]), lead.unwrap())
        }
        Condition::SomeMember(person) => {
            let is = column(members, &["person"]).eq(*person);
            some(&at(&["team"]), &column(members, &["team"]), is.unwrap())
        }
        Condition::SomeMemberNamed(name) => {
            let named = text(&column(members, &["person", "name"]), Text::Is, name);
            some(&at(&["team"]), &column(members, &["team"]), named)
        }
        Condition::SomeHelperNamed(op, name) => {
            let named = text(&column(helpers, &["person", "name"]), *op, name);
            some(&this, &column(helpers, &["job"]), named)
        }
        Condition::AllHelpersNamed(op, name) => {
            let person = column(helpers, &["person"]);
            let named = text(&person.through("name").unwrap(), *op, name);
            let others = person.is_seen() & !named;
            this.none(&column(helpers, &["job"]), others).unwrap()
        }
        Condition::SomePart(inner) => {
            let inner = filter(db, &mut Vec::new(), inner);
            some(&this, &column(table, &["part_of"]), inner)
        }
        Condition::SomeOfTeam(inner) => {
            let inner = filter(db, &mut Vec::new(), inner);
            some(&at(&["team"]), &column(table, &["team"]), inner)
        }
        Condition::And(a, b) => filter(db, way, a) & filter(db, way, b),
        Condition::Or(a, b) => filter(db, way, a) | filter(db, way, b),
        Condition::Not(inner) => !filter(db, way, inner),
        Condition::AssigneeNameTitle(_) | Condition::TitleAssigneeName(_) => {
            panic!("{condition:?} is not asked by metadata")
        }
    }
}

/// One of the rows with this key to that row is so.
fn some(of: &AnyColumn, key: &AnyColumn, condition: AnyFilter) -> AnyFilter {
    of.any(key, condition).unwrap()
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

/// Who helps with jobs.
pub(super) fn helpers(db: &Db) -> AnyLinked {
    let linked = jobs(db).linked(db);
    let [helpers] = linked.as_slice() else {
        panic!("jobs are linked to people alone: {linked:?}")
    };
    assert_eq!((helpers.near().field(), helpers.far().field()), ("job", "person"));
    helpers.clone()
}

pub(super) fn key<M: Model>(db: &Db, table: &str, id: Id<M>) -> AnyKey {
    db.table(table).unwrap().key(&id.to_string()).unwrap()
}

/// What is computed of a job, if metadata leads to it: a constant stands beside something.
pub(super) fn amount(table: AnyTable, of: &Amount) -> AnyAmount {
    let column = |way: &[&str]| column(table, way).amount().unwrap();
    match of {
        Amount::Points => column(&["points"]),
        Amount::Hits => column(&["hits"]),
        Amount::WholePoints => column(&["part_of", "points"]),
        Amount::Of(whole, a, b) => {
            let a = amount(table, a);
            match (whole, &**b) {
                (Whole::Plus, Amount::Is(number)) => a + *number,
                (Whole::Plus, b) => a + amount(table, b),
                (Whole::Minus, Amount::Is(number)) => a - *number,
                (Whole::Minus, b) => a - amount(table, b),
                (Whole::Times, Amount::Is(number)) => a * *number,
                (Whole::Times, b) => a * amount(table, b),
                _ => panic!("{of:?} is not computed by metadata"),
            }
        }
        _ => panic!("{of:?} is not computed by metadata"),
    }
}

pub(super) async fn upsert(
    db: &Db<Write>,
    scores: &[PlainScore],
    update: &[&str],
) -> Result<Vec<(PlainScore, bool)>> {
    let table = db.table("score").unwrap();
    let column = |field: &str| table.column(field).unwrap();
    let new = scores.iter().map(|score| {
        let values = [
            column("key").set(score.key),
            column("team").set(score.team),
            column("points").set(score.points),
        ];
        Ok(table.create(values.into_iter().collect::<Result<Vec<_>>>()?))
    });
    let update: Vec<_> = update.iter().map(|field| column(field)).collect();
    let (new, key) = (new.collect::<Result<_>>()?, [column("key")]);
    let saved = AnyNewRow::save_or_change_all(new, db, &key, &update).await?;
    let plain = |(row, added): &(AnyRow, bool)| {
        let text = |field| row.text(&column(field)).unwrap();
        let score = PlainScore {
            key: text("key").parse().unwrap(),
            team: text("team").parse().unwrap(),
            points: text("points").parse().unwrap(),
        };
        (score, *added)
    };
    Ok(saved.iter().map(plain).collect())
}
