//! What a request makes large or deep is bounded when it is built (CWE-400, CWE-674, CWE-770).

use crate::engine::{Database, Options};
use crate::model::path::Path;
use crate::*;
use vauban_macros::Model;

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "bounds_node", related(children: Node.parent, leaves: Leaf.node))]
struct Node {
    id: Id<Node>,
    #[field(max_length = 200)]
    name: String,
    parent: Option<ForeignKey<Node>>,
    leaf: Option<ForeignKey<Leaf>>,
}
impl Policy for Node {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            change: Filter::always(),
            delete: Filter::always(),
            ..Rules::public()
        }
    }
}

/// Each has the other's columns among its own.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "bounds_leaf", related(nodes: Node.leaf))]
struct Leaf {
    id: Id<Leaf>,
    node: ForeignKey<Node>,
}
impl Policy for Leaf {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn models() -> Vec<&'static ModelMeta> {
    vec![Node::meta(), Leaf::meta()]
}

fn database(options: Options) -> Database {
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&models()).unwrap();
    database
}

fn columns() -> Columns<Node> {
    Node::columns(&Path::ROOT)
}

async fn count(db: &Db, filter: Filter<Node>) -> Result<u64> {
    Node::objects().filter(|_| filter).count(db).await
}

fn refused<T: std::fmt::Debug>(what: &str, result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), 400, "{what}: {error}");
    assert!(error.to_string().contains("too large"), "{what}: {error}");
}

/// Attack: `?q=` with thousands of words, folded from the left and from the right.
#[tokio::test]
async fn cwe_674_words_of_a_request_are_bounded() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database(Options::default());
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    type Join = fn(Filter<Node>, Filter<Node>) -> Filter<Node>;
    let joins: [Join; 4] = [|a, b| a | b, |a, b| b | a, |a, b| a & b, |a, b| b & a];
    for (i, &join) in joins.iter().enumerate() {
        for words in [1, 2, 9, 100, 500, 501, 2_000, 50_000] {
            let all = (0..words).map(|i| columns().name.icontains(format!("word {i}")));
            let filter = all.reduce(join).unwrap();
            match (words, count(&db, filter).await) {
                (..=500, result) => assert_eq!(result.unwrap(), 0),
                (_, result) => refused(&format!("{i}: {words}"), result),
            }
        }
    }
    // The most there may be, of related rows.
    for (i, join) in joins.into_iter().enumerate() {
        let all = (0..250).flat_map(|i| {
            let word = format!("word {i}");
            let child = word.clone();
            [
                columns().parent.parent.name.icontains(word),
                columns().children.any(|c| !c.parent.name.eq(child)),
            ]
        });
        let found = count(&db, all.reduce(join).unwrap()).await;
        assert_eq!(found.unwrap(), 0, "{i}");
    }
    // Ever narrower, query by query.
    let mut query = Node::objects();
    for i in 0..2_000 {
        query = query.filter(|n| n.name.contains(format!("word {i}")));
    }
    refused("narrowed", query.all(&db).await);
}

/// Attack: as deep as a request or its rows say, by whatever goes deeper.
#[tokio::test]
async fn cwe_674_depth_is_bounded() {
    const DEEP: usize = 100_000;
    let database = database(Options::default());
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let named = || columns().name.eq("a");
    let repeat = |mut filter: Filter<Node>, deeper: fn(Filter<Node>) -> Filter<Node>| {
        for _ in 0..DEEP {
            filter = deeper(filter);
        }
        filter
    };
    let twice = repeat(named(), |f| !f);
    assert_eq!(count(&db, twice).await.unwrap(), 0, "not not a is a");
    refused(
        "any",
        count(&db, repeat(named(), |f| columns().children.any(|_| f))).await,
    );
    refused(
        "through",
        count(&db, repeat(named(), |f| columns().parent.children.any(|_| f))).await,
    );
    refused(
        "and or",
        count(
            &db,
            repeat(named(), |f| (f & columns().name.eq("b")) | columns().name.eq("c")),
        )
        .await,
    );
    refused(
        "not and",
        count(&db, repeat(named(), |f| !(f & columns().name.eq("b")))).await,
    );
    refused("doubled", count(&db, repeat(named(), |f| f.clone() & f)).await);
    // A folder that is its own parent, followed as often as a request says.
    let start = columns();
    let mut parent = &start.parent.parent;
    for _ in 0..DEEP {
        parent = &parent.parent;
    }
    refused("path", count(&db, parent.is_null()).await);
    refused("path", count(&db, parent.name.eq("a")).await);
    refused("path", count(&db, parent.children.any(|c| c.name.eq("a"))).await);
    refused("path", count(&db, sql!("{} IS NULL", parent.name)).await);
    refused(
        "path",
        Node::objects().order_by(|_| parent.name.asc()).all(&db).await,
    );
    // As far as one may go, one does.
    let mut parent = &start.parent.parent;
    for _ in 0..14 {
        parent = &parent.parent;
    }
    assert_eq!(count(&db, parent.name.eq("a")).await.unwrap(), 0);
    Node::objects()
        .order_by(|_| parent.name.asc())
        .all(&db)
        .await
        .unwrap();
}

