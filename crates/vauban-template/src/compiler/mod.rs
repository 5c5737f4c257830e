//! The compiler: a template's text in, Rust out.
//!
//! [`lexer`] → [`parser`] → [`resolve`] (inheritance, includes) → [`html`] (contexts) → [`generate`].

pub mod ast;
pub mod check;
pub mod derive;
pub mod error;
pub mod export;
pub mod expr;
pub mod generate;
pub mod hints;
pub mod html;
pub mod lexer;
pub mod literal;
pub mod parser;
pub mod parts;
pub mod resolve;

pub use check::check_package;
pub use error::{Pos, Problem, Sources, nearest};
pub use resolve::{Folder, Loader};
