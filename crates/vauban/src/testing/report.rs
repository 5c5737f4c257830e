//! What the prober found, readable.

use std::fmt;

use super::prober::{Expect, Got};

/// One call.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) sample: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) caller: &'static str,
    pub(super) expected: Expect,
    pub(super) got: Got,
    pub(super) changes: Vec<String>,
    /// Whether an accepted call changes rows.
    pub(super) writes: bool,
}

impl Case {
    /// What is wrong with it.
    fn wrong(&self) -> Option<String> {
        let unchanged = self.changes.is_empty();
        match &self.got {
            Got::Broken(answer) => Some(format!(
                "the sample is not what an honest client would send; this answer says nothing about who may:\n      {}",
                answer.replace('\n', "\n      ")
            )),
            Got::Is(got, status) if *got != self.expected => {
                Some(format!("expected {:?}, got {got:?} ({status})", self.expected))
            }
            Got::Is(Expect::Allowed, _) if self.writes && unchanged => Some(
                "accepted, but no row has changed: is the form valid? (`.form_without_rows` if it changes none)".into(),
            ),
            Got::Is(Expect::Allowed, _) if !self.writes && !unchanged => {
                Some("rows have changed, though the sample says that it changes none".into())
            }
            Got::Is(Expect::Allowed, _) => None,
            Got::Is(refused, status) => {
                (!unchanged).then(|| format!("{refused:?} ({status}), and yet rows have changed"))
            }
        }
    }
}

/// Everything that the prober found.
#[derive(Debug, Default)]
pub(super) struct Report {
    gaps: Vec<String>,
    calls: usize,
    wrong: Vec<(Case, String)>,
}

impl Report {
    /// Something is missing, so that nothing can be said.
    pub(super) fn gap(&mut self, what: String) {
        self.gaps.push(what);
    }

    /// One call was made.
    pub(super) fn called(&mut self, case: Case) {
        self.calls += 1;
        if let Some(wrong) = case.wrong() {
            self.wrong.push((case, wrong));
        }
    }

    /// Whether all is as expected.
    pub(super) fn is_good(&self) -> bool {
        self.gaps.is_empty() && self.wrong.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.gaps.is_empty() {
            writeln!(f, "\nThe prober cannot say who may call what:\n")?;
            for gap in &self.gaps {
                writeln!(f, "  {gap}")?;
            }
        }
        if !self.wrong.is_empty() {
            writeln!(
                f,
                "\nThe prober made {} calls; {} are not as the table says:\n",
                self.calls,
                self.wrong.len()
            )?;
        }
        for (case, wrong) in &self.wrong {
            writeln!(
                f,
                "  {}  {} {}  as {}",
                case.sample, case.method, case.path, case.caller
            )?;
            writeln!(f, "      {wrong}")?;
            for change in case.changes.iter().take(12) {
                writeln!(f, "      {change}")?;
            }
        }
        Ok(())
    }
}
