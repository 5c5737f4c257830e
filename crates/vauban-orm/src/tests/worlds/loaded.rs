//! Rows with what belongs to them, and links between rows.

use long::Numbers;

use super::by_metadata;
use super::conditions::{Condition, condition, filter, holds};
use super::models::*;
use super::reference::{Asker, PlainJob, PlainPerson, Rows};
use super::statements::{Outcome, Way, World, code, same};
use crate::*;

/// What a query says of one row behind a foreign key.
#[derive(Debug, Clone, PartialEq)]
enum Behind<T> {
    Row(T),
    Hidden,
    Empty,
}

/// A job, who does it, the job that it is part of with that one's parts, its own parts with who does them, and who helps.
type Whole = (
    Id<Job>,
    Behind<Id<Person>>,
    Behind<(Id<Job>, Vec<Id<Job>>)>,
    Vec<(Id<Job>, Behind<Id<Person>>)>,
    Vec<Id<Person>>,
);

fn behind<M, T>(one: &One<M>, told: impl FnOnce(&M) -> T) -> Behind<T> {
    match one {
        One::Row(row) => Behind::Row(told(row)),
        One::Hidden => Behind::Hidden,
        One::Empty => Behind::Empty,
    }
}

impl Rows {
    /// Who helps with a job, in the eyes of whoever asks: by links that they see, whom they see.
    pub(super) fn seen_helpers(&self, job: Id<Job>, who: Asker) -> Vec<&PlainPerson> {
        let helpers = self.helpers.iter().filter(|(of, _)| *of == job);
        let people = helpers.filter(|link| self.sees_link(**link, who));
        let people = people.filter_map(|(_, person)| self.person(Some(*person)));
        let mut people: Vec<_> = people.filter(|person| self.sees_person(person, who)).collect();
        people.sort_by_key(|person| person.id.uuid());
        people
    }

    pub(super) fn sees_link(&self, (job, person): (Id<Job>, Id<Person>), who: Asker) -> bool {
        let job = self.job(Some(job));
        job.is_some_and(|job| self.is_member(job.team, who, false)) || who.id == Some(person)
    }

    fn assignee(&self, job: &PlainJob, who: Asker) -> Behind<Id<Person>> {
        match self.person(job.assignee) {
            None => Behind::Empty,
            Some(person) if self.sees_person(person, who) => Behind::Row(person.id),
            Some(_) => Behind::Hidden,
        }
    }

    /// The parts of a job that may be seen and are so, the fewest points first, then by their ids.
    fn parts(&self, of: Id<Job>, who: Asker, wanted: &Condition, limit: usize) -> Vec<&PlainJob> {
        let parts = self.jobs.iter().filter(|job| job.part_of == Some(of));
        let seen = parts.filter(|job| self.sees(job, who) && holds(self, who, wanted, Some(job)));
        let mut seen: Vec<_> = seen.collect();
        seen.sort_by_key(|job| (job.points, job.id.uuid()));
        seen.truncate(limit);
        seen
    }
}

