//! A letter as it is sent: RFC 5322, with every line ended by CRLF and every character in ASCII.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Attached, Body, Message, MessageBuilder, MultiPart, SinglePart};
use vauban::http::{Error, Result};

use super::{Letter, Mailbox};

/// A letter's bytes, and who is told to the server.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: Address,
    /// Those of `Bcc` as well, who stand in no header.
    pub(crate) to: Vec<Address>,
}

impl Letter {
    /// Puts it together: the same bytes, whenever it is asked, so that a second try has the same `Message-ID`, `Date` and
    /// boundaries.
    ///
    /// # Errors
    /// If it cannot be put together, which its types leave no way to.
    pub(crate) fn wire(&self) -> Result<Wire> {
        let mut builder = Message::builder()
            .from(mailbox(&self.from)?)
            .subject(self.subject.as_str())
            .message_id(Some(self.message_id.clone()))
            .date(UNIX_EPOCH + Duration::from_secs(self.date));
        for to in &self.to {
            builder = builder.to(mailbox(to)?);
        }
        for cc in &self.cc {
            builder = builder.cc(mailbox(cc)?);
        }
        for reply_to in &self.reply_to {
            builder = builder.reply_to(mailbox(reply_to)?);
        }
        // RFC 3834: no vacation answers this.
        builder = raw(builder, "Auto-Submitted", "auto-generated")?;
        if let Some(url) = &self.unsubscribe {
            // RFC 2369, RFC 8058.
            builder = raw(builder, "List-Unsubscribe", &format!("<{url}>"))?;
            builder = raw(builder, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?;
        }
        for (name, value) in &self.headers {
            builder = raw(builder, name, value.as_str())?;
        }
        let everybody = self.to.iter().chain(&self.cc).chain(&self.bcc);
        let to: Vec<Address> = everybody.map(address).collect::<Result<_>>()?;
        let from = address(&self.from)?;
        let envelope = lettre::address::Envelope::new(Some(from.clone()), to.clone());
        let builder = builder.envelope(envelope.map_err(broken)?);
        let message = builder.multipart(self.parts()?).map_err(broken)?;
        Ok(Wire {
            bytes: message.formatted(),
            from,
            to,
        })
    }

    fn parts(&self) -> Result<MultiPart> {
        // CWE-330: what separates the parts is not to be guessed by whoever writes one of them.
        let boundary = |nth: u8| format!("{}-{nth}", self.boundary);
        let bodies = MultiPart::alternative()
            .boundary(boundary(1))
            .singlepart(text(&self.text, ContentType::TEXT_PLAIN)?)
            .singlepart(text(&self.html, ContentType::TEXT_HTML)?);
        if self.attachments.is_empty() {
            return Ok(bodies);
        }
        let mut all = MultiPart::mixed().boundary(boundary(2)).multipart(bodies);
        for file in &self.attachments {
            let media_type = ContentType::parse(&file.media_type).map_err(broken)?;
            let body = Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64);
            let body = body.map_err(|_| Error::internal("an attachment cannot be encoded"))?;
            all = all.singlepart(Attached::new(file.name.clone()).body(body, media_type));
        }
        Ok(all)
    }
}

/// A body. CWE-93, RFC 5321 §2.3.8: with CRLF alone, and always quoted-printable, in which no line is too long and neither a
/// lone CR or LF nor a dot that ends the mail can stand.
fn text(text: &str, media_type: ContentType) -> Result<SinglePart> {
    let mut lines = String::with_capacity(text.len() + 64);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                lines.push_str("\r\n");
            }
            '\n' => lines.push_str("\r\n"),
            c => lines.push(c),
        }
    }
    let body = Body::new_with_encoding(lines, ContentTransferEncoding::QuotedPrintable);
    let body = body.map_err(|_| Error::internal("a mail's text cannot be encoded"))?;
    Ok(SinglePart::builder().header(media_type).body(body))
}

fn raw(builder: MessageBuilder, name: &str, value: &str) -> Result<MessageBuilder> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(broken)?;
    Ok(builder.raw_header(HeaderValue::new(name, value.to_owned())))
}

/// CWE-248: lettre panics on a control character in a name; [`Mailbox`] holds none.
fn mailbox(of: &Mailbox) -> Result<lettre::message::Mailbox> {
    Ok(lettre::message::Mailbox::new(
        of.name().map(str::to_owned),
        address(of)?,
    ))
}

fn address(of: &Mailbox) -> Result<Address> {
    let email = of.email();
    Address::new(email.local_part(), email.domain()).map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("a mail cannot be put together: {error}"))
}
