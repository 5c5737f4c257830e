//! `cargo run` serves the site, `cargo run -- --help` shows what else it can do.

fn main() -> std::process::ExitCode {
    vauban::main(::__crate__::app())
}
