//! Where branches meet: both must have come to the same place.

use super::attributes::Kind;
use super::elements;
use super::entities;
use super::js::Js;
use super::origin::names_none;
use super::place::stays_here;
use super::state::{Attribute, Given, Mode, State, Tag, Value};
use super::url::UrlPart;
use crate::compiler::error::{Pos, Result, fail};

/// Brings a state into the form in which two can be compared: a finished attribute name is an attribute.
pub(super) fn settle(mut state: State, pos: Pos) -> Result<State> {
    state.mode = match state.mode {
        // After a name with a space behind it the next may follow at once.
        Mode::AttributeName(tag, name, _) => Mode::Tag(without_value(tag, name, true)),
        Mode::AfterName(tag, name, _) => Mode::Tag(without_value(tag, name, false)),
        Mode::Value(tag, mut value) => {
            if is_url(value.kind) {
                flush(&mut value, pos)?;
            } else if value.kind == Kind::Srcset {
                super::srcset::flush(&mut value, pos)?;
            } else if value.kind == Kind::Plain {
                super::json_attribute::flush(&mut value, pos)?;
            } else if value.kind == Kind::Question {
                super::question::flush(&mut value, pos)?;
            } else {
                entities::whole(&value.pending, pos)?;
            }
            Mode::Value(tag, value)
        }
        Mode::Script(kind, mut js) => {
            js.end_word();
            Mode::Script(kind, js)
        }
        other => other,
    };
    Ok(state)
}

/// The tag with one more attribute, which has no value; `separate` if a space must come before the next.
fn without_value(mut tag: Box<Tag>, name: String, separate: bool) -> Box<Tag> {
    tag.attributes.push(Attribute {
        name,
        value: Given::Empty,
        sometimes: false,
    });
    tag.separate = separate;
    tag
}

pub(super) fn is_url(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Url | Kind::Image | Kind::Resource | Kind::Frame | Kind::Action
    )
}

/// Moves the URL over the literal text since the last value.
pub(super) fn flush(value: &mut Value, pos: Pos) -> Result<()> {
    if value.pending.is_empty() {
        return Ok(());
    }
    entities::whole(&value.pending, pos)?;
    let text = entities::decode(&value.pending);
    // At run time a slash is looked for as it is written: `&#47;`, a blank or a second one would not be found.
    let plain = value.pending == "/";
    let after = matches!(value.url, UrlPart::AfterValue | UrlPart::RootValue);
    let odd = after && odd_slash(&value.pending, &text);
    if odd && value.kind == Kind::Action {
        return fail(
            pos,
            "foreign-form",
            "slashes behind a value in a form's address: if the value is empty, they name another site",
            "write one slash, plainly, or start the address literally",
        );
    }
    // CWE-352: the route may be `/`, and `//…` another site, which would get the form's token.
    let behind_route = value.given == Given::Typed
        && matches!(value.url, UrlPart::AfterTyped | UrlPart::Unknown(_))
        && starts_with_slash(&text);
    if behind_route && value.kind == Kind::Action {
        return fail(
            pos,
            "foreign-form",
            "a slash right after the address of a view: together they may name another site",
            "end the address with {% url %}, or write it literally",
        );
    }
    // The same of a link, which may be sent as a form is.
    if behind_route || odd {
        value.given = Given::Data;
    }
    value.pending.clear();
    let part = std::mem::replace(&mut value.url, UrlPart::Unknown(false));
    entities::whole_percent(&text, pos)?;
    value.dots.read(&text);
    value.url = match part.advance(&text) {
        Ok(_) if odd => UrlPart::Unknown(false),
        // The literal was blank, or a slash in some other spelling.
        Ok(
            UrlPart::Start | UrlPart::AfterValue | UrlPart::AfterTyped | UrlPart::Root | UrlPart::RootValue,
        ) if !plain => UrlPart::Unknown(false),
        Ok(part) => part,
        Err(_) => {
            return fail(
                pos,
                "ambiguous-url",
                "text follows a value at the start of a URL: the value would become a scheme or a host",
                "start the URL literally (href=\"/articles/{{ slug }}/\"), use {% url %}, or pass one value of type SafeUrl",
            );
        }
    };
    Ok(())
}

/// CWE-22, CWE-352: behind `..` a literal path says nothing of where something is sent, or framed.
pub(super) fn dots(value: &mut Value) -> Result<()> {
    if !value.dots.take_back() {
        return Ok(());
    }
    if matches!(value.kind, Kind::Action | Kind::Frame) {
        return fail(
            value.pos,
            "dot-segment",
            format!(
                "`.` or `..` as a segment of `{}`, or where a value is empty: it takes back the path, and a value may name any view",
                value.name
            ),
            "write the path that is meant, from the root: /notes/{{ slug }}/like/, or {% url view value %} alone",
        );
    }
    value.given = Given::Data;
    Ok(())
}

/// Whether text in an address starts with a slash for browsers, which drop tabs and line breaks.
fn starts_with_slash(text: &str) -> bool {
    text.trim_start_matches(['\t', '\n', '\r'])
        .starts_with(['/', '\\'])
}

/// Whether literal text behind a value starts with a slash that is not one plain slash alone.
fn odd_slash(raw: &str, text: &str) -> bool {
    let slash = |c: char| matches!(c, '/' | '\\');
    let mut behind = text.chars().skip(1);
    starts_with_slash(text)
        && (!raw.starts_with('/')
            || behind
                .next()
                .is_some_and(|c| slash(c) || matches!(c, '\t' | '\n' | '\r')))
}

