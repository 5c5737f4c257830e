//! What the log says of grants.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use super::Kit;
use crate::rights::Holder;

/// Keeps the security events.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<String>>>);

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "vauban::security"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "message" {
            self.0.push_str(&format!("{}={value:?} ", field.name()));
        }
    }
}

/// ASVS 16.3.3, CWE-778. Attack: grant, and leave no trace of what and to whom; or leave one of what was never saved.
#[tokio::test]
async fn asvs_16_3_3_what_was_granted_and_to_whom_is_logged_once_it_is_saved() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await.facts.id;
    let own = Holder::Person(ann);
    let rights = &kit.accounts.rights;
    let kept = Kept::default();
    let _kept = tracing::subscriber::set_default(kept.clone());
    // Undone; done; there before; joined; gone.
    for is_saved in [false, true, true] {
        let unit = kit.units.begin();
        rights.give(&unit.db(), &own, "articles.publish").await.unwrap();
        assert!(kept.0.lock().unwrap().len() < 2, "before it is saved");
        unit.finish(is_saved).await.unwrap();
    }
    let unit = kit.units.begin();
    let db = unit.db();
    rights.create_group(&db, "moderators").await.unwrap();
    rights.add_member(&db, "moderators", ann).await.unwrap();
    rights.remove_member(&db, "moderators", ann).await.unwrap();
    rights.take(&db, &own, "articles.publish").await.unwrap();
    unit.finish(true).await.unwrap();
    let line = |event: &str, what: String| format!("event=\"{event}\" what=\"{what}\" ");
    assert_eq!(
        *kept.0.lock().unwrap(),
        [
            line("permission_granted", format!("articles.publish to {ann}")),
            line("permission_granted", format!("group moderators to {ann}")),
            line("permission_revoked", format!("group moderators from {ann}")),
            line("permission_revoked", format!("articles.publish from {ann}")),
        ]
    );
}
