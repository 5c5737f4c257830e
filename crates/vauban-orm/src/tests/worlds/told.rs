//! What is told of each unit, kept beside the reference: the jobs as somebody would know them who is told of changes and reads
//! nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::models::{Job, Maker};
use super::reference::PlainJob;
use super::statements::same;
use crate::policy::actor::Action;
use crate::*;

/// The columns behind the key.
const COLUMNS: usize = 8;

#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    jobs: BTreeMap<Uuid, Vec<String>>,
    wrong: Option<String>,
}

impl ChangeHook for Told {
    type Service = Maker;

    async fn changed(&self, changes: &Changes<'_>, _: &Acting<Maker, Write>) -> Result<()> {
        let mut inside = self.0.lock().unwrap();
        for change in changes.iter().filter(|change| change.model().is(Job::meta())) {
            if let Err(wrong) = inside.take(change) {
                inside.wrong = Some(format!("{change:?}: {wrong}"));
            }
        }
        Ok(())
    }
}

impl Inside {
    fn take(&mut self, change: &Change) -> std::result::Result<(), String> {
        let columns = || change.columns().filter(|column| column.field() != "id");
        if change.action() == Action::Add {
            let new = columns().map(|column| column.new().to_string()).collect();
            let had = self.jobs.insert(change.id(), new);
            return same(&had, &None);
        }
        let known = self
            .jobs
            .get_mut(&change.id())
            .ok_or("nobody was told that it is there")?;
        for column in columns() {
            let at = Job::meta()
                .columns
                .iter()
                .position(|mine| mine.field == column.field())
                .unwrap()
                - 1;
            same(&column.old().to_string(), &known[at])?;
            known[at] = column.new().to_string();
        }
        if change.action() == Action::Delete {
            same(&columns().count(), &COLUMNS)?;
            self.jobs.remove(&change.id());
        }
        Ok(())
    }
}

impl Told {
    /// Whether whoever was told knows the jobs as they are.
    pub(super) fn check(&self, jobs: &[PlainJob]) -> std::result::Result<(), String> {
        let mut inside = self.0.lock().unwrap();
        if let Some(wrong) = inside.wrong.take() {
            return Err(format!("told: {wrong}"));
        }
        let id = |id: Option<Id<Job>>| id.map_or_else(String::new, |id| id.to_string());
        let all = jobs.iter().map(|job| {
            let columns = vec![
                job.team.to_string(),
                job.title.clone(),
                job.assignee.map_or_else(String::new, |id| id.to_string()),
                job.points.map_or_else(String::new, |points| points.to_string()),
                job.hits.to_string(),
                id(job.part_of),
                id(job.after),
                id(job.with),
            ];
            (job.id.uuid(), columns)
        });
        same(&inside.jobs, &all.collect()).map_err(|wrong| format!("told: {wrong}"))
    }
}
