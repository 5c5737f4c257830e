//! Many to many: what is linked to what, under the rules of the rows that link.

#![allow(missing_docs, unreachable_pub)]

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options, Unit};
use crate::*;

/// Seen by everybody, or by its owner alone.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, many(notes: Note through NoteTag(tag, note)))]
pub struct Tag {
    pub id: Id<Tag>,
    #[field(max_length = 20)]
    pub name: String,
    #[field(owner)]
    pub owner: Option<ForeignKey<User>>,
}
impl Policy for Tag {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: t.owner.is_null() | t.owner.is(who),
            delete: t.owner.is(who),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, many(tags: Tag through new NoteTag(note, tag)))]
pub struct Note {
    pub id: Id<Note>,
    #[field(owner)]
    pub author: ForeignKey<User>,
    pub open: bool,
}
impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: n.author.is(who) | n.open.eq(true),
            delete: n.author.is(who),
            ..Rules::none()
        }
    }
}
impl Policy for NoteTag {
    fn rules(who: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
        // The author's, and what staff has marked stays.
        let mine = l.note.author.is(who);
        let rules = Rules::link(l.note.visible(who) & l.tag.visible(who), mine.clone());
        Rules {
            delete: mine & l.tag.name.ne("marked"),
            ..rules
        }
    }
}

/// Its rows are more than two ends.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, many(near: Pair through Ranked(from, to), noted: Pair through Noted(from, to), twice: Pair through Doubled(from, to), partly: Pair through Partly(from, to)))]
pub struct Pair {
    pub id: Id<Pair>,
}
#[derive(Model, Debug)]
#[model(crate = vauban_orm, unique(to, from))]
pub struct Ranked {
    pub id: Id<Ranked>,
    pub from: ForeignKey<Pair>,
    pub to: ForeignKey<Pair>,
    pub rank: i64,
}
/// A link by types, for what it says besides has a default or may be nothing.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, unique(to, from))]
pub struct Noted {
    pub id: Id<Noted>,
    pub from: ForeignKey<Pair>,
    pub to: ForeignKey<Pair>,
    #[field(default = 1)]
    pub rank: i64,
    #[field(max_length = 20)]
    pub note: Option<String>,
}
/// Each pair once, and since when.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, unique(to, from))]
pub struct Dated {
    pub id: Id<Dated>,
    pub from: ForeignKey<Pair>,
    pub to: ForeignKey<Pair>,
    #[field(auto_now_add)]
    pub since: DateTime,
}
#[derive(Model, Debug)]
#[model(crate = vauban_orm, index(from, to))]
pub struct Doubled {
    pub id: Id<Doubled>,
    pub from: ForeignKey<Pair>,
    pub to: ForeignKey<Pair>,
}
/// Each pair once, of some.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, unique(from, to, where = |p| p.open.eq(true)))]
pub struct Partly {
    pub id: Id<Partly>,
    pub from: ForeignKey<Pair>,
    pub to: ForeignKey<Pair>,
    #[field(default = false)]
    pub open: bool,
}
macro_rules! open {
    ($($model:ty),+) => { $(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                Rules { add: Filter::always(), ..Rules::public() }
            }
        }
    )+ };
}
/// The framework's own, of which metadata tells nothing.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "vauban_drawer")]
pub struct Drawer {
    pub id: Id<Drawer>,
}
#[derive(Model, Debug)]
#[model(crate = vauban_orm, unique(note, drawer))]
pub struct Put {
    pub id: Id<Put>,
    pub note: ForeignKey<Note>,
    pub drawer: ForeignKey<Drawer>,
}
open!(Pair, Ranked, Noted, Dated, Doubled, Partly, Drawer, Put);

service! {
    /// Makes what the attacks need.
    Maker: Add<User>, View<User>, Add<Tag>, View<Tag>, Add<Note>, View<Note>, Add<NoteTag>, View<NoteTag>;
    waiver!(ServiceRights, "fixtures are made before anybody acts")
}

struct Notes {
    database: Database,
    ann: User,
    ben: User,
    /// Ann's, and open to all.
    note: Note,
    /// Ben's alone.
    hidden: Note,
    common: Tag,
    other: Tag,
    marked: Tag,
    /// Ben's alone.
    secret: Tag,
}

