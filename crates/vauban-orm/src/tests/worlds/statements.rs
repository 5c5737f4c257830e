//! One statement of each kind, in the database and in the reference.

use std::collections::{BTreeMap, BTreeSet};

use long::Numbers;
use uuid::Uuid;

use super::by_metadata;
use super::conditions::{Condition, NAMES, condition, filter, holds};
use super::models::*;
use super::reference::{
    Asker, Deletion, PlainJob, PlainMember, PlainPerson, PlainScore, PlainTeam, Rows, Set,
};
use super::told::Told;
use super::values;
use crate::engine::{ChangeHooks, Database, Options, Unit};
use crate::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    All,
    Ordered,
    Permitted,
    Count,
    Exists,
    Get,
    Computed,
    Together,
    Grouped,
    Keyed,
    Every,
    Create,
    CreateAll,
    CreateOrChange,
    Change,
    ChangeAll,
    Delete,
    DeleteAll,
    Load,
    Link,
    SetTo,
    Upsert,
    ForUpdate,
}

pub(super) const KINDS: [Kind; 23] = [
    Kind::All,
    Kind::Ordered,
    Kind::Permitted,
    Kind::Count,
    Kind::Exists,
    Kind::Get,
    Kind::Computed,
    Kind::Together,
    Kind::Grouped,
    Kind::Keyed,
    Kind::Every,
    Kind::Create,
    Kind::CreateAll,
    Kind::CreateOrChange,
    Kind::Change,
    Kind::ChangeAll,
    Kind::Delete,
    Kind::DeleteAll,
    Kind::Load,
    Kind::Link,
    Kind::SetTo,
    Kind::Upsert,
    Kind::ForUpdate,
];

/// How a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By types.
    Typed,
    /// By metadata, where no type is known.
    Untyped,
}

/// Which database a world is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

/// Reads what is stored, past the framework.
enum Stored {
    Sqlite(rusqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(cluster::Database),
}

pub(super) struct World {
    database: Database,
    /// In every other world nobody is told, and statements are those of a program without hooks.
    told: Option<Told>,
    pub(super) rows: Rows,
    stored: Stored,
}

/// What went another way, or whether the statement found or did something.
pub(super) type Outcome = std::result::Result<bool, String>;

pub(super) fn same<T: PartialEq + std::fmt::Debug>(got: &T, expected: &T) -> std::result::Result<(), String> {
    if got == expected {
        Ok(())
    } else {
        Err(format!("got {got:?}, expected {expected:?}"))
    }
}

pub(super) fn code<T>(result: &Result<T>) -> u16 {
    result.as_ref().map_or_else(Error::status, |_| 200)
}

impl World {
    pub(super) async fn new(n: &mut Numbers, on: On) -> Self {
        let options = Options {
            models: models(),
            services: vec![actor::ServiceMeta::of::<Maker>()],
            ..Options::default()
        };
        let (database, stored) = match on {
            On::Sqlite => {
                let database = Database::open("sqlite::memory:", options).unwrap();
                let stored = rusqlite::Connection::open(database.path()).unwrap();
                (database, Stored::Sqlite(stored))
            }
            #[cfg(feature = "postgres")]
            On::Postgres => {
                let stored = cluster::database();
                let database = Database::open(&crate::tests::on::asked_as(&stored), options).unwrap();
                (database, Stored::Postgres(stored))
            }
        };
        database.create_all(&models()).unwrap();
        let told = n.once_in(2).then(Told::default);
        if let Some(told) = &told {
            let mut hooks = ChangeHooks::default();
            hooks.add(told.clone());
            database.set_change_hooks(hooks);
        }
        let mut world = Self {
            database,
            told,
            rows: Rows::default(),
            stored,
        };
        world.fill(n).await;
        world
    }

