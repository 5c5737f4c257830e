//! Statements on many rows.

use long::Numbers;

use super::by_metadata;
use super::models::Job;
use super::reference::{Asker, Deletion, PlainJob, Set};
use super::statements::{Change, Outcome, Way, World, code, new_job, new_values, same};
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
                let made = Job::create_all(jobs.iter().map(new_values)).save(db).await;
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

    pub(super) async fn create_or_change(&mut self, db: &Db<Write>, n: &mut Numbers, who: Asker) -> Outcome {
        let job = new_job(n, &self.rows);
        let change = Change::any(n, &self.rows, Way::Typed);
        let wanted = match n.once_in(3) {
            true => Id::random(),
            false => self.rows.jobs[n.below(self.rows.jobs.len())].id,
        };
        let got = Job::objects()
            .create_or_change(
                db,
                |j| j.id.eq(wanted),
                Job::create(new_values(&job)),
                |j| [change.assignment(j)],
            )
            .await;
        let told = |wrong| format!("{wanted}, {change:?} or {job:?}: {wrong}");
        let found = self.rows.jobs.iter().find(|job| job.id == wanted);
        let Some(old) = found.filter(|job| self.rows.sees(job, who)).cloned() else {
            let sees = self.rows.sees_targets(&job, Set::ALL, who);
            let expected = match (sees, self.rows.adds(&job, who)) {
                (false, _) => 422,
                (true, false) => 403,
                (true, true) => 200,
            };
            same(&code(&got), &expected).map_err(told)?;
            let Ok((made, added)) = got else { return Ok(false) };
            same(&added, &true)?;
            self.rows.jobs.push(PlainJob { id: made.id, ..job });
            return Ok(true);
        };
        let new = change.applied(&old);
        let may = self.rows.may_change(&old, who);
        if !may || !self.rows.becomes(&old, &new, change.keys(), who) {
            let refused = matches!(code(&got), 403) || (may && code(&got) == 422);
            return same(&refused, &true).map_err(told).map(|()| false);
        }
        same(
            &got.as_ref().map(|(row, added)| (row.id, *added)).ok(),
            &Some((old.id, false)),
        )
        .map_err(told)?;
        if let Some(job) = self.rows.jobs.iter_mut().find(|job| job.id == old.id) {
            *job = new;
        }
        Ok(true)
    }

    /// What a deletion would take with it: what goes and may be seen, or the deletion's own error.
    pub(super) async fn preview(
        &self,
        db: &Db,
        job: &PlainJob,
        who: Asker,
        way: Way,
    ) -> std::result::Result<(), String> {
        if !self.rows.sees(job, who) || !self.rows.may_delete(job, who) {
            return Ok(());
        }
        let got = match way {
            Way::Typed => {
                let row = Job::objects()
                    .get_to_delete(db, |j| j.id.eq(job.id))
                    .await
                    .unwrap();
                row.preview(db).await
            }
            Way::Untyped => {
                let table = by_metadata::jobs(db);
                let key = table.key(&job.id.to_string()).unwrap();
                table
                    .objects()
                    .get_to_delete(db, key)
                    .await
                    .unwrap()
                    .preview(db)
                    .await
            }
        };
        match (self.rows.deletes(&[job.id], who), got) {
            (Deletion::Done(gone, emptied), Ok(got)) => {
                let count = |ids: &[Id<Job>]| {
                    let rows = ids.iter().filter_map(|id| self.rows.job(Some(*id)));
                    let rows = rows.filter(|job| self.rows.sees(job, who)).count() as u64;
                    (rows > 0).then_some(RowCount { model: "Job", rows })
                };
                let links = self.rows.helpers.iter().filter(|(job, _)| gone.contains(job));
                let links = links.filter(|link| self.rows.sees_link(**link, who)).count() as u64;
                let links = (links > 0).then_some(RowCount {
                    model: "Helper",
                    rows: links,
                });
                same(&got.going, &count(&gone).into_iter().chain(links).collect())?;
                same(&got.emptied, &count(&emptied).into_iter().collect())
            }
            (Deletion::Refused { restricted, .. }, Err(Error::Restricted { .. })) => same(&restricted, &true),
            (Deletion::Refused { forbidden, .. }, Err(Error::Forbidden)) => same(&forbidden, &true),
            (expected, got) => Err(format!("preview: got {got:?}, expected {expected:?}")),
        }
    }
}
