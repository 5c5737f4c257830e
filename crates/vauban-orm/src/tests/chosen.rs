//! Pages whose rows SQLite chooses by their ids, from one index that has all that decides.

use super::*;
use crate::*;

async fn more_tasks(site: &Site) {
    let unit = site.as_nobody();
    let db = unit.db();
    let db = db.acting::<Fixtures>();
    for (number, organisation) in [&site.alpha, &site.beta].into_iter().cycle().take(20).enumerate() {
        let new = NewTask {
            organisation: organisation.id,
            // Not in the order of their ids.
            title: format!("task {}", number * 7 % 10),
            assignee: Some(site.ann.id),
        };
        Task::create(new).save(&db).await.unwrap();
    }
    unit.finish(true).await.unwrap();
}

/// CWE-862. Attack: the statement that reads a page's rows stands outside the policy, which only the choice of their ids has. They
/// are the rows of the whole list, and nobody else's, in its order, with what is joined.
#[tokio::test]
async fn a_chosen_page_is_a_part_of_the_whole_list() {
    let site = Site::new().await;
    more_tasks(&site).await;
    for user in [&site.ann, &site.ben, &site.carl, &site.sue] {
        let unit = site.as_user(user);
        let db = unit.read_db();
        for down in [false, true] {
            let sorted = || Task::objects().order_by(|t| if down { t.title.desc() } else { t.title.asc() });
            let whole = sorted().related(|t| &t.organisation).all(&db).await.unwrap();
            let ids = |rows: &[Task]| rows.iter().map(|task| task.id).collect::<Vec<_>>();
            let watch = site.database.watch();
            let mut pages = Vec::new();
            for first in (0..25).step_by(4) {
                let mut part = sorted().related(|t| &t.organisation);
                part.slice(first, 4).unwrap();
                pages.extend(part.rows_in(crate::Reads::<Task>::bound(&db)).await.unwrap());
            }
            assert_eq!(ids(&pages), ids(&whole));
            let joined = |rows: &[Task]| {
                rows.iter()
                    .map(|t| t.organisation.get().is_some())
                    .collect::<Vec<_>>()
            };
            assert_eq!(joined(&pages), joined(&whole));
            let chosen =
                |sql: &String| sql.contains("WHERE t.\"id\" IN (SELECT t.\"id\" FROM \"task\" AS t WHERE");
            assert_eq!(
                watch.statements().iter().all(chosen),
                on::sqlite(),
                "{:?}",
                watch.statements()
            );
        }
    }
}

/// What another column decides is not in the index, and neither is what is joined: they are read row by row as before.
#[tokio::test]
async fn only_what_one_index_has_is_chosen_by_it() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let watch = site.database.watch();
    let by_title = || Task::objects().order_by(|t| t.title.asc()).limit(3);
    by_title().filter(|t| t.done.eq(false)).all(&db).await.unwrap();
    Task::objects()
        .order_by(|t| t.done.asc())
        .limit(3)
        .all(&db)
        .await
        .unwrap();
    Task::objects()
        .order_by(|t| t.organisation.name.asc())
        .limit(3)
        .all(&db)
        .await
        .unwrap();
    Task::objects().limit(3).all(&db).await.unwrap();
    Task::objects()
        .order_by(|t| t.title.asc())
        .all(&db)
        .await
        .unwrap();
    Article::objects()
        .order_by(|a| a.created.desc())
        .limit(3)
        .all(&db)
        .await
        .unwrap();
    let chosen = |sql: &String| sql.contains("IN (SELECT t.\"id\"");
    assert!(!watch.statements().iter().any(chosen), "{:?}", watch.statements());
}

/// An index of a relation ends in the id, so that a list of it stands in the order of every page.
#[tokio::test]
async fn indexes_end_in_the_id() {
    if !on::sqlite() {
        return;
    }
    let site = Site::new().await;
    let sqlite = site.database.sqlite().schema_connection().unwrap();
    let columns = "SELECT i.name || ': ' || group_concat(c.name) FROM pragma_index_list('task') AS i,
        pragma_index_info(i.name) AS c WHERE i.origin = 'c' GROUP BY i.name ORDER BY 1";
    let mut columns = sqlite.prepare(columns).unwrap();
    let columns: Vec<String> = columns
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        columns,
        [
            "task_assignee_id_idx: assignee_id,id",
            "task_organisation_id_idx: organisation_id,id",
            "task_organisation_id_title_idx: organisation_id,title,id",
        ]
    );
}
