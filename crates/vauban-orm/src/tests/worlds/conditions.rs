//! Random conditions, as a filter and as the reference reads them.

use long::Numbers;

use super::models::{Job, Person, Rank};
use super::reference::{Asker, PlainJob, Rows};
use crate::*;

#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    Is,
    IsNot,
    Contains,
    ContainsIgnoringCase,
    StartsWith,
    EndsWith,
    Before,
    NotBefore,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone)]
pub(super) enum Condition {
    Always,
    Never,
    Points(Number, i64),
    PointsIn(Vec<i64>),
    NoPoints,
    Hits(Number, i64),
    Title(Text, String),
    Assignee(Id<Person>),
    NoAssignee,
    AssigneeName(Text, String),
    /// Compared with the job's own title, in small letters: the name with that, or that with the name.
    AssigneeNameTitle(Text),
    TitleAssigneeName(Text),
    AssigneeSecret(bool),
    TeamName(Text, String),
    SomeLead,
    SomeMember(Id<Person>),
    SomeMemberNamed(String),
    SomeHelperNamed(Text, String),
    AllHelpersNamed(Text, String),
    NoWhole,
    Whole(Box<Condition>),
    SomePart(Box<Condition>),
    SomeOfTeam(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

use Condition::*;

macro_rules! text {
    ($column:expr, $op:expr, $with:expr) => {
        match $op {
            Text::Is => $column.eq($with.as_str()),
            Text::IsNot => $column.ne($with.as_str()),
            Text::Contains => $column.contains($with),
            Text::ContainsIgnoringCase => $column.icontains($with),
            Text::StartsWith => $column.starts_with($with),
            Text::EndsWith => $column.ends_with($with),
            Text::Before => $column.lt($with.as_str()),
            Text::NotBefore => $column.ge($with.as_str()),
        }
    };
}

macro_rules! computed {
    ($value:expr, $op:expr, $with:expr) => {
        match $op {
            Text::Is => $value.eq($with),
            Text::IsNot => $value.ne($with),
            Text::Before => $value.lt($with),
            _ => $value.ge($with),
        }
    };
}

macro_rules! number {
    ($column:expr, $op:expr, $with:expr) => {
        match $op {
            Number::Is => $column.eq($with),
            Number::IsNot => $column.ne($with),
            Number::Less => $column.lt($with),
            Number::AtMost => $column.le($with),
            Number::More => $column.gt($with),
            Number::AtLeast => $column.ge($with),
        }
    };
}

/// A filter function; what speaks of many rows is the next one's, so that its depth is known while compiling.
macro_rules! filters {
    ($name:ident, $job:ident, $of:ident, $some_part:expr, $some_of_team:expr) => {
        pub(super) fn $name<P: Place>($job: &Columns<Job, P>, condition: &Condition) -> Filter<P::Scope> {
            match condition {
                Always => Filter::always(),
                Never => Filter::never(),
                Points(op, with) => number!($job.points, op, *with),
                PointsIn(list) => $job.points.is_in(list.clone()),
                NoPoints => $job.points.is_null(),
                Hits(op, with) => number!($job.hits, op, *with),
                Title(op, with) => text!($job.title, op, with),
                Assignee(person) => $job.assignee.eq(*person),
                NoAssignee => $job.assignee.is_null(),
                AssigneeName(op, with) => text!($job.assignee.name, op, with),
                AssigneeNameTitle(op) => computed!($job.assignee.name, op, $job.title.lower()),
                TitleAssigneeName(op) => computed!($job.title.lower(), op, &$job.assignee.name),
                AssigneeSecret(secret) => $job.assignee.secret.eq(*secret),
                TeamName(op, with) => text!($job.team.name, op, with),
                SomeLead => $job.team.members.any(|m| m.rank.eq(Rank::Lead)),
                SomeMember(person) => $job.team.members.any(|m| m.person.eq(*person)),
                SomeMemberNamed(name) => $job.team.members.any(|m| m.person.name.eq(name.as_str())),
                SomeHelperNamed(op, with) => $job.helpers.any(|p| text!(p.name, op, with)),
                AllHelpersNamed(op, with) => $job.helpers.all(|p| text!(p.name, op, with)),
                NoWhole => $job.part_of.is_null(),
                Whole(inner) => $name::<Via<P::Scope>>(&$job.part_of, inner),
                SomePart($of) => $some_part,
                SomeOfTeam($of) => $some_of_team,
                And(a, b) => $name::<P>($job, a) & $name::<P>($job, b),
                Or(a, b) => $name::<P>($job, a) | $name::<P>($job, b),
                Not(inner) => !$name::<P>($job, inner),
            }
        }
    };
}

filters!(
    filter,
    job,
    of,
    job.parts.any(|part| inside(part, of)),
    job.team.jobs.any(|other| inside(other, of))
);
filters!(
    inside,
    job,
    of,
    job.parts.any(|part| innermost(part, of)),
    job.team.jobs.any(|other| innermost(other, of))
);
filters!(innermost, job, _of, Filter::never(), Filter::never());

/// Whether it holds of the job for whoever asks. Of a job that is absent or hidden nothing holds that speaks of it; `!`, `&`
/// and `|` stand outside of that.
pub(super) fn holds(rows: &Rows, who: Asker, condition: &Condition, job: Option<&PlainJob>) -> bool {
    let person = |job: &PlainJob| {
        rows.person(job.assignee)
            .filter(|person| rows.sees_person(person, who))
    };
    match (condition, job) {
        (Always, _) => true,
        (And(a, b), _) => holds(rows, who, a, job) && holds(rows, who, b, job),
        (Or(a, b), _) => holds(rows, who, a, job) || holds(rows, who, b, job),
        (Not(inner), _) => !holds(rows, who, inner, job),
        (Whole(inner), _) => {
            let whole = job.and_then(|job| rows.job(job.part_of));
            holds(rows, who, inner, whole.filter(|whole| rows.sees(whole, who)))
        }
        (Never, _) | (_, None) => false,
        (Points(op, with), Some(job)) => compare(*op, job.points, *with),
        (PointsIn(list), Some(job)) => job.points.is_some_and(|points| list.contains(&points)),
        (NoPoints, Some(job)) => job.points.is_none(),
        (Hits(op, with), Some(job)) => compare(*op, Some(job.hits), *with),
        (Title(op, with), Some(job)) => reads(*op, &job.title, with),
        (Assignee(person), Some(job)) => job.assignee == Some(*person),
        (NoAssignee, Some(job)) => job.assignee.is_none(),
        (AssigneeName(op, with), Some(job)) => {
            person(job).is_some_and(|person| reads(*op, &person.name, with))
        }
        (AssigneeNameTitle(op), Some(job)) => {
            person(job).is_some_and(|person| reads(*op, &person.name, &job.title.to_ascii_lowercase()))
        }
        (TitleAssigneeName(op), Some(job)) => {
            person(job).is_some_and(|person| reads(*op, &job.title.to_ascii_lowercase(), &person.name))
        }
        (AssigneeSecret(secret), Some(job)) => person(job).is_some_and(|person| person.secret == *secret),
        (TeamName(op, with), Some(job)) => {
            rows.sees_team(job.team, who)
                && rows
                    .team(job.team)
                    .is_some_and(|team| reads(*op, &team.name, with))
        }
        (SomeLead | SomeMember(_) | SomeMemberNamed(_), Some(job)) => {
            // The team and its members are seen by the same people.
            rows.sees_team(job.team, who)
                && rows
                    .members
                    .iter()
                    .filter(|m| m.team == job.team)
                    .any(|m| match condition {
                        SomeLead => m.rank == Rank::Lead,
                        SomeMember(person) => m.person == *person,
                        SomeMemberNamed(name) => {
                            let person = rows.person(Some(m.person));
                            person.is_some_and(|person| rows.sees_person(person, who) && person.name == *name)
                        }
                        _ => false,
                    })
        }
        (SomeHelperNamed(op, with), Some(job)) => {
            let mut helpers = rows.seen_helpers(job.id, who).into_iter();
            helpers.any(|person| reads(*op, &person.name, with))
        }
        (AllHelpersNamed(op, with), Some(job)) => {
            let mut helpers = rows.seen_helpers(job.id, who).into_iter();
            helpers.all(|person| reads(*op, &person.name, with))
        }
        (NoWhole, Some(job)) => job.part_of.is_none(),
        (SomePart(inner), Some(job)) => {
            let mut parts = rows.jobs.iter().filter(|part| part.part_of == Some(job.id));
            parts.any(|part| rows.sees(part, who) && holds(rows, who, inner, Some(part)))
        }
        (SomeOfTeam(inner), Some(job)) => {
            let mut others = rows.jobs.iter().filter(|other| other.team == job.team);
            rows.sees_team(job.team, who)
                && others.any(|other| rows.sees(other, who) && holds(rows, who, inner, Some(other)))
        }
    }
}

fn compare(op: Number, value: Option<i64>, with: i64) -> bool {
    match op {
        Number::Is => value == Some(with),
        Number::IsNot => value != Some(with),
        Number::Less => value.is_some_and(|value| value < with),
        Number::AtMost => value.is_some_and(|value| value <= with),
        Number::More => value.is_some_and(|value| value > with),
        Number::AtLeast => value.is_some_and(|value| value >= with),
    }
}

fn reads(op: Text, value: &str, with: &str) -> bool {
    match op {
        Text::Is => value == with,
        Text::IsNot => value != with,
        Text::Contains => value.contains(with),
        Text::ContainsIgnoringCase => value.to_ascii_lowercase().contains(&with.to_ascii_lowercase()),
        Text::StartsWith => value.starts_with(with),
        Text::EndsWith => value.ends_with(with),
        Text::Before => value < with,
        Text::NotBefore => value >= with,
    }
}

/// Names that lookups trip over: wildcards, case, prefixes of one another.
pub(super) const NAMES: [&str; 6] = ["Ann", "ben", "a", "be", "Z%d_", "a\\_"];

fn number(n: &mut Numbers) -> Number {
    use Number::{AtLeast, AtMost, Is, IsNot, Less, More};
    [Is, IsNot, Less, AtMost, More, AtLeast][n.below(6)]
}

fn text(n: &mut Numbers) -> Text {
    use Text::{Before, Contains, ContainsIgnoringCase, EndsWith, Is, IsNot, NotBefore, StartsWith};
    [
        Is,
        IsNot,
        Contains,
        ContainsIgnoringCase,
        StartsWith,
        EndsWith,
        Before,
        NotBefore,
    ][n.below(8)]
}

fn ordered(n: &mut Numbers) -> Text {
    [Text::Is, Text::IsNot, Text::IsNot, Text::Before, Text::NotBefore][n.below(5)]
}

fn word(n: &mut Numbers) -> String {
    let name = n.one(&NAMES);
    match n.below(8) {
        0 => String::new(),
        1..4 => name[..1].to_owned(),
        _ => name.to_owned(),
    }
}

/// At most so deep; what speaks of many rows at most twice in another.
pub(super) fn condition(n: &mut Numbers, rows: &Rows, depth: usize, many: usize) -> Condition {
    if depth == 0 || n.once_in(4) {
        return leaf(n, rows);
    }
    let mut inner = |many| Box::new(condition(n, rows, depth - 1, many));
    let (one, other) = (inner(many), inner(many));
    match n.below(8) {
        0 | 1 => And(one, other),
        2 | 3 => Or(one, other),
        4 => Not(one),
        5 => Whole(one),
        _ if many == 0 => Not(one),
        6 => SomePart(Box::new(condition(n, rows, depth - 1, many - 1))),
        _ => SomeOfTeam(Box::new(condition(n, rows, depth - 1, many - 1))),
    }
}

fn leaf(n: &mut Numbers, rows: &Rows) -> Condition {
    let person = rows.people[n.below(rows.people.len())].clone();
    match n.below(22) {
        0 => Always,
        1 => Never,
        2 | 3 => Points(number(n), n.below(6) as i64),
        4 => PointsIn((0..n.below(3)).map(|_| n.below(6) as i64).collect()),
        5 => NoPoints,
        6 => Hits(number(n), n.below(4) as i64),
        7 => Title(text(n), word(n)),
        8 => Assignee(person.id),
        9 => NoAssignee,
        10 => AssigneeName(text(n), word(n)),
        11 => AssigneeSecret(n.once_in(2)),
        12 => TeamName(text(n), word(n)),
        13 => SomeLead,
        14 => SomeMember(person.id),
        15 => SomeMemberNamed(person.name),
        16 => SomeHelperNamed(text(n), word(n)),
        17 => AllHelpersNamed(text(n), word(n)),
        18 => AssigneeNameTitle(ordered(n)),
        19 | 20 => TitleAssigneeName(ordered(n)),
        _ => NoWhole,
    }
}