impl Notes {
    async fn new() -> Self {
        let models = vec![
            User::meta(),
            Membership::meta(),
            Organisation::meta(),
            Task::meta(),
            Tag::meta(),
            Note::meta(),
            NoteTag::meta(),
            Pair::meta(),
            Ranked::meta(),
            Drawer::meta(),
            Put::meta(),
            Noted::meta(),
            Dated::meta(),
            Doubled::meta(),
            Partly::meta(),
        ];
        let options = Options {
            models: models.clone(),
            services: vec![actor::ServiceMeta::of::<Maker>()],
            ..Options::default()
        };
        let database = Database::open(&on::url(), options).unwrap();
        database.create_all(&models).unwrap();
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        let db = db.acting::<Maker>();
        let user = async |name: &str| {
            let new = NewUser { email: name.into() };
            User::create(new).save(&db).await.unwrap()
        };
        let (ann, ben) = (user("ann").await, user("ben").await);
        let tag = async |name: &str, owner: Option<Id<User>>| {
            let new = NewTag {
                name: name.into(),
                owner,
            };
            Tag::create(new).save(&db).await.unwrap()
        };
        let (common, other) = (tag("common", None).await, tag("other", None).await);
        let (marked, secret) = (tag("marked", None).await, tag("secret", Some(ben.id)).await);
        let note = async |author: &User, open| {
            let new = NewNote {
                author: author.id,
                open,
            };
            Note::create(new).save(&db).await.unwrap()
        };
        let (note, hidden) = (note(&ann, true).await, note(&ben, false).await);
        let made = Self {
            ann,
            ben,
            note,
            hidden,
            common,
            other,
            marked,
            secret,
            database: database.clone(),
        };
        let (note, hidden) = (made.note.id, made.hidden.id);
        for (note, tag) in [
            (note, &made.common),
            (note, &made.marked),
            (note, &made.secret),
            (hidden, &made.common),
        ] {
            let new = NewNoteTag { note, tag: tag.id };
            NoteTag::create(new).save(&db).await.unwrap();
        }
        unit.finish(true).await.unwrap();
        made
    }

    fn as_user(&self, user: &User) -> Unit {
        self.database.bind(Actor::user(UserFacts {
            id: user.id.uuid(),
            is_staff: false,
            is_superuser: false,
        }))
    }

    /// The note's tags, in Ben's eyes, who sees all of them.
    async fn all(&self) -> Vec<String> {
        self.seen_by(&self.ben, self.note.id).await
    }

    async fn seen_by(&self, user: &User, note: Id<Note>) -> Vec<String> {
        let unit = self.as_user(user);
        let query = Note::objects().with(|n| n.tags.load().order_by(|t| t.name.asc()));
        let found = query.get(&unit.read_db(), |n| n.id.eq(note)).await.unwrap();
        found.loaded.into_iter().map(|tag| tag.name).collect()
    }
}

/// CWE-639, CWE-203: a link may be seen, and what it links to, or there is none.
#[tokio::test]
async fn what_is_linked_is_read_under_the_rules_of_both() {
    let notes = Notes::new().await;
    assert_eq!(notes.all().await, ["common", "marked", "secret"]);
    assert_eq!(
        notes.seen_by(&notes.ann, notes.note.id).await,
        ["common", "marked"]
    );
    let unit = notes.as_user(&notes.ann);
    let db = unit.read_db();
    let count = async |filter: &dyn Fn(&Columns<Note>) -> Filter<Note>| {
        Note::objects().filter(|n| filter(n)).count(&db).await.unwrap()
    };
    assert_eq!(count(&|n| n.tags.any(|t| t.name.eq("common"))).await, 1);
    assert_eq!(count(&|n| n.tags.any(|t| t.name.eq("secret"))).await, 0);
    assert_eq!(
        count(&|n| n.tags.any(|t| !t.name.contains("m"))).await,
        0,
        "`!` too"
    );
    assert_eq!(count(&|n| n.tags.all(|t| t.name.contains("m"))).await, 1);
    assert_eq!(count(&|n| n.tags.all(|t| t.name.eq("common"))).await, 0);
    assert_eq!(count(&|n| n.tags.exists()).await, 1);
    // From the other side: Ben's note is not there.
    let tags = Tag::objects().with(|t| t.notes.load());
    let common = tags.get(&db, |t| t.name.eq("common")).await.unwrap();
    assert_eq!(common.loaded.len(), 1);
    let tagged = Tag::objects().filter(|t| t.notes.any(|n| n.open.eq(false)));
    assert_eq!(tagged.count(&db).await.unwrap(), 0);
    let unit = notes.as_user(&notes.ben);
    let mine = Tag::objects().filter(|t| t.notes.any(|n| n.open.eq(false)));
    assert_eq!(mine.count(&unit.read_db()).await.unwrap(), 1);
}

