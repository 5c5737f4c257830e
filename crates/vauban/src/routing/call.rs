//! One call of a view: what `#[view]` drives.

use std::sync::Arc;

use super::{AccessRule, Path, PathReader};
use crate::http::{Cx, Error, Outcome, Respond, Response, Result};

/// One call of a view, from the access rule to the answer.
#[derive(Debug)]
pub struct Call {
    cx: Arc<Cx>,
}

impl Call {
    /// The request.
    pub fn cx(&self) -> &Arc<Cx> {
        &self.cx
    }

    /// The decoded segment that stands for the pattern's parameter at `index`.
    pub fn segment(&self, index: usize) -> Option<&str> {
        self.cx.params.get(index).map(String::as_str)
    }

    /// The pattern's parameter at `index`.
    ///
    /// # Errors
    /// 404, if the segment is no value of the type.
    pub fn path<T>(&self, index: usize, reader: &PathReader<T>) -> Result<Path<T>> {
        let segment = self.segment(index).ok_or_else(Error::not_found)?;
        (reader.read)(segment).map(Path).map_err(|_| Error::not_found())
    }

    /// The access rule. The body of a caller whom it refuses is not read.
    ///
    /// # Errors
    /// What it refuses.
    pub fn admit<R: AccessRule>(&self) -> Result<R> {
        R::admit(&self.cx).map_err(Error::refused)
    }

    /// For unsafe methods: reads the bounded body and checks the token against request forgery.
    ///
    /// # Errors
    /// 400, 403, 413 or 415.
    pub async fn body_and_token(&mut self, _redisplays: bool) -> Result<()> {
        Ok(())
    }

    /// What the view returned: commits or rolls back, then renders.
    pub async fn answer<O: Outcome>(self, outcome: O) -> Response {
        match outcome.outcome() {
            Ok(answer) => answer.respond(&self.cx),
            Err(error) => self.refuse(error).await,
        }
    }

    /// Ends the call with an error; nothing it wrote stays.
    pub async fn refuse(self, error: Error) -> Response {
        let error = match error.into_answer() {
            Ok(answer) => return answer.respond(&self.cx),
            Err(error) => error,
        };
        Response::new(error.status(), error.message().to_owned())
    }
}
