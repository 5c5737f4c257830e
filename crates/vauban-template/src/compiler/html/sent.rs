//! What script libraries send by themselves: a link with a verb, a form or one of its fields, as their attributes say. The page's
//! token goes with it, so where it goes is said as of a form (CWE-352), and how, too (CWE-598).

use super::attributes::{library_name, names_verb, sent};
use super::htmx::is_post_form;
use super::origin::foreign_origin;
use super::state::{Attribute, Given, Tag};
use crate::compiler::error::{Result, fail};

/// Refuses what data, or another site, would decide of it.
pub(super) fn sent_by_script(tag: &Tag, in_post: bool) -> Result<()> {
    if let Some(asks) = tag.attributes.iter().find(|a| asks_with_fields(tag, in_post, a)) {
        return fail(
            tag.pos,
            "foreign-form",
            format!("`{}` here would send a form's token in an address", asks.name),
            match is_of_validation(&asks.name) {
                true => "remove it; a form that only asks has method=\"get\", and says this itself",
                false => {
                    "a form that only asks has method=\"get\"; what asks for something else stands outside of the POST form"
                }
            },
        );
    }
    let verb = tag.attributes.iter().find(|a| sends(tag, a));
    let of_form = is_of_post_form(tag, in_post);
    // CWE-235: more parameters than those that are written, in a request that changes something.
    let adds = |a: &Attribute| a.name == "data-params" && is_from_data(&a.value);
    if (verb.is_some() || of_form) && tag.attributes.iter().any(adds) {
        return fail(
            tag.pos,
            "form-attribute",
            "a value in `data-params`, which is sent as it stands: it may hold more parameters than one",
            "write a form with a field for each value: <input type=\"hidden\" name=\"note\" value=\"{{ note }}\">",
        );
    }
    let mut attributes = tag.attributes.iter();
    if let Some(verb) = verb {
        return match attributes.any(|a| (is_link(a) || is_address(a)) && leads_away(&a.value)) {
            false => Ok(()),
            true => fail(
                tag.pos,
                "form-action",
                format!(
                    "`{}` sends this link as a form: data, or another site, would get it and its token",
                    verb.name
                ),
                "write href=\"{% url view value %}\", or start it literally: /articles/{{ slug }}/, without |urlencode; best is a form with \
                 method=\"post\"",
            ),
        };
    }
    // What is not the same in all branches is the author's all the same.
    let away = |a: &&Attribute| {
        (of_form && is_address(a) || is_validated_at(a)) && a.value != Given::Differs && leads_away(&a.value)
    };
    match attributes.find(away) {
        None => Ok(()),
        Some(address) => fail(
            tag.pos,
            "form-action",
            format!(
                "`{}` on a part of a POST form: where a library sends the form to, data or another site would get its token",
                address.name
            ),
            format!(
                "write {}=\"{{% url view value %}}\", or start it literally: /articles/{{{{ slug }}}}/, without |urlencode{}",
                address.name,
                match is_of_validation(&address.name) {
                    true => "",
                    false =>
                        "; if the form is not sent there (a preview, an address to copy), write it on an element round the field",
                }
            ),
        ),
    }
}

/// A POST form, or one of what libraries send with the form that it belongs to; `form=` names any.
fn is_of_post_form(tag: &Tag, in_post: bool) -> bool {
    is_post_form(tag) || is_field(tag) && (in_post || tag.attributes.iter().any(|a| a.name == "form"))
}

fn is_field(tag: &Tag) -> bool {
    matches!(tag.name.as_str(), "button" | "input" | "select" | "textarea")
}

/// Whether an attribute names a verb that changes something.
fn sends(tag: &Tag, attribute: &Attribute) -> bool {
    let changes = |verb: &str| CHANGES.iter().any(|it| verb.trim().eq_ignore_ascii_case(it));
    names_verb(&attribute.name)
        && match &attribute.value {
            Given::Empty => false,
            Given::Literal(verb) => changes(verb),
            _ => sent(&tag.name),
        }
}

const CHANGES: [&str; 4] = ["post", "put", "patch", "delete"];

/// Whether an attribute has a form's fields sent in an address, whatever the form says. Unpoly asks the elements round a field, too.
/// (A field that is sent alone has no token; htmx's are looked at with htmx.)
fn asks_with_fields(tag: &Tag, in_post: bool, attribute: &Attribute) -> bool {
    let name = attribute.name.as_str();
    let of_form = is_post_form(tag) || is_of_post_form(tag, in_post) && name.starts_with("up-");
    let round_it = is_of_validation(name) && (tag.name != "form" || is_post_form(tag));
    let in_address = |verb: &str| {
        ["get", "head"]
            .iter()
            .any(|it| verb.trim().eq_ignore_ascii_case(it))
    };
    (of_form || round_it)
        && names_verb(name)
        && !library_name(name).starts_with("hx-")
        && match &attribute.value {
            Given::Literal(verb) => in_address(verb),
            Given::Empty => false,
            // `data-payment-method` is no verb.
            _ => {
                name.starts_with("up-")
                    || matches!(name, "data-method" | "data-ajax-method" | "data-turbo-method")
            }
        }
}

/// Of what Unpoly sends while a form is filled in.
fn is_of_validation(name: &str) -> bool {
    name.starts_with("up-validate-") || name.starts_with("up-watch-")
}

fn is_validated_at(attribute: &Attribute) -> bool {
    is_of_validation(&attribute.name) && is_address(attribute)
}

/// In a drawing there may be two.
fn is_link(attribute: &Attribute) -> bool {
    matches!(attribute.name.as_str(), "href" | "xlink:href" | "data-to")
}

/// Whether a library may take from an attribute where something is sent to; some take it before `href`.
fn is_address(attribute: &Attribute) -> bool {
    let name = attribute.name.as_str();
    let Some(rest) = name.strip_prefix("data-").or_else(|| name.strip_prefix("up-")) else {
        return false;
    };
    // Stimulus writes what it does on which event: `turbo:submit-end->modal#close`.
    let acts = |text: &str| text.contains("->") || !text.contains(['/', ':']);
    match rest {
        "action" | "formaction" => !matches!(&attribute.value, Given::Literal(text) if acts(text)),
        // `data-hourly-rate` is none.
        _ => rest.split('-').any(|word| {
            ["url", "uri", "href"]
                .iter()
                .any(|part| word.starts_with(part) || word.ends_with(part))
        }),
    }
}

fn leads_away(value: &Given) -> bool {
    match value {
        Given::Literal(url) => foreign_origin(url),
        Given::Data | Given::Differs => true,
        Given::Empty | Given::Typed | Given::Below => false,
    }
}

fn is_from_data(value: &Given) -> bool {
    matches!(value, Given::Data | Given::Below | Given::Typed)
}
