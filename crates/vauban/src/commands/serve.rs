//! `serve`: checks, and then answers.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use vauban_core::module::Modules;
use vauban_orm::engine::Database;
use vauban_orm::migrations::Target;

use super::runtime::runtime;
use super::{Failure, Out, Run, migrate};
use crate::app::App;
use crate::assemble;
use crate::checks::{Finding, Refused, Severity, checking, run as run_checks};
use crate::server::asked_to_stop;
use crate::settings::{Mode, Settings};
use crate::site::{BackgroundWork, Site};

/// What the command line says.
pub(super) struct Serve {
    pub(super) addr: Option<String>,
    /// Others than this machine may ask a development build.
    pub(super) share_dev: bool,
}

pub(super) fn run(app: App, options: &Serve, out: &Out) -> Result<(), Failure> {
    let mut settings = app.settings()?;
    if let Some(addr) = &options.addr {
        settings.set("addr", addr, "--addr").map_err(Failure::new)?;
    }
    crate::logging::start(&settings);
    for ignored in settings.ignored() {
        tracing::info!(target: "vauban::settings", "not read: {ignored}");
    }
    match settings.mode {
        Mode::Development => development(app, settings, options, out),
        Mode::Release => release(app, settings, out),
    }
}

/// Refuses with every reason at once, or serves.
fn release(app: App, mut settings: Settings, out: &Out) -> Result<(), Failure> {
    let (database, migrated) = match assemble::open(&app, &settings) {
        Ok(database) => {
            let migrated = assemble::migrated(&app, &database);
            (Ok(database), Some(migrated))
        }
        Err(failure) => (Err(failure), None),
    };
    let (migrated, unreadable) = match migrated {
        Some(Ok(state)) => (Some(state), None),
        Some(Err(failure)) => (None, Some(failure)),
        None => (None, None),
    };
    let mut findings = run_checks(&checking(&app, &settings, migrated.as_ref()));
    for failure in [database.as_ref().err(), unreadable.as_ref()]
        .into_iter()
        .flatten()
    {
        let hint = "Correct VAUBAN_DATABASE_URL, or the file behind it.";
        findings.insert(
            0,
            Finding::error("database.unreadable", failure.to_string(), hint),
        );
    }
    may_serve(&app, &findings)?;
    for finding in &findings {
        match finding.level {
            Severity::Note => {
                tracing::info!(target: "vauban::checks", check = finding.id, "{}", finding.what);
            }
            _ => tracing::warn!(target: "vauban::checks", check = finding.id, "{}", finding.what),
        }
    }
    let listener = listen(&mut settings)?;
    let addr = settings.addr;
    let database = database?;
    answer(
        assemble::assemble(app, settings, database.clone())?,
        &database,
        listener,
        async |_| {
            out.line(format_args!(
                "Serving on http://{addr}, behind the proxies that trusted_proxies names."
            ));
            Ok(())
        },
    )
}

/// CWE-1188: with one mistake nothing is served.
fn may_serve(app: &App, findings: &[Finding]) -> Result<(), Failure> {
    if findings.iter().all(|finding| finding.level != Severity::Error) {
        return Ok(());
    }
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| app.package.name().to_owned());
    Err(Failure::new(Refused { findings, program }))
}

