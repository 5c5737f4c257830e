//! CWE-1059: a release compares what it does with the locks that were reviewed; a program does not say which those are.
#![deny(deprecated)]

use vauban::Package;

fn reviewed_by_nobody(mut package: Package) -> Package {
    package.access_lock = None;
    package
}

fn of_my_own() -> Package {
    Package::__written("site", "1.0.0", "", Some(""), None)
}

fn main() {}