    async fn fill(&mut self, n: &mut Numbers) {
        let unit = self.database.bind(Actor::nobody());
        let db = unit.db();
        let db = db.acting::<Maker>();
        let rows = &mut self.rows;
        for name in &NAMES[..4] {
            let new = NewPerson {
                name: (*name).to_owned(),
                secret: n.once_in(3),
            };
            let person = Person::create(new).save(&db).await.unwrap();
            rows.people.push(PlainPerson {
                id: person.id,
                name: person.name,
                secret: person.secret,
            });
        }
        for name in &NAMES[1..4] {
            let new = NewTeam {
                name: (*name).to_owned(),
            };
            let team = Team::create(new).save(&db).await.unwrap();
            rows.teams.push(PlainTeam {
                id: team.id,
                name: team.name,
            });
        }
        for _ in 0..2 + n.below(8) {
            let member = PlainMember {
                team: rows.teams[n.below(3)].id,
                person: rows.people[n.below(4)].id,
                rank: if n.once_in(2) { Rank::Lead } else { Rank::Plain },
            };
            let PlainMember { team, person, rank } = member;
            Member::create(NewMember { team, person, rank })
                .save(&db)
                .await
                .unwrap();
            rows.members.push(member);
        }
        for _ in 0..5 + n.below(7) {
            let job = new_job(n, rows);
            let made = Job::create(new_values(&job)).save(&db).await.unwrap();
            rows.jobs.push(PlainJob { id: made.id, ..job });
        }
        for _ in 0..n.below(8) {
            let pair = (rows.jobs[n.below(rows.jobs.len())].id, rows.people[n.below(4)].id);
            if !rows.helpers.contains(&pair) {
                let (job, person) = pair;
                Helper::create(NewHelper { job, person }).save(&db).await.unwrap();
                rows.helpers.push(pair);
            }
        }
        for key in 0..6 {
            let score = PlainScore {
                key,
                team: rows.teams[n.below(3)].id,
                points: n.below(6) as i64,
            };
            let PlainScore { key, team, points } = score;
            Score::create(NewScore { key, team, points })
                .save(&db)
                .await
                .unwrap();
            rows.scores.push(score);
        }
        if n.once_in(2) {
            let job = rows.jobs[n.below(rows.jobs.len())].id;
            Pin::create(NewPin { job }).save(&db).await.unwrap();
            rows.pinned.push(job);
        }
        unit.finish(true).await.unwrap();
    }

    /// Too few rows are left for anything to be told.
    pub(super) fn is_spent(&self) -> bool {
        self.rows.jobs.len() < 3
    }

    fn asker(&self, n: &mut Numbers) -> Asker {
        let id = (!n.once_in(6)).then(|| self.rows.people[n.below(4)].id);
        Asker {
            id,
            staff: id.is_some() && n.once_in(4),
        }
    }

    fn unit(&self, who: Asker) -> Unit {
        self.database.bind(who.id.map_or(Actor::nobody(), |id| {
            Actor::user(UserFacts {
                id: id.uuid(),
                is_staff: who.staff,
                is_superuser: false,
            })
        }))
    }

