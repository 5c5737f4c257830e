//! Columns that are set to what the database computes, of one row and of many.

use long::Numbers;

use super::by_metadata;
use super::conditions::{Condition, filter, holds};
use super::models::Job;
use super::reference::{Asker, PlainJob, Rows, Set};
use super::statements::{Outcome, Way, World, code, same};
use super::values::{Amount, amount, expression, random};
use crate::tree::term::Whole;
use crate::untyped::AnyRow;
use crate::*;

/// A column and what it is set to.
#[derive(Debug)]
enum SetTo {
    Points(Amount),
    /// Which has to have a value.
    Hits(Amount),
    /// The assignee's name behind it.
    Title,
    /// What it is part of.
    After,
    /// The assignee of what it is part of.
    Assignee,
    /// The team of what it is part of.
    Team,
}

impl SetTo {
    fn any(n: &mut Numbers, rows: &Rows) -> Self {
        let mut of = || {
            let any = random(n, rows, 2);
            // Mostly what the rules tell apart.
            match n.below(3) {
                0 => any,
                _ => Amount::Of(Whole::Modulo, Box::new(any), Box::new(Amount::Is(6))),
            }
        };
        match of() {
            of if n.once_in(2) => Self::Points(of),
            of if n.once_in(3) => Self::Hits(of),
            _ => match n.below(4) {
                0 => Self::Title,
                1 => Self::After,
                2 => Self::Assignee,
                _ => Self::Team,
            },
        }
    }

    /// What metadata leads to.
    fn any_untyped(n: &mut Numbers) -> Self {
        let leaf = |n: &mut Numbers| match n.below(3) {
            0 => Amount::Points,
            1 => Amount::Hits,
            _ => Amount::WholePoints,
        };
        let mut of = leaf(n);
        for _ in 0..n.below(3) {
            let whole = [Whole::Plus, Whole::Minus, Whole::Times][n.below(3)];
            let other = match n.below(6) {
                0 => Amount::Is([i64::MAX, i64::MIN][n.below(2)]),
                1 | 2 => leaf(n),
                _ => Amount::Is(n.below(5) as i64 - 2),
            };
            of = Amount::Of(whole, Box::new(of), Box::new(other));
        }
        if n.once_in(3) {
            Self::Hits(of)
        } else {
            Self::Points(of)
        }
    }

    fn untyped(&self, db: &Db) -> Assignment<AnyRow> {
        let table = by_metadata::jobs(db);
        let (field, of) = match self {
            Self::Points(of) => ("points", of),
            Self::Hits(of) => ("hits", of),
            _ => panic!("{self:?} is not set by metadata"),
        };
        let amount = by_metadata::amount(table, of);
        table.column(field).unwrap().set_to(amount).unwrap()
    }

    fn assignment(&self, job: &Columns<Job>) -> Assignment<Job> {
        match self {
            Self::Points(of) => job.points.set_to(expression(job, of)),
            Self::Hits(of) => job.hits.set_to(expression(job, of)),
            Self::Title => job.title.set_to(job.title.concat(&job.assignee.name)),
            Self::After => job.after.set_to(&job.part_of),
            Self::Assignee => job.assignee.set_to(&job.part_of.assignee),
            Self::Team => job.team.set_to(&job.part_of.team),
        }
    }

    /// What the job becomes; nothing, if the column does not take it.
    fn applied(&self, rows: &Rows, who: Asker, job: &PlainJob) -> Option<PlainJob> {
        let mut new = job.clone();
        let whole = rows.job(job.part_of).filter(|whole| rows.sees(whole, who));
        match self {
            Self::Points(of) if beyond(rows, who, of, job) => return None,
            Self::Hits(of) if beyond(rows, who, of, job) => return None,
            Self::Points(of) => new.points = amount(rows, who, of, job),
            Self::Hits(of) => new.hits = amount(rows, who, of, job)?,
            Self::Title => {
                let person = rows.person(job.assignee)?;
                new.title += &rows.sees_person(person, who).then_some(person)?.name;
                if new.title.chars().count() > 100 {
                    return None;
                }
            }
            Self::After => new.after = job.part_of,
            Self::Assignee => new.assignee = whole.and_then(|whole| whole.assignee),
            Self::Team => new.team = whole?.team,
        }
        Some(new)
    }