#[tokio::test]
async fn links_are_added_removed_and_set_and_twice_is_once() {
    let notes = Notes::new().await;
    let (unit, id) = (notes.as_user(&notes.ann), notes.note.id);
    let db = unit.db();
    let links = || id.links(|n| &n.tags);
    let (common, other, marked) = (notes.common.id, notes.other.id, notes.marked.id);
    assert_eq!(links().add(&db, [common, other, other]).await.unwrap(), 1);
    assert_eq!(links().add(&db, [other]).await.unwrap(), 0);
    assert_eq!(links().remove(&db, [common]).await.unwrap(), 1);
    assert_eq!(links().remove(&db, [common]).await.unwrap(), 0);
    // What she does not see stays.
    links().set(&db, [marked, common]).await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(notes.all().await, ["common", "marked", "secret"]);
    let unit = notes.as_user(&notes.ann);
    let from_the_tag = notes.other.id.links(|t| &t.notes);
    from_the_tag.set(&unit.db(), [id]).await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(notes.all().await, ["common", "marked", "other", "secret"]);
}

/// CWE-639. Attack: a tag of somebody else is attached, to be read or counted through the link.
#[tokio::test]
async fn a_foreign_row_is_not_linked() {
    let notes = Notes::new().await;
    let foreign = [notes.other.id, notes.secret.id];
    let attack = async |unit: &Unit| notes.note.id.links(|n| &n.tags).add(&unit.db(), foreign).await;
    {
        let _attack = without(Control::Target);
        assert!(attack(&notes.as_user(&notes.ann)).await.is_ok());
    }
    let unit = notes.as_user(&notes.ann);
    let told = attack(&unit).await.unwrap_err();
    let absent = notes
        .note
        .id
        .links(|n| &n.tags)
        .add(&unit.db(), [Id::random()])
        .await;
    assert_eq!(
        (told.status(), told.to_string()),
        (422, absent.unwrap_err().to_string())
    );
    unit.finish(true).await.unwrap();
    assert_eq!(notes.all().await, ["common", "marked", "secret"], "all or none");
}

/// CWE-862. Attack: whoever reads a note attaches to it and detaches from it.
#[tokio::test]
async fn links_are_made_and_undone_under_the_rules_of_the_links() {
    let notes = Notes::new().await;
    let links = || notes.note.id.links(|n| &n.tags);
    let attach = async |unit: &Unit| links().add(&unit.db(), [notes.other.id]).await;
    let detach = async |unit: &Unit| links().remove(&unit.db(), [notes.common.id]).await;
    {
        let _attack = without(Control::Add);
        assert_eq!(attach(&notes.as_user(&notes.ben)).await.unwrap(), 1);
    }
    {
        let _attack = without(Control::Unlink);
        assert_eq!(detach(&notes.as_user(&notes.ben)).await.unwrap(), 1);
    }
    let unit = notes.as_user(&notes.ben);
    assert_eq!(attach(&unit).await.unwrap_err().status(), 403);
    assert_eq!(detach(&unit).await.unwrap_err().status(), 403);
    assert_eq!(links().set(&unit.db(), []).await.unwrap_err().status(), 403);
    drop(unit);
    // Of a note that is not there for her there is nothing to be removed, and nothing is told.
    let unit = notes.as_user(&notes.ann);
    let hidden = notes
        .hidden
        .id
        .links(|n| &n.tags)
        .remove(&unit.db(), [notes.common.id])
        .await;
    let absent = Id::<Note>::random()
        .links(|n| &n.tags)
        .remove(&unit.db(), [notes.common.id])
        .await;
    assert_eq!((hidden.unwrap(), absent.unwrap()), (0, 0));
    let hidden = notes
        .hidden
        .id
        .links(|n| &n.tags)
        .add(&unit.db(), [notes.common.id])
        .await;
    let absent = Id::<Note>::random()
        .links(|n| &n.tags)
        .add(&unit.db(), [notes.common.id])
        .await;
    assert_eq!(hidden.unwrap_err().to_string(), absent.unwrap_err().to_string());
    unit.finish(true).await.unwrap();
    assert_eq!(notes.all().await, ["common", "marked", "secret"]);
}

