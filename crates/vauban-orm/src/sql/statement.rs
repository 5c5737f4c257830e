//! A statement apart from running it: its text, made once for a shape, and its values.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use uuid::Uuid;

use crate::tree::expr::Bind;
use crate::tree::value::{Kind, Value};

/// What a parameter holds, whichever database it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    One(Kind),
    /// A list as one parameter.
    List(Kind),
}

/// A statement's text, with the constants of the policies in it.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) sql: String,
    /// What each of its parameters holds: given, and never left to be guessed from the text.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) constants: Vec<Value>,
    /// Whether it reads rows of the model that it adds to: of many new rows none is judged by another, so all of them are judged
    /// before the first is added.
    pub(crate) reads_its_own: bool,
    /// For what the database's own policies step aside, as its marks say it; empty, where it has none or they do not.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code))]
    pub(crate) aside: String,
    /// Whether its rules read other rows of the model that it writes, and not only for who asks: of many rows, each is judged again
    /// when its turn comes.
    pub(crate) in_turn: bool,
    /// How often it goes to a reader thread at once, after having been too much for the request's own.
    pub(crate) heavy: AtomicU32,
}

impl Text {
    pub(crate) fn new(sql: String, parameters: Vec<Parameter>, constants: Vec<Value>) -> Self {
        Self {
            sql,
            parameters,
            constants,
            reads_its_own: false,
            aside: String::new(),
            in_turn: false,
            heavy: AtomicU32::new(0),
        }
    }

    /// Writes it where a development build shows it.
    pub(crate) fn note(&self, said: &mut String) {
        if cfg!(debug_assertions) {
            said.push_str(&self.sql);
        }
    }
}

/// A text with what it is asked for. The first parameter is always the actor's id, the statement's values follow in the order of
/// its shape, then the text's constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a Arc<Text>,
    pub(crate) actor: Option<Uuid>,
    pub(crate) values: &'a [Bind<'a>],
}
