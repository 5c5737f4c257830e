//! What tasks bring to a program.

use std::sync::Arc;

use vauban::Module;
use vauban::site::{Site, Stop};

use crate::commands;
use crate::model::{DeadTaskRow, SecretRow, TaskDueRow, TaskRow};
use crate::services::{QueueTasks, RunTasks};
use crate::settings::TaskSettings;
use crate::tasks::Tasks;
use crate::worker::work;

/// The tasks of a site: their rows, what runs them, and their commands.
///
/// ```ignore
/// App::new(vauban::package!()).module(vauban::tasks::module())
/// ```
pub fn module() -> Module {
    // Sites have a module of their own that is called `tasks`.
    Module::new("vauban-tasks")
        .model::<TaskRow>()
        .model::<DeadTaskRow>()
        .model::<SecretRow>()
        .model::<TaskDueRow>()
        .service::<QueueTasks>()
        .service::<RunTasks>()
        .migrations(vauban::migrations!("migrations"))
        .settings::<TaskSettings>()
        .command(commands::worker())
        .command(commands::tasks())
        .task_queue(|wiring| Tasks::new(wiring).map(Arc::new))
        .background(beside_serving)
}

async fn beside_serving(site: Arc<Site>, stop: Stop) {
    let Some(tasks) = site.part::<Arc<Tasks>>().cloned() else {
        return;
    };
    if tasks.settings.in_serve && !tasks.listed.is_empty() {
        // The serving process is cut off after that.
        let bound = site.settings().timeouts.shutdown.mul_f64(0.8);
        work(tasks, site, stop, bound).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vauban::orm::{Model as _, migrations};

    /// `VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban-tasks migrations_say` writes what is missing.
    #[test]
    fn the_migrations_say_what_the_models_say() {
        let set = vauban::migrations!("migrations");
        let models = [
            TaskRow::meta(),
            DeadTaskRow::meta(),
            SecretRow::meta(),
            TaskDueRow::meta(),
        ];
        let answers = migrations::Answers::default();
        let made = migrations::make(set.package, &models, std::slice::from_ref(&set), &answers).unwrap();
        if let migrations::Made::New(new) = &made
            && std::env::var_os("VAUBAN_UPDATE_MIGRATIONS").is_some()
        {
            migrations::add_file(std::path::Path::new(set.folder), &new.name, &new.text).unwrap();
            return;
        }
        assert!(
            made.told().is_empty(),
            "write {made:?}: VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban-tasks migrations_say"
        );
    }
}
