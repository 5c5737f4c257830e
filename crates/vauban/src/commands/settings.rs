//! `settings`: every setting with its value, source and check.

use super::{Failure, Out};
use crate::app::App;

pub(super) fn run(app: &App, json: bool, out: &Out) -> Result<(), Failure> {
    let settings = app.settings()?;
    if json {
        let list: Vec<_> = settings
            .list()
            .into_iter()
            .map(|s| {
                serde_json::json!({
                    "name": s.name, "variable": s.variable, "value": s.value, "secret": s.secret,
                    "source": s.source.to_string(), "about": s.about, "check": s.check,
                })
            })
            .collect();
        out.line(format_args!("{:#}", serde_json::Value::from(list)));
        return Ok(());
    }
    for s in settings.list() {
        let value = if s.value.is_empty() { "(none)" } else { &s.value };
        out.line(format_args!("{} = {value}", s.name));
        out.line(format_args!("    {}", s.about));
        out.line(format_args!("    from {}; set with {}", s.source, s.variable));
        out.line(format_args!("    check: {}", s.check));
    }
    for ignored in settings.ignored() {
        out.line(format_args!("Not read: {ignored}."));
    }
    Ok(())
}
