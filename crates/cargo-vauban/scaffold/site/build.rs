//! Files below these folders are part of the program. Cargo knows files, not folders: this makes it build anew when one is
//! added, too.
#![allow(clippy::print_stdout, reason = "how a build script talks to Cargo")]

fn main() {
    println!("cargo::rerun-if-changed=static");
    println!("cargo::rustc-env=STATIC_FILES_WATCHED=static");
}
