//! What conditions and orders mean where two texts of SQL could mean two things: texts that are in the database and those that come,
//! rows that are absent, orders where there is nothing to order.

use vauban_macros::Model;

use crate::engine::{Database, Options};
use crate::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "holder")]
struct Holder {
    id: Id<Holder>,
    #[field(max_length = 100)]
    email: String,
    #[field(default = false)]
    hidden: bool,
}

impl Policy for Holder {
    fn rules(_: Who<Self>, h: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: h.hidden.eq(false),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "deed")]
struct Deed {
    id: Id<Deed>,
    #[field(max_length = 100)]
    code: String,
    #[field(max_length = 100)]
    contact: String,
    holder: Option<ForeignKey<Holder>>,
}

impl Policy for Deed {
    fn rules(_: Who<Self>, d: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: d.code.ge("a") & d.code.lt("n"),
            change: d.code.ge("a") & d.code.lt("n") & d.holder.email.ne(d.contact.lower()),
            delete: d.contact.lower().ne(&d.holder.email),
            ..Rules::none()
        }
    }
}

/// What pages by key are ordered by, and what no cursor holds.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "leaf")]
struct Leaf {
    id: Id<Leaf>,
    #[field(max_length = 250)]
    name: String,
    #[field(max_length = 400)]
    wide: String,
    #[field(text)]
    body: String,
    small: i16,
    after: Duration,
    share: f64,
    #[field(max_length = 8)]
    raw: Vec<u8>,
}

impl Policy for Leaf {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

/// A text that does not say how long it may be, and one that does.
macro_rules! own_text {
    ($name:ident, $max:expr) => {
        #[derive(Debug, Clone, PartialEq)]
        struct $name(String);
        impl Field for $name {
            const KIND: field::Kind = field::Kind::Text;
            const MAX_BYTES: Option<usize> = $max;
            fn to_value(&self) -> field::Value {
                field::Value::Text(self.0.clone())
            }
            fn from_value(value: field::ValueRef<'_>) -> std::result::Result<Self, field::Mismatch> {
                match value {
                    field::ValueRef::Text(text) => Ok(Self(text.to_owned())),
                    _ => Err(field::Mismatch),
                }
            }
        }
    };
}
own_text!(Unbounded, None);
own_text!(Bounded, Some(6));

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "own_text")]
struct Own {
    id: Id<Own>,
    whatever: Unbounded,
    short: Bounded,
    #[field(max_length = 3)]
    stated: Unbounded,
}

impl Policy for Own {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

service! {
    /// Makes what nobody sees.
    Clerk: Add<Holder>, View<Holder>;
    waiver!(ServiceRights, "hidden rows are made for attacks")
}

fn database() -> Database {
    let models = vec![Holder::meta(), Deed::meta(), Leaf::meta(), Own::meta()];
    let database = Database::open(
        &crate::tests::on::url(),
        Options {
            models: models.clone(),
            services: vec![actor::ServiceMeta::of::<Clerk>()],
            ..Options::default()
        },
    )
    .unwrap();
    database.create_all(&models).unwrap();
    database
}

fn deed(code: &str, contact: &str, holder: Option<Id<Holder>>) -> NewDeed {
    NewDeed {
        code: code.into(),
        contact: contact.into(),
        holder,
    }
}

/// CWE-863. Attack: a code that comes between two others in the database's language, and not in the order that the rule means
/// of stored ones. A rule says the same of a row that comes as of one that is there.
#[tokio::test]
async fn cwe_863_a_rule_orders_new_texts_as_stored_ones() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    for code in ["B1", "Z", "\u{e4}", "n"] {
        let one = Deed::create(deed(code, "", None)).save(&db).await;
        assert!(matches!(one, Err(Error::Forbidden)), "{code}: {one:?}");
        let all = Deed::create_all([deed("b1", "", None), deed(code, "", None)])
            .save(&db)
            .await;
        assert!(matches!(all, Err(Error::Rows(_))), "{code}: {all:?}");
    }
    let holder = Holder::create(NewHolder { email: "h@x".into() })
        .save(&db)
        .await
        .unwrap();
    let kept = Deed::create(deed("b1", "", Some(holder.id)))
        .save(&db)
        .await
        .unwrap();
    let set = Deed::objects().filter(|d| d.id.eq(kept.id));
    let changed = set
        .clone()
        .change_all(&db, |d| [d.code.set("B1".to_owned())])
        .await;
    assert!(matches!(changed, Err(Error::Forbidden)), "{changed:?}");
    let changed = set.change_all(&db, |d| [d.code.set("b2".to_owned())]).await;
    assert_eq!(changed.unwrap(), 1);
    let late = Deed::objects().filter(|d| d.code.ge("a") & d.code.lt("n"));
    assert_eq!(late.count(&db).await.unwrap(), 1);
}

