//! The databases on which both sides work. What they commit is on the disk.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_postgres::NoTls;

/// A database of this run's own; it goes with this.
pub(crate) struct Tables {
    pub(crate) url: String,
    folder: Option<PathBuf>,
    server: Option<cluster::Database>,
}

impl Tables {
    pub(crate) fn of(kind: &str) -> Self {
        if kind == "postgres" {
            let server = Arc::new(cluster::Cluster::durable()).database();
            let url = server.url();
            return Self {
                url,
                folder: None,
                server: Some(server),
            };
        }
        let folder = std::env::temp_dir().join(format!("tasks-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            url: format!("sqlite://{}/db.sqlite3", folder.display()),
            folder: Some(folder),
            server: None,
        }
    }

    pub(crate) fn is_on_a_server(&self) -> bool {
        self.server.is_some()
    }

    /// The file, on SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.as_ref().unwrap().join("db.sqlite3")
    }

    /// Another file on the same disk.
    pub(crate) fn beside(&self) -> PathBuf {
        self.file().with_file_name("by_hand.sqlite3")
    }

    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// A table like that of the tasks, with its indexes.
    pub(crate) async fn make_bare(&self) {
        if self.is_on_a_server() {
            let like = "CREATE TABLE bare (LIKE vauban_tasks_task INCLUDING ALL)";
            self.client().await.batch_execute(like).await.unwrap();
            return;
        }
        let file = rusqlite::Connection::open(self.file()).unwrap();
        let mut made = file
            .prepare("SELECT sql FROM sqlite_master WHERE tbl_name = 'vauban_tasks_task' AND sql IS NOT NULL")
            .unwrap();
        let all: Vec<String> = made
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for sql in all {
            file.execute_batch(&sql.replace("vauban_tasks_task", "bare"))
                .unwrap();
        }
    }

    /// The task that says when it began, queued without a word to anybody.
    pub(crate) async fn enqueue_unheard(&self) {
        let sql = "INSERT INTO vauban_tasks_task (id, name, queue, priority, due, attempt, args, sealed, created, row_version) \
                   VALUES (gen_random_uuid(), 'first', 'default', 1, now(), 0, 'null', false, now(), 1)";
        self.client().await.batch_execute(sql).await.unwrap();
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
