//! `who.has::<P>()`: permissions in rules, folded where the ORM writes them and marked where PostgreSQL keeps them.

use vauban_macros::Model;

use crate::policy::actor::{Actor, UserFacts};
use crate::policy::authority::Authority;
use crate::*;

permission!(pub(super) ReadHidden = "memos.read", "may read hidden memos");
permission!(pub(super) ReadHiddenToo = "memos.read-all", "may do what only sounds alike");
permission!(pub(super) Edit = "memos.edit", "may edit memos");
permission!(pub(super) Elsewhere = "elsewhere.edit", "may do what no rule here asks");

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub(super) struct Memo {
    pub id: Id<Memo>,
    #[field(max_length = 20)]
    pub text: String,
    #[field(default = false)]
    pub hidden: bool,
}

impl Policy for Memo {
    fn rules(who: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: m.hidden.eq(false)
                | who.has::<ReadHidden>()
                | (who.has::<ReadHiddenToo>() & m.text.eq("never")),
            change: who.has::<Edit>(),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes memos.
    pub(super) Filing: View<Memo>, Add<Memo>, Change<Memo>;
    waiver!(ServiceRights, "the test makes its rows before anybody asks")
}

/// Somebody who holds these, and is a superuser or not.
#[allow(deprecated)]
pub(super) fn holding(permissions: &[PermissionMeta], is_superuser: bool) -> Actor {
    let mut held = Permissions::NONE;
    for permission in permissions {
        assert!(permission.list());
        held = held.with(permission);
    }
    let facts = UserFacts {
        id: uuid::Uuid::nil(),
        is_staff: is_superuser,
        is_superuser,
    };
    Actor::user(facts).holding(held)
}

/// Who asks, and whether they see what is hidden and may change it.
pub(super) fn askers() -> Vec<(&'static str, Actor, bool, bool)> {
    let of = PermissionMeta::of::<ReadHidden>;
    let alike = PermissionMeta::of::<ReadHiddenToo>;
    let edit = PermissionMeta::of::<Edit>;
    vec![
        ("nobody", Actor::nobody(), false, false),
        ("a user", holding(&[], false), false, false),
        ("a superuser", holding(&[], true), false, false),
        ("a reader", holding(&[of()], false), true, false),
        (
            "who holds what sounds alike",
            holding(&[alike()], false),
            false,
            false,
        ),
        ("an editor", holding(&[edit()], false), false, true),
        ("both", holding(&[edit(), of(), alike()], false), true, true),
    ]
}

pub(super) fn options() -> engine::Options {
    engine::Options {
        models: vec![Memo::meta()],
        services: vec![actor::ServiceMeta::of::<Filing>()],
        ..Default::default()
    }
}

pub(super) async fn filled(database: &engine::Database) {
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let s = db.acting::<Filing>();
    for hidden in [false, true] {
        let new = NewMemo { text: "memo".into() };
        Memo::create(new)
            .set(|m| [m.hidden.set(hidden)])
            .save(&s)
            .await
            .unwrap();
    }
    unit.finish(true).await.unwrap();
}

/// ASVS 8.2.2, CWE-862, CWE-863. Attack: read and change rows as a superuser, as the holder of a permission whose name begins alike, as
/// nobody and as a service that lists nothing of it.
#[tokio::test]
async fn asvs_8_2_2_a_permission_opens_rows_to_who_holds_it_and_to_nobody_else() {
    let database = engine::Database::open(&super::on::url(), options()).unwrap();
    database.create_all(&[Memo::meta()]).unwrap();
    filled(&database).await;
    for (who, actor, sees, edits) in askers() {
        let unit = database.bind(actor);
        let db = unit.db();
        assert_eq!(
            Memo::objects().count(&db).await.unwrap(),
            1 + u64::from(sees),
            "{who}"
        );
        let changed = Memo::objects()
            .change_all(&db, |m| [m.text.set("changed")])
            .await
            .unwrap();
        let of = if edits { 1 + u64::from(sees) } else { 0 };
        assert_eq!(changed, of, "{who}");
        unit.finish(false).await.unwrap();
    }
}

/// CWE-400: texts are told apart by what rules ask alone, and not by all that somebody holds.
#[test]
fn what_no_rule_asks_makes_no_text_of_its_own() {
    let database = engine::Database::open("sqlite::memory:", options()).unwrap();
    let shape = |actor| {
        let mut key = Vec::new();
        Authority::new(actor, database.listed()).shape(&mut key);
        key
    };
    let nothing = shape(holding(&[], false));
    assert_eq!(
        shape(holding(&[PermissionMeta::of::<Elsewhere>()], false)),
        nothing
    );
    let reads = shape(holding(&[PermissionMeta::of::<ReadHidden>()], false));
    assert_ne!(reads, nothing);
    assert_ne!(shape(holding(&[PermissionMeta::of::<Edit>()], false)), reads);
}

#[test]
fn a_rule_says_which_permission_it_asks() {
    let said = checks::policy(Memo::meta(), &[Memo::meta()]);
    assert!(
        said.iter().any(|(_, rule)| rule == "who has memos.edit"),
        "{said:?}"
    );
    let asked: Vec<_> = checks::permissions(Memo::meta())
        .into_iter()
        .map(|(what, permission)| format!("{what} {}", permission.name))
        .collect();
    assert_eq!(
        asked,
        ["view memos.read", "view memos.read-all", "change memos.edit"]
    );
}
