//! What mail brings to a program.

use vauban::orm::migrations;
use vauban::tasks::Schedule;

use crate::commands;
use crate::delivery::{deliver, tidy};
use crate::post::Post;
use crate::rows::{Delivery, Leaving, LeftRow, LetterRow, Sending};
use crate::settings::{self, MailSettings};

/// Mail: `App::new(…).module(vauban::mail::module())`, beside the module of tasks, which carries it. Where the page is on which
/// people leave bulk kinds is the site's to say: `include mail at "/mail/" = vauban::mail::urls`.
pub fn module() -> vauban::Module {
    let module = vauban::Module::new("vauban-mail")
        .model::<LetterRow>()
        .model::<LeftRow>()
        .service::<Sending>()
        .service::<Delivery>()
        .service::<Leaving>()
        .migrations(migration_set())
        .settings::<MailSettings>()
        .check(settings::check)
        .task::<deliver>()
        .task::<tidy>()
        .schedule(Schedule::daily("03:40", "UTC"), tidy)
        .command(commands::send_test_mail())
        .part(Post::wire);
    #[cfg(debug_assertions)]
    let module = module.routes(crate::development::routes());
    module
}

/// The migrations of the module's own models.
fn migration_set() -> migrations::Set {
    vauban::migrations!("migrations")
}

#[cfg(test)]
mod tests {
    use vauban::orm::Model as _;

    use super::*;

    /// `VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban-mail migrations_say` writes what is missing.
    #[test]
    fn the_modules_migrations_say_what_its_models_say() {
        let set = migration_set();
        let models = [LetterRow::meta(), LeftRow::meta()];
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
            "write {made:?}: VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban-mail migrations_say"
        );
    }
}
