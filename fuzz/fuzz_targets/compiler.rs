//! The template compiler on arbitrary bytes: no panic, no hang.
#![no_main]

#[path = "../../crates/vauban-template/tests/support/fuzz.rs"]
mod fuzz;
#[path = "../../crates/vauban-template/tests/support/interpret.rs"]
mod interpret;
#[path = "../../crates/vauban-template/tests/support/skeleton.rs"]
mod skeleton;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::compiler(data));
