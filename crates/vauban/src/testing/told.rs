//! A change hook and a data migration in a program: what a request changes is told before it is saved, and both stand in the matrix.

use std::sync::atomic::{AtomicBool, Ordering};

use vauban_orm::migrations::{DataMigration, OldRow};
use vauban_orm::{
    Acting, ChangeHook, Changes, Columns, Db, Filter, Id, Policy, Rules, Who, Write, data_migration, service,
};

use super::{Factory, TestApp};
use crate::access::Matrix;
use crate::forms::Form;
use crate::http::{Result, Status};
use crate::routing::Public;
use crate::{App, Model, Module, view};

#[derive(Model)]
#[model(table = "kit_told_ledger", changes)]
struct Line {
    id: Id<Line>,
    #[field(max_length = 80)]
    pub text: String,
}

impl Policy for Line {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

#[derive(Model)]
#[model(table = "kit_told_entry")]
struct Entry {
    id: Id<Entry>,
    #[field(max_length = 200)]
    text: String,
}

impl Policy for Entry {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

service! {
    /// Writes down what was changed.
    WriteDown: Add<Entry>;
    waiver!(ServiceRights, "nobody writes down what they did themselves")
}

data_migration! {
    /// In capital letters.
    Shout: Change<kit_told_ledger(text)>;
    waiver!(ServiceRights, "the lines of before are changed once for all")
}

impl DataMigration for Shout {
    fn row(row: &mut OldRow<'_>) -> vauban_orm::Result<()> {
        let text = row.get::<String>("text")?.to_uppercase();
        row.set("text", &text)
    }
}

struct Audit;

static REFUSES: AtomicBool = AtomicBool::new(false);

impl ChangeHook for Audit {
    type Service = WriteDown;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<WriteDown, Write>) -> vauban_orm::Result<()> {
        for column in changes.iter().flat_map(vauban_orm::Change::columns) {
            let text = format!("{}: {} -> {}", column.field(), column.old(), column.new());
            Entry::create(NewEntry { text }).save(db).await?;
        }
        match REFUSES.load(Ordering::SeqCst) {
            true => Err(vauban_orm::Error::Forbidden),
            false => Ok(()),
        }
    }
}

#[derive(crate::Form)]
struct LineForm {
    #[field(max_length = 80)]
    text: String,
}

#[view(post, "/lines/")]
async fn add(_: Public, db: Db<Write>, form: Form<LineForm>) -> Result<Status> {
    let Ok(clean) = form.clean(&db).await?.into_result() else {
        return Err(crate::Error::bad_request("text"));
    };
    let text = clean.text.clone();
    Line::create(NewLine { text }).save(&db).await?;
    Ok(Status::NO_CONTENT)
}

mod urls {
    crate::routes! { add => super::add }
}

fn app() -> App {
    let audit = Module::new("audit")
        .model::<Entry>()
        .service::<WriteDown>()
        .data_migration::<Shout>()
        .on_change(|_| Ok(Audit));
    let ledger = Module::new("ledger").model::<Line>().routes(urls::routes());
    App::new(crate::Package::for_test("kit", "", None))
        .module(ledger)
        .module(audit)
}

async fn entries(app: &TestApp) -> Vec<String> {
    let all = app.rows(async |db| Entry::objects().all(&db).await).await;
    all.into_iter().map(|entry| entry.text).collect()
}

/// CWE-778: what a request changes is written down with it, or neither is; whoever is not told what happened is told that it did not.
#[tokio::test]
async fn cwe_778_a_request_is_saved_with_what_is_written_down_of_it() {
    let app = TestApp::new(app);
    let mut client = app.client();
    client
        .post_fields("/lines/", &[("text", "walls")])
        .await
        .assert_status(204);
    assert!(entries(&app).await.contains(&"text:  -> walls".to_owned()));
    let before = entries(&app).await.len();
    REFUSES.store(true, Ordering::SeqCst);
    let answer = client.post_fields("/lines/", &[("text", "towers")]).await;
    REFUSES.store(false, Ordering::SeqCst);
    answer.assert_status(500);
    assert_eq!(entries(&app).await.len(), before);
    let lines = app.rows(async |db| Line::objects().count(&db).await).await;
    assert_eq!(lines, 1);
    // Rows that a test makes are rows like others.
    app.rows(async |db| Factory::<Line>::new().create_many(&db, 2).await)
        .await;
    assert_eq!(entries(&app).await.len(), before + 4);
}

/// CWE-1059: who is told, as whom it writes, of which models, and what a data migration may, is in the lock that is reviewed.
#[test]
fn hooks_and_data_migrations_stand_in_the_matrix() {
    let text = Matrix::of(&app()).text();
    for line in [
        "change hook Audit as WriteDown",
        "policy Line changes: told to change hooks",
        "service WriteDown: add Entry",
        "service Shout: because the lines of before are changed once for all",
        "service Shout: change kit_told_ledger(text)",
    ] {
        assert!(
            text.lines().any(|known| known == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(!text.contains("Entry changes"), "{text}");
}