/// On loopback: migrates, makes sample data on the first run, and says where everything is.
fn development(app: App, mut settings: Settings, options: &Serve, out: &Out) -> Result<(), Failure> {
    let said = (settings.allowed_hosts.clone(), settings.origins.clone());
    keep_to_loopback(&mut settings, options.share_dev)?;
    if !options.share_dev && is_said(&settings, "allowed_hosts") && settings.allowed_hosts != said.0 {
        out.line(format_args!(
            "allowed_hosts is not in force: a development server answers this machine only (`serve --share-dev` lets others in)."
        ));
    }
    if settings.origins != said.1 {
        out.line(format_args!(
            "origins is in force for this machine's own hosts only, as `http://localhost:8000` is (`serve --share-dev` takes all)."
        ));
    }
    // The port first: a server that already runs there must not lose its database's turn to a second one.
    let listener = listen(&mut settings)?;
    if !options.share_dev {
        answer_as_this_machine(&mut settings);
    }
    let database = assemble::open(&app, &settings)?;
    let missing = database.pending(&app.migration_sets())?.missing.len();
    let first = missing > 0 && missing == app.migration_count();
    if missing > 0 {
        out.line(format_args!("Migrating {}:", database.name()));
        migrate::apply(&app, &database, &Target::Newest, out)?;
    }
    migrate::secure(&database, &Target::Newest, out)?;
    migrate::warn_of_changes(&app, out);
    let migrated = assemble::migrated(&app, &database)?;
    let findings = run_checks(&checking(&app, &settings, Some(&migrated)));
    let commands: Vec<_> = app
        .modules
        .commands()
        .filter(|command| first && command.is_for_first_run())
        .cloned()
        .collect();
    let (addr, data) = (settings.addr, database.name());
    let edit = app.package.sources().map(|dir| dir.join("src"));
    let site = assemble::assemble(app, settings, database.clone())?;
    answer(site, &database, listener, async |site| {
        for command in commands {
            out.line(format_args!(
                "First run, `{}`: {}.",
                command.name(),
                command.about()
            ));
            #[allow(deprecated)] // ours to call
            let run = Run::__of(site, Vec::new(), out);
            command.run(run).await?;
        }
        for finding in &findings {
            out.line(format_args!("{finding}"));
        }
        out.line(format_args!(""));
        out.line(format_args!("  The site         http://{}/", shown(addr)));
        for link in Modules::start_links(site).await? {
            out.line(format_args!(
                "  {:<16} http://{}{}  ({})",
                link.label,
                shown(addr),
                site.path_of(&link.url),
                link.about
            ));
        }
        out.line(format_args!("  The data         {data}"));
        if let Some(edit) = &edit {
            out.line(format_args!("  Edit first       {}", edit.display()));
        }
        if options.share_dev {
            out.line(format_args!(
                "  Shared: others can reach this development build. The debug page, the administrator link and the \
                 look-as switch are off."
            ));
        }
        out.line(format_args!("  Stop             Ctrl-C"));
        Ok(())
    })
}

/// Whether somebody has set it.
fn is_said(settings: &Settings, name: &str) -> bool {
    settings.source(name) != crate::settings::Source::Default
}

/// CWE-489: a development build answers on loopback addresses and for loopback hosts, unless it is shared.
fn keep_to_loopback(settings: &mut Settings, share_dev: bool) -> Result<(), Failure> {
    let ip = settings.addr.ip().to_canonical();
    if share_dev {
        settings.share();
        let named = is_said(settings, "allowed_hosts");
        if !named && ip.is_unspecified() {
            return Err(Failure::new(
                "Under which name or address do others reach this machine? Say it: VAUBAN_ALLOWED_HOSTS=192.0.2.7, \
                 or listen on that address: `--addr 192.0.2.7:8000`.",
            ));
        }
        if !named && !ip.is_loopback() {
            let host = SocketAddr::new(ip, 0).to_string();
            let host = host.trim_end_matches(":0").parse().map_err(Failure::new)?;
            settings.allowed_hosts.push(host);
        }
        return Ok(());
    }
    if !ip.is_loopback() {
        return Err(Failure::new(format_args!(
            "A development build shows its insides, so it answers on loopback only, not on {}.\n\
             To let others look: `serve --share-dev --addr {}`. To serve: `cargo build --release`.",
            settings.addr, settings.addr
        )));
    }
    let own = Settings::defaults(Mode::Development).allowed_hosts;
    let is_own = |host: &str| own.iter().any(|pattern| pattern.matches(host));
    settings.origins.retain(|origin| is_own(origin.host()));
    settings.allowed_hosts = own;
    Ok(())
}

/// With origins that are said, the addresses that start prints are the site's own all the same; behind the others, so that
/// links begin with what was said.
fn answer_as_this_machine(settings: &mut Settings) {
    if settings.origins.is_empty() {
        return;
    }
    let said = std::mem::take(&mut settings.origins);
    let mut own = settings.own_origins(settings.addr.port());
    own.retain(|origin| !said.contains(origin));
    settings.origins = said.into_iter().chain(own).collect();
}

/// Takes the port, and writes the one that was given into the settings (`--addr 127.0.0.1:0` asks for any).
fn listen(settings: &mut Settings) -> Result<TcpListener, Failure> {
    let addr = settings.addr;
    let listener = bind(addr).map_err(|error| {
        Failure::new(format_args!(
            "Cannot listen on {addr}: {error}. Another program may have the port; choose one with `--addr HOST:PORT`."
        ))
    })?;
    listener.set_nonblocking(true)?;
    settings.addr = listener.local_addr()?;
    Ok(listener)
}

/// Connections that the system keeps for us until they are accepted; it cuts this to its own bound (`somaxconn`). The
/// standard library's 128 are gone in a moment of many visitors.
const BACKLOG: i32 = 4096;

