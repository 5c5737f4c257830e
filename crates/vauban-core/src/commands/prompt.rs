//! Questions on the terminal; secrets without echo.

use std::io::{self, BufRead as _, Write as _};

use zeroize::Zeroizing;

use super::Failure;

/// Asks for a line.
///
/// # Errors
/// A terminal that cannot be read.
pub fn line(question: &str) -> Result<String, Failure> {
    ask(question)?;
    let mut text = String::new();
    io::stdin().lock().read_line(&mut text)?;
    Ok(text.trim().to_owned())
}

/// Asks for a secret, which the terminal does not show. Its memory is wiped when it is dropped.
///
/// # Errors
/// A terminal that cannot be read, or whose echo cannot be switched off.
pub fn hidden(question: &str) -> Result<Zeroizing<String>, Failure> {
    let silent = Silent::start()?;
    ask(question)?;
    let mut text = Zeroizing::new(String::with_capacity(2048));
    io::stdin().lock().read_line(&mut text)?;
    drop(silent);
    writeln!(io::stderr())?;
    let end = text.trim_end_matches('\n').trim_end_matches('\r').len();
    text.truncate(end);
    Ok(text)
}

fn ask(question: &str) -> io::Result<()> {
    let mut stderr = io::stderr();
    stderr.write_all(question.as_bytes())?;
    stderr.flush()
}

/// While it lives, the terminal does not echo (CWE-549).
#[cfg(unix)]
struct Silent(rustix::termios::Termios);

#[cfg(unix)]
impl Silent {
    fn start() -> Result<Self, Failure> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Silent {
    fn drop(&mut self) {
        let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Flush, &self.0);
    }
}

#[cfg(not(unix))]
struct Silent;

#[cfg(not(unix))]
impl Silent {
    fn start() -> Result<Self, Failure> {
        Err(Failure::new(
            "On this system the echo cannot be switched off: send the password with `--password-stdin`.",
        ))
    }
}