    pub(super) async fn step(&mut self, n: &mut Numbers, kind: Kind, way: Way) -> Outcome {
        let who = self.asker(n);
        let mut wanted = condition(n, &self.rows, 4, 2);
        if way == Way::Untyped {
            wanted = by_metadata::without_computed(wanted);
        }
        let unit = self.unit(who);
        let db = unit.db();
        if n.once_in(3) {
            db.begin().await.unwrap();
        }
        let outcome = match kind {
            Kind::Create => self.create(&db, n, who, way).await,
            Kind::CreateAll => self.create_all(&db, n, who, way).await,
            Kind::CreateOrChange => self.create_or_change(&db, n, who).await,
            Kind::Change => self.change(&db, n, who, way).await,
            Kind::ChangeAll => self.change_all(&db, n, who, &wanted, way).await,
            Kind::Delete => self.delete(&db, n, who, way).await,
            Kind::Load => self.load(&db, n, who, &wanted, way).await,
            Kind::Link => self.link(&db, n, who, way).await,
            Kind::SetTo => self.set_to(&db, n, who, &wanted, way).await,
            Kind::Upsert => self.upsert(&db, n, who, way).await,
            Kind::ForUpdate => self.for_update(&db, n, who, &wanted, way).await,
            Kind::DeleteAll => self.delete_all(&db, who, &wanted, way).await,
            Kind::Computed | Kind::Together | Kind::Grouped | Kind::Keyed | Kind::Every
                if way == Way::Untyped =>
            {
                let seen = self.found(who, &wanted);
                values::read_untyped(&db, n, kind, &self.rows, who, &wanted, seen).await
            }
            Kind::Computed | Kind::Together | Kind::Grouped | Kind::Keyed | Kind::Every => {
                let seen = self.found(who, &wanted);
                values::read(&db, n, kind, &self.rows, who, &wanted, seen).await
            }
            _ if way == Way::Untyped => self.read_untyped(&db, n, kind, who, &wanted).await,
            _ => self.read(&db, n, kind, who, &wanted).await,
        };
        drop(db);
        let finished = unit.finish(true).await;
        let told = |wrong| format!("{who:?}, {wanted:?}: {wrong}");
        let did = outcome.map_err(told)?;
        finished.unwrap();
        let stored = self.stored();
        let rows = self.rows.jobs.iter().map(|job| (job.id.uuid(), shown(job)));
        same(&stored, &rows.collect()).map_err(told)?;
        let scores = self.rows.scores.iter();
        let scores: BTreeSet<_> = scores
            .map(|score| (score.key, score.team.uuid(), score.points))
            .collect();
        same(&self.stored_scores(), &scores).map_err(told)?;
        if let Some(known) = &self.told {
            known.check(&self.rows.jobs).map_err(told)?;
        }
        Ok(did)
    }

    pub(super) fn found(&self, who: Asker, wanted: &Condition) -> Vec<&PlainJob> {
        let jobs = self.rows.jobs.iter();
        let seen = jobs.filter(|job| self.rows.sees(job, who) && holds(&self.rows, who, wanted, Some(job)));
        let mut seen: Vec<_> = seen.collect();
        seen.sort_by_key(|job| job.id.uuid());
        seen
    }

    async fn read(
        &self,
        db: &Db<Write>,
        n: &mut Numbers,
        kind: Kind,
        who: Asker,
        wanted: &Condition,
    ) -> Outcome {
        let mut seen = self.found(who, wanted);
        let query = Job::objects().filter(|job| filter(job, wanted));
        let ids = |rows: &[&PlainJob]| rows.iter().map(|job| job.id).collect::<Vec<_>>();
        match kind {
            Kind::All => {
                let got: Vec<_> = query.all(db).await.unwrap().iter().map(|job| job.id).collect();
                same(&got, &ids(&seen))?;
            }
            Kind::Ordered => {
                let (by, down, limit) = (n.below(4), n.once_in(2), 1 + n.below(5));
                let query = query.order_by(|job| match (by, down) {
                    (0, false) => job.points.asc(),
                    (0, true) => job.points.desc(),
                    (1, false) => job.assignee.name.asc(),
                    (1, true) => job.assignee.name.desc(),
                    (2, false) => job.team.name.asc(),
                    (2, true) => job.team.name.desc(),
                    (_, false) => job.part_of.assignee.name.asc(),
                    (_, true) => job.part_of.assignee.name.desc(),
                });
                let query = if n.once_in(2) {
                    query.related(|job| &job.assignee)
                } else {
                    query
                };
                seen.sort_by_cached_key(|job| (self.key(by, job, who), job.id.uuid()));
                if down {
                    seen.reverse();
                }
                seen.truncate(limit);
                let got = query.limit(limit as u32).all(db).await.unwrap();
                same(&got.iter().map(|job| job.id).collect(), &ids(&seen))?;
            }
            Kind::Permitted => {
                let rows = query.with_may().all(db).await.unwrap();
                let got: Vec<_> = rows
                    .iter()
                    .map(|row| (row.id, row.may_change(), row.may_delete()))
                    .collect();
                let rights = |job: &&PlainJob| {
                    (
                        job.id,
                        self.rows.may_change(job, who),
                        self.rows.may_delete(job, who),
                    )
                };
                same(&got, &seen.iter().map(rights).collect())?;
            }
            Kind::Count => same(&query.count(db).await.unwrap(), &(seen.len() as u64))?,
            Kind::Exists => same(&query.exists(db).await.unwrap(), &!seen.is_empty())?,
            _ => {
                let job = &self.rows.jobs[n.below(self.rows.jobs.len())];
                let got = query.get(db, |other| other.id.eq(job.id)).await;
                same(
                    &code(&got),
                    &if seen.iter().any(|seen| seen.id == job.id) {
                        200
                    } else {
                        404
                    },
                )?;
                return Ok(got.is_ok());
            }
        }
        Ok(!seen.is_empty())
    }