/// CWE-862, CWE-460. Attack: what may not be detached goes by `set`, or by moving the link to another note.
#[tokio::test]
async fn setting_links_moves_none_that_may_not_go() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ann);
    let db = unit.db();
    let links = || notes.note.id.links(|n| &n.tags);
    let moved = links().set(&db, [notes.other.id]).await.unwrap_err();
    assert_eq!(moved.status(), 403, "what is marked stays");
    let forged = links().set(&db, [notes.marked.id, notes.secret.id]).await;
    // She does not see Ben's tag: it cannot be chosen, and what she could have removed is as it was.
    assert_eq!(forged.unwrap_err().status(), 422);
    let target = notes.other.id;
    let changed = NoteTag::objects().change_all(&db, |l| [l.tag.set(target)]).await;
    assert_eq!(changed.unwrap(), 0, "a link to another row is another link");
    unit.finish(true).await.unwrap();
    assert_eq!(notes.all().await, ["common", "marked", "secret"]);
}

/// CWE-203. Attack: adding what is there and hidden says otherwise than adding what is not there.
#[tokio::test]
async fn a_link_that_is_there_and_hidden_is_added_without_a_word() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ben);
    // His tag is linked to her note by a link of which its author knows nothing; he may not link, and is told so before.
    let links = notes.note.id.links(|n| &n.tags);
    assert_eq!(
        links.add(&unit.db(), [notes.secret.id]).await.unwrap(),
        0,
        "he sees it"
    );
    let links = notes.hidden.id.links(|n| &n.tags);
    assert_eq!(
        links
            .add(&unit.db(), [notes.common.id, notes.other.id])
            .await
            .unwrap(),
        1
    );
    unit.finish(true).await.unwrap();
}

/// A note's links go with it, by the right to delete it; a tag's only where each of them may go.
#[tokio::test]
async fn links_go_with_what_they_link() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ben);
    let db = unit.db();
    let tag = Tag::objects()
        .get_to_delete(&db, |t| t.name.eq("secret"))
        .await
        .unwrap();
    assert_eq!(
        tag.delete(&db).await.unwrap_err().status(),
        403,
        "Ann's note has it"
    );
    let note = Note::objects()
        .get_to_delete(&db, |n| n.open.eq(false))
        .await
        .unwrap();
    note.delete(&db).await.unwrap();
    unit.finish(true).await.unwrap();
    let unit = notes.as_user(&notes.ann);
    let tags = Tag::objects().with(|t| t.notes.load());
    let common = tags.get(&unit.read_db(), |t| t.name.eq("common")).await.unwrap();
    assert_eq!(common.loaded.len(), 1);
}

/// CWE-440. Attack, or a form that sends one box twice: of more ids than are taken one is named twice, so that the others fit, and
/// what was not taken is removed.
#[tokio::test]
async fn cwe_440_what_is_not_taken_is_not_forgotten() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ann);
    let db = unit.db();
    let links = || notes.note.id.links(|n| &n.tags);
    let first = vec![notes.other.id; 1_000];
    let cut = first.iter().copied().chain([notes.common.id, notes.marked.id]);
    let told = links().set(&db, cut).await.unwrap_err();
    assert!(matches!(told, Error::TooLarge(_)), "{told}");
    let linked = || NoteTag::objects().filter(|l| l.note.eq(notes.note.id)).count(&db);
    assert_eq!(linked().await.unwrap(), 2);
    assert_eq!(
        links().add(&db, first).await.unwrap(),
        1,
        "as often as it is named"
    );
    unit.finish(true).await.unwrap();
}

