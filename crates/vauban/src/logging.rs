//! The log: lines for a person in development, one JSON object per line in a release, on standard error.
//!
//! Security events come from one closed list, `http::SecurityEvent`, so that a collector can rely on their
//! names. Nothing here adds request bodies, cookies, tokens or form fields to a line (CWE-532).

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::{LogFormat, Settings};

/// Starts logging as the settings say. The first call wins: a program, or a test, that has set up a subscriber of
/// its own keeps it.
pub fn start(settings: &Settings) {
    // The filter was parsed when the settings were read.
    let filter = EnvFilter::try_new(&settings.log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match settings.log.format {
        LogFormat::Text => {
            // CWE-117, CWE-150: the formatter escapes control characters in values; colour is for terminals only.
            log.with_ansi(std::io::stderr().is_terminal())
                .with_target(false)
                .compact()
                .finish()
                .try_init()
        }
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .finish()
            .try_init(),
    };
    drop(started);
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// CWE-117, ASVS v5.0.0-16.4.1: a line break in a value does not make a second line.
    #[test]
    fn a_value_cannot_forge_a_line() {
        for json in [false, true] {
            let captured = Captured::default();
            let writer = captured.clone();
            let log = tracing_subscriber::fmt()
                .with_writer(move || writer.clone())
                .with_ansi(false);
            let attack = "/x\nINFO forged\u{1b}[2J";
            let event = || tracing::warn!(path = attack, "refused");
            if json {
                tracing::subscriber::with_default(log.json().flatten_event(true).finish(), event);
            } else {
                tracing::subscriber::with_default(log.compact().finish(), event);
            }
            let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert!(text.contains("refused") && !text.contains('\u{1b}'), "{text:?}");
        }
    }
}
