//! The guide's list of security events is complete.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{fs, path::Path};

#[test]
fn every_security_event_is_listed() {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/errors.md")).unwrap();
    for event in notes::app().modules().security_events() {
        assert!(
            guide.contains(&format!("`{}`", event.name())),
            "docs/src/errors.md lacks {event:?}"
        );
    }
}