/// CWE-400. Attack: a row with a million links, of which one is added or removed: the others are not read.
#[tokio::test]
async fn cwe_400_who_adds_or_removes_a_link_reads_no_others() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ann);
    let db = unit.db();
    let links = || notes.note.id.links(|n| &n.tags);
    let asked = |before: usize| {
        let queries = unit.queries();
        let read = queries[before..]
            .iter()
            .find(|query| query.sql.contains("SELECT t.\"id\""));
        read.map(|read| {
            read.sql.matches("t.\"tag_id\" IN (SELECT unhex").count()
                + read.sql.matches("t.\"tag_id\" = ANY").count()
        })
    };
    assert_eq!(links().add(&db, [notes.other.id]).await.unwrap(), 1);
    assert_eq!(asked(0), Some(1), "{:#?}", unit.queries());
    let before = unit.queries().len();
    assert_eq!(links().remove(&db, [notes.other.id]).await.unwrap(), 1);
    assert_eq!(asked(before), Some(1), "{:#?}", unit.queries());
    unit.finish(true).await.unwrap();
}

/// CWE-362, CWE-400: what is no pair is not linked in pairs, and no more at once than a bound.
#[tokio::test]
async fn what_is_no_link_is_told() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ann);
    let db = unit.db();
    let pair = Pair::create(NewPair {}).save(&db).await.unwrap();
    let told = pair.id.links(|p| &p.near).add(&db, [pair.id]).await.unwrap_err();
    assert!(told.to_string().contains("needs `rank`"), "{told}");
    let told = pair.id.links(|p| &p.twice).add(&db, [pair.id]).await.unwrap_err();
    assert!(told.to_string().contains("unique(from, to)"), "{told}");
    let told = pair
        .id
        .links(|p| &p.partly)
        .add(&db, [pair.id])
        .await
        .unwrap_err();
    assert!(
        told.to_string().contains("unique(from, to)"),
        "of some pairs: {told}"
    );
    let links = notes.note.id.links(|n| &n.tags);
    let told = links
        .add(&db, (0..1_001).map(|_| Id::random()))
        .await
        .unwrap_err();
    assert!(
        told.status() == 400 && told.to_string().contains("1,000"),
        "{told}"
    );
    let findings = checks::check(&[User::meta(), Tag::meta(), Note::meta(), NoteTag::meta()]);
    let findings: Vec<_> = findings
        .into_iter()
        .filter(|finding| finding.model.contains("Tag"))
        .collect();
    assert!(findings.is_empty(), "{findings:?}");
}

