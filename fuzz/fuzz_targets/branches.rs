//! Tags whose attributes come from branches and loops, built from bytes; html5ever is the judge.
#![no_main]

#[path = "../../crates/vauban-template/tests/support/fuzz.rs"]
mod fuzz;
#[path = "../../crates/vauban-template/tests/support/interpret.rs"]
mod interpret;
#[path = "../../crates/vauban-template/tests/support/skeleton.rs"]
mod skeleton;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::branches(data));
