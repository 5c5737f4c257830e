//! How the database runs what a page asks, for tests that no list reads a whole table.

use std::fmt;
use std::future::Future;

use super::TestApp;

/// The plans of the statements that a database ran, in their order, each text once.
#[derive(Debug, Clone)]
#[must_use = "nothing is asserted before `assert_no_scan_of`, or compared"]
pub struct Plans(Vec<(String, Vec<String>)>);

impl TestApp {
    /// Looks at all tables, as is done after migrations: from here on plans are made by how many rows there are.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn analyze(&self) {
        let done = self.database.analyze().await;
        done.unwrap_or_else(|error| panic!("the tables cannot be looked at: {error}"));
    }

    /// The plans of the statements that this takes, those of the session and of the policies among them. On PostgreSQL they are
    /// those of a database with many rows, where a whole table is read only if no index serves.
    ///
    /// ```ignore
    /// let plans = app.plans(async || client.get("/articles/").await).await;
    /// plans.assert_no_scan_of(&["article"]);
    /// ```
    ///
    /// # Panics
    /// If the database does not say.
    pub async fn plans<T, F: Future<Output = T>>(&self, work: impl FnOnce() -> F) -> Plans {
        self.planned(true, work).await
    }

    /// The same, on PostgreSQL as it is with the rows that there are.
    ///
    /// # Panics
    /// If the database does not say.
    pub async fn plans_of_these_rows<T, F: Future<Output = T>>(&self, work: impl FnOnce() -> F) -> Plans {
        self.planned(false, work).await
    }

    async fn planned<T, F: Future<Output = T>>(&self, by_indexes: bool, work: impl FnOnce() -> F) -> Plans {
        let watch = self.database.watch();
        drop(work().await);
        let all = self.database.plans(&watch, by_indexes).await;
        let all =
            all.unwrap_or_else(|error| panic!("the database does not say how it runs a statement: {error}"));
        let mut once: Vec<(String, Vec<String>)> = Vec::new();
        for (text, plan) in all {
            if !once.iter().any(|(known, _)| *known == text) {
                once.push((text, plan));
            }
        }
        Plans(once)
    }
}

impl Plans {
    /// None of these tables is read as a whole, row by row. One that is gone along by an index, in the order of the list, ends
    /// where the page does.
    ///
    /// # Panics
    /// With the statement and its plan, if one is.
    pub fn assert_no_scan_of(&self, tables: &[&str]) -> &Self {
        let all = self.scans_of(tables);
        assert!(all.is_empty(), "{}", all.join("\n"));
        self
    }

    /// The statements that read one of these tables as a whole, each with its plan.
    pub fn scans_of(&self, tables: &[&str]) -> Vec<String> {
        let scan = |(text, plan): &(String, Vec<String>)| {
            let whole = |table: &&&str| plan.iter().any(|step| scans(step, table, text));
            let table = tables.iter().find(whole)?;
            Some(format!(
                "`{table}` is read as a whole:\n{text}\n  {}",
                plan.join("\n  ")
            ))
        };
        self.0.iter().filter_map(scan).collect()
    }
}

/// Whether a step of a statement's plan reads all of the table.
fn scans(step: &str, table: &str, text: &str) -> bool {
    let step = step.trim();
    let postgres = format!("Seq Scan on {table} ");
    if format!("{} ", step.trim_start_matches("-> ")).contains(&postgres) {
        return true;
    }
    // SQLite says the name that the statement gives it.
    let Some(scanned) = step.strip_prefix("SCAN ") else {
        return false;
    };
    let mut words = scanned.split(' ');
    let name = words.next().unwrap_or_default();
    let by_an_index = words.next() == Some("USING") && !scanned.contains("AUTOMATIC");
    !by_an_index && (name == table || text.contains(&format!("\"{table}\" AS {name}")))
}

/// What a snapshot has: each statement's first words, and its plan.
impl fmt::Display for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (text, plan) in &self.0 {
            let table = text
                .split("FROM \"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            writeln!(f, "{} …", table.unwrap_or("(no table)"))?;
            for step in plan {
                writeln!(f, "    {step}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_read_as_a_whole_is_told_from_one_that_is_not() {
        let text = "SELECT t.\"id\" FROM \"article\" AS t WHERE t.\"id\" IN (SELECT r1.\"id\" FROM \"article_tag\" AS r1)";
        for (step, whole) in [
            ("SCAN t", true),
            ("  SCAN t", true),
            ("SCAN t USING INDEX article_created_idx", false),
            ("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)", false),
            ("SCAN r1", false),
            ("->  Seq Scan on article t", true),
            ("Seq Scan on article", true),
            ("->  Seq Scan on article_tag r1", false),
            ("->  Index Scan using article_created_idx on article t", false),
        ] {
            assert_eq!(scans(step, "article", text), whole, "{step}");
        }
    }
}
