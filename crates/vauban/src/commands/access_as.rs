//! `access --as EMAIL`: what one person may call and touch.

use std::sync::Arc;

use serde_json::{Value, json};
use vauban_core::http::Refusal;
use vauban_core::routing::Route;
use vauban_core::site::{Identity, Site};
use vauban_orm::checks::May;

use super::runtime::runtime;
use super::{Failure, Out};
use crate::app::App;
use crate::assemble;

/// What one person may, in words.
struct Told {
    routes: Vec<[String; 3]>,
    rows: Vec<(String, Vec<[&'static str; 2]>)>,
}

pub(super) fn run(app: App, name: &str, json: bool, out: &Out) -> Result<(), Failure> {
    let settings = app.settings()?;
    let database = assemble::open(&app, &settings)?;
    let pending = database.pending(&app.migration_sets())?.missing.len();
    if pending > 0 {
        return Err(Failure::new(format_args!(
            "The database lacks {pending} migration(s). Apply them first with `migrate`."
        )));
    }
    let runtime = runtime(&settings)?;
    let models = app.modules.models();
    let site = assemble::assemble(app, settings, database)?;
    out.line(format_args!(
        "{}",
        runtime.block_on(shown(&site, &models, name, json))?
    ));
    Ok(())
}

/// What the command prints.
///
/// # Errors
/// Nobody is called so; those of the identity.
pub(super) async fn shown(
    site: &Arc<Site>,
    models: &[&'static vauban_orm::ModelMeta],
    name: &str,
    json: bool,
) -> Result<String, Failure> {
    #[allow(deprecated)] // ours to call
    let who = site.__named(name).await.map_err(Failure::of)?;
    let who = who.ok_or_else(|| {
            Failure::new(format_args!(
                "Nobody has the address {name}, or their account is deactivated. Without an account one is `nobody`."
            ))
        })?;
    let told = told(site, models, &who);
    Ok(match json {
        true => format!("{:#}", told.json(name, &who)),
        false => told.text(name, &who),
    })
}

fn told(site: &Arc<Site>, models: &[&'static vauban_orm::ModelMeta], who: &Identity) -> Told {
    let routes = site.routes().iter().filter(|route| !route.is_development_only());
    let routes = routes.map(|route| {
        [
            route.pattern(),
            route.meta.method.to_string(),
            answer(site, route, who).to_owned(),
        ]
    });
    let rows = models.iter().map(|model| {
        let may = vauban_orm::checks::may(model, models, who.actor());
        let may = may.into_iter().map(|(action, may)| [word(action), of(may)]);
        (vauban_orm::checks::named(model, models), may.collect())
    });
    Told {
        routes: routes.collect(),
        rows: rows.collect(),
    }
}

fn answer(site: &Arc<Site>, route: &Route, who: &Identity) -> &'static str {
    #[allow(deprecated)] // ours to call
    let judged = |who: &Identity| site.__judge(route, who);
    match judged(who) {
        Some(Ok(())) => "yes",
        Some(Err(Refusal::SignInRequired)) => "no: sign in",
        // Of several rules the first that refuses answers: what the others say comes after it.
        Some(Err(Refusal::ProofRequired | Refusal::FactorRequired)) => {
            let again = who.clone().with_proof(true);
            match (judged(&again), judged(&again.with_two_factors(true))) {
                (Some(Ok(())), _) => "yes, once they have proved it again",
                (_, Some(Ok(()))) => "yes, by two factors",
                _ => "no",
            }
        }
        Some(Err(Refusal::NotFound)) => "no: not there",
        Some(Err(_)) => "no",
        None => "by its own credential",
    }
}

fn word(action: vauban_orm::actor::Action) -> &'static str {
    use vauban_orm::actor::Action;
    match action {
        Action::View => "view",
        Action::Add => "add",
        Action::Change => "change",
        Action::Delete => "delete",
        Action::Grant => "set",
    }
}

fn of(may: May) -> &'static str {
    match may {
        May::Every => "every row",
        May::None => "none",
        May::ByRule => "by rule",
    }
}

impl Told {
    fn text(&self, name: &str, who: &Identity) -> String {
        let held = who.actor().permissions().names();
        let held = match held.is_empty() {
            true => "no permission".to_owned(),
            false => held.join(", "),
        };
        let mut lines = vec![format!("{name} has {held}."), String::new()];
        let width = |place: usize| self.routes.iter().map(|route| route[place].len()).max();
        let (pattern, method) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        for [route, with, may] in &self.routes {
            lines.push(format!("{route:pattern$}  {with:method$}  {may}"));
        }
        lines.push(String::new());
        let model = self.rows.iter().map(|(model, _)| model.len()).max().unwrap_or(0);
        for (of, may) in &self.rows {
            let may: Vec<String> = may
                .iter()
                .map(|[action, may]| format!("{action} {may}"))
                .collect();
            lines.push(format!("{of:model$}  {}", may.join(", ")));
        }
        lines.join("\n")
    }

    fn json(&self, name: &str, who: &Identity) -> Value {
        let routes = self
            .routes
            .iter()
            .map(|[pattern, method, may]| json!({ "pattern": pattern, "method": method, "may": may }));
        let rows = self.rows.iter().map(|(model, may)| {
            let mut row = json!({ "model": model });
            for [action, may] in may {
                row[*action] = (*may).into();
            }
            row
        });
        json!({
            "who": name,
            "permissions": who.actor().permissions().names(),
            "routes": routes.collect::<Vec<_>>(),
            "rows": rows.collect::<Vec<_>>(),
        })
    }
}
