//! The site that all peers of the benchmark serve, on Vauban with its full pipeline.
//!
//! `site --addr HOST:PORT` makes the rows if there are none, says which SQLite mode it runs in and how to sign in,
//! and serves. Every other command is Vauban's own: `site --help`.
//!
//! A release build refuses to serve without a key, hosts and HTTPS. The load comes over plain HTTP on loopback, so
//! this program supplies the first two and, with the test-only feature of the framework, leaves out the redirect
//! to HTTPS. Everything else of the pipeline is on.

mod models;
mod seed;
mod urls;
mod views;

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use vauban::{App, Module, accounts};

#[allow(deprecated)] // the load comes over plain HTTP
fn app() -> App {
    App::new(vauban::package!())
        .module(accounts::module::<models::User>())
        .module(
            Module::new("site")
                .routes(urls::routes())
                .model::<models::User>()
                .model::<models::Fortune>()
                .model::<models::Author>()
                .model::<models::Post>()
                .model::<models::Note>(),
        )
        .module(seed::module())
        .static_files(vauban::static_files!("static"))
        .migrations(vauban::migrations!("migrations"))
        .__without_https_redirect()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [option, addr] if option == "--addr" => start(addr),
        _ => vauban::main(app()),
    }
}

/// Makes the rows, and becomes the server.
fn start(addr: &str) -> ExitCode {
    let Ok(program) = std::env::current_exe() else {
        return ExitCode::FAILURE;
    };
    let set = |name: &str| std::env::var_os(name).is_some();
    let mut settings = Vec::new();
    if !set("VAUBAN_DATABASE_URL") {
        let folder = std::env::temp_dir().join(format!("vauban-site-{}", std::process::id()));
        if let Err(error) = std::fs::create_dir_all(&folder) {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
        settings.push((
            "VAUBAN_DATABASE_URL",
            format!("sqlite://{}/site.db", folder.display()),
        ));
    }
    if !set("VAUBAN_SECRET_KEY") {
        let mut key = [0_u8; 32];
        let read = std::fs::File::open("/dev/urandom")
            .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut key));
        if let Err(error) = read {
            eprintln!("/dev/urandom: {error}");
            return ExitCode::FAILURE;
        }
        settings.push((
            "VAUBAN_SECRET_KEY",
            key.iter().map(|byte| format!("{byte:02x}")).collect(),
        ));
    }
    settings.push(("VAUBAN_ALLOWED_HOSTS", "127.0.0.1,localhost".to_owned()));
    settings.push(("VAUBAN_TRUSTED_PROXIES", "127.0.0.9".to_owned()));
    settings.push(("VAUBAN_LOG_FILTER", "warn".to_owned()));
    for command in ["migrate", "seed"] {
        let ended = Command::new(&program)
            .arg(command)
            .envs(settings.iter().cloned())
            .status();
        if !ended.is_ok_and(|status| status.success()) {
            return ExitCode::FAILURE;
        }
    }
    let mode = std::env::var("VAUBAN_SQLITE_SYNCHRONOUS").unwrap_or_else(|_| "full".to_owned());
    eprintln!("SQLite: WAL, synchronous={mode}. http://{addr}/");
    let error = Command::new(&program)
        .args(["serve", "--addr", addr])
        .envs(settings)
        .exec();
    eprintln!("{}: {error}", program.display());
    ExitCode::FAILURE
}
