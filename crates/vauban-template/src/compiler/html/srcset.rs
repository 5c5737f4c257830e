//! Where in a `srcset` a value stands: in which part of which address, or behind one (HTML Standard, 4.8.4.2.2).

use super::entities;
use super::state::Value;
use super::url::UrlPart;
use crate::compiler::error::{Pos, Result, fail};

/// Moves over the literal text since the last value.
pub(super) fn flush(value: &mut Value, pos: Pos) -> Result<()> {
    if value.pending.is_empty() {
        return Ok(());
    }
    entities::whole(&value.pending, pos)?;
    let text = entities::decode(&std::mem::take(&mut value.pending));
    entities::whole_percent(&text, pos)?;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let white = c.is_ascii_whitespace();
        let part = std::mem::replace(&mut value.url, UrlPart::Unknown(false));
        value.url = match part {
            UrlPart::Start if white || c == ',' => UrlPart::Start,
            UrlPart::Descriptor if c == ',' => UrlPart::Start,
            UrlPart::Descriptor if white || c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-') => {
                UrlPart::Descriptor
            }
            UrlPart::Descriptor => {
                return fail(
                    pos,
                    "srcset",
                    format!("`{c}` in the width or density of an image"),
                    "write {{ small }} 480w, {{ large }} 800w",
                );
            }
            unknown @ UrlPart::Unknown(_) => unknown,
            _ if white => UrlPart::Descriptor,
            // A comma ends an address only where a space or the end follows.
            other if c == ',' => match chars.peek() {
                Some(next) if next.is_ascii_whitespace() => UrlPart::Start,
                Some(_) => advance(other, c, pos)?,
                None => {
                    return fail(
                        pos,
                        "srcset",
                        "a tag right behind a comma: browsers take both for one address",
                        "write a space behind the comma",
                    );
                }
            },
            other => advance(other, c, pos)?,
        };
    }
    Ok(())
}

fn advance(part: UrlPart, c: char, pos: Pos) -> Result<UrlPart> {
    part.advance(c.encode_utf8(&mut [0; 4])).or_else(|_| {
        fail(
            pos,
            "ambiguous-url",
            "text follows a value at the start of an address: the value would become a scheme or a host",
            "start the address literally (/images/{{ name }}-480.jpg 480w), or pass the whole address",
        )
    })
}
