//! Computed values, what is counted and added up, groups: in the database and off the lists.

use std::collections::BTreeMap;

use long::Numbers;

use super::by_metadata;
use super::conditions::{Condition, condition, filter, holds, inside};
use super::models::Job;
use super::reference::{Asker, PlainJob, Rows};
use super::statements::{Kind, Outcome, same};
use crate::tree::term::Whole;
use crate::tree::value::Value;
use crate::*;

/// A whole number of a job.
#[derive(Debug, Clone)]
pub(super) enum Amount {
    Points,
    Hits,
    WholePoints,
    TitleLength,
    Is(i64),
    Parts(Box<Condition>),
    PartsPoints(Box<Condition>),
    OfTeam,
    Of(Whole, Box<Amount>, Box<Amount>),
    Or(Box<Amount>, Box<Amount>),
    If(Box<Condition>, Box<Amount>, Box<Amount>),
}

type Optional = Expression<Job, Option<i64>>;

fn optional<T>(expression: Expression<Job, T>) -> Optional {
    Expression::new(expression.term)
}

pub(super) fn expression(job: &Columns<Job>, amount: &Amount) -> Optional {
    match amount {
        Amount::Points => optional(&job.points * 1),
        Amount::Hits => optional(&job.hits + 0),
        Amount::WholePoints => optional(&job.part_of.points + 0),
        Amount::TitleLength => optional(job.title.length()),
        Amount::Is(number) => optional(columns::IntoExpression::<Job>::into_expression(*number)),
        Amount::Parts(of) => optional(job.parts.filter(|part| inside(part, of)).count()),
        Amount::PartsPoints(of) => job.parts.filter(|part| inside(part, of)).sum(|part| &part.points),
        Amount::OfTeam => job.team.jobs.count(),
        Amount::Of(whole, a, b) => {
            let (a, b) = (expression(job, a), expression(job, b));
            match whole {
                Whole::Plus => a + b,
                Whole::Minus => a - b,
                Whole::Times => a * b,
                Whole::DividedBy => a / b,
                Whole::Modulo => a % b,
            }
        }
        Amount::Or(a, b) => expression(job, a).coalesce(expression(job, b)),
        Amount::If(of, a, b) => case(filter(job, of), expression(job, a)).otherwise(expression(job, b)),
    }
}

