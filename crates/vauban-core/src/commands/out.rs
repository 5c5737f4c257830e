//! Where commands say what they do, and how they fail.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};

/// Where a command says what it does: the terminal, or a buffer in tests.
#[derive(Debug, Clone)]
pub struct Out {
    buffer: Option<Arc<Mutex<String>>>,
}

impl Out {
    /// The process's own output.
    pub fn terminal() -> Self {
        Self { buffer: None }
    }

    /// A buffer, for tests.
    pub fn buffer() -> Self {
        Self {
            buffer: Some(Arc::default()),
        }
    }

    /// What was written to the buffer.
    pub fn text(&self) -> String {
        let locked = |buffer: &Arc<Mutex<String>>| {
            buffer
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone()
        };
        self.buffer.as_ref().map(locked).unwrap_or_default()
    }

    /// One line of result.
    pub fn line(&self, line: fmt::Arguments<'_>) {
        self.write(&format!("{line}\n"), io::stdout());
    }

    /// One line about what went wrong.
    pub fn error(&self, line: fmt::Arguments<'_>) {
        self.write(&format!("{line}\n"), io::stderr());
    }

    /// Shows how far a long work is, on a terminal only: `done` of `all`.
    pub fn progress(&self, what: &str, done: usize, all: usize) {
        if self.buffer.is_some() || !io::stderr().is_terminal() {
            return;
        }
        let width = 30;
        let full = (width * done.min(all)).checked_div(all).unwrap_or(width);
        let end = if done >= all { "\n" } else { "" };
        let bar = format!("{}{}", "#".repeat(full), ".".repeat(width - full));
        self.write(&format!("\r{what} [{bar}] {done}/{all}{end}"), io::stderr());
    }

    fn write(&self, text: &str, mut stream: impl io::Write) {
        match &self.buffer {
            Some(buffer) => {
                if let Ok(mut buffer) = buffer.lock() {
                    buffer.push_str(text);
                }
            }
            // A reader that went away (`| head`) is no error of the command.
            None => drop(
                stream
                    .write_all(text.as_bytes())
                    .and_then(|()| io::stdout().flush()),
            ),
        }
    }
}

/// Why a command failed, in words for whoever called it.
pub struct Failure {
    what: String,
    code: u8,
    is_undone: bool,
}

impl Failure {
    /// A failure with what to tell.
    pub fn new(what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            code: 1,
            is_undone: false,
        }
    }

    /// From an error of the framework, with its cause.
    pub fn of(error: crate::http::Error) -> Self {
        match error.source() {
            Some(source) => Self {
                is_undone: is_undone(source),
                ..Self::new(source)
            },
            None => Self::new(format_args!("{} {}", error.status(), error.message())),
        }
    }

    /// With another exit code than 1.
    #[must_use]
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// Whether the database undid it for what others wrote meanwhile, so that it may be done again.
    pub(super) fn is_undone(&self) -> bool {
        self.is_undone
    }

    /// The process's exit code.
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({:?})", self.what)
    }
}

// `?` works on every error; that is why `Failure` is not an error itself.
impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut what = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            what.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self {
            is_undone: is_undone(&error),
            ..Self::new(what)
        }
    }
}

/// Whether one of the causes is a database that undid a unit.
fn is_undone(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| matches!(cause.downcast_ref(), Some(vauban_orm::Error::Undone)))
}