    async fn read_untyped(
        &self,
        db: &Db<Write>,
        n: &mut Numbers,
        kind: Kind,
        who: Asker,
        wanted: &Condition,
    ) -> Outcome {
        let mut seen = self.found(who, wanted);
        let table = by_metadata::jobs(db);
        let query = by_metadata::query(db, wanted);
        let id = |row: &untyped::AnyRow| row.key().uuid();
        match kind {
            Kind::All => {
                let rows = query.all(db).await.unwrap();
                let got = rows.iter().map(|row| by_metadata::plain(table, row)).collect();
                same(&got, &seen.into_iter().cloned().collect::<Vec<_>>())?;
                return Ok(!got.is_empty());
            }
            Kind::Ordered => {
                let (by, down, limit) = (n.below(4), n.once_in(2), 1 + n.below(5));
                let way: &[_] = [
                    &["points"][..],
                    &["assignee", "name"],
                    &["team", "name"],
                    &["part_of", "assignee", "name"],
                ][by];
                let column = by_metadata::column(table, way);
                let order = if down { column.desc() } else { column.asc() };
                let mut query = query.order_by([order]).unwrap();
                if n.once_in(2) {
                    query = query.related(&table.column("assignee").unwrap()).unwrap();
                }
                seen.sort_by_cached_key(|job| (self.key(by, job, who), job.id.uuid()));
                if down {
                    seen.reverse();
                }
                let first = n.below(2);
                let got = query
                    .slice(first as u32, limit as u32)
                    .unwrap()
                    .all(db)
                    .await
                    .unwrap();
                let seen = seen.into_iter().skip(first).take(limit).map(|job| job.id.uuid());
                same(&got.iter().map(id).collect::<Vec<_>>(), &seen.collect())?;
                return Ok(!got.is_empty());
            }
            Kind::Permitted => {
                let rows = query.with_may().all(db).await.unwrap();
                let got = rows
                    .iter()
                    .map(|row| (id(row), row.may_change(), row.may_delete()));
                let rights = |job: &&PlainJob| {
                    let may = (self.rows.may_change(job, who), self.rows.may_delete(job, who));
                    (job.id.uuid(), may.0, may.1)
                };
                same(&got.collect(), &seen.iter().map(rights).collect::<Vec<_>>())?;
            }
            Kind::Count => same(&query.count(db).await.unwrap(), &(seen.len() as u64))?,
            Kind::Exists => same(&query.exists(db).await.unwrap(), &!seen.is_empty())?,
            _ => {
                let job = &self.rows.jobs[n.below(self.rows.jobs.len())];
                let key = table.key(&job.id.to_string()).unwrap();
                let got = query.get(db, key).await;
                let is_seen = seen.iter().any(|seen| seen.id == job.id);
                same(&code(&got), &if is_seen { 200 } else { 404 })?;
                return Ok(got.is_ok());
            }
        }
        Ok(!seen.is_empty())
    }

