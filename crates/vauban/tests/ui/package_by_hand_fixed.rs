//! CWE-1059: a release compares what it does with the locks that were reviewed; a program does not say which those are.
#![deny(deprecated)]

use vauban::Package;

fn reviewed(package: Package) -> Option<String> {
    package.access_lock()
}

fn main() {}