fn ends(number: i128) -> i64 {
    number.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

pub(super) fn amount(rows: &Rows, who: Asker, amount_of: &Amount, job: &PlainJob) -> Option<i64> {
    let parts = |of: &Condition| -> Vec<&PlainJob> {
        let parts = rows.jobs.iter().filter(|part| part.part_of == Some(job.id));
        parts
            .filter(|part| rows.sees(part, who) && holds(rows, who, of, Some(part)))
            .collect()
    };
    let value = |of: &Amount| amount(rows, who, of, job);
    match amount_of {
        Amount::Points => job.points,
        Amount::Hits => Some(job.hits),
        Amount::WholePoints => {
            let whole = rows.job(job.part_of).filter(|whole| rows.sees(whole, who));
            whole.and_then(|whole| whole.points)
        }
        Amount::TitleLength => Some(job.title.chars().count() as i64),
        Amount::Is(number) => Some(*number),
        Amount::Parts(of) => Some(parts(of).len() as i64),
        Amount::PartsPoints(of) => total(parts(of).iter().map(|part| part.points)),
        Amount::OfTeam => rows.sees_team(job.team, who).then(|| {
            let all = rows.jobs.iter().filter(|other| other.team == job.team);
            all.filter(|other| rows.sees(other, who)).count() as i64
        }),
        Amount::Of(whole, a, b) => {
            let (a, b) = (i128::from(value(a)?), i128::from(value(b)?));
            Some(ends(match whole {
                Whole::Plus => a + b,
                Whole::Minus => a - b,
                Whole::Times => a * b,
                Whole::DividedBy => a.checked_div(b)?,
                Whole::Modulo => a.checked_rem(b)?,
            }))
        }
        Amount::Or(a, b) => value(a).or_else(|| value(b)),
        Amount::If(of, a, b) => {
            if holds(rows, who, of, Some(job)) {
                value(a)
            } else {
                value(b)
            }
        }
    }
}

fn total(values: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    let all: Vec<i128> = values.flatten().map(i128::from).collect();
    (!all.is_empty()).then(|| ends(all.iter().sum()))
}

pub(super) fn random(n: &mut Numbers, rows: &Rows, depth: usize) -> Amount {
    if depth == 0 || n.once_in(3) {
        let of = |n: &mut Numbers| Box::new(condition(n, rows, 2, 1));
        return match n.below(10) {
            0 | 1 => Amount::Points,
            2 => Amount::Hits,
            3 => Amount::WholePoints,
            4 => Amount::TitleLength,
            5 => Amount::Is([0, 1, -2, 7, i64::MAX, i64::MIN][n.below(6)]),
            6 | 7 => Amount::Parts(of(n)),
            8 => Amount::PartsPoints(of(n)),
            _ => Amount::OfTeam,
        };
    }
    let (a, b) = (
        Box::new(random(n, rows, depth - 1)),
        Box::new(random(n, rows, depth - 1)),
    );
    match n.below(8) {
        0 => Amount::Or(a, b),
        1 => Amount::If(Box::new(condition(n, rows, 2, 1)), a, b),
        2 => Amount::Of(Whole::Plus, a, b),
        3 => Amount::Of(Whole::Minus, a, b),
        4 => Amount::Of(Whole::Times, a, b),
        5 => Amount::Of(Whole::Modulo, a, b),
        _ => Amount::Of(Whole::DividedBy, a, b),
    }
}

/// Of those that were found, `seen`, what the kind asks for; without types what metadata leads to.
pub(super) async fn read(
    db: &Db<Write>,
    n: &mut Numbers,
    kind: Kind,
    rows: &Rows,
    who: Asker,
    wanted: &Condition,
    seen: Vec<&PlainJob>,
) -> Outcome {
    let of = random(n, rows, 3);
    let value = |job: &PlainJob| amount(rows, who, &of, job);
    let query = Job::objects().filter(|job| filter(job, wanted));
    let name = |job: &PlainJob| {
        let person = rows
            .person(job.assignee)
            .filter(|person| rows.sees_person(person, who));
        person.map(|person| person.name.clone())
    };
    let told = |wrong: String| format!("{of:?}: {wrong}");
    match kind {
        Kind::Computed => {
            let (least, last) = (n.below(4) as i64 - 1, n.once_in(2));
            let got = query
                .filter(|job| expression(job, &of).ge(least) | expression(job, &of).is_null())
                .order_by(|job| {
                    let by = expression(job, &of).desc();
                    [if last { by.nulls_last() } else { by.nulls_first() }]
                })
                .values(|job| {
                    (
                        &job.id,
                        expression(job, &of),
                        job.title.upper().concat("!"),
                        &job.assignee.name,
                        &job.assignee,
                    )
                })
                .all(db)
                .await
                .unwrap();
            let mut expected: Vec<_> = seen
                .into_iter()
                .filter(|job| value(job).is_none_or(|value| value >= least))
                .map(|job| {
                    let title = job.title.to_ascii_uppercase() + "!";
                    (job.id, value(job), title, name(job), job.assignee)
                })
                .collect();
            // As the last key goes down, so do the ids.
            expected.sort_by_key(|row| {
                let nothing = row.1.is_none();
                (
                    if last { nothing } else { !nothing },
                    row.1.map(std::cmp::Reverse),
                    std::cmp::Reverse(row.0),
                )
            });
            same(&got, &expected).map_err(told)?;
            Ok(!got.is_empty())
        }
        Kind::Together => {
            let only = condition(n, rows, 2, 1);
            let got = query
                .aggregate(db, |job| {
                    (
                        job.id.count(),
                        job.points.count(),
                        job.points.sum().filter(filter(job, &only)),
                        expression(job, &of).sum(),
                        job.title.min(),
                        job.points.max(),
                        job.points.avg(),
                        job.id.count().filter(filter(job, &only)),
                    )
                })
                .await
                .unwrap();
            let so: Vec<_> = seen
                .iter()
                .filter(|job| holds(rows, who, &only, Some(job)))
                .collect();
            let points: Vec<i64> = seen.iter().filter_map(|job| job.points).collect();
            let expected = (
                seen.len() as i64,
                points.len() as i64,
                total(so.iter().map(|job| job.points)),
                total(seen.iter().map(|job| value(job))),
                seen.iter().map(|job| job.title.clone()).min(),
                points.iter().copied().max(),
                (!points.is_empty()).then(|| {
                    points.iter().map(|one| i128::from(*one)).sum::<i128>() as f64 / points.len() as f64
                }),
                so.len() as i64,
            );
            same(&got, &expected).map_err(told)?;
            Ok(!seen.is_empty())
        }
        Kind::Grouped => {
            let (more, most) = (n.below(2) as i64, n.once_in(2));
            let groups = query
                .group_by(|job| (&job.assignee.name, &job.points))
                .values(|job| (job.id.count(), job.hits.sum()))
                .having(|job| job.id.count().gt(more));
            let groups = if most {
                groups.order_by(|job| job.id.count().desc()).limit(3)
            } else {
                groups
            };
            let got = groups.all(db).await.unwrap();
            let mut all: BTreeMap<_, Vec<&PlainJob>> = BTreeMap::new();
            for job in &seen {
                all.entry((name(job), job.points)).or_default().push(job);
            }
            let groups = all.into_iter().map(|(key, jobs)| {
                let hits = total(jobs.iter().map(|job| Some(job.hits)));
                (key, (jobs.len() as i64, hits))
            });
            let mut expected: Vec<_> = groups.filter(|(_, (count, _))| *count > more).collect();
            if most {
                expected.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
                expected.truncate(3);
            }
            same(&got, &expected)?;
            Ok(!got.is_empty())
        }
        Kind::Keyed => {
            let (least, down, first) = (n.below(4) as i64 - 1, n.once_in(2), n.below(3));
            let order = |job: &Columns<Job>| {
                let by = expression(job, &of);
                let by = if down { by.desc() } else { by.asc() };
                let by = match first {
                    0 => by,
                    1 => by.nulls_first(),
                    _ => by.nulls_last(),
                };
                [job.assignee.name.asc(), by]
            };
            let query = query
                .filter(|job| expression(job, &of).ge(least) | expression(job, &of).is_null())
                .order_by(order)
                .per_page(1 + n.below(3) as u32);
            let whole = query.clone().all(db).await.unwrap();
            let (mut got, mut after) = (Vec::new(), None::<Cursor>);
            loop {
                let page = query.clone().page_after(db, after.as_ref()).await.unwrap();
                got.extend(page.iter().map(|job| job.id));
                let Some(next) = page.next else { break };
                after = Some(next.to_string().parse().unwrap());
                if got.len() > whole.len() {
                    break;
                }
            }
            same(&got, &whole.iter().map(|job| job.id).collect()).map_err(told)?;
            let so = |job: &&&PlainJob| value(job).is_none_or(|value| value >= least);
            same(&got.len(), &seen.iter().filter(so).count()).map_err(told)?;
            Ok(got.len() > 1)
        }
        _ => {
            let (only, every) = (condition(n, rows, 2, 1), n.once_in(2));
            let query = query.filter(|job| {
                if every {
                    job.parts.all(|part| inside(part, &only))
                } else {
                    job.parts.none(|part| inside(part, &only))
                }
            });
            let got = query.values(|job| &job.title).distinct().all(db).await.unwrap();
            let parts_are = |job: &PlainJob| {
                let mut parts = rows.jobs.iter().filter(|part| part.part_of == Some(job.id));
                parts.all(|part| !rows.sees(part, who) || holds(rows, who, &only, Some(part)) == every)
            };
            let titles = seen
                .iter()
                .filter(|job| parts_are(job))
                .map(|job| job.title.clone());
            let expected: std::collections::BTreeSet<_> = titles.collect();
            same(&got, &expected.into_iter().collect()).map_err(|wrong| format!("{only:?}: {wrong}"))?;
            Ok(!got.is_empty())
        }
    }
}

/// What metadata leads to of the same kinds.
pub(super) async fn read_untyped(
    db: &Db<Write>,
    n: &mut Numbers,
    kind: Kind,
    rows: &Rows,
    who: Asker,
    wanted: &Condition,
    seen: Vec<&PlainJob>,
) -> Outcome {
    let (table, query) = (by_metadata::jobs(db), by_metadata::query(db, wanted));
    let column = |way: &[&str]| by_metadata::column(table, way);
    let name = |job: &PlainJob| {
        let person = rows.person(job.assignee);
        let person = person.filter(|person| rows.sees_person(person, who));
        person.map(|person| person.name.clone())
    };
    let number = |number: Option<i64>| number.map_or(Value::Null, Value::Integer);
    let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let points: Vec<i64> = seen.iter().filter_map(|job| job.points).collect();
    match kind {
        Kind::Computed => {
            let most = n.below(4) as u32;
            let counted = query.count_up_to(db, most).await.unwrap();
            same(&counted, &(seen.len() as u64).min(most.into()))?;
            let summed = by_metadata::query(db, wanted).sum(db, &column(&["points"])).await;
            same(&summed.unwrap(), &total(seen.iter().map(|job| job.points)))?;
            Ok(!seen.is_empty())
        }
        Kind::Together => {
            let (points_are, title, name_is) = (
                column(&["points"]),
                column(&["title"]),
                column(&["assignee", "name"]),
            );
            let of = [
                table.id().count(),
                points_are.count(),
                points_are.sum().unwrap(),
                points_are.max().unwrap(),
                points_are.avg().unwrap(),
                title.min().unwrap(),
                name_is.count(),
                name_is.max().unwrap(),
            ];
            let got = query.aggregate(db, of).await.unwrap();
            let sum = points.iter().map(|one| i128::from(*one)).sum::<i128>();
            let names: Vec<_> = seen.iter().filter_map(|job| name(job)).collect();
            let expected = vec![
                Value::Integer(seen.len() as i64),
                Value::Integer(points.len() as i64),
                number(total(seen.iter().map(|job| job.points))),
                number(points.iter().copied().max()),
                match points.is_empty() {
                    true => Value::Null,
                    false => Value::Real(sum as f64 / points.len() as f64),
                },
                text(seen.iter().map(|job| job.title.clone()).min()),
                Value::Integer(names.len() as i64),
                text(names.into_iter().max()),
            ];
            same(&got, &expected)?;
            Ok(!seen.is_empty())
        }
        Kind::Grouped => {
            let (more, most) = (n.below(2) as i64, n.once_in(2));
            let (count, hits) = (table.id().count(), column(&["hits"]).sum().unwrap());
            let by = [column(&["assignee", "name"]), column(&["points"])];
            let groups = query.group_by(by, [count.clone(), hits]).unwrap();
            let mut groups = groups.having_more(&count, more).unwrap();
            if most {
                groups = groups.order_by([count.desc()]).unwrap().limit(3);
            }
            let got = groups.all(db).await.unwrap();
            let got = got
                .iter()
                .map(|group| (group.keys().to_vec(), group.values().to_vec()));
            let mut all: BTreeMap<_, Vec<&PlainJob>> = BTreeMap::new();
            for job in &seen {
                all.entry((name(job), job.points)).or_default().push(job);
            }
            let mut all: Vec<_> = all.into_iter().collect();
            all.retain(|(_, jobs)| jobs.len() as i64 > more);
            if most {
                all.sort_by_key(|(_, jobs)| std::cmp::Reverse(jobs.len()));
                all.truncate(3);
            }
            let expected = all.into_iter().map(|((name, points), jobs)| {
                let hits = total(jobs.iter().map(|job| Some(job.hits)));
                let count = Value::Integer(jobs.len() as i64);
                (vec![text(name), number(points)], vec![count, number(hits)])
            });
            let expected: Vec<_> = expected.collect();
            same(&got.collect(), &expected)?;
            Ok(!expected.is_empty())
        }
        Kind::Keyed => {
            let points = column(&["points"]);
            let points = if n.once_in(2) { points.desc() } else { points.asc() };
            let order = [column(&["assignee", "name"]).asc(), points];
            let query = query.order_by(order).unwrap();
            let whole = query.clone().all(db).await.unwrap();
            let query = query.per_page(1 + n.below(3) as u32);
            let (mut got, mut after) = (Vec::new(), None::<Cursor>);
            while got.len() <= whole.len() {
                let page = query.clone().page_after(db, after.as_ref()).await.unwrap();
                got.extend(page.iter().map(|job| job.key().uuid()));
                let Some(next) = page.next else { break };
                after = Some(next.to_string().parse().unwrap());
            }
            same(&got, &whole.iter().map(|job| job.key().uuid()).collect())?;
            same(&got.len(), &seen.len())?;
            Ok(got.len() > 1)
        }
        _ => {
            let only = by_metadata::without_computed(condition(n, rows, 2, 1));
            let (every, key) = (n.once_in(2), column(&["part_of"]));
            let so = by_metadata::condition(db, &only);
            let so = match every {
                true => table.id().all(&key, so),
                false => table.id().none(&key, so),
            };
            let got = query.filter(so.unwrap()).unwrap().all(db).await.unwrap();
            let parts_are = |job: &&&PlainJob| {
                let mut parts = rows.jobs.iter().filter(|part| part.part_of == Some(job.id));
                parts.all(|part| !rows.sees(part, who) || holds(rows, who, &only, Some(part)) == every)
            };
            let expected = seen.iter().filter(parts_are).map(|job| job.id.uuid());
            let got: Vec<_> = got.iter().map(|job| job.key().uuid()).collect();
            same(&got, &expected.collect()).map_err(|wrong| format!("{only:?}: {wrong}"))?;
            Ok(!got.is_empty())
        }
    }
}
