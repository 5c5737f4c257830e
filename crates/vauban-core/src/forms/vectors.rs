//! `multipart.json` without files, and `validators.json`, for the field types that exist.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use vauban_orm::Slug;

use super::{FieldSpec, FieldValue, FormData, FormLimits, HttpUrl, Widget};
use crate::vectors::{self, Tally, text};

const MULTIPART: &str = r#"{"cases":[
 {"id":"s1","content_type":"multipart/form-data; boundary=B","body_base64":"LS1CDQpDb250ZW50LURpc3Bvc2l0aW9uOiBmb3JtLWRhdGE7IG5hbWU9ImEiDQoNCnYNCi0tQi0tDQo=","limits":{},"expect":{"fields":{"a":["v"]},"files":[]},"error":null},
 {"id":"s2","content_type":"multipart/form-data","body_base64":"LS1CLS0=","limits":{},"expect":null,"error":"MultiPartParserError"}]}"#;

#[test]
fn vectors_multipart() {
    let mut tally = Tally::default();
    for case in vectors::cases("multipart.json", MULTIPART) {
        let id = text(&case, "id");
        let body = BASE64.decode(text(&case, "body_base64")).unwrap();
        let parts = Parts::of(&case, &body);
        if parts
            .headers
            .iter()
            .any(|header| header.to_ascii_lowercase().contains("filename"))
        {
            tally.leave_out(id, "files come with the edge");
            continue;
        }
        let fields = case["limits"]["max_fields"].as_u64();
        let limits = FormLimits {
            fields: fields.map_or(FormLimits::DEFAULT.fields, |n| usize::try_from(n).unwrap()),
            ..FormLimits::DEFAULT
        };
        let got = FormData::parse(Some(text(&case, "content_type")), &body, &limits).ok();
        if let Some(got) = &got {
            // Never other fields than the reference reads.
            assert_eq!(by_name(got), expected(&case), "{id} {}", text(&case, "name"));
        }
        tally.case(id, case["error"].is_null(), got.is_some(), parts.rule());
    }
    tally.finish(109, (42, 28, 39));
}

fn by_name(data: &FormData) -> Vec<(String, Vec<String>)> {
    let mut names: Vec<&str> = data.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let values = |name: &str| data.all(name).map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| (name.to_owned(), values(name)))
        .collect()
}

fn expected(case: &Value) -> Vec<(String, Vec<String>)> {
    let fields = case["expect"]["fields"].as_object().into_iter().flatten();
    let texts = |list: &Value| serde_json::from_value(list.clone()).unwrap();
    let mut all: Vec<_> = fields.map(|(name, list)| (name.clone(), texts(list))).collect();
    all.sort();
    all
}

/// A body, taken apart as loosely as the reference does it: for saying which of our rules it breaks.
struct Parts {
    content_type: String,
    boundary: String,
    body: String,
    is_utf8: bool,
    /// The header lines of all parts.
    headers: Vec<String>,
}

impl Parts {
    fn of(case: &Value, body: &[u8]) -> Self {
        let content_type = text(case, "content_type").to_owned();
        let parameter = content_type.split(';').find_map(|part| part.split_once('='));
        let boundary = parameter
            .map_or("", |(_, value)| value.trim().trim_matches('"'))
            .to_owned();
        let lossy = String::from_utf8_lossy(body).into_owned();
        let pieces = lossy
            .split("--")
            .filter(|piece| piece.to_ascii_lowercase().contains("content-"));
        let heads = pieces.map(|piece| piece.split("\r\n\r\n").next().unwrap_or(piece));
        let lines = heads.flat_map(|head| head.split("\r\n").skip(1).map(str::to_owned));
        Self {
            headers: lines.filter(|line| !line.is_empty()).collect(),
            content_type,
            boundary,
            is_utf8: std::str::from_utf8(body).is_ok(),
            body: lossy,
        }
    }

