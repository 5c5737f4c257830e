//! `createsuperuser`, `invite`, `clearsessions`, `endsessions` and `keepaccount`.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::sync::Arc;

use vauban::commands::{Command, Failure, Run, prompt};

use crate::settings::SignUps;
use crate::{Accounts, Email, MAX_PASSWORD_BYTES, Password};

/// Makes a superuser, or makes one of an account.
pub(crate) fn create_superuser() -> Command {
    let about = "Make an administrator, or make one of an account";
    Command::new("createsuperuser", about, create)
        .option_of("email", "ADDRESS", "Their e-mail address")
        .flag(
            "password-stdin",
            "Read the password from standard input instead of asking for it",
        )
}

/// Sends somebody the link to an account of their own.
pub(crate) fn invite() -> Command {
    Command::new(
        "invite",
        "Send somebody the link to an account of their own",
        send,
    )
    .option_of("email", "ADDRESS", "Their e-mail address")
}

async fn send(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    if accounts.sign_up == SignUps::Closed {
        return Err(Failure::new(
            "Nobody makes an account here: set `accounts.sign_up` to `invited` or `open`.",
        ));
    }
    let Some(email) = run.option("email") else {
        return Err(Failure::new("Give the address: `--email ann@example.com`."));
    };
    let email = Email::parse(email).map_err(|error| Failure::new(format_args!("{email}: {error}")))?;
    let sent = run
        .unit(|db| {
            let (accounts, email) = (Arc::clone(accounts), email.clone());
            async move { accounts.invite(&db, &email).await.map_err(Failure::of) }
        })
        .await?;
    if !sent {
        return Err(Failure::new(format_args!("{email} has an account already.")));
    }
    run.out
        .line(format_args!("A link to an account is on its way to {email}."));
    Ok(())
}

/// Deletes the rows of sessions that are over.
pub(crate) fn clear_sessions() -> Command {
    Command::new(
        "clearsessions",
        "Delete the rows of sessions that are over",
        clear,
    )
}

/// Ends sessions of others, for whoever holds the machine (ASVS 7.4.5).
pub(crate) fn end_sessions() -> Command {
    Command::new("endsessions", "End the sessions of one account, or of all", end)
        .option_of("email", "ADDRESS", "Whose sessions end")
        .flag("everybody", "End every session of the site")
}

/// Takes back that an account is to be deleted, for whoever holds the machine.
pub(crate) fn keep_account() -> Command {
    Command::new("keepaccount", "Keep an account that is to be deleted", keep).option_of(
        "email",
        "ADDRESS",
        "Whose account stays",
    )
}

async fn keep(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let Some(email) = run.option("email") else {
        return Err(Failure::new("Give the address: `--email ann@example.com`."));
    };
    let email = Email::parse(email).map_err(|error| Failure::new(format_args!("{email}: {error}")))?;
    let kept = run
        .unit(|db| {
            let (accounts, email) = (Arc::clone(accounts), email.clone());
            async move { accounts.keep_by_command(&db, &email).await.map_err(Failure::of) }
        })
        .await?;
    match kept {
        None => Err(Failure::new("Nobody has this address.")),
        Some(false) => Err(Failure::new(format_args!("{email} is not to be deleted."))),
        Some(true) => {
            run.out.line(format_args!("The account of {email} stays."));
            Ok(())
        }
    }
}

async fn end(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let whose = match (run.option("email"), run.flag("everybody")) {
        (Some(email), false) => {
            let email =
                Email::parse(email).map_err(|error| Failure::new(format_args!("{email}: {error}")))?;
            Some(email)
        }
        (None, true) => None,
        _ => {
            return Err(Failure::new(
                "Say whose sessions end: `--email ann@example.com`, or `--everybody`.",
            ));
        }
    };
    let ended = accounts.end_sessions(whose.as_ref()).await.map_err(Failure::of)?;
    let Some(ended) = ended else {
        return Err(Failure::new("Nobody has this address."));
    };
    run.out.line(format_args!("Ended {ended} session(s)."));
    Ok(())
}

async fn create(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let (out, email, password_stdin) = (&run.out, run.option("email"), run.flag("password-stdin"));
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
        let (first, again) = (hidden("Password: ")?, hidden("Password again: ")?);
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

async fn clear(run: Run) -> Result<(), Failure> {
    let accounts = run.part::<Arc<Accounts>>()?;
    let count = accounts.clear_sessions().await.map_err(Failure::of)?;
    run.out
        .line(format_args!("Deleted {count} session(s) that were over."));
    Ok(())
}

/// A password that the terminal does not show.
fn hidden(question: &str) -> Result<Password, Failure> {
    Ok(Password::new(&prompt::hidden(question)?)?)
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
