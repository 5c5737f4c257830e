//! The guide's table of settings is the program's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::{env, fs, path::Path};

const START: &str = "<!-- settings: start -->\n";
const END: &str = "<!-- settings: end -->";

/// ASVS 7.1.1: the time-outs of sessions among them. `VAUBAN_UPDATE_DOCS=1 cargo test -p vauban-docs --test settings` writes the table anew.
#[test]
fn the_table_of_settings_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/settings.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).expect("the start marker");
    let (table, after) = rest.split_once(END).expect("the end marker");
    // The first site has every module of the framework's.
    let app = notes::app();
    let current = vauban::settings::documentation(&app.modules().settings());
    if env::var_os("VAUBAN_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{START}{current}{END}{after}")).unwrap();
        return;
    }
    assert!(
        table == current,
        "docs/src/settings.md is behind: VAUBAN_UPDATE_DOCS=1 cargo test -p vauban-docs --test settings"
    );
}