    /// What a job is ordered by: of a row that is absent or hidden there is no value.
    fn key(&self, by: usize, job: &PlainJob, who: Asker) -> Option<String> {
        let assignee = |job: &PlainJob| {
            let person = self.rows.person(job.assignee);
            person
                .filter(|person| self.rows.sees_person(person, who))
                .map(|person| person.name.clone())
        };
        match by {
            0 => job
                .points
                .map(|points| format!("{:020}", i128::from(points) - i128::from(i64::MIN))),
            1 => assignee(job),
            2 => {
                let team = self
                    .rows
                    .team(job.team)
                    .filter(|team| self.rows.sees_team(team.id, who));
                team.map(|team| team.name.clone())
            }
            _ => self
                .rows
                .job(job.part_of)
                .filter(|whole| self.rows.sees(whole, who))
                .and_then(assignee),
        }
    }

    async fn create(&mut self, db: &Db<Write>, n: &mut Numbers, who: Asker, way: Way) -> Outcome {
        let job = new_job(n, &self.rows);
        let got = match way {
            Way::Typed => Job::create(new_values(&job)).save(db).await.map(|made| made.id),
            Way::Untyped => by_metadata::create(db, &job).await,
        };
        let sees_targets = self.rows.sees_targets(&job, Set::ALL, who);
        let expected = match (sees_targets, self.rows.adds(&job, who)) {
            (false, _) => 422,
            (true, false) => 403,
            (true, true) => 200,
        };
        same(&code(&got), &expected).map_err(|wrong| format!("{job:?}: {wrong}"))?;
        let Ok(made) = got else { return Ok(false) };
        self.rows.jobs.push(PlainJob { id: made, ..job });
        Ok(true)
    }

    async fn change(&mut self, db: &Db<Write>, n: &mut Numbers, who: Asker, way: Way) -> Outcome {
        let old = self.rows.jobs[n.below(self.rows.jobs.len())].clone();
        let change = Change::any(n, &self.rows, way);
        let got = match way {
            Way::Typed => match Job::objects().get_to_change(db, |job| job.id.eq(old.id)).await {
                Ok(row) => row.change(db, |job| [change.assignment(job)]).await.map(drop),
                Err(error) => Err(error),
            },
            Way::Untyped => by_metadata::change(db, old.id, change.untyped(db)).await,
        };
        let new = change.applied(&old);
        let told = |wrong| format!("{change:?} of {old:?}: {wrong}");
        if !self.rows.sees(&old, who) {
            same(&code(&got), &404).map_err(told)?;
        } else if !self.rows.may_change(&old, who) {
            same(&code(&got), &403).map_err(told)?;
        } else if !self.rows.becomes(&old, &new, change.keys(), who) {
            // By the value or by the rule: which of the two is not what this is about.
            same(&matches!(code(&got), 403 | 422), &true).map_err(told)?;
        } else {
            same(&code(&got), &200).map_err(told)?;
        }
        let did = got.is_ok();
        if did && let Some(job) = self.rows.jobs.iter_mut().find(|job| job.id == old.id) {
            *job = new;
        }
        Ok(did)
    }