/// CWE-863. Attack: a row whose holder is absent or hidden, and so is not equal to what it is compared with: a rule that grants
/// by `ne` would grant.
#[tokio::test]
async fn cwe_863_nothing_is_unequal_to_what_is_computed_where_the_row_is_absent() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let holder = async |email: &str, hidden: bool| {
        let new = Holder::create(NewHolder { email: email.into() }).set(|h| [h.hidden.set(hidden)]);
        new.save(&db.acting::<Clerk>()).await.unwrap().id
    };
    let (seen, unseen) = (holder("a@x", false).await, holder("h@x", true).await);
    let _ = unseen;
    for (code, contact, holder) in [
        ("b-none", "z", None),
        ("b-same", "A@X", Some(seen)),
        ("b-other", "q", Some(seen)),
    ] {
        Deed::create(deed(code, contact, holder)).save(&db).await.unwrap();
    }
    for (code, may) in [("b-none", false), ("b-same", false), ("b-other", true)] {
        let one = Deed::objects()
            .filter(|d| d.code.eq(code))
            .with_may()
            .all(&db)
            .await
            .unwrap();
        assert_eq!((one[0].may_change(), one[0].may_delete()), (may, may), "{code}");
    }
    let all = || Deed::objects();
    let count = async |query: QuerySet<Deed>| query.count(&db).await.unwrap();
    assert_eq!(
        count(all().filter(|d| d.holder.email.ne(d.contact.lower()))).await,
        1
    );
    assert_eq!(count(all().filter(|d| d.holder.email.lower().ne("q"))).await, 2);
    assert_eq!(
        count(all().filter(|d| d.holder.email.length().ne(d.contact.length()))).await,
        1
    );
    // Who says what stands for an absent one has said it.
    assert_eq!(
        count(all().filter(|d| d.holder.email.coalesce("").ne("q"))).await,
        3
    );
    assert_eq!(count(all().filter(|d| !d.holder.email.lower().eq("q"))).await, 3);
}

/// CWE-248. Attack: a list that is ordered by something with a constant in it, and counted: its values have no place there.
#[tokio::test]
async fn cwe_248_what_is_counted_has_no_order() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    Holder::create(NewHolder { email: "h@x".into() })
        .save(&db)
        .await
        .unwrap();
    let ordered = || {
        Holder::objects().filter(|h| h.email.ne("q")).order_by(|h| {
            let by = h.email.concat("!");
            [by.asc(), (h.email.length() + 1).desc()]
        })
    };
    assert_eq!(ordered().count(&db).await.unwrap(), 1);
    assert_eq!(ordered().limit(5).count(&db).await.unwrap(), 1);
    assert_eq!(ordered().count_up_to(&db, 3).await.unwrap(), 1);
    assert!(ordered().exists(&db).await.unwrap());
    assert_eq!(ordered().aggregate(&db, |h| h.id.count()).await.unwrap(), 1);
    assert_eq!(ordered().all(&db).await.unwrap().len(), 1);
    let absent = ordered().get(&db, |h| h.email.eq("nobody")).await;
    assert!(matches!(absent, Err(Error::NotFound)), "{absent:?}");
}

