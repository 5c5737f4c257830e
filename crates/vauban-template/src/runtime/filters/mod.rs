//! Django's filters with Django's results. Each is a plain function over text, numbers, lists or dates.

pub mod date;
pub mod date_parts;
pub mod email;
pub mod entities;
pub mod html;
pub mod input;
pub mod list;
pub mod logic;
pub mod number;
pub mod text;
pub(super) mod tokens;
pub mod truncate;
pub mod url;
pub mod urlize;