    fn keys(&self) -> Set {
        Set {
            team: matches!(self, Self::Team),
            assignee: matches!(self, Self::Assignee),
            after: matches!(self, Self::After),
            ..Set::default()
        }
    }
}

/// Whether a number on the way to the value is beyond 64 bits.
fn beyond(rows: &Rows, who: Asker, of: &Amount, job: &PlainJob) -> bool {
    let inside = |of: &Amount| beyond(rows, who, of, job);
    let value = |of: &Amount| amount(rows, who, of, job);
    let is_end = |value: Option<i64>| matches!(value, Some(i64::MIN | i64::MAX));
    match of {
        Amount::PartsPoints(_) => is_end(value(of)),
        Amount::Of(whole, a, b) => inside(a) || inside(b) || (*whole != Whole::Modulo && is_end(value(of))),
        Amount::Or(a, b) if value(a).is_some() => inside(a),
        Amount::Or(_, b) => inside(b),
        Amount::If(so, a, b) => inside(if holds(rows, who, so, Some(job)) { a } else { b }),
        _ => false,
    }
}

impl World {
    pub(super) async fn set_to(
        &mut self,
        db: &Db<Write>,
        n: &mut Numbers,
        who: Asker,
        wanted: &Condition,
        way: Way,
    ) -> Outcome {
        let to = match way {
            Way::Typed => SetTo::any(n, &self.rows),
            Way::Untyped => SetTo::any_untyped(n),
        };
        let told = |wrong| format!("{to:?}: {wrong}");
        if n.once_in(2) {
            let job = self.rows.jobs[n.below(self.rows.jobs.len())].clone();
            return self.set_one_to(db, who, &job, &to, way).await.map_err(told);
        }
        let found = self.found(who, wanted).into_iter();
        let old: Vec<_> = found
            .filter(|job| self.rows.may_change(job, who))
            .cloned()
            .collect();
        let new: Vec<_> = old.iter().map(|job| to.applied(&self.rows, who, job)).collect();
        let got = match way {
            Way::Typed => {
                let query = Job::objects().filter(|job| filter(job, wanted));
                query.change_all(db, |job| [to.assignment(job)]).await
            }
            Way::Untyped => {
                by_metadata::query(db, wanted)
                    .change_all(db, [to.untyped(db)])
                    .await
            }
        };
        let Some(new) = new.into_iter().collect::<Option<Vec<_>>>() else {
            return same(&code(&got), &422).map_err(told).map(|()| true);
        };
        let mut pairs = old.iter().zip(&new);
        if !pairs.all(|(old, new)| self.rows.becomes(old, new, to.keys(), who)) {
            return same(&code(&got), &403).map_err(told).map(|()| false);
        }
        let got = got.map_err(|error| told(error.to_string()))?;
        same(&got, &(old.len() as u64)).map_err(told)?;
        let did = !new.is_empty();
        self.become_these(new);
        Ok(did)
    }

    async fn set_one_to(
        &mut self,
        db: &Db<Write>,
        who: Asker,
        old: &PlainJob,
        to: &SetTo,
        way: Way,
    ) -> Outcome {
        let got = match way {
            Way::Typed => match Job::objects().get_to_change(db, |job| job.id.eq(old.id)).await {
                Ok(row) => row.change(db, |job| [to.assignment(job)]).await.map(drop),
                Err(error) => Err(error),
            },
            Way::Untyped => by_metadata::change(db, old.id, to.untyped(db)).await,
        };
        if !self.rows.sees(old, who) {
            return same(&code(&got), &404).map(|()| false);
        }
        if !self.rows.may_change(old, who) {
            return same(&code(&got), &403).map(|()| false);
        }
        let Some(new) = to.applied(&self.rows, who, old) else {
            return same(&code(&got), &422).map(|()| true);
        };
        if !self.rows.sees_targets(&new, to.keys(), who) {
            return same(&code(&got), &422).map(|()| false);
        }
        if !self.rows.becomes(old, &new, to.keys(), who) {
            return same(&code(&got), &403).map(|()| false);
        }
        same(&code(&got), &200)?;
        self.become_these(vec![new]);
        Ok(true)
    }

