//! The program: `cargo run` starts the site, `cargo run -- --help` shows what else it can do.

fn main() -> std::process::ExitCode {
    vauban::main(demo::app())
}