    async fn change_all(
        &mut self,
        db: &Db<Write>,
        n: &mut Numbers,
        who: Asker,
        wanted: &Condition,
        way: Way,
    ) -> Outcome {
        let change = Change::any(n, &self.rows, way);
        let found = self.found(who, wanted).into_iter();
        let old: Vec<_> = found
            .filter(|job| self.rows.may_change(job, who))
            .cloned()
            .collect();
        let new: Vec<_> = old.iter().map(|job| change.applied(job)).collect();
        let mut pairs = old.iter().zip(&new);
        let allowed = pairs.all(|(old, new)| self.rows.becomes(old, new, change.keys(), who));
        let got = match way {
            Way::Typed => {
                let query = Job::objects().filter(|job| filter(job, wanted));
                query.change_all(db, |job| [change.assignment(job)]).await
            }
            Way::Untyped => {
                by_metadata::query(db, wanted)
                    .change_all(db, [change.untyped(db)])
                    .await
            }
        };
        let told = |wrong| format!("{change:?}: {wrong}");
        if !allowed {
            same(&code(&got), &403).map_err(told)?;
            return Ok(false);
        }
        same(
            &got.map_err(|error| told(error.to_string()))?,
            &(old.len() as u64),
        )
        .map_err(told)?;
        for new in new {
            if let Some(job) = self.rows.jobs.iter_mut().find(|job| job.id == new.id) {
                *job = new;
            }
        }
        Ok(!old.is_empty())
    }

    async fn delete(&mut self, db: &Db<Write>, n: &mut Numbers, who: Asker, way: Way) -> Outcome {
        let job = self.rows.jobs[n.below(self.rows.jobs.len())].clone();
        self.preview(db, &job, who, way).await?;
        let got = match way {
            Way::Typed => match Job::objects()
                .get_to_delete(db, |other| other.id.eq(job.id))
                .await
            {
                Ok(row) => row.delete(db).await,
                Err(error) => Err(error),
            },
            Way::Untyped => by_metadata::delete(db, job.id).await,
        };
        if !self.rows.sees(&job, who) {
            same(&code(&got), &404).map(|()| false)
        } else if !self.rows.may_delete(&job, who) {
            same(&code(&got), &403).map(|()| false)
        } else {
            self.deleted(&[job.id], who, got)
        }
    }

    async fn delete_all(&mut self, db: &Db<Write>, who: Asker, wanted: &Condition, way: Way) -> Outcome {
        let found = self.found(who, wanted).into_iter();
        let ids: Vec<_> = found
            .filter(|job| self.rows.may_delete(job, who))
            .map(|job| job.id)
            .collect();
        let got = match way {
            Way::Typed => {
                Job::objects()
                    .filter(|job| filter(job, wanted))
                    .delete_all(db)
                    .await
            }
            Way::Untyped => by_metadata::query(db, wanted).delete_all(db).await,
        };
        if let Ok(count) = got {
            same(&count, &(ids.len() as u64))?;
        }
        self.deleted(&ids, who, got.map(drop))
    }

    fn deleted(&mut self, ids: &[Id<Job>], who: Asker, got: Result<()>) -> Outcome {
        let expected = self.rows.deletes(ids, who);
        let right = match &expected {
            Deletion::Done(..) => got.is_ok(),
            Deletion::Refused {
                restricted,
                forbidden,
            } => match got {
                Err(Error::Restricted { .. }) => *restricted,
                Err(Error::Forbidden) => *forbidden,
                _ => false,
            },
        };
        let Deletion::Done(gone, emptied) = expected else {
            return if right {
                Ok(false)
            } else {
                Err(format!("got {got:?}, expected {expected:?}"))
            };
        };
        if !right {
            return Err(format!(
                "got {got:?}, expected that {gone:?} go and {emptied:?} stay"
            ));
        }
        let kept = self.rows.jobs.iter().filter(|job| !gone.contains(&job.id));
        self.rows.jobs = kept.map(|job| self.rows.emptied(job, &gone)).collect();
        self.rows.helpers.retain(|(job, _)| !gone.contains(job));
        Ok(!gone.is_empty())
    }

