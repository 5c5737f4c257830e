//! How many statements something takes, for tests that a page does not ask once for each row.

use std::fmt::Write;
use std::future::Future;

use super::TestApp;

/// The statements that a database ran, in their order.
#[derive(Debug, Clone)]
#[must_use = "nothing is asserted before `assert_at_most` or `assert_as_many_as`"]
pub struct Statements {
    texts: Vec<String>,
    steps: u64,
}

impl TestApp {
    /// The statements that this takes, those of the session and of the policies among them: a page asks for as many for two rows
    /// as for fifty.
    ///
    /// ```ignore
    /// let two = app.statements(async || client.get("/articles/").await.assert_status(200)).await;
    /// // … more articles …
    /// let fifty = app.statements(async || client.get("/articles/").await.assert_status(200)).await;
    /// fifty.assert_as_many_as(&two);
    /// ```
    pub async fn statements<T, F: Future<Output = T>>(&self, work: impl FnOnce() -> F) -> Statements {
        let watch = self.database.watch();
        drop(work().await);
        Statements {
            texts: watch.statements(),
            steps: watch.steps(),
        }
    }
}

impl Statements {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// The texts of all of them, in the order in which they ran.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// How many steps SQLite's machine made for them: by this a test sees that what something costs does not grow with its table,
    /// also where an index leads to more rows than are wanted. 0 on PostgreSQL.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// There are no more than so many.
    ///
    /// # Panics
    /// With the statements, if there are.
    pub fn assert_at_most(&self, most: usize) -> &Self {
        assert!(
            self.count() <= most,
            "{} statements, and at most {most} were expected:{}",
            self.count(),
            self.shown()
        );
        self
    }

    /// There are as many as those: what differs between the two does not ask once for each row.
    ///
    /// # Panics
    /// With the statements of which there are more or fewer.
    pub fn assert_as_many_as(&self, other: &Self) -> &Self {
        assert!(
            self.count() == other.count(),
            "{} statements, and {} were expected. Those here:{}\nthose expected:{}",
            self.count(),
            other.count(),
            self.shown(),
            other.shown()
        );
        self
    }

    /// Each text once, with how often it was run: what stands there fifty times is what asks once for each row.
    fn shown(&self) -> String {
        let mut all: Vec<(&str, usize)> = Vec::new();
        for text in &self.texts {
            match all.iter_mut().find(|(known, _)| known == text) {
                Some((_, times)) => *times += 1,
                None => all.push((text, 1)),
            }
        }
        let mut out = String::new();
        for (text, times) in all {
            let _ = write!(out, "\n  {times} × {text}");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Statements {
        Statements {
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            steps: 0,
        }
    }

    #[test]
    #[should_panic(expected = "2 × SELECT name")]
    fn what_is_asked_for_each_row_is_named() {
        let _ = of(&["SELECT list", "SELECT name", "SELECT name"]).assert_at_most(2);
    }

    #[test]
    #[should_panic(expected = "those expected:\n  1 × SELECT list")]
    fn what_was_expected_is_named() {
        let one = of(&["SELECT list"]);
        let _ = one.assert_at_most(1).assert_as_many_as(&one);
        let _ = of(&["SELECT list", "SELECT name"]).assert_as_many_as(&one);
    }
}
