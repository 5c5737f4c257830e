//! A view's way, from who asks to the page: the one order for every view, whoever wrote it. A view has types and
//! `run`; what stands here is not its to leave out.
//!
//! The steps before are in `pipeline/mod.rs`, which has loaded the rule's credential (`credential.rs`); the
//! steps themselves are in `call.rs`.

use std::sync::Arc;

use ::http::StatusCode;
use vauban_orm::engine::{Unit, answering_within, rendering};

use super::view::{CredentialOf, KindOf, Run};
use super::{AccessRule, Call, Credential, Kind, Need, Params, Route, Routes, View, ViewFuture, ViewMeta};
#[cfg(debug_assertions)]
use crate::http::Why;
use crate::http::{Error, Outcome, Refusal, Request, RequestBody, Respond, Response, Result, Saved};
#[cfg(debug_assertions)]
use crate::pipeline::explain;
use crate::pipeline::{kept, pages};
use crate::site::Asking;

impl Routes {
    /// Adds a view under a name.
    #[must_use]
    pub fn view<V: View>(self, name: &'static str) -> Self {
        self.with(Route::new(
            name,
            ViewMeta::of::<V>(),
            Asking::by::<CredentialOf<V>, KindOf<V>>(),
            drive::<V>,
            hides::<V>,
            judged::<V>,
            needs::<V>,
        ))
    }
}

/// Answers one call of a view.
pub(crate) fn drive<V: View>(cx: Arc<Request>, body: RequestBody) -> ViewFuture {
    let limit = cx.time_limit();
    // CWE-352, CWE-650: while a safe method is answered nothing writes, whatever the view came by. CWE-400: nor is a database at
    // work for it when its time is over.
    Box::pin(answering_within(
        limit,
        !<KindOf<V>>::WRITES,
        way::<V, _>(V::run(), cx, body),
    ))
}

/// Whether the view's rule says that it is not there for who asks (CWE-204): what the pipeline does then is in
/// `pipeline/hidden.rs`.
pub(crate) fn hides<V: View>(cx: &Request) -> bool {
    matches!(judged::<V>(cx), Err(Refusal::NotFound))
}

/// What the view's rule says of who asks.
pub(crate) fn judged<V: View>(cx: &Request) -> Result<(), Refusal> {
    // CWE-352, CWE-650
    rendering(!<KindOf<V>>::WRITES, || {
        let admitted = CredentialOf::<V>::loaded(cx).and_then(|who| V::Rule::admit(cx, who));
        admitted.map(drop)
    })
}

/// The parts of the site that a view's parameters need.
pub(crate) fn needs<V: View>() -> Vec<Need> {
    fn of<V: View, R: Run<V>>(_: fn() -> R) -> Vec<Need> {
        R::Params::needs()
    }
    of::<V, _>(V::run)
}

async fn way<V: View, R: Run<V>>(view: R, cx: Arc<Request>, body: RequestBody) -> Response {
    // 1. The credential that the rule goes by, and 2. the rule. CWE-862: the body of whom it refuses is not read.
    let admitted = CredentialOf::<V>::loaded(&cx).and_then(|who| V::Rule::admit(&cx, who));
    let rule = match admitted {
        Ok(rule) => rule,
        Err(refusal) => {
            if KindOf::<V>::WRITES {
                // But for a person whose session has ended: what they typed waits for them.
                kept::keep_unread(&cx, refusal, body, R::Params::controls).await;
            }
            #[cfg(debug_assertions)]
            if cx.explains() {
                let view = ViewMeta::of::<V>();
                cx.explain(Why::rule(&cx, &view.rule, &view.told()));
            }
            return pages::answer(&cx.site, &cx, Error::refused(refusal));
        }
    };
    let mut call = Call::<KindOf<V>, CredentialOf<V>>::new(cx, body);
    // 3. The body, bounded, and 4. the token (CWE-352): of unsafe methods.
    let ready = call.body_and_token(R::Params::REDISPLAYS, R::Params::STREAMS, R::Params::controls);
    let outcome = match ready.await {
        Err(error) => Err(error),
        // 5. The parameters.
        Ok(()) => match R::Params::take(&mut call).await {
            Err(error) => Err(error),
            // 6. The view.
            Ok(params) => view.run(rule, params).await.outcome(),
        },
    };
    // 7. The commit, and then 8. the page.
    end(call, outcome).await
}

/// What the view returned: commits or rolls back, then renders.
async fn end<K: Kind, C: Credential, A: Respond>(call: Call<K, C>, mut outcome: Result<A>) -> Response {
    let Call { cx, unit, stale, .. } = call;
    let good = outcome.as_ref().is_ok_and(Respond::commits) && !stale;
    let mut keeps_effects = good;
    let wrote = K::WRITES && unit.as_ref().is_some_and(Unit::has_written);
    if let Some(unit) = unit {
        cx.keep_queries(&unit);
        #[cfg(debug_assertions)]
        explain::rows(&cx, &unit.refused());
        // CWE-352: no call of a safe method commits.
        let commit = good && K::WRITES;
        let writes = commit && wrote;
        if writes {
            cx.set_saved(Saved::Perhaps);
        }
        let ended = unit.end(commit).await;
        if writes {
            cx.set_saved(match &ended {
                Ok(_) => Saved::Yes,
                // CWE-755: who is told that it is not saved sends it again.
                Err(vauban_orm::Error::PerhapsSaved) => Saved::Perhaps,
                Err(_) => Saved::No,
            });
        }
        match ended {
            // What follows the commit is no longer the commit: it is said to be saved, however long this takes.
            Ok(following) => following.done().await,
            Err(error) => {
                keeps_effects = false;
                if good {
                    outcome = Err(error.into());
                }
            }
        }
    }
    if !keeps_effects {
        cx.forget_effects();
    }
    // Where a parameter asked for the sign-in: the rule let anybody through.
    if let Some(refusal) = outcome.as_ref().err().and_then(Error::refusal) {
        kept::keep_read(&cx, refusal).await;
    }
    let answered = outcome.is_ok();
    let mut answer = match outcome {
        Ok(answer) => answer.respond(&cx).render(&cx),
        Err(error) => pages::answer(&cx.site, &cx, error),
    };
    // CWE-460: whichever way a view sets a cookie, it goes with what the view wrote, or is undone with it.
    for cookie in std::mem::take(&mut answer.cookies) {
        if keeps_effects {
            cx.set_cookie(cookie);
        }
    }
    if answered
        && wrote
        && let Some(lie) = lie(good, answer.status())
    {
        return pages::answer(&cx.site, &cx, Error::internal(lie).at(place(&cx)));
    }
    answer
}

/// CWE-393: what is answered and what became of what the view wrote are one thing. What is wrong, if they are not.
fn lie(saved: bool, status: StatusCode) -> Option<String> {
    match saved {
        // It was to be good: what failed is the page, after the commit.
        true if status.is_server_error() => Some("the answer could not be made".to_owned()),
        true if status.is_client_error() => Some(format!(
            "the view's answer says {status}, and what the view wrote is saved: its `Respond::commits` has to be \
             `false` where its status is 400 or above"
        )),
        false if status.as_u16() < 400 => Some(format!(
            "the view's answer says {status}, and what the view wrote is undone: its `Respond::commits` says `false`, or the \
             form's token was too old and the view did not show the form again (`or_show`)"
        )),
        _ => None,
    }
}

/// Where the view stands that answers.
fn place(cx: &Request) -> (String, u32) {
    cx.route()
        .map_or_else(Default::default, |view| (view.file.to_owned(), view.line))
}
