//! What `check` says of rules that will be slow, and what it does not say.

use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::{Event, Metadata, Subscriber, span};
use vauban_macros::Model;

use super::untyped::site_with;
use super::*;
use crate::*;

macro_rules! model {
    ($name:ident, $table:literal, $(#[$attribute:meta])* |$c:ident, $who:ident| $view:expr, $add:expr) => {
        #[derive(Model, Debug)]
        #[model(crate = vauban_orm, table = $table)]
        $(#[$attribute])*
        pub(super) struct $name {
            id: Id<$name>,
            #[field(max_length = 20)]
            code: String,
            #[field(owner)]
            author: ForeignKey<User>,
            #[field(default = false)]
            published: bool,
            #[field(auto_now_add)]
            created: DateTime,
        }
        impl Policy for $name {
            fn rules($who: Who<Self>, $c: &Columns<Self>) -> Rules<Self> {
                Rules { view: $view, add: $add, ..Rules::none() }
            }
        }
    };
}

model!(
    Either,
    "counsel_either",
    |c, who| c.published.eq(true) | c.author.is(who),
    c.author.is(who)
);
model!(
    Coded,
    "counsel_coded",
    |c, who| c.author.is(who) | c.code.eq("x"),
    c.author.is(who)
);
model!(
    Alone,
    "counsel_alone",
    |c, who| c.published.eq(true),
    c.author.is(who)
);
model!(
    Listed,
    "counsel_listed",
    #[model(index(author, created))]
    |c, who| c.published.eq(true) | c.author.is(who),
    c.author.is(who)
);
model!(
    Indexed,
    "counsel_indexed",
    #[model(index(code, published))]
    |c, who| c.author.is(who) | c.code.eq("x"),
    c.author.is(who)
);
model!(
    Owned,
    "counsel_owned",
    |c, who| c.author.is(who) | who.is_staff(),
    c.author.is(who)
);
model!(
    Both,
    "counsel_both",
    |c, who| c.published.eq(true) & c.author.is(who),
    c.author.is(who)
);
model!(
    Closed,
    "counsel_closed",
    |c, who| c.published.eq(true) | c.author.is(who),
    Filter::never()
);
model!(
    Open,
    "counsel_open",
    |_c, _who| Filter::always(),
    _c.author.is(_who)
);

/// CWE-400. Attack: a site grows, and each page of a list reads all rows that there are.
#[test]
fn a_rule_that_no_index_serves_is_named_with_what_to_write() {
    let of = |model: &'static ModelMeta| {
        let found = checks::counsel(&[User::meta(), model]);
        found
            .into_iter()
            .map(|one| (one.id, one.message))
            .collect::<Vec<_>>()
    };
    let [(id, said)] = &of(Either::meta())[..] else {
        panic!("nothing is said")
    };
    assert_eq!(*id, "orm.W002");
    assert!(
        said.contains("OR of 2 parts, 1 of them without an index"),
        "{said}"
    );
    let [(id, said)] = &of(Coded::meta())[..] else {
        panic!("nothing is said")
    };
    assert_eq!(*id, "orm.W002");
    assert!(said.contains("`#[field(index)]` on `code`"), "{said}");
    let [(id, said)] = &of(Alone::meta())[..] else {
        panic!("nothing is said")
    };
    assert_eq!(*id, "orm.W001");
    assert!(said.contains("reads the whole table `counsel_alone`"), "{said}");
    // What an index serves or lists, what holds for everybody, and what nobody adds to.
    for model in [
        Listed::meta(),
        Indexed::meta(),
        Owned::meta(),
        Both::meta(),
        Closed::meta(),
        Open::meta(),
        Task::meta(),
        Organisation::meta(),
        Membership::meta(),
    ] {
        assert_eq!(of(model), [], "{}", model.name);
    }
}

/// CWE-400. Attack: a site grows, and each page of a list sorts all rows that there are.
#[test]
fn an_order_that_no_index_has_is_named_with_what_to_write() {
    let page = |all: QuerySet<Open>| all.limit(25);
    let told = page(Open::objects().order_by(|o| o.code.asc()))
        .unserved_order()
        .unwrap();
    assert!(
        told.starts_with("a page of `counsel_open` in the order of `code` reads and sorts the whole table")
            && told.contains("`#[field(index)]` on `Open.code`"),
        "{told}"
    );
    let either = Either::objects().order_by(|e| e.created.desc()).limit(25);
    assert!(either.unserved_order().is_some());
    // In no order, by the key, by a foreign key, all of them, the few of somebody.
    let anybody = Id::<User>::random();
    for served in [
        page(Open::objects()),
        page(Open::objects().order_by(|o| o.id.desc())),
        page(Open::objects().order_by(|o| o.author.asc())),
        page(Open::objects().order_by(|o| o.author.email.asc())),
        Open::objects().order_by(|o| o.code.asc()),
        page(
            Open::objects()
                .filter(|o| o.author.eq(anybody))
                .order_by(|o| o.code.asc()),
        ),
    ] {
        assert_eq!(served.unserved_order(), None, "{served:?}");
    }
    // An index begins with it, or has it behind what the rule says; the rule finds few; nobody adds to it.
    assert_eq!(
        Indexed::objects()
            .order_by(|i| i.code.asc())
            .limit(9)
            .unserved_order(),
        None
    );
    assert_eq!(
        Listed::objects()
            .order_by(|l| l.created.asc())
            .limit(9)
            .unserved_order(),
        None
    );
    assert_eq!(
        Both::objects()
            .order_by(|b| b.code.asc())
            .limit(9)
            .unserved_order(),
        None
    );
    assert_eq!(
        Closed::objects()
            .order_by(|c| c.code.asc())
            .limit(9)
            .unserved_order(),
        None
    );
}

/// How often it was told.
static TOLD: AtomicUsize = AtomicUsize::new(0);

struct Trace;

impl Subscriber for Trace {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "vauban::orm"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        if event.metadata().fields().field("id").is_some() {
            TOLD.fetch_add(1, Ordering::SeqCst);
        }
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// The log of a development build has it, once for each query of the program.
#[tokio::test]
async fn such_an_order_is_told_once_in_the_log() {
    let site = site_with([Open::meta()]).await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let _trace = tracing::subscriber::set_default(Trace);
    Open::objects()
        .order_by(|o| o.author.asc())
        .limit(9)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(TOLD.load(Ordering::SeqCst), 0);
    for _ in 0..3 {
        Open::objects()
            .order_by(|o| o.code.asc())
            .limit(9)
            .all(&db)
            .await
            .unwrap();
    }
    assert_eq!(TOLD.load(Ordering::SeqCst), 1);
}
