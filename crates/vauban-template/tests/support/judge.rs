//! Compares what came out with what a vector says, and names the rule where the two differ.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use crate::dynamic::refusals;
use serde_json::Value;
use std::collections::BTreeMap;

pub enum Compiled {
    Runs(fn(&dyn vauban_template::RenderContext) -> String),
    Refused(&'static [&'static str], &'static str),
}

pub struct Case {
    pub id: &'static str,
    pub list: &'static str,
    pub source: &'static str,
    pub json: &'static str,
    pub compiled: Compiled,
}

#[derive(Default)]
pub struct Summary {
    pub run: usize,
    pub equal: usize,
    pub refused: usize,
    /// Rule → how many cases it covers.
    pub stricter: BTreeMap<String, usize>,
    pub failures: Vec<String>,
}

impl Summary {
    /// Every difference has a rule; for the file as it is now the numbers are fixed, too.
    pub fn check(&self, pinned: (usize, usize, usize)) {
        println!(
            "{} cases, {} equal, {} refused as they should be",
            self.run, self.equal, self.refused
        );
        for (rule, count) in &self.stricter {
            println!("{count:5}  {rule}");
        }
        assert!(
            self.failures.is_empty(),
            "{} failures\n{}",
            self.failures.len(),
            self.failures.join("\n")
        );
        if self.run == pinned.0 {
            assert_eq!((self.run, self.equal, self.refused), pinned);
            assert_eq!(
                self.equal + self.refused + self.stricter.values().sum::<usize>(),
                self.run
            );
        }
    }
}

pub fn judge(cases: &[Case]) -> Summary {
    let mut summary = Summary::default();
    let cx = crate::support::TestContext::default();
    for case in cases {
        summary.run += 1;
        let json: Value = serde_json::from_str(case.json).unwrap();
        let field = |name: &str| json.get(name).and_then(Value::as_str);
        let expected = field("expected").or(field("expect"));
        let must_fail = case.list == "errors" || (expected.is_none() && field("error").is_some());
        match &case.compiled {
            Compiled::Refused(classes, _) if must_fail => {
                assert!(!classes.is_empty());
                summary.refused += 1;
            }
            Compiled::Refused(classes, message) => match rule_for(classes[0]) {
                Some(rule) => *summary.stricter.entry(rule.to_owned()).or_default() += 1,
                None => summary.failures.push(format!(
                    "{} refused without a rule ({})\n{}\n{message}\n",
                    case.id, classes[0], case.source
                )),
            },
            Compiled::Runs(run) => {
                refusals();
                let actual = run(&cx);
                let typed = refusals();
                if let Some(why) = typed.first() {
                    if must_fail {
                        summary.refused += 1;
                    } else if expected.is_some_and(|expected| same(&actual, expected)) {
                        // The result is Django's all the same; the typed language asks for the Option first.
                        summary.equal += 1;
                    } else {
                        *summary.stricter.entry(format!("types: {why}")).or_default() += 1;
                    }
                    continue;
                }
                if must_fail {
                    match renders_where_django_raises(case.source) {
                        Some(rule) => *summary.stricter.entry(rule.to_owned()).or_default() += 1,
                        None => summary.failures.push(format!(
                            "{} should be refused: {}\n  got {actual:?}",
                            case.id, case.source
                        )),
                    }
                    continue;
                }
                let Some(expected) = expected else {
                    summary.equal += 1; // must_compile
                    continue;
                };
                if same(&actual, expected) {
                    summary.equal += 1;
                } else if let Some(rule) = rule_for_output(case, &json, &actual, expected) {
                    *summary.stricter.entry(rule.to_owned()).or_default() += 1;
                } else if json.get("python_repr").is_some() {
                    *summary
                        .stricter
                        .entry("the expected text is Python's view of a value".to_owned())
                        .or_default() += 1;
                } else if more_escaped(&actual, expected) {
                    *summary
                        .stricter
                        .entry("escaped where Django prints markup: autoescape off, |safe, or a literal in the template".to_owned())
                        .or_default() += 1;
                } else {
                    summary.failures.push(format!(
                        "{}: {}\n  json     {}\n  expected {expected:?}\n  actual   {actual:?}",
                        case.id, case.source, case.json
                    ));
                }
            }
        }
    }
    summary
}

