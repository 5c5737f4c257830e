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
pub mod mail;
mod misplaced;
pub mod parser;
pub mod parts;
pub mod plain;
pub mod resolve;

pub use check::check_package;
pub use error::{Pos, Problem, Sources, nearest};
pub use resolve::{Folder, Loader};

/// The number by which a type knows that a text is one of its choices (FNV-1a).
pub const fn number_of(text: &str) -> u64 {
    let (bytes, mut nth, mut number) = (text.as_bytes(), 0, 0xcbf2_9ce4_8422_2325_u64);
    while nth < bytes.len() {
        number = (number ^ bytes[nth] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        nth += 1;
    }
    number
}