    fn stored_scores(&self) -> BTreeSet<(i64, Uuid, i64)> {
        let sql = "SELECT key, team_id, points FROM score";
        match &self.stored {
            Stored::Sqlite(stored) => {
                let mut statement = stored.prepare_cached(sql).unwrap();
                let rows = statement.query_map([], |row| {
                    let team: Id<Team> = id(row, 1)?.unwrap();
                    Ok((row.get(0)?, team.uuid(), row.get(2)?))
                });
                rows.unwrap().map(|row| row.unwrap()).collect()
            }
            #[cfg(feature = "postgres")]
            Stored::Postgres(stored) => {
                let text = |text: &Option<String>| text.clone().unwrap();
                let rows = stored.run(sql);
                let row = |row: &Vec<Option<String>>| {
                    let number = |at: usize| text(&row[at]).parse().unwrap();
                    (number(0), text(&row[1]).parse().unwrap(), number(2))
                };
                rows.iter().map(row).collect()
            }
        }
    }

    fn stored(&self) -> BTreeMap<Uuid, String> {
        let sql =
            "SELECT id, team_id, title, assignee_id, points, hits, part_of_id, after_id, with_id FROM job";
        match &self.stored {
            Stored::Sqlite(stored) => in_sqlite(stored, sql),
            #[cfg(feature = "postgres")]
            Stored::Postgres(stored) => stored.run(sql).iter().map(|row| from_texts(row)).collect(),
        }
    }
}

fn in_sqlite(stored: &rusqlite::Connection, sql: &str) -> BTreeMap<Uuid, String> {
    let mut statement = stored.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok(PlainJob {
            id: id(row, 0)?.unwrap(),
            team: id(row, 1)?.unwrap(),
            title: row.get(2)?,
            assignee: id(row, 3)?,
            points: row.get(4)?,
            hits: row.get(5)?,
            part_of: id(row, 6)?,
            after: id(row, 7)?,
            with: id(row, 8)?,
        })
    });
    rows.unwrap()
        .map(|job| job.unwrap())
        .map(|job| (job.id.uuid(), shown(&job)))
        .collect()
}

#[cfg(feature = "postgres")]
fn from_texts(row: &[Option<String>]) -> (Uuid, String) {
    fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &Option<String>) -> Option<T> {
        text.as_ref().map(|text| text.parse().unwrap())
    }
    let [id, team, title, assignee, points, hits, part_of, after, with] = row else {
        panic!("not the columns that were asked for")
    };
    let job = PlainJob {
        id: read(id).unwrap(),
        team: read(team).unwrap(),
        title: title.clone().unwrap(),
        assignee: read(assignee),
        points: read(points),
        hits: read(hits).unwrap(),
        part_of: read(part_of),
        after: read(after),
        with: read(with),
    };
    (job.id.uuid(), shown(&job))
}

