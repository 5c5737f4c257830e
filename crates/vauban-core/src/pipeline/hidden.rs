//! What is not there for who asks: a view whose rule says [`Refusal::NotFound`](crate::http::Refusal::NotFound) is as if
//! there were no such route (CWE-204). So the rule is asked before anything tells of the view: its method in `Allow`, the
//! slash that would be added, the app's middleware, the headers of its page.

use std::any::TypeId;

use vauban_orm::engine::rendering;

use super::guard::caught;
use super::layers::Gates;
use super::lent::lent;
#[cfg(debug_assertions)]
use crate::http::Why;
use crate::http::{Error, Request, RequestBody, Result, SecurityEvent};
use crate::routing::{Found, Target};

/// The views that turned out not to be there for who asks.
#[derive(Debug, Default)]
pub(super) struct Hidden(Vec<TypeId>);

impl Hidden {
    /// The views.
    pub(super) fn views(&self) -> &[TypeId] {
        &self.0
    }

    #[cfg(debug_assertions)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The view is hidden from here on.
    pub(super) fn add(&mut self, view: TypeId) {
        self.0.push(view);
    }

    /// Whether a gate hides views of other methods, or the one behind a slash: they are hidden from here on.
    ///
    /// # Errors
    /// If a gate panics or takes too long.
    pub(super) async fn by_gates(&mut self, cx: &mut Request, gates: &Gates, found: &Found) -> Result<bool> {
        let (targets, path) = match found {
            Found::Other(targets) => (targets.as_slice(), None),
            Found::Slash(path, target) => (std::slice::from_ref(target), Some(path.as_str())),
            Found::View(..) | Found::Nothing => (&[][..], None),
        };
        let before = self.0.len();
        for target in targets {
            if gates.hide(cx, target, path).await? {
                self.add(target.meta.view_type);
            }
        }
        Ok(self.0.len() > before)
    }

    /// Whether the view is there for who asks; where its rule may hide it, that is found out by its credential. `path` is where
    /// it would be, if the request has another. A view that is not there is hidden from here on, and the request has to be
    /// started over.
    ///
    /// # Errors
    /// If it cannot be found out who asks, or the rule panics: then nobody is let in.
    pub(super) async fn is_there(
        &mut self,
        cx: &mut Request,
        body: &mut RequestBody,
        target: &Target,
        path: Option<&str>,
    ) -> Result<bool> {
        let there = asked(cx, body, target, path).await?;
        Ok(self.found(target, there))
    }

    /// The same for who proves nothing: nothing is looked up.
    ///
    /// # Errors
    /// If the rule panics.
    pub(super) fn is_there_for_strangers(&mut self, cx: &mut Request, target: &Target) -> Result<bool> {
        let mut there = is_open_here(cx, target);
        if there && asks_strangers(target) {
            cx.known_by = Some(target.asking.known_by(cx));
            let hidden = hides(cx, target, None);
            cx.known_by = None;
            there = !hidden?;
        }
        Ok(self.found(target, there))
    }

    fn found(&mut self, target: &Target, there: bool) -> bool {
        if !there {
            self.add(target.meta.view_type);
        }
        there
    }
}

async fn asked(
    cx: &mut Request,
    body: &mut RequestBody,
    target: &Target,
    path: Option<&str>,
) -> Result<bool> {
    let open = is_open_here(cx, target);
    if !open || !asks_strangers(target) {
        return Ok(open);
    }
    let failed = target.asking.load(cx, body).await.err();
    if failed.is_some() {
        // CWE-204: that it failed tells that there is a view, or that a gate or a frame's policy let the request on because
        // of it. So the rule is asked about a stranger before it is said.
        cx.known_by = Some(target.asking.known_by(cx));
    }
    let hidden = hides(cx, target, path)?;
    match failed {
        Some(error) if !hidden => return Err(error),
        Some(error) if (target.asking.goes_by_session)(cx) => cx.set_aside_failure(error),
        _ => {}
    }
    Ok(!hidden)
}

/// Whether the view's rule may say of it that it is not there.
fn asks_strangers(target: &Target) -> bool {
    !target.meta.is_public() && target.asking.asks_strangers
}

/// CWE-489: what helps to develop is there for the developer's own machine only, whoever wrote it.
fn is_open_here(cx: &Request, target: &Target) -> bool {
    !target.development || cx.is_from_developer()
}

/// Whether the view's rule hides it from who asks, as far as that is known. What a rule does, it does when the view is called.
///
/// # Errors
/// If the rule panics (CWE-248).
fn hides(cx: &mut Request, target: &Target, path: Option<&str>) -> Result<bool> {
    // CWE-352: it is this request that is answered, whatever the rule is told.
    let is_safe = cx.method.is_safe();
    let give_back = lent(cx, target, path);
    let hidden = caught(|| rendering(is_safe, || (target.hides)(cx)));
    give_back(cx);
    let hidden = hidden.map_err(Error::stopped)?;
    if hidden {
        SecurityEvent::ACCESS_REFUSED.log(Some(cx));
        #[cfg(debug_assertions)]
        explain(cx, target);
    }
    Ok(hidden)
}

#[cfg(debug_assertions)]
fn explain(cx: &Request, target: &Target) {
    if cx.explains() {
        cx.explain(Why::rule(cx, &target.meta.rule, &target.meta.told()));
    }
}