    /// Where Vauban refuses what Django reads, or reads as nothing.
    fn rule(&self) -> Option<&'static str> {
        let essence = self.content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("multipart/form-data") {
            return Some("one media type, and the one that was declared");
        }
        let is_plain =
            self.content_type.matches('=').count() == 1 && !self.content_type.contains(['\'', '"']);
        if !is_plain || self.boundary.len() > 70 {
            return Some("a boundary is 1 to 70 characters as they are (RFC 2046 §5.1.1), given once");
        }
        if !self.is_utf8 {
            return Some("a form is UTF-8; what is not is refused, not replaced (CWE-176)");
        }
        let first = format!("--{}\r\n", self.boundary);
        if !self.body.starts_with(&first) {
            return Some("the first boundary comes first: no preamble, no spaces behind it");
        }
        let last = format!("\r\n--{}--", self.boundary);
        let rest = self.body.rsplit_once(&last).map(|(_, rest)| rest);
        if !matches!(rest, Some("" | "\r\n")) {
            return Some("a body without its end was cut short (CWE-130), and nothing follows the end");
        }
        let known = |line: &String| {
            let line = line.to_ascii_lowercase();
            let disposition = line.strip_prefix("content-disposition:");
            disposition.map_or_else(
                || line.starts_with("content-type: text/plain"),
                |value| {
                    value.trim_start().starts_with("form-data; name=\"") && value.matches('=').count() == 1
                },
            )
        };
        if !self.headers.iter().all(known) {
            return Some(
                "a part has `Content-Disposition: form-data; name=\"…\"`, text as its type if any, no other header",
            );
        }
        let dispositions = |line: &&String| line.to_ascii_lowercase().starts_with("content-disposition:");
        let parts = self.body.matches(&format!("--{}\r\n", self.boundary)).count();
        (self.headers.iter().filter(dispositions).count() != parts)
            .then_some("every part says its name, once")
    }
}

const VALIDATORS: &str = r#"{"cases":[
 {"id":"s1","kind":"domain_name","accept_idna":true,"input":"python.co.uk","expect":true},
 {"id":"s2","kind":"ipv4","input":"1.1.1.1.1","expect":false},
 {"id":"s3","kind":"slug","input":"a.b","expect":false}]}"#;

#[test]
fn vectors_validators() {
    let mut tally = Tally::default();
    for case in vectors::cases("validators.json", VALIDATORS) {
        let (id, input) = (text(&case, "id"), text(&case, "input"));
        let spec = FieldSpec::new("a", "A", Widget::Text);
        let got = match text(&case, "kind") {
            "domain_name" => {
                let url = HttpUrl::parse(&format!("http://{input}/"));
                // An address is a host, and no name.
                url.is_ok_and(|url| url.host().parse::<IpAddr>().is_err())
            }
            "ipv4" => Ipv4Addr::read(input, &spec).is_ok(),
            "ipv6" => Ipv6Addr::read(input, &spec).is_ok(),
            "ipv46" => IpAddr::read(input, &spec).is_ok(),
            "integer" => i64::read(input, &spec).is_ok(),
            "slug" => Slug::parse(input).is_ok(),
            other => {
                tally.leave_out(id, left_out(other));
                continue;
            }
        };
        tally.case(id, case["expect"] == true, got, validator_rule(&case));
    }
    tally.finish(157, (112, 2, 43));
}

fn validator_rule(case: &Value) -> Option<&'static str> {
    let input = text(case, "input");
    match text(case, "kind") {
        // The last label says that it is encoded, and decodes to nothing that is allowed.
        "domain_name" if input.split('.').any(|label| label.starts_with("xn--")) => {
            Some("an encoded label has to decode to a name (RFC 5891)")
        }
        "ipv6" | "ipv46" if input.contains('%') => {
            Some("a zone means something on one machine only (RFC 4007 §6)")
        }
        _ => None,
    }
}

fn left_out(kind: &str) -> &'static str {
    match kind {
        "unicode_slug" => "a slug is ASCII",
        "username_ascii" | "username_unicode" | "normalize_username_nfkc" => {
            "people have e-mail addresses, not user names"
        }
        "normalize_email" => "an address has one normal form, its part before the @ too: see `Email`",
        "file_extension" => "files come with the edge",
        "decimal" => "no decimal type yet",
        "comma_separated_integers" => "a list is several values",
        _ => "a kind that is new to this harness",
    }
}