/// Django raises here, Vauban has an answer.
fn renders_where_django_raises(source: &str) -> Option<&'static str> {
    if source.contains("{% querystring") {
        return Some("querystring: every response has a request, so there is no missing one");
    }
    if source.contains("{% widthratio") {
        return Some("widthratio: a width that is no number shows nothing, as the other two values do");
    }
    None
}

/// What the compiler refuses although Django or Go renders it: class of the problem → the rule and its reason.
const RULES: &[(&[&str], &str)] = &[
    (
        &["fragment-place"],
        "a part that a client may ask for by its name stands once in the page, and in no loop",
    ),
    (
        &["event-handler"],
        "inline handlers take no value: the attribute is JavaScript, and the nonce CSP forbids it",
    ),
    (
        &["framework-attribute"],
        "attributes that script libraries evaluate (data-on…) take no value",
    ),
    (
        &["style-attribute", "style-element"],
        "CSS is literal: no escaper makes CSS from data safe",
    ),
    (
        &["unquoted-value", "bad-html"],
        "a value stands in quotes: an unquoted attribute ends at a space",
    ),
    (
        &["dynamic-element", "dynamic-attribute", "declaration", "split-tag"],
        "names of elements and attributes are literal",
    ),
    (
        &["dynamic-host", "ambiguous-url", "url-scheme"],
        "the scheme and host of a URL are literal, or the whole URL is one value",
    ),
    (
        &["mixed-value"],
        "a srcset, enumerated or resource attribute takes one whole value",
    ),
    (
        &[
            "srcdoc",
            "base",
            "object",
            "iframe-attribute",
            "meta-http-equiv",
            "svg-animation",
            "svg-url",
            "svg-paint",
            "manifest",
            "script-attribute",
            "link-attribute",
            "form-attribute",
            "unknown-attribute",
            "enumerated-attribute",
            "meta",
        ],
        "attributes that load code, documents or policy, and unknown ones, take no value",
    ),
    (
        &["script-type"],
        "scripts of unknown types, import maps and speculation rules take no value",
    ),
    (
        &[
            "script-comment",
            "script-escape",
            "script-regex",
            "template-literal",
            "script-position",
            "unclear-script",
            "partial-escape",
        ],
        "in a script a value is a whole value or stands in a quoted string; comments, regular expressions, template literals and what cannot be read with certainty take none",
    ),
    (
        &["script-load"],
        "in a script no value names a module, a worker or the text of a function",
    ),
    (
        &["raw-text", "refused-element"],
        "raw text elements have no escaper; obsolete ones are refused",
    ),
    (
        &[
            "branches-differ",
            "unclosed-element",
            "misnested",
            "self-closing",
            "misplaced-element",
            "moved-text",
            "nested",
        ],
        "elements are balanced, branches leave the same ones open",
    ),
    (
        &["unknown-variable"],
        "a variable that does not exist does not compile",
    ),
    (&["safe"], "|safe does not exist: markup is a type"),
    (&["dynamic-include"], "files are named exactly while compiling"),
    (
        &["extends", "include-extends", "outside-block", "unknown-block"],
        "what would never be shown is refused",
    ),
    (&["unclosed-tag"], "an unfinished tag is a mistake, not text"),
    (
        &["unknown-tag"],
        "tags that come later (ifchanged, regroup, filter)",
    ),
    (
        &["unknown-filter"],
        "filters that print Python's view of a value (pprint)",
    ),
    (
        &["filter-argument"],
        "a field to sort by is named in the template",
    ),
    (&["translation"], "translation comes later"),
    (&["none"], "None is not written"),
    (
        &["expression"],
        "a name starts with a letter; numbers are no variables",
    ),
    (
        &["querystring"],
        "querystring takes name=value: dictionaries from data would choose names",
    ),
    (&["is"], "`is` compares with None, True and False"),
    (
        &[
            "attribute-glued",
            "duplicate-attribute",
            "stray-slash",
            "element-name",
            "end-name",
            "end-tag",
            "void-end",
            "nul",
            "ends-inside",
            "cut-reference",
        ],
        "HTML that browsers repair by guessing is refused",
    ),
    (
        &[
            "element-behaviour",
            "nonce",
            "csrf-token",
            "form-method",
            "formmethod",
            "foreign-form",
            "sometimes",
            "waiver",
            "boolean",
            "javascript-url",
            "url-place",
        ],
        "what decides how an element works is literal, the same in all branches, and harmless",
    ),
    (
        &[
            "leaves-svg",
            "svg-raw-text",
            "other-rules",
            "not-between-tags",
            "loop-context",
        ],
        "what browsers read by other rules, in some of them or in the next round of a loop, is refused",
    ),
    (
        &[
            "binding",
            "block",
            "call",
            "circle",
            "component",
            "cookies",
            "cycle",
            "duplicate-block",
            "else",
            "empty-tag",
            "firstof",
            "for",
            "forloop",
            "include",
            "literal",
            "no-such-template",
            "partial",
            "slot",
            "super",
            "templatetag",
            "too-deep",
            "too-large",
            "unclosed-block",
            "url",
            "widthratio",
            "with",
        ],
        "a mistake in a tag is refused while compiling, also where Django lets it pass or shows nothing",
    ),
];

