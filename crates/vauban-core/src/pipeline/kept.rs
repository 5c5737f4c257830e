//! What somebody typed whose session was over when they sent it: read in spite of the refusal, and kept until they have
//! signed in again.
//!
//! The body of whom a rule refuses is not read. This is the exception, and narrow (CWE-400, CWE-770): a form of a view
//! that takes one, with the cookie of a session that has ended, 64 KiB, and a token that was written in that very session
//! for that address. A token that does not prove itself keeps nothing, and what comes behind the first 2 KiB is not read: a
//! cookie that was made up is an anonymous caller's.

use bytes::Bytes;

use super::body::Pieces;
use super::{body, csrf, typed};
use crate::http::{Control, Controls, Kept, Refusal, Request, RequestBody, Result};

/// The most bytes that are read and kept.
pub(crate) const LARGEST: usize = 64 * 1024;
/// How much is read to find the token: it is the first field of a form, of some 200 bytes.
const BEGINNING: usize = 2 * 1024;

/// Before a refusal is answered: keeps what was typed, if the session of whoever sent it is over.
pub(crate) async fn keep_unread(cx: &Request, refusal: Refusal, unread: RequestBody, controls: Controls) {
    let Some(session) = session_of(cx, refusal) else {
        return;
    };
    // CWE-400: nothing is read for a view that takes no form.
    let mut declared = Vec::new();
    controls(&mut declared);
    if !cx.sends_form() || !declared.iter().any(Control::is_typed) {
        return;
    }
    match read(cx, &session, unread).await {
        Ok(Some(sent)) => keep(cx, session, &sent, controls).await,
        Ok(None) | Err(_) => cx.set_kept(Kept::InBrowserOnly),
    }
}

/// The body; `None` if its beginning does not prove that it is of a page of that session's.
async fn read(cx: &Request, session: &[u8; 32], unread: RequestBody) -> Result<Option<Bytes>> {
    let limit = body::limit_of(cx).min(LARGEST);
    let time = cx.settings().timeouts.body;
    let mut pieces = Pieces::new(unread, cx.headers(), limit, time, &cx.site.bodies)?;
    let beginning = pieces.at_least(BEGINNING).await?;
    if beginning.len() < BEGINNING {
        return Ok(Some(beginning));
    }
    // CWE-400: who made up a cookie is not listened to any longer.
    let token = typed::token_of_beginning(cx, &beginning).unwrap_or_default();
    if csrf::owner_of(&cx.site, cx, &token, session).is_none() {
        return Ok(None);
    }
    let rest = pieces.at_least(usize::MAX).await?;
    if rest.is_empty() {
        return Ok(Some(beginning));
    }
    Ok(Some([beginning, rest].concat().into()))
}

/// The same, where a parameter asked for the sign-in, after the body was read.
pub(crate) async fn keep_read(cx: &Request, refusal: Refusal) {
    let (Some(sent), Some(session)) = (cx.sent(), session_of(cx, refusal)) else {
        return;
    };
    if sent.body.len() > LARGEST {
        return cx.set_kept(Kept::InBrowserOnly);
    }
    keep(cx, session, &sent.body, sent.controls).await;
}

/// The binding of the session of which the form's page is: the caller's, who has to prove again who they are; or the one whose cookie
/// was sent, if it opens nothing any more. An anonymous caller has none.
fn session_of(cx: &Request, refusal: Refusal) -> Option<[u8; 32]> {
    let is_theirs = match refusal {
        Refusal::ProofRequired | Refusal::FactorRequired => true,
        // They come back to it once they have proved what is missing.
        Refusal::SignInRequired => {
            let backend = cx.site.identity.as_ref();
            backend.is_some_and(|backend| backend.page_on_the_way(&cx.identity).is_some())
        }
        _ => false,
    };
    if is_theirs && cx.is_ambient() {
        return cx.identity.binding;
    }
    if refusal != Refusal::SignInRequired || !cx.is_ambient() || cx.identity.is_somebody() {
        return None;
    }
    cx.site.identity.as_ref()?.binding_before(cx)
}

async fn keep(cx: &Request, session: [u8; 32], sent: &[u8], controls: Controls) {
    let Some((mut form, token)) = typed::read(cx, sent, controls) else {
        // Nothing was typed; or it cannot be read, as with a file in it.
        if !sent.is_empty() && !typed::is_readable(cx, sent) {
            cx.set_kept(Kept::InBrowserOnly);
        }
        return;
    };
    // CWE-352: only what was typed into a page of that session, and for whom that page was made (CWE-639).
    let token = token.unwrap_or_default();
    form.owner = csrf::owner_of(&cx.site, cx, &token, &session);
    let kept = match &cx.site.identity {
        Some(backend) if form.owner.is_some() => backend.keep(cx, session, form).await,
        _ => Ok(None),
    };
    cx.set_kept(match kept {
        Ok(Some(page)) => Kept::At(cx.site.path_of(&page)),
        Ok(None) => Kept::InBrowserOnly,
        Err(error) => {
            tracing::warn!(target: "vauban::error", %error, "what was typed could not be kept");
            Kept::InBrowserOnly
        }
    });
}
