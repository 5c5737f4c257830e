//! What somebody typed, where the view could not take it: shown on the page that says why, or kept over a sign-in
//! (`kept.rs`).
//!
//! Only what the view's own form declares is in it, and no secret (CWE-200, CWE-549); and only after the form's token
//! proved that it is a form of ours (CWE-352: else a stranger's page could put a text of its own before somebody). It is
//! shown and never sent by itself: its button leads to the form, filled, where its owner looks at it and sends it.

use ::http::{StatusCode, header};
use vauban_template::SafeHtml;
use vauban_template::escape::{attribute, text};

use super::csrf;
use crate::http::{Control, ControlKind, Controls, FormData, FormLimits, Kept, TypedField};
use crate::http::{Request, Saved, SentForm, TypedForm};
use crate::scalar::read_bool;

/// What a page says of a form whose body was not read, or is not known to be of a page of ours.
const IN_BROWSER: &str = "<p class=\"typed\">What you typed is not on this page. Your browser's Back button leads to the \
                          form as you left it.</p>";

/// The part of an error's page that is about the form that was sent; `None` if none was.
pub(super) fn for_page(cx: &Request, status: StatusCode) -> Option<SafeHtml> {
    if cx.method().is_safe() || !cx.sends_form() || !cx.is_ambient() || cx.saved() == Saved::Yes {
        return None;
    }
    if cx.kept() == Some(&Kept::InBrowserOnly) {
        return Some(sign_in_elsewhere(cx));
    }
    let sent = cx.sent();
    if sent.is_some_and(|sent| is_untyped(cx, sent)) {
        return None;
    }
    let Some((typed, _)) = sent.and_then(|sent| read(cx, &sent.body, sent.controls)) else {
        return Some(checked(IN_BROWSER.to_owned()));
    };
    // What may not be done, and what is not there, is not tried again.
    let again = match status {
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => true,
        status => status.is_server_error() && cx.saved() == Saved::No,
    };
    Some(typed.section(cx, again))
}

/// Whether nobody typed anything: a button was pressed, and the page sent what it needs itself.
fn is_untyped(cx: &Request, sent: &SentForm) -> bool {
    let mut declared = Vec::new();
    (sent.controls)(&mut declared);
    parse(cx, &sent.body).is_some_and(|data| {
        data.iter().all(|(name, value)| {
            let hidden = || {
                declared
                    .iter()
                    .any(|known| known.name == name && matches!(known.kind, ControlKind::Hidden))
            };
            name == csrf::FIELD || value.is_empty() || hidden()
        })
    })
}

/// Where the session is over and nothing could be kept: this tab stays where Back has the text.
fn sign_in_elsewhere(cx: &Request) -> SafeHtml {
    let sign_in = cx.site().identity.as_ref().and_then(|who| who.sign_in_page());
    let mut out = String::from("<p class=\"typed\">What you typed could not be kept here. ");
    if let Some(page) = sign_in {
        out.push_str("<a href=\"");
        attribute(&cx.site().path_of(&page), &mut out);
        out.push_str("\" target=\"_blank\" rel=\"noopener\">Sign in in another tab</a>, and come back to this one: your");
    } else {
        out.push_str("Your");
    }
    out.push_str(" browser's Back button leads to the form as you left it.</p>");
    checked(out)
}

/// What a body says for the controls of a view, and the form's token; `None` if nothing was typed.
pub(super) fn read(cx: &Request, body: &[u8], controls: Controls) -> Option<(TypedForm, Option<String>)> {
    let mut declared = Vec::new();
    controls(&mut declared);
    if declared.is_empty() {
        return None;
    }
    let data = parse(cx, body)?;
    let token = csrf::from_form(cx.headers(), &data).or_else(|| csrf::from_header(cx.headers()));
    let fields: Vec<TypedField> = data
        .iter()
        .filter_map(|(name, value)| field(&declared, name, value))
        .collect();
    if !fields
        .iter()
        .any(|field| !field.hidden && !field.value.is_empty())
    {
        return None;
    }
    let to = match cx.query() {
        "" => cx.path().to_owned(),
        query => format!("{}?{query}", cx.path()),
    };
    let typed = TypedForm {
        to,
        owner: None,
        fields,
    };
    Some((typed, token.map(str::to_owned)))
}