/// Attack: lists and texts without an end.
#[tokio::test]
async fn cwe_770_lists_and_texts_are_bounded() {
    let database = database(Options::default());
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let numbers = |n: usize| (0..n).map(|i| i.to_string());
    assert_eq!(
        count(&db, columns().name.is_in(numbers(10_000))).await.unwrap(),
        0
    );
    refused("list", count(&db, columns().name.is_in(numbers(10_001))).await);
    refused(
        "endless",
        count(&db, columns().name.is_in(std::iter::repeat("a"))).await,
    );
    refused(
        "ids",
        count(&db, columns().parent.is_in(std::iter::repeat_with(Id::new))).await,
    );
    let lists = columns().name.is_in(numbers(6_000)) | columns().name.is_in(numbers(6_000));
    refused("lists together", count(&db, lists).await);
    type Search = fn(&Columns<Node>, &str) -> Filter<Node>;
    let searches: [Search; 4] = [
        |n, text| n.name.contains(text),
        |n, text| n.name.icontains(text),
        |n, text| n.name.starts_with(text),
        |n, text| n.name.ends_with(text),
    ];
    for search in searches {
        assert_eq!(
            count(&db, search(&columns(), &"x".repeat(4096))).await.unwrap(),
            0
        );
        refused("text", count(&db, search(&columns(), &"x".repeat(4097))).await);
    }
}

/// Every kind of statement refuses it, and none does something else instead.
#[tokio::test]
async fn every_statement_refuses_what_is_too_large() {
    let database = database(Options::default());
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    fn large<P: Place>(n: &Columns<Node, P>) -> Filter<P::Scope> {
        n.name.contains("x".repeat(5_000)) | Filter::<P::Scope>::always()
    }
    let query = || Node::objects().filter(large);
    refused("all", query().all(&db).await);
    refused("page", query().page(&db, 1).await);
    refused("count", query().count(&db).await);
    refused("exists", query().exists(&db).await);
    refused("first", query().first(&db).await);
    refused("get", Node::objects().get(&db, large).await);
    refused("to change", Node::objects().get_to_change(&db, large).await);
    refused("to delete", Node::objects().get_to_delete(&db, large).await);
    refused("with may", query().with_may().all(&db).await);
    refused("change", query().change_all(&db, |n| [n.name.set("b")]).await);
    refused("delete", query().delete_all(&db).await);
    refused("not", Node::objects().filter(|n| !large(n)).delete_all(&db).await);
    let never = |n: &Columns<Node>| Filter::<Node>::never() & large(n);
    refused("and never", Node::objects().filter(never).all(&db).await);
    let inside = |n: &Columns<Node>| n.children.any(large);
    refused("inside", Node::objects().filter(inside).all(&db).await);
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "bounds_ruled")]
struct Ruled {
    id: Id<Ruled>,
    number: i64,
}
impl Policy for Ruled {
    fn rules(_: Who<Self>, r: &Columns<Self>) -> Rules<Self> {
        let blocked = (0..600).map(|i| r.number.ne(i));
        Rules {
            view: blocked.fold(Filter::always(), |all, one| all & one),
            ..Rules::none()
        }
    }
}

/// A policy that is too large is found when the program starts, and is nobody's request's fault.
#[tokio::test]
async fn cwe_674_a_policy_is_bounded_too() {
    let found = checks::check(&[Ruled::meta()]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].id, found[0].model), ("orm.E007", "Ruled"));
    assert!(found[0].message.contains("500 conditions"), "{found:#?}");
    let database = Database::open(&crate::tests::on::url_without_policies(), Options::default()).unwrap();
    database.create_all(&[Ruled::meta()]).unwrap();
    let unit = database.bind(Actor::nobody());
    let error = Ruled::objects().count(&unit.read_db()).await.unwrap_err();
    assert_eq!(error.status(), 500, "{error}");
}

/// Rules that are small each, and include each other twice each time.
macro_rules! doubling {
    ($name:ident, $table:literal, $next:ty) => {
        #[derive(Model, Debug)]
        #[model(crate = vauban_orm, table = $table)]
        struct $name {
            id: Id<$name>,
            a: ForeignKey<$next>,
            b: ForeignKey<$next>,
        }
        impl Policy for $name {
            fn rules(who: Who<Self>, d: &Columns<Self>) -> Rules<Self> {
                Rules {
                    view: d.a.visible(who) | d.b.visible(who) | !(d.a.visible(who) & d.b.visible(who)),
                    ..Rules::none()
                }
            }
        }
    };
}
doubling!(D1, "bounds_d1", D2);
doubling!(D2, "bounds_d2", D3);
doubling!(D3, "bounds_d3", D4);
doubling!(D4, "bounds_d4", D5);
doubling!(D5, "bounds_d5", D6);
doubling!(D6, "bounds_d6", D7);
doubling!(D7, "bounds_d7", Leaf);

