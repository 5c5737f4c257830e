//! What makes a table of routes ambiguous: two routes that answer the same requests, two types that are printed alike,
//! two routes of one name.

use std::any::{TypeId, type_name};
use std::collections::HashMap;

use vauban_orm::checks::shown_type;

use super::router::describe;
use super::{Conflict, Public, Route, Router, Routes, SignedIn, Staff, Superuser};
use crate::staticfiles;

/// The table, ready to be looked up.
///
/// # Errors
/// Every conflict.
pub(crate) fn router(routes: &Routes) -> Result<Router, Vec<Conflict>> {
    let mut conflicts = two_of_one_name(routes);
    conflicts.extend(routes.called_alike());
    Router::new(routes, staticfiles::PREFIX, conflicts)
}

impl Routes {
    /// The routes that answer the same requests: which of them answers must not depend on order (CWE-436).
    pub fn conflicts(&self) -> Vec<Conflict> {
        router(self).err().unwrap_or_default()
    }

    /// CWE-1059, CWE-862: a route's name is its own. Who is tested, reviewed or left out by it is that route and no other:
    /// one sample of the prober's would stand for two.
    pub(crate) fn called_alike(&self) -> Vec<Conflict> {
        let mut names: HashMap<&str, &Route> = HashMap::new();
        let mut conflicts = Vec::new();
        for route in self.iter() {
            if let Some(first) = names.insert(&route.name, route) {
                conflicts.push(Conflict(format!(
                    "two routes are called `{}`: {} and {}: rename one of them, or include its table under a name of its \
                     own (`include shop at \"/shop/\" = shop::urls`), so that each has a name of its own",
                    route.name,
                    describe(first),
                    describe(route)
                )));
            }
        }
        conflicts
    }
}

/// CWE-345: two types that are printed alike. A review could not tell which of them stands in the matrix.
fn two_of_one_name(routes: &Routes) -> Vec<Conflict> {
    let own = [
        rule_name::<Public>(),
        rule_name::<SignedIn>(),
        rule_name::<Staff>(),
        rule_name::<Superuser>(),
    ];
    let mut rules: HashMap<String, TypeId> = own.into();
    let mut views: HashMap<&str, TypeId> = HashMap::new();
    let mut conflicts = Vec::new();
    for route in routes.iter() {
        let meta = route.meta;
        if *rules.entry(meta.rule.clone()).or_insert(meta.rule_type) != meta.rule_type {
            conflicts.push(Conflict(format!(
                "the rule of {} is printed `{}`, and so is another: rename one of the two types, or use one version of their crate",
                describe(route),
                meta.rule
            )));
        }
        if *views.entry(meta.id).or_insert(meta.view_type) != meta.view_type {
            conflicts.push(Conflict(format!(
                "two views are printed {}: rename one of them, or use one version of their crate",
                describe(route)
            )));
        }
    }
    conflicts
}

fn rule_name<R: 'static>() -> (String, TypeId) {
    (shown_type(type_name::<R>()), TypeId::of::<R>())
}
