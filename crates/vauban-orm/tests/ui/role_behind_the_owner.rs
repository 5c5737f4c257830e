//! The mistake: a role is added at the end, and becomes the owner's.

#![allow(dead_code)]

use vauban_macros::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
#[choices(crate = vauban_orm)]
pub enum Level {
    Member,
    Owner,
    Guest,
}

fn main() {}
