//! A mail with its recipients: what `#[derive(Mail)]` writes, and what stands between `.to(…)` and `.send(…)`.

use vauban::http::{Error, Result};
use vauban_template::__private::{Derived, NoContext, Ours, RenderContext};

use crate::replaced::{Replaced, Replacements};
use crate::written::Written;

use super::{Attachment, Line, MAX_ATTACHED, MAX_ATTACHMENTS, MAX_HEADER, Mailbox, Recipient};

/// The most recipients of one mail, `cc` and `bcc` among them.
pub const MAX_RECIPIENTS: usize = 50;
/// Bytes of a mail's text, and of its HTML, at most.
pub const MAX_BODY: usize = 512 << 10;
/// Headers of one's own, at most.
const MAX_HEADERS: usize = 10;

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

    /// Writes all three.
    #[doc(hidden)]
    fn __written(&self, unsubscribe: &str) -> Written
    where
        Self: Sized,
    {
        const { Self::__DERIVED.is_so() };
        let (mut subject, mut text, mut html) = (String::new(), String::new(), String::new());
        self.__subject_into(unsubscribe, &NoContext, &mut subject);
        self.__text_into(unsubscribe, &NoContext, &mut text);
        self.__html_into(unsubscribe, &NoContext, &mut html);
        Written::of(&subject, &text, html)
    }

    /// As the site writes it, if it has a mail of its own in this one's place.
    #[doc(hidden)]
    fn __replaced(self, by: &Replacements, unsubscribe: &str) -> Replaced<Self>
    where
        Self: Sized,
    {
        let _ = (by, unsubscribe);
        Ok(Err(self))
    }

    /// To whom it goes.
    fn to(self, person: &(impl Recipient + ?Sized)) -> Draft<Self>
    where
        Self: Sized,
    {
        Draft::new(self, person.mailbox())
    }
}

/// A mail with its recipients. It is sent by [`send`](Self::send), and by nothing else.
#[derive(Debug, Clone)]
#[must_use = "a draft is no mail before it is sent: `.send(&db).await?`"]
pub struct Draft<M> {
    pub(crate) mail: M,
    pub(crate) to: Vec<Mailbox>,
    pub(crate) cc: Vec<Mailbox>,
    pub(crate) bcc: Vec<Mailbox>,
    pub(crate) reply_to: Vec<Mailbox>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) attachments: Vec<Attachment>,
}

impl<M: Mail> Draft<M> {
    pub(crate) fn new(mail: M, to: Mailbox) -> Self {
        Self {
            mail,
            to: vec![to],
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            headers: Vec::new(),
            attachments: Vec::new(),
        }
    }

    /// One more recipient; each sees the others.
    pub fn and_to(mut self, person: &(impl Recipient + ?Sized)) -> Self {
        self.to.push(person.mailbox());
        self
    }

    /// Whoever gets a copy; everybody sees it.
    pub fn cc(mut self, person: &(impl Recipient + ?Sized)) -> Self {
        self.cc.push(person.mailbox());
        self
    }

    /// Whoever gets a copy unseen: they stand in no header.
    pub fn bcc(mut self, person: &(impl Recipient + ?Sized)) -> Self {
        self.bcc.push(person.mailbox());
        self
    }

    /// Where answers go, if not to the sender.
    pub fn reply_to(mut self, person: &(impl Recipient + ?Sized)) -> Self {
        self.reply_to.push(person.mailbox());
        self
    }

    /// Adds a file, of ten at most.
    pub fn attach(mut self, file: Attachment) -> Self {
        self.attachments.push(file);
        self
    }

    /// Adds a header of one's own, whose name begins with `X-`: what mail programs go by is the framework's.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn is_bounded(&self) -> Result<()> {
        let recipients = self.to.len() + self.cc.len() + self.bcc.len();
        // CWE-770
        if recipients > MAX_RECIPIENTS {
            return Err(Error::internal(format!(
                "a mail to {recipients} people: at most {MAX_RECIPIENTS}; send one to each, so that none sees the others"
            )));
        }
        if self.reply_to.len() > MAX_RECIPIENTS {
            return Err(Error::internal("too many addresses to answer to"));
        }
        if M::BULK.is_some() && recipients > 1 {
            return Err(Error::internal(
                "a mail of a bulk kind to several people: the address at which one leaves it is one person's; send one to each",
            ));
        }
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(Error::internal(format!(
                "{} attachments: at most {MAX_ATTACHMENTS}; send a link",
                self.attachments.len()
            )));
        }
        let bytes: usize = self.attachments.iter().map(|file| file.bytes().len()).sum();
        if bytes > MAX_ATTACHED {
            return Err(Error::internal(format!(
                "attachments of {bytes} bytes: at most {MAX_ATTACHED}; send a link"
            )));
        }
        Ok(())
    }

    /// CWE-93: a header's name and value are one line, and none of those that a mail server goes by.
    pub(crate) fn checked_headers(&self) -> Result<Vec<(String, Line)>> {
        if self.headers.len() > MAX_HEADERS {
            return Err(Error::internal(format!(
                "more than {MAX_HEADERS} headers of one's own"
            )));
        }
        let checked = self.headers.iter().map(|(name, value)| {
            let is_own = name.len() <= 60
                && name
                    .strip_prefix("X-")
                    .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            if !is_own {
                return Err(Error::internal(format!(
                    "`{}` is no header for a mail: write X- and letters, digits or hyphens",
                    name.escape_debug()
                )));
            }
            match Line::exactly(value, MAX_HEADER) {
                Some(line) => Ok((name.clone(), line)),
                None => Err(Error::internal(format!(
                    "the value of {name} is no line: no control characters, no blanks at its ends, at most {MAX_HEADER} bytes"
                ))),
            }
        });
        checked.collect()
    }
}
