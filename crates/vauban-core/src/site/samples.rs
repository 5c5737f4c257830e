//! What the test kit's prober is told of the routes that a module of the framework's brings, so that a site's tests
//! need not say it again.

use std::any::type_name;

/// What one caller should get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It is done or shown.
    Allowed,
    /// Sign in first.
    SignIn,
    /// Known, and not theirs to do (403).
    Forbidden,
    /// As if it did not exist (404).
    NotFound,
}

/// What an honest client sends to one view, and who gets what: nobody, and whoever is signed in.
#[derive(Debug, Clone)]
pub struct ViewSample {
    view: &'static str,
    fields: Option<Vec<(&'static str, String)>>,
    writes: bool,
    callers: [Expect; 2],
}

impl ViewSample {
    /// Of a view that shows something.
    pub fn get<V>(callers: [Expect; 2]) -> Self {
        let view = type_name::<V>();
        Self {
            view,
            fields: None,
            writes: false,
            callers,
        }
    }

    /// Of a view that takes a form: valid, so that it changes rows.
    pub fn form<V>(callers: [Expect; 2], fields: &[(&'static str, &str)]) -> Self {
        let owned = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            fields: Some(owned.collect()),
            writes: true,
            ..Self::get::<V>(callers)
        }
    }

    /// A form that changes none.
    #[must_use]
    pub fn without_rows(mut self) -> Self {
        self.writes = false;
        self
    }

    /// The view's type, as a view's facts have it.
    pub fn view(&self) -> &'static str {
        self.view
    }

    /// The form's fields; `None` if it takes none.
    pub fn fields(&self) -> Option<&[(&'static str, String)]> {
        self.fields.as_deref()
    }

    /// Whether an accepted call changes rows.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// What nobody gets, and whoever is signed in.
    pub fn callers(&self) -> [Expect; 2] {
        self.callers
    }
}