/// CWE-639, CWE-203, CWE-862: links by metadata stand under the same rules.
#[tokio::test]
async fn by_metadata_links_are_the_same() {
    let notes = Notes::new().await;
    let unit = notes.as_user(&notes.ann);
    let db = unit.db();
    let [table, tags, pairs] = ["note", "tag", "pair"].map(|name| db.table(name).unwrap());
    // What links is what has two ends and nothing else, each pair once.
    let shown = |table: crate::untyped::AnyTable| {
        let linked = table.linked(&db).into_iter();
        let shown = linked.map(|one| format!("{:?} {:?} {}", one.near(), one.far(), one.to().name));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(shown(table), ["NoteTag.note NoteTag.tag Tag"]);
    assert_eq!(shown(tags), ["NoteTag.tag NoteTag.note Note"]);
    let dated = ["Dated.from Dated.to Pair", "Dated.to Dated.from Pair"];
    assert_eq!(shown(pairs), dated, "what the framework sets is no more");
    // CWE-471: nor is a link whose rows say something, which `set` would delete with them.
    let noted = db.table("noted").unwrap();
    let [from, to] = ["from", "to"].map(|field| noted.column(field).unwrap());
    assert_eq!(
        from.linked(&to).unwrap_err().to_string(),
        "a `Noted` says `rank` besides its two ends: add and delete its rows by its table"
    );
    let pair = Pair::create(NewPair {}).save(&db).await.unwrap();
    let typed = pair.id.links(|p| &p.noted);
    assert_eq!(
        typed.add(&db, [pair.id]).await.unwrap(),
        1,
        "by types, where it is listed"
    );
    let ranked = db.table("ranked").unwrap();
    let [from, to, rank] = ["from", "to", "rank"].map(|field| ranked.column(field).unwrap());
    let error = from.linked(&to).unwrap_err().to_string();
    assert!(
        error.starts_with("a `Ranked` needs `rank` besides its two ends"),
        "{error}"
    );
    for far in [&from, &rank, &tags.id()] {
        assert_eq!(from.linked(far).unwrap_err().status(), 500, "{far:?}");
    }
    let linked = table.linked(&db).remove(0);
    let key = |id: Id<Note>| table.key(&id.to_string()).unwrap();
    let tag = |id: Id<Tag>| tags.key(&id.to_string()).unwrap();
    let seen = async |note: Id<Note>| {
        let name = tags.column("name").unwrap();
        let rows = linked
            .rows(&db, key(note))
            .unwrap()
            .order_by([name.asc()])
            .unwrap();
        let rows = rows.all(&db).await.unwrap();
        rows.iter().map(crate::untyped::AnyRow::label).collect::<Vec<_>>()
    };
    // Neither Ben's tag, nor what his note is tagged with.
    assert_eq!(seen(notes.note.id).await, ["common", "marked"]);
    assert!(seen(notes.hidden.id).await.is_empty());
    {
        let _attack = without(Control::View);
        assert_eq!(seen(notes.hidden.id).await, ["common"]);
    }
    let links = |note: Id<Note>| linked.links(key(note)).unwrap();
    let (common, other, marked) = (tag(notes.common.id), tag(notes.other.id), tag(notes.marked.id));
    let (note, hidden) = (notes.note.id, notes.hidden.id);
    assert_eq!(links(note).add(&db, [common, other, other]).await.unwrap(), 1);
    assert_eq!(links(note).remove(&db, [common]).await.unwrap(), 1);
    assert_eq!(seen(note).await, ["marked", "other"]);
    // What staff has marked stays, and nothing is done then.
    let error = links(note).set(&db, [common]).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden), "{error}");
    assert_eq!(seen(note).await, ["marked", "other"]);
    links(note).set(&db, [marked, common]).await.unwrap();
    assert_eq!(seen(note).await, ["common", "marked"]);
    // A tag that may not be seen, one that is none, and somebody else's note.
    for (note, tag) in [
        (note, tag(notes.secret.id)),
        (note, tag(Id::random())),
        (hidden, other),
    ] {
        let error = links(note).add(&db, [tag]).await.unwrap_err();
        assert_eq!(error.status(), 422, "{error}");
    }
    assert_eq!(
        links(hidden).remove(&db, [common]).await.unwrap(),
        0,
        "a link that is not seen is not there"
    );
    {
        let _attack = without(Control::Unlink);
        assert_eq!(links(note).remove(&db, [marked]).await.unwrap(), 1);
    }
    // CWE-639: the key of a row of another table, also where the two agree.
    let wrong = || links(note).add(&db, [table.key(&notes.other.id.to_string()).unwrap()]);
    {
        let _attack = without(Control::Whose);
        assert_eq!(wrong().await.unwrap(), 1);
        assert_eq!(links(note).remove(&db, [other]).await.unwrap(), 1);
    }
    let wrong = wrong().await.unwrap_err().problems();
    assert_eq!((wrong[0].field, wrong[0].problem.code()), ("tag", "other_model"));
    assert_eq!(linked.rows(&db, common).unwrap_err().status(), 404);
    assert_eq!(linked.links(common).unwrap_err().status(), 404);
    // CWE-770
    let endless = std::iter::repeat(common);
    assert!(matches!(
        links(note).set(&db, endless).await,
        Err(Error::TooLarge(_))
    ));
    drop(db);
    unit.finish(true).await.unwrap();
    assert_eq!(
        notes.all().await,
        ["common", "secret"],
        "what Ann does not see stays"
    );
}
