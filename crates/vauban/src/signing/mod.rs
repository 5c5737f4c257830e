//! Signed tokens: a key id and a purpose in every one.