/// The same of policies that are large together.
#[tokio::test]
async fn cwe_674_policies_are_bounded_together() {
    let all = [
        D1::meta(),
        D2::meta(),
        D3::meta(),
        D4::meta(),
        D5::meta(),
        D6::meta(),
        D7::meta(),
        Leaf::meta(),
        Node::meta(),
    ];
    let found = checks::check(&all);
    let ids: Vec<_> = found.iter().map(|finding| (finding.id, finding.model)).collect();
    assert_eq!(ids, [("orm.E007", "D1"), ("orm.E007", "D2")], "{found:#?}");
}

/// Its view rule includes itself: the deepest that policies may be, and deeper.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "bounds_ring", related(children: Ring.parent))]
struct Ring {
    id: Id<Ring>,
    number: i64,
    parent: Option<ForeignKey<Ring>>,
}
impl Policy for Ring {
    fn rules(who: Who<Self>, r: &Columns<Self>) -> Rules<Self> {
        let deep = r.parent.visible(who) & r.number.eq(1);
        Rules {
            view: !((deep | r.number.eq(2)) & r.number.eq(3)) | r.number.eq(4),
            ..Rules::none()
        }
    }
}

/// The deepest statements there are take less than half of the stack that a worker has.
#[test]
fn cwe_674_the_deepest_statement_fits_the_stack() {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let database = database(Options::default());
            let unit = database.bind(Actor::nobody());
            let db = unit.read_db();
            let mut filter = columns().name.eq("a");
            for _ in 0..15 {
                filter = columns().children.any(|_| !filter);
            }
            assert_eq!(count(&db, filter.clone()).await.unwrap(), 0);
            drop(format!("{filter:?}"));
            let database =
                Database::open(&crate::tests::on::url_without_policies(), Options::default()).unwrap();
            database.create_all(&[Ring::meta()]).unwrap();
            let unit = database.bind(Actor::nobody());
            let ring = Ring::columns::<Own<Ring>>(&Path::ROOT);
            let mut filter = ring.number.eq(1);
            for _ in 0..15 {
                filter = !ring.children.any(|_| filter);
            }
            let found = Ring::objects().filter(|_| filter).count(&unit.read_db()).await;
            assert!(found.is_err(), "{found:?}");
        });
    };
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(work)
        .unwrap();
    thread.join().unwrap();
}

/// A row with children of its own kind, and two models that have each other's rows.
#[tokio::test]
async fn columns_do_not_hold_those_of_their_children() {
    let database = database(Options::default());
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let some = |n: &Columns<Node>| {
        n.children.any(|c| c.name.eq("a")) | n.leaves.any(|l| l.nodes.any(|n| n.leaf.node.name.eq("b")))
    };
    assert_eq!(Node::objects().filter(some).count(&db).await.unwrap(), 0);
}

/// CWE-770. Attack: another number of words each time, for ever: what is kept of their texts does not grow.
#[tokio::test]
async fn cwe_770_kept_texts_do_not_grow() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database(Options::default());
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let mut kept = Vec::new();
    for words in (1..=500).step_by(7) {
        for last in 0..3 {
            let any = (0..words).fold(Filter::never(), |any, i| {
                any | columns().name.icontains(format!("word {i}"))
            });
            let filter = match last {
                0 => any,
                1 => any | columns().name.eq("x"),
                _ => any & columns().parent.is_null(),
            };
            count(&db, filter).await.unwrap();
        }
        kept.push(database.sqlite().read_inline(|c| Ok(c.kept())).unwrap());
    }
    assert!(kept.iter().all(|kept| *kept <= 8 << 20), "{kept:?}");
    // What is said of a prepared statement's size is true, for short texts and long ones.
    let queries = unit.queries();
    for query in queries.iter().step_by(20) {
        let prepared = database
            .sqlite()
            .read_inline(|c| {
                c.bare(|sqlite| {
                    let statement = sqlite.prepare(&query.sql)?;
                    Ok(statement.get_status(rusqlite::StatementStatus::MemUsed))
                })
            })
            .unwrap();
        let said = query.sql.len() * 17 + 4_096;
        assert!(
            prepared as usize <= said,
            "{prepared} > {said}: {} bytes",
            query.sql.len()
        );
    }
}

/// CWE-863. Attack: of more columns than a byte counts, a statement over one of them is answered by the text of another's.
#[test]
fn cwe_863_no_two_columns_have_one_key() {
    let key = |numbers: &[usize]| {
        let mut key = Vec::new();
        for number in numbers {
            crate::tree::expr::push_number(&mut key, *number);
        }
        key
    };
    let all: std::collections::BTreeSet<_> = (0..2000).map(|number| key(&[number])).collect();
    assert_eq!(all.len(), 2000);
    assert_ne!(key(&[0, 1]), key(&[256]));
    assert_ne!(key(&[44]), key(&[300]));
}
