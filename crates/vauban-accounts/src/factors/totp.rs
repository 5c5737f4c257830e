//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits and thirty seconds, which is what every app has.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::Builder;
use vauban::http::{Error, Result};
use zeroize::Zeroizing;

use super::Code;
use crate::Email;

/// Seconds of a step.
const STEP: u64 = 30;
/// The letters of RFC 4648, §6.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What site and app share: 160 random bits (RFC 4226, §4). There is no way to print it but [`in_base32`](Self::in_base32), for its owner.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<[u8; 20]>);

impl Secret {
    pub(crate) fn fresh() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 20]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0[..]
    }

    /// The step whose code this is: that of now, or the one before; none ahead (CWE-294: what is shown next is not good yet). It says
    /// nothing of whether it was used before.
    pub(crate) fn step_of(&self, code: &Code, now: i64) -> Option<i64> {
        // A skew of the library's own would look ahead as well.
        let totp = Builder::new().with_secret(*self.0).with_skew(0).build().ok()?;
        let now = u64::try_from(now).ok()?;
        let times = [Some(now), now.checked_sub(STEP)];
        let step = times
            .into_iter()
            .flatten()
            .find_map(|time| totp.check(code.reveal(), time))?;
        i64::try_from(step).ok()
    }

    /// As apps take it by hand.
    pub(crate) fn in_base32(&self) -> Zeroizing<String> {
        base32(self.expose())
    }

    /// A picture of it for the app's camera: the side of a square, and what of it is black, as an SVG's path.
    ///
    /// # Errors
    /// Of a site's name and address that are longer than any picture holds.
    pub(crate) fn picture(&self, site: &str, email: &Email) -> Result<(i32, String)> {
        let address = self.address(site, email);
        let code = QrCode::encode_text(&address, QrCodeEcc::Medium)
            .map_err(|error| Error::internal(error.to_string()))?;
        // Four modules of white on each side (ISO/IEC 18004, §5.3.8).
        let (size, mut path) = (code.size(), String::new());
        for y in 0..size {
            for x in 0..size {
                if code.get_module(x, y) {
                    path.push_str(&format!("M{},{}h1v1h-1z", x + 4, y + 4));
                }
            }
        }
        Ok((size + 8, path))
    }

    /// `otpauth:`, as apps read it.
    fn address(&self, site: &str, email: &Email) -> Zeroizing<String> {
        let (site, email) = (percent(site), percent(email.as_str()));
        Zeroizing::new(format!(
            "otpauth://totp/{site}:{email}?secret={}&issuer={site}&algorithm=SHA1&digits=6&period={STEP}",
            self.in_base32().as_str()
        ))
    }
}

/// RFC 4648, §6, without padding.
pub(super) fn base32(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 8 / 5 + 1));
    for five in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + five.len()].copy_from_slice(five);
        let group = u64::from_be_bytes(group);
        for nth in 0..(five.len() * 8).div_ceil(5) {
            let letter = (group >> (35 - 5 * nth)) & 31;
            text.push(char::from(LETTERS[letter as usize]));
        }
    }
    text
}

/// In groups of four, for people to read.
pub(crate) fn in_groups(text: &str, between: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    groups.join(between)
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// For cookies.
pub(super) fn to_text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn from_text(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B (SHA-1, the last six of eight digits), and RFC 4648, §10.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::of(b"12345678901234567890").unwrap();
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(secret.step_of(&Code::new(code), time), Some(time / 30), "{time}");
        }
        for (bytes, text) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()).as_str(), text);
        }
    }

    /// ASVS 6.5.5, CWE-294. Attack: a code that was overlooked a minute ago, or of an app whose clock is ahead.
    #[test]
    fn asvs_6_5_5_a_code_is_good_for_its_step_and_the_next() {
        let secret = Secret::of(b"12345678901234567890").unwrap();
        let code = Code::new("28 70 82");
        for (time, step) in [
            (29, None),
            (30, Some(1)),
            (59, Some(1)),
            (89, Some(1)),
            (90, None),
        ] {
            assert_eq!(secret.step_of(&code, time), step, "{time}");
        }
        for wrong in ["", "28708", "+87082", "2870820", "２８７０８２", "abcdef"] {
            assert_eq!(secret.step_of(&Code::new(wrong), 59), None, "{wrong}");
        }
        assert_eq!(secret.step_of(&code, -1), None);
    }
}
