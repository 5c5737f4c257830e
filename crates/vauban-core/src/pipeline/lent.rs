//! A view is asked about where another method was asked for, or its path without the slash. Who says whether it is hidden
//! hears of it as if it were asked for itself (CWE-204), and leaves nothing in the answer.

use ::http::{Method, Uri};

use super::spelling::with_path;
use crate::http::{Effects, Request, Written};
use crate::routing::{Target, ViewMeta};

/// What the request is apart from that.
pub(super) struct Lent {
    route: Option<&'static ViewMeta>,
    method: Option<Method>,
    uri: Option<Uri>,
    effects: Effects,
    written: Written,
}

impl Lent {
    /// From here on the request asks for the view: at `path`, if that is another, and with a method that the view answers.
    pub(super) fn to(cx: &mut Request, view: &Target, path: Option<&str>) -> Self {
        let method = (!view.answers(&cx.method)).then(|| view.meta.method.clone());
        let uri = path.and_then(|path| with_path(&cx.uri, path.to_owned()));
        Self {
            route: cx.route.replace(view.meta),
            method: method.map(|method| std::mem::replace(&mut cx.method, method)),
            uri: uri.map(|uri| std::mem::replace(&mut cx.uri, uri)),
            effects: cx.effects(),
            written: std::mem::take(&mut cx.written),
        }
    }

    /// The request is what it was.
    pub(super) fn back(self, cx: &mut Request) {
        (cx.route, cx.written) = (self.route, self.written);
        if let Some(method) = self.method {
            cx.method = method;
        }
        if let Some(uri) = self.uri {
            cx.uri = uri;
        }
        cx.back_to(self.effects);
    }
}