fn bind(addr: SocketAddr) -> std::io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // As the standard library does: a restart takes the port at once. Not on Windows, where it would share it.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Serves until Ctrl-C or SIGTERM. `ready` runs first, in the same run time.
fn answer(
    site: Arc<Site>,
    database: &Database,
    listener: TcpListener,
    ready: impl AsyncFnOnce(&Arc<Site>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    runtime(site.settings())?.block_on(async {
        ready(&site).await?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        if database.has_encrypted_fields() {
            database.learn_keys().await?;
        }
        let upkeep = database.keep_up();
        let beside = BackgroundWork::begin(&site);
        let stopping = async {
            asked_to_stop().await;
            // While requests end, what runs beside them does, too.
            beside.stop();
        };
        #[allow(deprecated)]
        let served = crate::server::serve(site, listener, stopping).await;
        beside.end().await;
        // After the last answer: what it looks at once more keeps nobody waiting.
        upkeep.end().await;
        Ok(served?)
    })
}

/// An address to click on: every address is this machine. By its name, for no browser has passkeys for an IP address.
fn shown(addr: SocketAddr) -> String {
    let is_named = [[127, 0, 0, 1], [0, 0, 0, 0]].map(std::net::IpAddr::from);
    match is_named.contains(&addr.ip()) || addr.ip().is_unspecified() {
        true => format!("localhost:{}", addr.port()),
        false => addr.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(addr: &str) -> Settings {
        let mut settings = Settings::defaults(Mode::Development);
        settings.set("addr", addr, "test").unwrap();
        settings
    }

    /// CWE-489: whatever a file or the environment says.
    #[test]
    fn development_answers_on_loopback_only() {
        for open in ["0.0.0.0:8000", "[::]:8000", "192.0.2.7:8000"] {
            assert!(keep_to_loopback(&mut at(open), false).is_err(), "{open}");
        }
        let mut settings = at("127.0.0.1:8000");
        settings.set("allowed_hosts", "example.com,*", "test").unwrap();
        let origins = "https://example.com,https://partner.localhost,https://localhost.example.com";
        settings.set("origins", origins, "test").unwrap();
        keep_to_loopback(&mut settings, false).unwrap();
        assert!(
            !settings
                .allowed_hosts
                .iter()
                .any(|host| host.matches("example.com"))
        );
        assert!(
            settings
                .own_origins(8000)
                .iter()
                .all(|origin| !origin.as_str().contains("example.com"))
        );
        // What is this machine's own is in force as it was said.
        assert_eq!(
            settings.own_origins(8000),
            ["https://partner.localhost".parse().unwrap()]
        );
        // A form on the page that start has named is taken.
        answer_as_this_machine(&mut settings);
        let origins = settings.own_origins(8000);
        assert_eq!(origins[0].as_str(), "https://partner.localhost");
        assert!(origins.contains(&"http://127.0.0.1:8000".parse().unwrap()));
    }

    #[test]
    fn a_shared_one_answers_for_the_address_it_listens_on() {
        let mut settings = at("192.0.2.7:8000");
        assert!(settings.shows_insides());
        keep_to_loopback(&mut settings, true).unwrap();
        // CWE-489: the debug page is for the developer.
        assert!(!settings.shows_insides());
        assert!(
            settings.is_shared()
                && settings
                    .allowed_hosts
                    .iter()
                    .any(|host| host.matches("192.0.2.7"))
        );
        let mut settings = at("[2001:db8::7]:8000");
        keep_to_loopback(&mut settings, true).unwrap();
        assert!(
            settings
                .allowed_hosts
                .iter()
                .any(|host| host.matches("[2001:db8::7]"))
        );
        let failure = keep_to_loopback(&mut at("0.0.0.0:8000"), true)
            .unwrap_err()
            .to_string();
        assert!(failure.contains("VAUBAN_ALLOWED_HOSTS"), "{failure}");
    }

    /// ASVS 13.2.2, CWE-250, CWE-1188: a release whose role no policy holds does not serve.
    #[test]
    fn a_release_does_not_serve_with_a_mistake() {
        let app = App::new(crate::Package::for_test("site", "", Some("")));
        let id = "row_security.role";
        assert!(may_serve(&app, &[Finding::warning(id, "said", "do")]).is_ok());
        let refused = may_serve(&app, &[Finding::error(id, "said", "do")]);
        let told = refused.unwrap_err().to_string();
        assert!(
            told.contains("Not serving") && told.contains("said [row_security.role]"),
            "{told}"
        );
    }
}
