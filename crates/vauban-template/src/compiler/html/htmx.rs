//! What htmx sends with a request: the fields of the form round an element, and those that `hx-include` names.

use super::names::library_name;
use super::origin::foreign_origin;
use super::state::{Attribute, Given, Tag};
use crate::compiler::error::{Result, fail};

/// How htmx sends what an attribute of an element asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// With GET to this site: in the address, without the fields of the form round it.
    Get,
    /// In a body, to this site.
    InBody,
    /// With those fields, in the address or to another site.
    WithFields,
}

/// The verbs that send fields in a body.
const IN_BODY: &[&str] = &["post", "put", "patch"];

/// How an attribute sends, if it is one of htmx's verbs.
pub(super) fn asks(tag: &Tag, attribute: &Attribute) -> Option<Asked> {
    let own = match library_name(&attribute.name).strip_prefix("hx-")? {
        verb @ ("get" | "delete" | "post" | "put" | "patch") => Some(verb),
        "action" => None,
        _ => return None,
    };
    // `hx-method` may go before the attribute's own verb; without either it may be inherited.
    let said: Vec<_> = methods(tag).chain(own.map(Some)).collect();
    let all = |of: &[&str]| !said.is_empty() && said.iter().all(|verb| is_one(*verb, of));
    let away = matches!(&attribute.value, Given::Literal(url) if foreign_origin(url))
        || matches!(attribute.value, Given::Differs(_));
    Some(if all(&["get"]) {
        Asked::Get
    } else if all(IN_BODY) && !away {
        Asked::InBody
    } else {
        Asked::WithFields
    })
}

/// The verbs that `hx-method` names, in whatever spelling of it; `None`: one that is not known.
fn methods(tag: &Tag) -> impl Iterator<Item = Option<&str>> {
    let named = tag
        .attributes
        .iter()
        .filter(|a| library_name(&a.name) == "hx-method");
    named.map(|a| match &a.value {
        Given::Literal(verb) if !a.sometimes => Some(verb.as_str()),
        _ => None,
    })
}

fn is_one(verb: Option<&str>, of: &[&str]) -> bool {
    verb.is_some_and(|verb| of.iter().any(|it| it.eq_ignore_ascii_case(verb)))
}

/// CWE-598, CWE-352: whether an attribute says another verb or address than the element that it is on, or those inside, say
/// themselves: htmx merges it with what they say, or takes it first.
fn overrides(tag: &Tag, attribute: &Attribute) -> bool {
    let names = |words: &[&str]| match &attribute.value {
        Given::Empty => false,
        Given::Literal(text) => {
            // `:append` puts two together, without the braces of either.
            let text = text.to_ascii_lowercase().replace(['{', '}'], "");
            words.iter().any(|word| text.contains(word))
        }
        _ => true,
    };
    let inherited = attribute.name.contains(":inherited");
    match library_name(&attribute.name) {
        // An escape in JSON may spell any name.
        "hx-config" => names(&["method", "action", "\\"]),
        "hx-boost" => names(&["request", "\\"]),
        "hx-method" => {
            let own = match tag.name.as_str() {
                "form" => !is_post_form(tag),
                _ => tag.attributes.iter().any(|a| asks(tag, a).is_some()),
            };
            (inherited || !own) && !methods(tag).all(|verb| is_one(verb, IN_BODY))
        }
        "hx-action" => inherited,
        _ => inherited && asks(tag, attribute).is_some_and(|asked| asked != Asked::InBody),
    }
}

/// Whether a tag is a form with method="post".
pub(super) fn is_post_form(tag: &Tag) -> bool {
    let posts =
        |value: &Given| matches!(value, Given::Literal(method) if method.eq_ignore_ascii_case("post"));
    tag.name == "form"
        && tag
            .attributes
            .iter()
            .any(|a| a.name == "method" && posts(&a.value))
}

/// CWE-598, CWE-352: htmx sends the fields of the form round a button with it, token and all: in an address, or to another
/// origin. So with the fields that `hx-include` names, for this element and those inside.
pub(super) fn sent_with_fields(tag: &Tag, in_post: bool, inherits: bool) -> Result<()> {
    let mut verbs = tag.attributes.iter().filter_map(|a| asks(tag, a)).peekable();
    let has_verb = verbs.peek().is_some();
    let all_here = verbs.all(|asked| asked == Asked::InBody);
    // What asks for something inside of these is looked at by itself.
    let alone = matches!(
        tag.name.as_str(),
        "a" | "button" | "input" | "select" | "textarea"
    );
    // CWE-598: a button's `form=` names any, and htmx sends that form's fields.
    let in_post = in_post || tag.attributes.iter().any(|a| a.name == "form");
    let told = tag.attributes.iter().find(|a| {
        let asked = asks(tag, a);
        includes_all(tag, a) && !(alone && has_verb && all_here)
            || inherits && asked.is_some_and(|asked| asked != Asked::InBody)
            || in_post && tag.name != "form" && asked == Some(Asked::WithFields)
            || is_post_form(tag) && asked.is_some_and(|asked| asked != Asked::InBody)
            || overrides(tag, a)
    });
    let Some(told) = told else { return Ok(()) };
    let place = match is_post_form(tag) {
        true => "on a POST form would send its",
        false => "here would send a form's",
    };
    let inherited = match includes_all(tag, told) {
        true => ", if not from here then from an element inside, which inherits it",
        false => "",
    };
    fail(
        tag.pos,
        "foreign-form",
        format!(
            "`{}` {place} token in an address or to another origin{inherited}",
            told.name
        ),
        "write hx-post= to a view of this site, or put the button outside of the form; a form that only asks has method=\"get\"; the verb \
         stands where the address does, in hx-post= and its kin; of fields, name those that are wanted: hx-include=\"input[name='q']\"",
    )
}

/// Whether an attribute is an `hx-include` that may name a form, or what holds one.
pub(super) fn includes_all(tag: &Tag, attribute: &Attribute) -> bool {
    // A field has no others in it, and a form that asks has no token.
    let this = match tag.name.as_str() {
        "form" => !is_post_form(tag),
        name => matches!(name, "input" | "select" | "textarea"),
    };
    library_name(&attribute.name) == "hx-include"
        && !matches!(&attribute.value, Given::Literal(named) if names_fields(named) || this && named.trim() == "this")
}

/// Whether what `hx-include` names are fields by their names, and not the token; no form, and nothing that holds one.
fn names_fields(selector: &str) -> bool {
    let field = |part: &str| {
        let Some((before, name)) = part
            .strip_suffix("']")
            .and_then(|part| part.rsplit_once("[name='"))
        else {
            return false;
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let between = |c: char| c.is_ascii_whitespace() || c == '>';
        let element = before.rsplit(between).next();
        // A name alone is a form's or a fieldset's, too.
        matches!(element, Some("input" | "select" | "textarea"))
            && !before.split(between).any(|word| word == "closest")
            && before.chars().all(|c| plain(c) || between(c) || c == '#')
            && name != TOKEN
            && name.chars().all(plain)
    };
    let one = selector.replace('"', "'");
    // `unset`: nothing of what is round it.
    one.trim() == "unset" || one.split(',').all(|part| field(part.trim()))
}

/// The field of the form's token.
const TOKEN: &str = "csrfmiddlewaretoken";