/// CWE-400. Attack: one row with a long text, so that the list that ends with it is an error for everybody: what no cursor holds is
/// refused whatever the rows are, and what it holds leads on to the last row.
#[tokio::test]
async fn cwe_400_an_order_is_held_by_a_cursor_whatever_the_rows_hold() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let query = || Leaf::objects().per_page(1);
    for refused in [
        query().order_by(|l| l.wide.asc()),
        query().order_by(|l| l.body.lower().asc()),
        query().order_by(|l| l.name.concat(&l.wide).desc()),
        query().order_by(|l| l.raw.asc()),
        query().order_by(|l| {
            [
                l.name.asc(),
                l.name.upper().asc(),
                l.name.lower().asc(),
                l.name.trim().asc(),
                l.name.desc(),
            ]
        }),
    ] {
        let page = refused.page_after(&db, None).await;
        assert!(matches!(page, Err(Error::Internal(_))), "{page:?}");
    }
    for number in 0..3_i16 {
        let name = format!("{}{number}", "\u{1f600}".repeat(249));
        let new = NewLeaf {
            name: name.clone(),
            wide: name.clone(),
            body: name,
            small: -number,
            after: Duration::from_seconds(number.into()).unwrap(),
            share: f64::from(number) / 3.0,
            raw: vec![number as u8],
        };
        Leaf::create(new).save(&db).await.unwrap();
    }
    for order in [
        query().order_by(|l| l.name.asc()),
        query().order_by(|l| l.small.asc()),
        query().order_by(|l| l.after.desc()),
        query().order_by(|l| l.share.asc()),
        query().order_by(|l| (l.name.length() + 2).asc()),
        query().order_by(|l| [l.name.asc(), l.name.upper().desc(), l.name.lower().asc()]),
    ] {
        let whole: Vec<_> = order
            .clone()
            .all(&db)
            .await
            .unwrap()
            .into_iter()
            .map(|leaf| leaf.id)
            .collect();
        let (mut found, mut after) = (Vec::new(), None::<Cursor>);
        loop {
            let page = order.clone().page_after(&db, after.as_ref()).await.unwrap();
            found.extend(page.iter().map(|leaf| leaf.id));
            let Some(next) = page.next else { break };
            after = Some(next.to_string().parse().unwrap());
        }
        assert_eq!(found, whole);
    }
}

/// CWE-400. Attack: a row whose text of a type of the site's own is longer than an address, so that the list that ends with it is an
/// error for everybody.
#[tokio::test]
async fn cwe_400_a_text_of_a_type_that_says_no_length_orders_no_page_by_key() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let page = Own::objects()
        .order_by(|o| o.whatever.asc())
        .page_after(&db, None)
        .await;
    let told = page.unwrap_err().to_string();
    assert!(told.contains("MAX_BYTES"), "{told}");
    let new = |short: &str, stated: &str| NewOwn {
        whatever: Unbounded("x".repeat(3_000)),
        short: Bounded(short.into()),
        stated: Unbounded(stated.into()),
    };
    // CWE-1284: what is said holds, also where the type does not look.
    for (short, stated) in [
        ("1234567", "abc"),
        ("\u{e4}\u{f6}\u{fc}x", "abc"),
        ("123456", "abcd"),
    ] {
        let refused = Own::create(new(short, stated)).save(&db).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    for short in ["b", "a"] {
        Own::create(new(short, "\u{e4}bc")).save(&db).await.unwrap();
    }
    let query = || {
        Own::objects()
            .order_by(|o| [o.short.asc(), o.stated.asc()])
            .per_page(1)
    };
    let first = query().page_after(&db, None).await.unwrap();
    assert_eq!(first.rows[0].short.0, "a");
    let second = query().page_after(&db, first.next.as_ref()).await.unwrap();
    assert_eq!(second.rows[0].short.0, "b");
}

/// CWE-400. What is looked for is folded once and here; whoever looks for nothing finds all, and no row is asked.
#[tokio::test]
async fn cwe_400_a_search_folds_what_is_looked_for_once() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    for email in ["\u{c4}nne@X", "plain@x", "\u{416}uk\u{3a3}"] {
        Holder::create(NewHolder { email: email.into() })
            .save(&db)
            .await
            .unwrap();
    }
    for (text, found) in [
        ("\u{e4}NNE", 1),
        ("PLAIN", 1),
        ("\u{436}", 1),
        ("\u{3c3}", 1),
        // As it is written at a word's end.
        ("K\u{3c2}", 1),
        ("@x", 2),
        ("a", 1),
        ("", 3),
        ("%", 0),
    ] {
        let both = Holder::objects().filter(|h| h.email.search(text) & h.email.trim().search(text));
        assert_eq!(both.count(&db).await.unwrap(), found, "{text}");
    }
    let long = Holder::objects().filter(|h| h.email.search("\u{23a}".repeat(3000)));
    assert!(matches!(long.count(&db).await, Err(Error::TooLarge(_))));
}
