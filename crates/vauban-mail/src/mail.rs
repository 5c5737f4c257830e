//! What `#[derive(Mail)]` writes.

use vauban_template::__private::{Derived, NoContext, Ours, RenderContext};

use crate::letter::{Draft, Line, MAX_SUBJECT, Recipient};

/// A mail: its subject, its text and its HTML, from compiled templates.
///
/// ```ignore
/// #[derive(Mail)]
/// #[mail(subject = "{{ org }} invites you", template = "mail/invite")]   // templates/mail/invite.txt and .html
/// struct Invite { org: String, link: AbsoluteUrl }
///
/// Invite { org, link: urls::invitation(&token).absolute(&db)? }.to(&person).send(&db).await?;
/// ```
///
/// With `bulk = "digest"` it is of a kind that one can leave: its templates say where with `{{ unsubscribe }}`, it has the
/// headers of RFC 8058, and whoever has left the kind gets none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no mail",
    note = "write `#[derive(Mail)]` and `#[mail(subject = \"…\", template = \"mail/…\")]` on a struct"
)]
pub trait Mail: Send + Sync {
    /// Says so (CWE-79): what a mail's HTML appends is not escaped again.
    #[doc(hidden)]
    const __DERIVED: Ours<Self, Derived>;
    /// The name of its templates.
    const NAME: &'static str;
    /// The kind that one can leave, if it is of one.
    const BULK: Option<&'static str>;

    #[doc(hidden)]
    fn __subject_into(&self, unsubscribe: &str, cx: &dyn RenderContext, out: &mut String);
    #[doc(hidden)]
    fn __text_into(&self, unsubscribe: &str, cx: &dyn RenderContext, out: &mut String);
    #[doc(hidden)]
    fn __html_into(&self, unsubscribe: &str, cx: &dyn RenderContext, out: &mut String);

    /// To whom it goes.
    fn to(self, person: &(impl Recipient + ?Sized)) -> Draft<Self>
    where
        Self: Sized,
    {
        Draft::new(self, person.mailbox())
    }
}

/// A mail that is written.
pub(crate) struct Written {
    pub(crate) subject: Line,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Written {
    /// Writes all three.
    pub(crate) fn of<M: Mail>(mail: &M, unsubscribe: &str) -> Self {
        const { M::__DERIVED.is_so() };
        let (mut subject, mut text, mut html) = (String::new(), String::new(), String::new());
        mail.__subject_into(unsubscribe, &NoContext, &mut subject);
        mail.__text_into(unsubscribe, &NoContext, &mut text);
        mail.__html_into(unsubscribe, &NoContext, &mut html);
        Self {
            // CWE-93: a subject is one line, whatever its values are.
            subject: Line::cleaned(&subject, MAX_SUBJECT),
            text: tidy(&text),
            html,
        }
    }
}

/// Without blanks at the ends of lines, and with one empty line where tags left several.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn tags_leave_no_holes() {
        assert_eq!(super::tidy("\nDear Ann,  \n\n\n\nx\n\n"), "Dear Ann,\n\nx\n");
    }
}