fn rule_for(class: &str) -> Option<&'static str> {
    RULES
        .iter()
        .find(|(classes, _)| classes.contains(&class))
        .map(|(_, rule)| *rule)
}

/// Differences in the output that a rule covers.
fn rule_for_output(case: &Case, json: &Value, actual: &str, expected: &str) -> Option<&'static str> {
    let kinds = ["URL", "JS", "JSStr", "CSS", "HTMLAttr", "Srcset"];
    let data = json.get("data").map(Value::to_string).unwrap_or_default();
    if kinds.iter().any(|k| data.contains(&format!("\"$type\":\"{k}\""))) {
        // Text where Go trusts: at most as much is let through.
        return Some(
            "Go's types for trusted URLs, scripts, CSS and attributes do not exist: such values are text",
        );
    }
    if expected.contains("ZgotmplZ") {
        let blocked = canonical(expected);
        let start = blocked.split("[blocked]").next().unwrap_or("").to_owned();
        let rest = actual.strip_prefix(start.as_str()).unwrap_or("");
        if ["tel:", "sms:", "?", "#"].iter().any(|s| rest.starts_with(s)) {
            return Some("tel:, sms: and addresses that start with ? or # are harmless; Go blocks them");
        }
    }
    if (expected == "true" && actual == "True") || (expected == "false" && actual == "False") {
        return Some("booleans in text are spelled as Django does");
    }
    let comments = literal_comments(case.source);
    if !comments.is_empty() && same(&without(actual, &comments), expected) {
        return Some("comments in a script that hold no data are kept");
    }
    if says_its_value_in_one_segment(json, actual) {
        return Some("a value behind a literal path is one segment of it, so that no more is left as it is");
    }
    if case.source.contains("<!--") && !actual.contains("<!--") {
        return Some("comments are dropped");
    }
    None
}

