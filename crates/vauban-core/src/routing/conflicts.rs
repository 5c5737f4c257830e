//! What makes a table of routes ambiguous: two routes that answer the same requests, two types that are printed alike,
//! two routes of one name.

use std::any::{TypeId, type_name};
use std::collections::HashMap;

use vauban_orm::checks::shown_type;
use vauban_template::is_literal_segment;

use super::router::describe;
use super::{Conflict, Public, Route, Router, Routes, SignedIn, Staff, Superuser, ViewMeta};
use crate::staticfiles;

/// The table, ready to be looked up.
///
/// # Errors
/// Every conflict.
pub(crate) fn router(routes: &Routes) -> Result<Router, Vec<Conflict>> {
    let mut conflicts = two_of_one_name(routes);
    conflicts.extend(routes.called_alike());
    conflicts.extend(misplaced(routes));
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

/// CWE-1059, CWE-436: what the matrix prints is where it answers. The macros refuse any other prefix and pattern; here is
/// what they did not write.
fn misplaced(routes: &Routes) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for route in routes.iter() {
        if let Some(prefix) = &route.bad_prefix {
            conflicts.push(Conflict(format!(
                "{} is included at `{prefix}`: a prefix starts and ends with `/`, without parameters, like `\"/admin/\"`; a \
                 parameter stands in the path of a view",
                describe(route)
            )));
        }
        if !is_pattern(route.meta) {
            conflicts.push(Conflict(format!(
                "{} has a path that is none, or not its parameters: let `#[view({}, \"/path/{{name}}/\")]` write it",
                describe(route),
                route.meta.method.as_str().to_lowercase()
            )));
        }
    }
    conflicts
}

/// Whether the pattern is whole segments, and its parameters are those of the view, in order.
fn is_pattern(view: &ViewMeta) -> bool {
    let Some(path) = view.pattern.strip_prefix('/') else {
        return false;
    };
    let mut params = view.params.iter();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let name = segment
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'));
        let fits = match name {
            Some(name) => params.next().is_some_and(|param| match name.strip_prefix('*') {
                Some(rest) => last && param.rest && param.name == rest,
                None => !param.rest && param.name == name,
            }),
            None => segment.is_empty() && last || is_literal_segment(segment),
        };
        if !fits {
            return false;
        }
    }
    params.next().is_none()
}

fn rule_name<R: 'static>() -> (String, TypeId) {
    (shown_type(type_name::<R>()), TypeId::of::<R>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Result, Text};
    use crate::routing::{ParamMeta, Run, SignedIn, View, methods};
    use crate::view;

    #[view(get, "/users/")]
    async fn users(_: Staff) -> Result<Text> {
        Ok(Text::new(""))
    }

    fn told(routes: &Routes) -> Vec<String> {
        routes.conflicts().iter().map(ToString::to_string).collect()
    }

    /// CWE-1059. Attack: a table at `admin/` is printed so, and answers at `/users/`.
    #[test]
    fn cwe_1059_a_table_answers_where_it_is_printed() {
        let table = || Routes::new().view::<users>("users");
        for bad in [
            "admin/", "/admin", "admin", "", "/{org}/", "//", "/a//b/", "/../", "/%61/", "/a?b/",
        ] {
            let [told] = &told(&Routes::new().include("admin", bad, table()))[..] else {
                panic!("{bad}");
            };
            assert!(told.contains(&format!("is included at `{bad}`")), "{told}");
            // In a table that stands well itself, and around one.
            for both in [
                Routes::new().include("out", "/out/", Routes::new().include("in", bad, table())),
                Routes::new().include("out", bad, Routes::new().include("in", "/in/", table())),
            ] {
                assert!(!told_is_empty(&both), "{bad}");
            }
        }
        for good in ["/", "/admin/", "/a/b/"] {
            assert_eq!(
                told(&Routes::new().include("admin", good, table())),
                [""; 0],
                "{good}"
            );
        }
    }

    fn told_is_empty(routes: &Routes) -> bool {
        told(routes).is_empty()
    }

    struct Does;

    /// CWE-1059: nor has a view by hand a path that is another than is printed.
    #[test]
    fn cwe_1059_a_view_by_hand_answers_where_it_is_printed() {
        macro_rules! by_hand {
            ($path:literal $($param:literal)*) => {{
                struct ByHand;
                impl View for ByHand {
                    type Method = methods::Get;
                    type Rule = SignedIn;
                    const PATTERN: &'static str = $path;
                    const SEGMENTS: &'static [ParamMeta] = &[$(ParamMeta {
                        name: $param, type_name: "String", accepts: |_| true, rest: false, secret: false,
                    }),*];
                    fn run() -> impl Run<Self> {
                        Does
                    }
                }
                impl Run<ByHand> for Does {
                    type Params = ();
                    type Answer = Result<Text>;
                    async fn run(self, _: SignedIn, (): ()) -> Result<Text> {
                        Ok(Text::new(""))
                    }
                }
                told(&Routes::new().view::<ByHand>("by_hand")).len()
            }};
        }
        assert_eq!(by_hand!("/a/{b}/" "b"), 0);
        let bad = [
            by_hand!("admin/"),
            by_hand!(""),
            by_hand!("/a//b/"),
            by_hand!("/a/{b}/"),
            by_hand!("/a/" "b"),
            by_hand!("/a/{b}/{c}/" "c" "b"),
            by_hand!("/{*b}" "b"),
            by_hand!("/a{b}/"),
            by_hand!("/../a/"),
        ];
        assert_eq!(bad, [1; 9]);
    }
}
