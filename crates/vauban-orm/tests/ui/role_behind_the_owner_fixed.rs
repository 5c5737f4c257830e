//! A role is added where its rights begin.

#![allow(dead_code)]

use vauban_macros::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
#[choices(crate = vauban_orm)]
pub enum Level {
    Guest,
    Member,
    Owner,
}

fn main() {}
