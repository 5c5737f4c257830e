//! A mail with its recipients: what stands between `.to(…)` and `.send(…)`.

use vauban::http::{Error, Result};
use vauban::orm::{Db, Write};

use super::{Attachment, Line, MAX_ATTACHED, MAX_ATTACHMENTS, MAX_HEADER, Mailbox, Recipient};
use crate::mail::Mail;
use crate::post::{Post, Sent};

/// The most recipients of one mail, `cc` and `bcc` among them.
pub const MAX_RECIPIENTS: usize = 50;
/// Bytes of a mail's text, and of its HTML, at most.
pub const MAX_BODY: usize = 512 << 10;
/// Headers of one's own, at most.
const MAX_HEADERS: usize = 10;

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

    /// Sends it with this unit: it leaves when the unit is saved, as a task, and not at all if the unit is undone. Whoever has
    /// left this bulk kind gets nothing, which is no error: see [`Sent`].
    ///
    /// # Errors
    /// Too many recipients, attachments or headers, or a bulk kind to more than one person; a header that is none (CWE-93); no
    /// sender in the settings, or no origin for the link of a bulk kind; those of the database.
    pub async fn send(self, db: &Db<Write>) -> Result<Sent> {
        self.is_bounded()?;
        let headers = self.checked_headers()?;
        Post::of(db)?.send(db, self, headers).await
    }

    fn is_bounded(&self) -> Result<()> {
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
    fn checked_headers(&self) -> Result<Vec<(String, Line)>> {
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
