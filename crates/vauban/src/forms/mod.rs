//! Typed forms, re-displayed with what was typed.
