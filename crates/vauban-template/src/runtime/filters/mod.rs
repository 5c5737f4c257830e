//! Django's filters with Django's results. Each is a plain function over text, numbers, lists or dates.

pub mod html;
