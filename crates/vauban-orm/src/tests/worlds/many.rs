//! Statements on many rows.

use long::Numbers;

use super::by_metadata;
use super::models::Job;
use super::reference::{Asker, PlainJob, Set};
use super::statements::{Outcome, Way, World, code, new_job, same, values};
use crate::untyped::AnyNewRow;
use crate::*;

impl World {
    pub(super) async fn create_all(
        &mut self,
        db: &Db<Write>,
        n: &mut Numbers,
        who: Asker,
        way: Way,
    ) -> Outcome {
        // Some that may be added, mostly; and any.
        let tries = 1 + n.below(4);
        let mut jobs = Vec::new();
        for _ in 0..tries {
            let job = new_job(n, &self.rows);
            if !n.once_in(3) || self.rows.adds(&job, who) {
                jobs.push(job);
            }
        }
        jobs.retain(|job| self.rows.adds(job, who) || n.once_in(3));
        let got = match way {
            Way::Typed => {
                let made = Job::create_all(jobs.iter().map(values)).save(db).await;
                made.map(|made| made.iter().map(|made| made.id).collect::<Vec<_>>())
            }
            Way::Untyped => {
                let table = by_metadata::jobs(db);
                let rows = jobs.iter().map(|job| by_metadata::new_row(table, job));
                let made = AnyNewRow::save_all(rows.collect::<Result<_>>().unwrap(), db).await;
                made.map(|made| made.iter().map(|made| Id::from_uuid(made.key().uuid())).collect())
            }
        };
        // Each is judged by what was there before the first of them.
        let refused = jobs.iter().position(|job| !self.rows.adds(job, who));
        let Some(at) = refused else {
            let made = got.map_err(|error| format!("{jobs:?}: {error}"))?;
            same(&made.len(), &jobs.len())?;
            let did = !made.is_empty();
            let added = made.into_iter().zip(jobs);
            self.rows
                .jobs
                .extend(added.map(|(id, job)| PlainJob { id, ..job }));
            return Ok(did);
        };
        let sees = self.rows.sees_targets(&jobs[at], Set::ALL, who);
        same(&code(&got), &if sees { 403 } else { 422 }).map_err(|wrong| format!("{jobs:?}: {wrong}"))?;
        match got {
            Err(Error::Rows(rows)) => same(&rows[0].row, &at).map(|()| false),
            other => Err(format!("not of rows: {other:?}")),
        }
    }
}