/// The form's token, where no more than the beginning of its body has come.
pub(super) fn token_of_beginning(cx: &Request, beginning: &[u8]) -> Option<String> {
    let kind = cx.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let data = FormData::beginning(kind, beginning, &limits(cx)).ok();
    let of_form = data.as_ref().and_then(|data| csrf::from_form(cx.headers(), data));
    of_form
        .or_else(|| csrf::from_header(cx.headers()))
        .map(str::to_owned)
}

/// Whether a body is a form that can be read.
pub(super) fn is_readable(cx: &Request, body: &[u8]) -> bool {
    parse(cx, body).is_some()
}

fn parse(cx: &Request, body: &[u8]) -> Option<FormData> {
    let kind = cx.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    FormData::parse(Some(kind), body, &limits(cx)).ok()
}

fn limits(cx: &Request) -> FormLimits {
    FormLimits {
        fields: cx.settings().limits.fields,
        ..FormLimits::DEFAULT
    }
}

fn field(declared: &[Control], name: &str, value: &str) -> Option<TypedField> {
    // A field's own name, or behind a form's prefix.
    let own = name.rsplit_once('-').map_or(name, |(_, own)| own);
    let controls = || declared.iter().filter(|control| control.name == own);
    let control = controls().next()?;
    // CWE-200: a name that any form of the view keeps secret is one, whatever another form says of it.
    if name == csrf::FIELD || controls().any(|control| matches!(control.kind, ControlKind::Secret)) {
        return None;
    }
    let reads = match &control.kind {
        ControlKind::Tick => (read_bool(value) != Some(false)).then(|| "yes".to_owned()),
        ControlKind::OneOf(entries) => {
            let entry = entries.iter().find(|(entry, _)| entry == value);
            entry.map(|(_, label)| label.clone())
        }
        _ => None,
    };
    Some(TypedField {
        name: name.to_owned(),
        label: control.label.to_owned(),
        value: value.to_owned(),
        reads,
        hidden: matches!(control.kind, ControlKind::Hidden),
    })
}

impl TypedForm {
    /// The address that it was sent to, with its query.
    pub fn address(&self) -> &str {
        &self.to
    }

    /// Whether whoever asks is the one that the form was written for (CWE-639): the account that was sealed in the
    /// form's token when its page was made.
    pub fn belongs_to(&self, cx: &Request) -> bool {
        let (Some(owner), Some(user)) = (&self.owner, cx.identity.user_id()) else {
            return false;
        };
        csrf::is_owner(cx.site(), owner, user)
    }

    /// As a section of a page: every field with its label, and a button that leads to the form, filled.
    pub fn shown(&self, cx: &Request) -> SafeHtml {
        self.section(cx, true)
    }

    /// As a section of a page; `again`: with the button.
    fn section(&self, cx: &Request, again: bool) -> SafeHtml {
        let mut out = String::from("<section class=\"typed\"><h2>What you typed</h2><dl>");
        for field in self.fields.iter().filter(|field| !field.hidden) {
            out.push_str("<dt>");
            text(&field.label, &mut out);
            out.push_str("</dt><dd><pre>");
            // The parser drops one line break after the tag: this one.
            out.push('\n');
            text(field.reads.as_ref().unwrap_or(&field.value), &mut out);
            out.push_str("</pre></dd>");
        }
        out.push_str("</dl>");
        if again {
            self.button(cx, &mut out);
        }
        out.push_str("</section>");
        checked(out)
    }

    /// The way back to the form. CWE-352: the token in it has expired, so that the view shows the form again and keeps
    /// nothing, whoever presses the button: sending is what its owner does there, with a token of that page.
    fn button(&self, cx: &Request, out: &mut String) {
        out.push_str("<form method=\"post\" action=\"");
        attribute(&self.to, out);
        hidden(csrf::FIELD, "", out);
        let path = self.to.split('?').next().unwrap_or_default();
        csrf::write_expired(cx.site(), cx, path, out);
        for field in &self.fields {
            hidden(&field.name, &field.value, out);
        }
        out.push_str("\"><button type=\"submit\">Open the form with this text</button></form>");
    }
}

/// Ends the tag before, and begins a hidden control; its end is the next one's.
fn hidden(name: &str, value: &str, out: &mut String) {
    out.push_str("\"><input type=\"hidden\" name=\"");
    attribute(name, out);
    out.push_str("\" value=\"");
    attribute(value, out);
}

/// Markup of this file: every value in it went through an escaper (CWE-79).
fn checked(html: String) -> SafeHtml {
    #[allow(deprecated)]
    SafeHtml::__checked(html)
}
