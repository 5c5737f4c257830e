//! `waivers.lock` of a package: what was signed, where it stands in the sources, and whether the two agree.
//!
//! That every waiver of a release build is in the lock is certain without this: the macro looks itself up while
//! compiling. What a compiler cannot see is how *many* places share an entry, and which entries nobody needs any
//! more; for that the sources are scanned.

mod lock;
mod scan;
mod targets;
mod token;

pub use lock::{Difference, Entry, Lock};
pub use scan::{Place, Scan, Trouble, scan};