    fn become_these(&mut self, new: Vec<PlainJob>) {
        for new in new {
            if let Some(job) = self.rows.jobs.iter_mut().find(|job| job.id == new.id) {
                *job = new;
            }
        }
    }

    /// Rows that are locked are those that may be changed, and a row behind them has to be one.
    pub(super) async fn for_update(
        &self,
        db: &Db<Write>,
        n: &mut Numbers,
        who: Asker,
        wanted: &Condition,
        way: Way,
    ) -> Outcome {
        let found = self.found(who, wanted).into_iter();
        let may: Vec<_> = found.filter(|job| self.rows.may_change(job, who)).collect();
        if way == Way::Untyped {
            return self.for_update_untyped(db, n, who, wanted, &may).await;
        }
        let query = Job::objects().filter(|job| filter(job, wanted)).for_update();
        let query = match n.below(3) {
            0 => query,
            1 => query.nowait(),
            _ => query.skip_locked(),
        };
        match n.below(3) {
            0 => {
                let job = &self.rows.jobs[n.below(self.rows.jobs.len())];
                let got = query.get(db, |other| other.id.eq(job.id)).await;
                let seen = self.found(who, wanted).iter().any(|seen| seen.id == job.id);
                let expected = match (seen, self.rows.may_change(job, who)) {
                    (false, _) => 404,
                    (true, false) => 403,
                    (true, true) => 200,
                };
                same(&code(&got), &expected)?;
                Ok(got.is_ok())
            }
            1 => {
                let got = query.of(|job| &job.assignee).all(db).await;
                // Nobody may change a person.
                let sees = |job: &&&PlainJob| {
                    let person = self.rows.person(job.assignee);
                    person.is_some_and(|person| self.rows.sees_person(person, who))
                };
                if may.iter().any(|job| sees(&job)) {
                    return same(&code(&got), &403).map(|()| false);
                }
                same(&got.unwrap().len(), &may.len()).map(|()| !may.is_empty())
            }
            _ => {
                let got = query.all(db).await.unwrap();
                let ids: Vec<_> = got.iter().map(|job| job.id).collect();
                same(&ids, &may.iter().map(|job| job.id).collect()).map(|()| !may.is_empty())
            }
        }
    }

    async fn for_update_untyped(
        &self,
        db: &Db<Write>,
        n: &mut Numbers,
        who: Asker,
        wanted: &Condition,
        may: &[&PlainJob],
    ) -> Outcome {
        let query = by_metadata::query(db, wanted).for_update();
        let query = match n.below(3) {
            0 => query,
            1 => query.nowait(),
            _ => query.skip_locked(),
        };
        match n.below(3) {
            0 => {
                let job = &self.rows.jobs[n.below(self.rows.jobs.len())];
                let got = query.get(db, by_metadata::key(db, "job", job.id)).await;
                let seen = self.found(who, wanted).iter().any(|seen| seen.id == job.id);
                let expected = match (seen, self.rows.may_change(job, who)) {
                    (false, _) => 404,
                    (true, false) => 403,
                    (true, true) => 200,
                };
                same(&code(&got), &expected)?;
                Ok(got.is_ok())
            }
            1 => {
                let assignee = by_metadata::jobs(db).column("assignee").unwrap();
                let got = query.of(&assignee).unwrap().all(db).await;
                let sees = |job: &&PlainJob| {
                    let person = self.rows.person(job.assignee);
                    person.is_some_and(|person| self.rows.sees_person(person, who))
                };
                if may.iter().any(sees) {
                    return same(&code(&got), &403).map(|()| false);
                }
                same(&got.unwrap().len(), &may.len()).map(|()| !may.is_empty())
            }
            _ => {
                let got = query.all(db).await.unwrap();
                let ids: Vec<_> = got.iter().map(|job| job.key().uuid()).collect();
                same(&ids, &may.iter().map(|job| job.id.uuid()).collect()).map(|()| !may.is_empty())
            }
        }
    }
}