/// Joins two settled states; `None` if they are different places.
pub(super) fn join(mut a: State, mut b: State) -> Option<State> {
    // `<li>` without `</li>` in one branch: it ends with the branch.
    if a.mode == Mode::Text && b.mode == Mode::Text && a.open != b.open {
        let common = a.open.iter().zip(&b.open).take_while(|(x, y)| x == y).count();
        for state in [&mut a, &mut b] {
            if state.open[common..]
                .iter()
                .all(|o| elements::optional_end(&o.name) && !o.foreign)
            {
                state.open.truncate(common);
            }
        }
    }
    if a.open != b.open || a.waiver.is_some() || b.waiver.is_some() {
        return None;
    }
    a.silent.append(&mut b.silent);
    let mode = match (a.mode, b.mode) {
        (Mode::Tag(x), Mode::Tag(y)) => Mode::Tag(Box::new(join_tags(*x, *y)?)),
        (Mode::Value(tx, vx), Mode::Value(ty, vy)) => {
            Mode::Value(Box::new(join_tags(*tx, *ty)?), Box::new(join_values(*vx, *vy)?))
        }
        (Mode::Script(kx, x), Mode::Script(ky, y)) if kx == ky => {
            let js: Js = x.join(*y)?;
            Mode::Script(kx, Box::new(js))
        }
        (x, y) if x == y => x,
        _ => return None,
    };
    Some(State {
        mode,
        open: a.open,
        ampersand: a.ampersand || b.ampersand,
        waiver: None,
        silent: a.silent,
    })
}

fn join_tags(mut a: Tag, b: Tag) -> Option<Tag> {
    if a.name != b.name || a.foreign != b.foreign || a.closing != b.closing {
        return None;
    }
    for attribute in &mut a.attributes {
        match b.attributes.iter().find(|x| x.name == attribute.name) {
            Some(other) => {
                if other.value != attribute.value {
                    attribute.value = differing(&attribute.value, &other.value);
                }
                attribute.sometimes |= other.sometimes;
            }
            None => attribute.sometimes = true,
        }
    }
    for attribute in b.attributes {
        if !a.attributes.iter().any(|x| x.name == attribute.name) {
            a.attributes.push(Attribute {
                sometimes: true,
                ..attribute
            });
        }
    }
    // The order must not tell two joins apart.
    a.attributes.sort_by(|x, y| x.name.cmp(&y.name));
    a.separate |= b.separate;
    Some(a)
}

/// So many literals are remembered: a loop comes to its end before it has written more.
const MAX_TEXTS: usize = 3;

/// Stands for all literals that name neither an origin nor a verb, whatever follows them.
const NONE: &str = "#";

/// What is known where two branches gave an attribute different values.
pub(super) fn differing(a: &Given, b: &Given) -> Given {
    if *a == Given::Data || *b == Given::Data {
        return Given::Data;
    }
    let mut all: Vec<String> = Vec::new();
    for one in [a, b] {
        let texts = match one {
            Given::Literal(text) => std::slice::from_ref(text),
            Given::Differs(texts) => texts,
            Given::Empty => &[String::new()],
            // It may be `/`, and more may follow.
            Given::Typed => &["/".to_owned()],
            Given::Data => &[],
        };
        if texts.is_empty() {
            return Given::Differs(Vec::new());
        }
        all.extend(texts.iter().map(|text| {
            if names_none(text) {
                NONE.to_owned()
            } else {
                text.clone()
            }
        }));
    }
    all.sort();
    all.dedup();
    all.truncate(if all.len() > MAX_TEXTS { 0 } else { MAX_TEXTS });
    Given::Differs(all)
}

fn join_values(mut a: Value, mut b: Value) -> Option<Value> {
    // JSON on one way, nothing on the other.
    match (a.kind, b.kind) {
        (Kind::Url, Kind::Plain) if a.given == Given::Empty => a.kind = Kind::Plain,
        (Kind::Plain, Kind::Url) if b.given == Given::Empty => b.kind = Kind::Plain,
        _ => {}
    }
    if a.name != b.name || a.quote != b.quote || a.kind != b.kind || a.unwritten != b.unwritten {
        return None;
    }
    let address = matches!(a.kind, Kind::Action | Kind::Url);
    if a.raw != b.raw || a.given != b.given || address && a.url != b.url {
        // What stays here on both ways stays here.
        a.given = match address && stays_here(&a) && stays_here(&b) {
            true => Given::Typed,
            false => differing(&with_text(&a), &with_text(&b)),
        };
        a.raw.clear();
    }
    // One way wrote all that may stand here.
    a.whole |= b.whole;
    if a.kind == Kind::Question {
        a.pending = super::question::join(a.pending, b.pending);
    } else if a.pending != b.pending {
        a.pending.clear();
        // Perhaps one way has come into an address.
        if matches!(a.kind, Kind::Colour | Kind::Reference) {
            a.pending.push_str("url(");
        }
    }
    a.url = a.url.join(b.url);
    a.dots = a.dots.join(b.dots);
    a.json = a.json.join(b.json);
    a.json_values |= b.json_values;
    Some(a)
}

/// What was found of a value so far, with its text.
fn with_text(value: &Value) -> Given {
    match &value.given {
        Given::Literal(_) => Given::Literal(value.raw.clone()),
        other => other.clone(),
    }
}