impl World {
    pub(super) async fn load(
        &self,
        db: &Db<Write>,
        n: &mut Numbers,
        who: Asker,
        wanted: &Condition,
        way: Way,
    ) -> Outcome {
        let (of_parts, limit) = (condition(n, &self.rows, 2, 1), 1 + n.below(3));
        let rows = &self.rows;
        if way == Way::Untyped {
            return self.load_untyped(db, who, wanted, limit).await;
        }
        let query = Job::objects().filter(|job| filter(job, wanted)).with(|job| {
            let parts = job.parts.load().filter(|part| filter(part, &of_parts));
            (
                job.assignee.load(),
                job.part_of.load().with(|whole| whole.parts.load()),
                parts
                    .order_by(|part| part.points.asc())
                    .limit(limit as u32)
                    .with(|part| part.assignee.load()),
                job.helpers.load(),
            )
        });
        let found = query.all(db).await.map_err(|error| error.to_string())?;
        let got = found.iter().map(|job| {
            let (assignee, whole, parts, helpers) = &job.loaded;
            let ids = |parts: &[Job]| parts.iter().map(|part| part.id).collect();
            (
                job.id,
                behind(assignee, |person| person.id),
                behind(whole, |whole| (whole.id, ids(&whole.loaded))),
                parts
                    .iter()
                    .map(|part| (part.id, behind(&part.loaded, |person| person.id)))
                    .collect(),
                helpers.iter().map(|person| person.id).collect(),
            )
        });
        let expected = self.found(who, wanted).into_iter().map(|job| {
            let whole = match rows.job(job.part_of) {
                None => Behind::Empty,
                Some(whole) if rows.sees(whole, who) => {
                    let mut parts = rows.parts(whole.id, who, &Condition::Always, usize::MAX);
                    parts.sort_by_key(|part| part.id.uuid());
                    Behind::Row((whole.id, parts.iter().map(|part| part.id).collect()))
                }
                Some(_) => Behind::Hidden,
            };
            let parts = rows.parts(job.id, who, &of_parts, limit).into_iter();
            let helpers = rows.seen_helpers(job.id, who).into_iter();
            (
                job.id,
                rows.assignee(job, who),
                whole,
                parts.map(|part| (part.id, rows.assignee(part, who))).collect(),
                helpers.map(|person| person.id).collect(),
            )
        });
        let expected: Vec<Whole> = expected.collect();
        same(&got.collect(), &expected).map_err(|wrong| format!("{of_parts:?}, {limit}: {wrong}"))?;
        let told = |whole: &Whole| !whole.3.is_empty() || !whole.4.is_empty();
        Ok(expected.iter().any(told))
    }

    pub(super) async fn link(&mut self, db: &Db<Write>, n: &mut Numbers, who: Asker, way: Way) -> Outcome {
        let rows = &self.rows;
        let job = rows.jobs[n.below(rows.jobs.len())].clone();
        let mut people: Vec<Id<Person>> = (0..n.below(3)).map(|_| rows.people[n.below(4)].id).collect();
        if n.once_in(8) {
            people.push(Id::random());
        }
        let how = n.below(3);
        let got = match way {
            Way::Typed => {
                let links = job.id.links(|job| &job.helpers);
                match how {
                    0 => links.add(db, people.clone()).await.map(drop),
                    1 => links.remove(db, people.clone()).await.map(drop),
                    _ => links.set(db, people.clone()).await,
                }
            }
            Way::Untyped => {
                let (helpers, of) = (by_metadata::helpers(db), by_metadata::key(db, "job", job.id));
                let found = helpers.rows(db, of).unwrap().all(db).await.unwrap();
                let found = found.iter().map(|person| Id::from_uuid(person.key().uuid()));
                let seen = match rows.sees(&job, who) {
                    true => rows.seen_helpers(job.id, who),
                    false => Vec::new(),
                };
                same(
                    &found.collect(),
                    &seen.iter().map(|person| person.id).collect::<Vec<_>>(),
                )?;
                let links = helpers.links(of).unwrap();
                let people = people.iter().map(|id| by_metadata::key(db, "person", *id));
                match how {
                    0 => links.add(db, people).await.map(drop),
                    1 => links.remove(db, people).await.map(drop),
                    _ => links.set(db, people).await,
                }
            }
        };
        let expected = rows.linked(&job, &people, how, who);
        let told = |wrong| format!("{how} {job:?} {people:?}, {:?}: {wrong}", rows.helpers);
        match expected {
            Err(status) => same(&code(&got), &status).map_err(told)?,
            Ok(_) => same(&code(&got), &200).map_err(told)?,
        }
        let Ok(helpers) = expected else {
            return Ok(false);
        };
        let did = helpers != rows.helpers;
        let mut stored: Vec<_> = helpers
            .iter()
            .map(|(job, person)| (job.uuid(), person.uuid()))
            .collect();
        stored.sort_unstable();
        self.rows.helpers = helpers;
        let service = db.acting::<Maker>();
        let found = Helper::objects().all(&service).await.unwrap();
        let mut found: Vec<_> = found
            .iter()
            .map(|link| (link.job.id().uuid(), link.person.id().uuid()))
            .collect();
        found.sort_unstable();
        same(&found, &stored)?;
        Ok(did)
    }
}

