//! `signing.json`. A token here has another form, so what is compared is which tokens are believed: each case's
//! change is done to a token of ours.

use base64::Engine;
use serde_json::Value;

use super::{BASE64, Keys, Signer};
use crate::vectors::{self, Tally, text};

const SAMPLE: &str = r#"{"cases":[
 {"id":"s1","kind":"sign","key":"k","salt":"s","value":"hello","signed":"hello:aa"},
 {"id":"s2","kind":"unsign","key":"k","fallback_keys":[],"salt":"s","signed":"hello:aa","expect":"hello"},
 {"id":"s3","kind":"timestamp_unsign","key":"k","salt":"s","signed":"hello:8M0kX:aa","now":123456800,"max_age":10,"expect":null}]}"#;

/// Far enough: the last moment that a token can name.
const LAST: u64 = u64::MAX;

#[test]
fn vectors_signing() {
    let file = vectors::cases("signing.json", SAMPLE);
    // What the tampered texts are made from: the tag of the value that is signed as it should be.
    let good = file
        .iter()
        .find(|case| text(case, "kind") == "unsign" && !case["expect"].is_null());
    let good = good.map(|case| (text(case, "key"), text(case, "salt"), text(case, "signed")));
    let (good_key, good_salt, good_text) = good.expect("a case that is believed");
    let (_, good_tag) = good_text.rsplit_once(':').expect("a tag");
    let mut tally = Tally::default();
    for case in &file {
        let id = text(case, "id");
        match text(case, "kind") {
            // What is signed is read back, by its own purpose alone.
            "sign" | "timestamp_sign" => {
                let value = text(case, "value").as_bytes();
                tally.case(id, true, round_trip(case, value), None);
            }
            "sign_object" => {
                let value = serde_json::to_vec(&case["value"]).unwrap();
                tally.case(id, true, round_trip(case, &value), None);
            }
            "unsign" => {
                let signed = text(case, "signed");
                let value: String = signed.chars().take_while(char::is_ascii_alphabetic).collect();
                let token = signer(good_key, &[], good_salt).sign(b"hello", &[], LAST);
                let (_, tag) = token.rsplit_once('.').unwrap();
                let other = signer(good_key, &[], good_salt).sign(value.as_bytes(), &[], LAST);
                let (head, _) = other.rsplit_once('.').unwrap();
                let mut ours = signed.replace(good_tag, tag).replace(':', ".");
                if !value.is_empty() && !tag.starts_with(&value) {
                    ours.replace_range(..value.len(), head);
                }
                let fallbacks: Vec<&str> = list(&case["fallback_keys"]);
                let read =
                    signer(text(case, "key"), &fallbacks, text(case, "salt")).verify(&ours, &[], 0, u64::MAX);
                if let Ok(read) = &read {
                    assert_eq!(
                        Some(read.as_slice()),
                        case["expect"].as_str().map(str::as_bytes),
                        "{id}"
                    );
                }
                tally.case(id, !case["expect"].is_null(), read.is_ok(), None);
            }
            "timestamp_unsign" => {
                let parts: Vec<&str> = text(case, "signed").split(':').collect();
                let signed_at = base62(parts[1]);
                // A token here says itself when it ends; one without an end does not exist.
                let expires = case["max_age"].as_u64().map_or(LAST, |age| signed_at + age);
                let token = signer(text(case, "key"), &[], text(case, "salt"));
                let sent = token.sign(parts[0].as_bytes(), &[], expires);
                // Whole seconds; a clock before 1970 is at its beginning.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let now = case["now"].as_f64().unwrap().max(0.0).floor() as u64;
                let rule =
                    (now == expires).then_some("a token is over at the second that it names, not after it");
                let got = token.verify(&sent, &[], now, u64::MAX).is_ok();
                tally.case(id, !case["expect"].is_null(), got, rule);
            }
            "urlsafe_base64" => {
                use base64::engine::general_purpose::STANDARD;
                let bytes = STANDARD.decode(text(case, "bytes_base64")).unwrap();
                let same = BASE64.encode(&bytes) == text(case, "text");
                tally.case(
                    id,
                    true,
                    same && BASE64.decode(text(case, "text")).unwrap() == bytes,
                    None,
                );
            }
            "separator" => tally.leave_out(id, "the separator is not the application's to choose"),
            "base62" => tally.leave_out(id, "times are hexadecimal, and inside what the tag covers"),
            "salted_hmac_sha256" => tally.leave_out(
                id,
                "keys are derived by HKDF (RFC 5869), not by hashing salt and secret",
            ),
            "cookie_salt" => tally.leave_out(
                id,
                "cookies are signed by purpose and context, each with its length",
            ),
            other => tally.leave_out(id, &format!("{other} is a kind that is new to this harness")),
        }
    }
    tally.finish(117, (102, 3, 12));
}

/// Keys as the settings give them, and a purpose: the salt's name.
fn signer(key: &str, fallbacks: &[&str], salt: &str) -> Signer {
    let fallbacks: Vec<&[u8]> = fallbacks.iter().map(|key| key.as_bytes()).collect();
    Keys::new(key.as_bytes(), &fallbacks).signer(salt.to_owned())
}

fn round_trip(case: &Value, value: &[u8]) -> bool {
    let own = signer(text(case, "key"), &[], text(case, "salt"));
    let token = own.sign(value, &[], LAST);
    let other_purpose = signer(text(case, "key"), &[], "another purpose");
    let other_key = signer("another key", &[], text(case, "salt"));
    own.verify(&token, &[], 0, u64::MAX).as_deref() == Ok(value)
        && other_purpose.verify(&token, &[], 0, u64::MAX).is_err()
        && other_key.verify(&token, &[], 0, u64::MAX).is_err()
        && own.verify(&token, &[b"another context"], 0, u64::MAX).is_err()
}

fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Digits, upper case, lower case: the reference's times.
fn base62(text: &str) -> u64 {
    let digit = |b: u8| match b {
        b'0'..=b'9' => b - b'0',
        b'A'..=b'Z' => b - b'A' + 10,
        _ => b - b'a' + 36,
    };
    text.bytes().fold(0, |sum, b| sum * 62 + u64::from(digit(b)))
}