fn id<M>(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Option<Id<M>>> {
    let bytes: Option<[u8; 16]> = row.get(at)?;
    Ok(bytes.map(|bytes| Uuid::from_bytes(bytes).to_string().parse().unwrap()))
}

fn shown(job: &PlainJob) -> String {
    format!("{job:?}")
}

/// Somebody that there is, that there is not, or nobody.
fn key<M>(n: &mut Numbers, of: &[Id<M>]) -> Option<Id<M>> {
    match n.below(10) {
        0..4 => None,
        4 => Some(Id::random()),
        _ if of.is_empty() => None,
        _ => Some(of[n.below(of.len())]),
    }
}

pub(super) fn new_job(n: &mut Numbers, rows: &Rows) -> PlainJob {
    let jobs: Vec<_> = rows.jobs.iter().map(|job| job.id).collect();
    let there = |id: Option<Id<Job>>| id.filter(|id| jobs.contains(id));
    PlainJob {
        id: Id::random(),
        team: rows.teams[n.below(3)].id,
        title: n.one(&NAMES).to_owned(),
        assignee: n.once_in(2).then(|| rows.people[n.below(4)].id),
        points: (!n.once_in(4)).then(|| n.below(6) as i64),
        hits: n.below(4) as i64,
        part_of: there(key(n, &jobs)),
        after: there(key(n, &jobs)),
        with: if n.once_in(3) { there(key(n, &jobs)) } else { None },
    }
}

pub(super) fn new_values(job: &PlainJob) -> NewJob {
    NewJob {
        team: job.team,
        title: job.title.clone(),
        assignee: job.assignee,
        points: job.points,
        hits: job.hits,
        part_of: job.part_of,
        after: job.after,
        with: job.with,
    }
}

#[derive(Debug, Clone)]
pub(super) enum Change {
    Points(Option<i64>),
    Title(String),
    Hits(i64),
    Team(Id<Team>),
    Assignee(Option<Id<Person>>),
    PartOf(Option<Id<Job>>),
    After(Option<Id<Job>>),
}

impl Change {
    pub(super) fn any(n: &mut Numbers, rows: &Rows, way: Way) -> Self {
        let jobs: Vec<_> = rows.jobs.iter().map(|job| job.id).collect();
        let people: Vec<_> = rows.people.iter().map(|person| person.id).collect();
        match n.below(10) {
            0 | 1 => Self::Points((!n.once_in(3)).then(|| n.below(6) as i64)),
            2 => Self::Title(n.one(&NAMES).to_owned()),
            3 if way == Way::Typed => Self::Hits(n.below(3) as i64),
            4 => Self::Team(if n.once_in(6) {
                Id::random()
            } else {
                rows.teams[n.below(3)].id
            }),
            5 | 6 => Self::Assignee(key(n, &people)),
            7 => Self::PartOf(key(n, &jobs)),
            8 => Self::Team(rows.teams[n.below(3)].id),
            _ => Self::After(key(n, &jobs)),
        }
    }

    pub(super) fn assignment(&self, job: &Columns<Job>) -> Assignment<Job> {
        match self {
            Self::Points(points) => job.points.set(*points),
            Self::Title(title) => job.title.set(title.clone()),
            Self::Hits(by) => job.hits.increase_by(*by),
            Self::Team(team) => job.team.set(*team),
            Self::Assignee(Some(person)) => job.assignee.set(*person),
            Self::Assignee(None) => job.assignee.set_null(),
            Self::PartOf(Some(whole)) => job.part_of.set(*whole),
            Self::PartOf(None) => job.part_of.set_null(),
            Self::After(Some(other)) => job.after.set(*other),
            Self::After(None) => job.after.set_null(),
        }
    }

    fn untyped(&self, db: &Db<Write>) -> Assignment<untyped::AnyRow> {
        let (field, value) = match self {
            Self::Points(points) => ("points", untyped::Given::from(*points)),
            Self::Title(title) => ("title", title.as_str().into()),
            Self::Hits(by) => ("hits", (*by).into()),
            Self::Team(team) => ("team", (*team).into()),
            Self::Assignee(person) => ("assignee", (*person).into()),
            Self::PartOf(whole) => ("part_of", (*whole).into()),
            Self::After(other) => ("after", (*other).into()),
        };
        by_metadata::jobs(db).column(field).unwrap().set(value).unwrap()
    }

    pub(super) fn applied(&self, old: &PlainJob) -> PlainJob {
        let mut new = old.clone();
        match self {
            Self::Points(points) => new.points = *points,
            Self::Title(title) => new.title.clone_from(title),
            Self::Hits(by) => new.hits = new.hits.saturating_add(*by),
            Self::Team(team) => new.team = *team,
            Self::Assignee(person) => new.assignee = *person,
            Self::PartOf(whole) => new.part_of = *whole,
            Self::After(other) => new.after = *other,
        }
        new
    }

    /// The foreign keys that it writes.
    pub(super) fn keys(&self) -> Set {
        Set {
            team: matches!(self, Self::Team(_)),
            assignee: matches!(self, Self::Assignee(_)),
            part_of: matches!(self, Self::PartOf(_)),
            after: matches!(self, Self::After(_)),
            with: false,
        }
    }
}
