//! What a development build says of an address without an answer: the routes that nearly fit it. Not compiled into a
//! release (CWE-200: a stranger is not told which addresses there are).

use std::borrow::Cow;
use std::cmp::Reverse;

use super::router::decode;
use super::{ParamMeta, Route, Routes};
use crate::settings::problem::distance;

/// A route of the address's shape, and which of its parameters does not read what stands there.
#[derive(Debug)]
pub(crate) struct Missed<'a> {
    pub(crate) route: &'a Route,
    pub(crate) param: &'static ParamMeta,
}

/// How a pattern and an address go together.
enum Fit {
    Yes,
    /// But for this parameter.
    But(&'static ParamMeta),
    No,
}

impl Routes {
    /// Routes that would answer the address but for a parameter, with or without a slash at its end.
    pub(crate) fn missed(&self, path: &str) -> Vec<Missed<'_>> {
        let slashed = format!("{}/", path.trim_end_matches('/'));
        let Some(segments) = decode(&slashed) else {
            return Vec::new();
        };
        let all = self.own().filter_map(|route| match fit(route, &segments) {
            Fit::But(param) => Some(Missed { route, param }),
            Fit::Yes | Fit::No => None,
        });
        all.collect()
    }

    /// Routes that answer the address, whatever their method.
    pub(crate) fn at(&self, path: &str) -> Vec<&Route> {
        let Some(segments) = decode(path) else {
            return Vec::new();
        };
        self.own()
            .filter(|route| matches!(fit(route, &segments), Fit::Yes))
            .collect()
    }

    /// Every route, the nearest first: by leading segments in common, then by letters.
    pub(crate) fn nearest_first(&self, path: &str) -> Vec<&Route> {
        let asked: Vec<&str> = path.split('/').collect();
        let mut all: Vec<&Route> = self.own().collect();
        all.sort_by_cached_key(|route| {
            let pattern = route.pattern();
            let own = pattern.split('/');
            let common = own
                .zip(&asked)
                .take_while(|(own, asked)| own == *asked || own.starts_with('{'));
            (Reverse(common.count()), distance(&pattern, path), pattern.clone())
        });
        all
    }

    fn own(&self) -> impl Iterator<Item = &Route> {
        self.iter().filter(|route| !route.is_development_only())
    }
}

fn fit(route: &Route, segments: &[Cow<'_, str>]) -> Fit {
    let pattern = route.pattern();
    let (mut left, mut params, mut but) = (segments.iter(), route.meta.params.iter(), None);
    for own in pattern.split('/').skip(1) {
        let value = if own.starts_with("{*") {
            left.by_ref()
                .map(|segment| &**segment)
                .collect::<Vec<_>>()
                .join("/")
        } else {
            match left.next() {
                Some(segment) if own.starts_with('{') && !segment.is_empty() => segment.to_string(),
                Some(segment) if *own == **segment => continue,
                _ => return Fit::No,
            }
        };
        let Some(param) = params.next() else {
            return Fit::No;
        };
        if !(param.accepts)(&value) {
            but = but.or(Some(param));
        }
    }
    match (left.next(), but) {
        (Some(_), _) => Fit::No,
        (None, Some(param)) => Fit::But(param),
        (None, None) => Fit::Yes,
    }
}