/// The address, decoded once, has the value as it was given, and nothing of the value ends a segment.
fn says_its_value_in_one_segment(json: &Value, actual: &str) -> bool {
    let data = json
        .get("data")
        .or(json.get("context"))
        .and_then(Value::as_object);
    let values = data.into_iter().flatten().filter_map(|(_, value)| value.as_str());
    let Some((_, address)) = actual.split_once("=\"/") else {
        return false;
    };
    let address = address.split('"').next().unwrap_or_default();
    let mut decoded = Vec::new();
    let mut pieces = address.split('%');
    decoded.extend_from_slice(pieces.next().unwrap_or_default().as_bytes());
    for piece in pieces {
        let coded = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(coded.unwrap_or(b'%'));
        let rest = if coded.is_some() { &piece[2..] } else { piece };
        decoded.extend_from_slice(rest.as_bytes());
    }
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    let slashes = |text: &str| text.matches('/').count();
    values
        .filter(|value| value.contains('/'))
        .any(|value| decoded.contains(value) && slashes(address) + slashes(value) == slashes(&decoded))
}

/// The comments of a template's scripts that hold no tag and no value: to the end of the line, or of a hashbang.
fn literal_comments(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for script in source.split("<script").skip(1) {
        let script = script.split_once('>').map_or("", |(_, code)| code);
        let code = script.split("</script").next().unwrap_or(script);
        for (number, line) in code.lines().enumerate() {
            let start = if number == 0 && line.starts_with("#!") {
                Some(0)
            } else {
                comment_start(line)
            };
            let comment = start.map_or("", |at| &line[at..]);
            if !comment.is_empty() && !comment.contains("{{") && !comment.contains("{%") {
                found.push(comment);
            }
        }
    }
    found
}

/// Where `//` stands in a line outside of quotes.
fn comment_start(line: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in line.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if line[at..].starts_with("//") => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

/// The text without the first place of each of these.
fn without(text: &str, parts: &[&str]) -> String {
    let remove = |text: String, part: &&str| text.replacen(part, "", 1);
    parts.iter().fold(text.to_owned(), remove)
}

#[test]
fn a_comment_is_told_by_what_it_is_and_not_by_its_text() {
    let of = |source| literal_comments(source);
    assert_eq!(
        of("<script>#! any\nlet a = {{ a }}; // of any text\n</script>"),
        ["#! any", "// of any text"]
    );
    assert_eq!(
        of("// outside <script>let a = \"// a string\";</script> // outside"),
        [] as [&str; 0]
    );
    assert_eq!(of("<script>// {{ data }}\n</script>"), [] as [&str; 0]);
}

/// The same but for the spelling of references and the blocked marker.
pub fn same(actual: &str, expected: &str) -> bool {
    canonical(actual) == canonical(expected)
}

pub fn canonical(html: &str) -> String {
    let mut text = html.replace(" nonce=\"NONCE\"", "");
    for marker in ["about:invalid#blocked", "#ZgotmplZ", "ZgotmplZ"] {
        text = text.replace(marker, "[blocked]");
    }
    text = strip_token(&text);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|e| *e < 12);
        let Some(end) = end else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        let reference = &rest[..=end];
        let decoded = vauban_template::filters::entities::unescape(reference);
        match decoded.as_str() {
            "<" | ">" | "&" | "\"" | "'" => {
                out.push_str(&format!("&#{};", decoded.chars().next().unwrap() as u32));
            }
            d if d != reference => out.push_str(d),
            _ => out.push_str(reference),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn strip_token(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some(at) = out.find("<input type=\"hidden\" name=\"csrfmiddlewaretoken\"") {
        let end = out[at..].find('>').unwrap() + at + 1;
        out.replace_range(at..end, "");
    }
    out
}

/// The text is the same, and nothing is markup that was not expected to be.
fn more_escaped(actual: &str, expected: &str) -> bool {
    let text = |s: &str| {
        let mut s = canonical(s);
        // Twice: what Django escapes once more than needed is text either way.
        for _ in 0..2 {
            s = vauban_template::filters::entities::unescape(&s);
        }
        s
    };
    let raw = |s: &str| s.matches('<').count() + s.matches('"').count() + s.matches('\'').count();
    text(actual) == text(expected) && raw(actual) <= raw(expected)
}
