//! A view's way, from who asks to the page: the one order for every view, whoever wrote it. A view has types and
//! `run`; what stands here is not its to leave out.
//!
//! The steps before are in `middleware/pipeline.rs`, which has loaded the rule's credential (`credential.rs`); the
//! steps themselves are in `call.rs`.

use std::sync::Arc;

use super::view::{CredentialOf, KindOf, Run};
use super::{AccessRule, Call, Credential, Need, Params, View, ViewFuture};
use crate::http::{Error, Outcome, Request, Response};
use crate::middleware::{RequestBody, pages};

/// Answers one call of a view.
pub(crate) fn drive<V: View>(cx: Arc<Request>, body: RequestBody) -> ViewFuture {
    Box::pin(way::<V, _>(V::run(), cx, body))
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
        Err(refusal) => return pages::answer(&cx.site, &cx, Error::refused(refusal)),
    };
    let mut call = Call::<KindOf<V>, CredentialOf<V>>::new(cx, body);
    // 3. The body, bounded, and 4. the token (CWE-352): of unsafe methods.
    let ready = call.body_and_token(R::Params::REDISPLAYS, R::Params::STREAMS);
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
    call.end(outcome).await
}
