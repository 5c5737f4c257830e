//! One-time messages, as a view's parameter.

use std::sync::Arc;

use super::{BySession, Call, Kind, Param};
use crate::http::{Request, Result};
use crate::messages::Level;

/// A parameter with which a view says something on the next page: `messages.success("Saved.")`.
#[derive(Debug, Clone)]
pub struct Messages(Arc<Request>);

impl Messages {
    /// Something to know.
    pub fn info(&self, text: impl Into<String>) {
        self.0.say(Level::Info, text);
    }

    /// It worked.
    pub fn success(&self, text: impl Into<String>) {
        self.0.say(Level::Success, text);
    }

    /// Careful.
    pub fn warning(&self, text: impl Into<String>) {
        self.0.say(Level::Warning, text);
    }

    /// It did not work.
    pub fn error(&self, text: impl Into<String>) {
        self.0.say(Level::Error, text);
    }
}

impl<K: Kind> Param<K, BySession> for Messages {
    async fn take(call: &mut Call<K, BySession>) -> Result<Self> {
        Ok(Self(Arc::clone(call.cx())))
    }
}
