//! A view is asked about where another method was asked for, or its path without the slash. Who says whether it is hidden
//! hears of it as if it were asked for itself (CWE-204), and leaves nothing in the answer.

use super::spelling::with_path;
use crate::http::Request;
use crate::routing::Target;

/// From here on the request asks for the view: at `path`, if that is another, and with a method that the view answers. What is given
/// makes the request again what it was.
#[must_use = "the request stays another's"]
pub(super) fn lent(
    cx: &mut Request,
    view: &Target,
    path: Option<&str>,
) -> impl FnOnce(&mut Request) + Send + use<> {
    let method = (!view.answers(&cx.method)).then(|| view.meta.method.clone());
    let uri = path.and_then(|path| with_path(&cx.uri, path.to_owned()));
    let route = cx.route.replace(view.meta);
    let method = method.map(|method| std::mem::replace(&mut cx.method, method));
    let uri = uri.map(|uri| std::mem::replace(&mut cx.uri, uri));
    let (effects, written) = (cx.effects(), std::mem::take(&mut cx.written));
    move |cx| {
        (cx.route, cx.written) = (route, written);
        if let Some(method) = method {
            cx.method = method;
        }
        if let Some(uri) = uri {
            cx.uri = uri;
        }
        cx.back_to(effects);
    }
}