/// A job and who helps with it.
type Pair = (Id<Job>, Id<Person>);

impl Rows {
    /// What becomes of the links, or by which status it is refused.
    fn linked(
        &self,
        job: &PlainJob,
        people: &[Id<Person>],
        how: usize,
        who: Asker,
    ) -> std::result::Result<Vec<Pair>, u16> {
        let seen: Vec<_> = if self.sees(job, who) {
            let helpers = self.seen_helpers(job.id, who).into_iter();
            helpers.map(|person| person.id).collect()
        } else {
            Vec::new()
        };
        let goes = |person: &&Id<Person>| match how {
            0 => false,
            1 => people.contains(person),
            _ => !people.contains(person),
        };
        let gone: Vec<_> = seen.iter().filter(goes).collect();
        let may_go = |person: &&Id<Person>| self.is_member(job.team, who, true) || who.id == Some(**person);
        if !gone.iter().all(may_go) {
            return Err(403);
        }
        let mut links = self.helpers.clone();
        links.retain(|(of, person)| *of != job.id || !gone.contains(&person));
        let added = people.iter().filter(|person| how != 1 && !seen.contains(person));
        for person in added {
            let there = self.person(Some(*person));
            if !self.sees(job, who) || !there.is_some_and(|person| self.sees_person(person, who)) {
                return Err(422);
            }
            if !self.is_member(job.team, who, false) {
                return Err(403);
            }
            if !links.contains(&(job.id, *person)) {
                links.push((job.id, *person));
            }
        }
        Ok(links)
    }
}

impl World {
    /// Jobs with their parts, and with those of the parts, by metadata.
    async fn load_untyped(&self, db: &Db<Write>, who: Asker, wanted: &Condition, limit: usize) -> Outcome {
        let (rows, table) = (&self.rows, by_metadata::jobs(db));
        let part_of = table.column("part_of").unwrap();
        let points = table.column("points").unwrap();
        let parts = part_of.load().unwrap().order_by([points.asc()]).unwrap();
        let parts = parts.limit(limit as u32).load(part_of.load().unwrap()).unwrap();
        // CWE-674: how deep it goes is said by whoever asks.
        let deeper = |deep, _| part_of.load().unwrap().load(deep).unwrap();
        let deep = (0..8).fold(part_of.load().unwrap(), deeper);
        let told = table.objects().load(deep).unwrap().all(db).await;
        same(&code(&told), &400)?;
        let query = by_metadata::query(db, wanted).load(parts).unwrap();
        let found = query.all(db).await.map_err(|error| error.to_string())?;
        let id = |row: &untyped::AnyRow| row.key().uuid();
        let got = found.iter().map(|job| {
            let parts = job.loaded(&part_of).unwrap().iter();
            let with_theirs = parts.map(|part| {
                let theirs = part.loaded(&part_of).unwrap();
                (id(part), theirs.iter().map(id).collect::<Vec<_>>())
            });
            (id(job), with_theirs.collect::<Vec<_>>())
        });
        let expected = self.found(who, wanted).into_iter().map(|job| {
            let parts = rows.parts(job.id, who, &Condition::Always, limit).into_iter();
            let with_theirs = parts.map(|part| {
                let theirs = rows.parts(part.id, who, &Condition::Always, usize::MAX);
                let mut theirs: Vec<_> = theirs.iter().map(|part| part.id.uuid()).collect();
                theirs.sort_unstable();
                (part.id.uuid(), theirs)
            });
            (job.id.uuid(), with_theirs.collect::<Vec<_>>())
        });
        let expected: Vec<_> = expected.collect();
        same(&got.collect(), &expected).map_err(|wrong| format!("{limit}: {wrong}"))?;
        Ok(expected.iter().any(|(_, parts)| !parts.is_empty()))
    }
}
