//! `createsuperuser` and `clearsessions`.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use super::{Failure, Out, prompt};
use crate::accounts::{Accounts, Email, MAX_PASSWORD_BYTES, Password};
use crate::app::App;
use crate::assemble;
use crate::settings::Settings;
use crate::signing::Keys;

/// `createsuperuser`: makes a superuser, or makes one of an account.
pub(super) async fn create_superuser(
    app: &App,
    email: Option<&str>,
    password_stdin: bool,
    out: &Out,
) -> Result<(), Failure> {
    let accounts = accounts(app)?;
    let terminal = std::io::stdin().is_terminal();
    let email = match email {
        Some(email) => email.to_owned(),
        None if terminal => prompt::line("E-mail address: ")?,
        None => {
            return Err(Failure::new(
                "Without a terminal, give the address: `--email you@example.com`.",
            ));
        }
    };
    let email = Email::parse(&email).map_err(|error| Failure::new(format_args!("{email}: {error}")))?;
    let password = if password_stdin {
        first_line()?
    } else if terminal {
        let (first, again) = (prompt::hidden("Password: ")?, prompt::hidden("Password again: ")?);
        if first.reveal() != again.reveal() {
            return Err(Failure::new("The passwords differ. Nothing was changed."));
        }
        first
    } else {
        // CWE-214: never as an argument, which every user of the machine can read.
        return Err(Failure::new(
            "Without a terminal, send the password to standard input with `--password-stdin`.",
        ));
    };
    let made = accounts
        .create_superuser(&email, &password)
        .await
        .map_err(Failure::of)?;
    if let Err(weaknesses) = made {
        let told: Vec<String> = weaknesses
            .iter()
            .map(|weakness| format!("\n  {weakness}"))
            .collect();
        return Err(Failure::new(format_args!(
            "This password will not do:{}\nNothing was changed.",
            told.concat()
        )));
    }
    out.line(format_args!(
        "{email} is a superuser. Its earlier sessions, if there were any, have ended."
    ));
    Ok(())
}

/// `clearsessions`: deletes the rows of sessions that are over.
pub(super) async fn clear_sessions(app: &App, out: &Out) -> Result<(), Failure> {
    let count = accounts(app)?.clear_sessions().await.map_err(Failure::of)?;
    out.line(format_args!("Deleted {count} session(s) that were over."));
    Ok(())
}

/// The accounts of the database that the settings name. It must have every migration.
fn accounts(app: &App) -> Result<Accounts, Failure> {
    let Some(people) = &app.people else {
        return Err(Failure::new(
            "The program has no accounts: add `.users::<User>()` to the app.",
        ));
    };
    let settings = Settings::load()?;
    let database = assemble::open(app, &settings)?;
    let state = assemble::migrated(app, &database)?;
    if !state.pending.is_empty() {
        return Err(Failure::new(format_args!(
            "The database lacks {} migration(s). Apply them first with `migrate`.",
            state.pending.len()
        )));
    }
    let keys = Keys::new(settings.secret_key.expose().as_bytes(), &[]);
    Ok((people.accounts)(database, &keys, app.account_options.clone())?)
}

/// The first line of standard input, without its end.
fn first_line() -> Result<Password, Failure> {
    let most = u64::try_from(MAX_PASSWORD_BYTES + 2).unwrap_or(u64::MAX);
    let mut line = zeroize::Zeroizing::new(String::with_capacity(MAX_PASSWORD_BYTES + 2));
    std::io::stdin().lock().take(most).read_line(&mut line)?;
    let text = line.trim_end_matches('\n').trim_end_matches('\r');
    if text.is_empty() {
        return Err(Failure::new("Standard input had no password."));
    }
    Ok(Password::new(text)?)
}
