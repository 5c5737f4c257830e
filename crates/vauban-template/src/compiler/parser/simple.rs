//! Variables, and tags without a body: all they need is their own words.

use crate::compiler::ast::{Cycle, Expr, Include, Node, UrlTag};
use crate::compiler::error::{Pos, Result, fail, nearest};
use crate::compiler::expr::{is_name, value};

/// Every tag, for suggestions.
const TAGS: &[&str] = &[
    "block",
    "call",
    "comment",
    "component",
    "csp_nonce",
    "csrf_token",
    "cycle",
    "extends",
    "fill",
    "firstof",
    "for",
    "fragment",
    "if",
    "include",
    "load",
    "now",
    "partial",
    "partialdef",
    "querystring",
    "resetcycle",
    "slot",
    "spaceless",
    "static",
    "templatetag",
    "url",
    "verbatim",
    "waiver",
    "widthratio",
    "with",
];

pub(super) fn variable(text: &str, pos: Pos) -> Result<Node> {
    if text == "block.super" {
        return Ok(Node::Super(pos));
    }
    if text == "csp_nonce" {
        return Ok(Node::Nonce(pos));
    }
    if text == "csrf_token" {
        return fail(
            pos,
            "csrf-token",
            "the form token is written by hand",
            "remove it: every form that posts to your own site has its token already",
        );
    }
    if text.is_empty() {
        return fail(
            pos,
            "expression",
            "`{{ }}` is empty",
            "write a variable between {{ and }}",
        );
    }
    Ok(Node::Put(value(text, pos)?, pos))
}

pub(super) fn include_tag(rest: &[(&str, Pos)], pos: Pos) -> Result<Node> {
    let help = "write {% include \"part.html\" with name=value only %}";
    let Some(((file, file_pos), options)) = rest.split_first() else {
        return fail(pos, "include", "{% include %} without a file", help);
    };
    let Expr::Str(file, _) = value(file, *file_pos)? else {
        return fail(
            *file_pos,
            "dynamic-include",
            "the file of {% include %} is not a literal",
            "name the file in quotes; choose between files with {% if %}",
        );
    };
    let mut only = false;
    let mut with = Vec::new();
    let mut i = 0;
    while i < options.len() {
        match options[i].0 {
            "only" if !only => {
                only = true;
                i += 1;
            }
            "with" if with.is_empty() => {
                let end = options[i + 1..]
                    .iter()
                    .position(|(w, _)| *w == "only")
                    .map_or(options.len(), |n| i + 1 + n);
                with = bindings(&options[i + 1..end], pos)?;
                if with.is_empty() {
                    return fail(options[i].1, "include", "`with` binds nothing", help);
                }
                i = end;
            }
            other => {
                return fail(
                    options[i].1,
                    "include",
                    format!("`{other}` cannot stand here"),
                    help,
                );
            }
        }
    }
    Ok(Node::Include(Include {
        file,
        with,
        only,
        pos,
    }))
}

pub(super) fn url_tag(rest: &[(&str, Pos)], pos: Pos) -> Result<UrlTag> {
    let help = "write {% url article article.slug %}: the name is the one in `routes!`";
    let Some(((name, name_pos), arguments)) = rest.split_first() else {
        return fail(pos, "url", "{% url %} without a name", help);
    };
    // Django quotes the name; both spellings are taken.
    let name = name.trim_matches(|c| c == '"' || c == '\'').replace(':', ".");
    if !name.split('.').all(is_name) {
        return fail(*name_pos, "url", format!("`{name}` is not a route's name"), help);
    }
    let (arguments, bind) = match arguments {
        [front @ .., ("as", _), (bind, _)] => (front, Some((*bind).to_owned())),
        _ => (arguments, None),
    };
    let arguments = arguments
        .iter()
        .map(|(word, at)| {
            if let Some((key, _)) = word.split_once('=')
                && is_name(key)
            {
                return fail(
                    *at,
                    "url",
                    "an argument of {% url %} with a name",
                    "write the arguments in the route's order",
                );
            }
            value(word, *at)
        })
        .collect::<Result<_>>()?;
    Ok(UrlTag {
        name,
        arguments,
        bind,
        pos,
    })
}

pub(super) fn cycle_tag(rest: &[(&str, Pos)], pos: Pos) -> Result<Node> {
    let help = "write {% cycle \"odd\" \"even\" %} or {% cycle a b as name %}";
    let mut rest = rest;
    if rest.is_empty() {
        return fail(pos, "cycle", "{% cycle %} without values", help);
    }
    let silent = rest.len() > 3 && rest[rest.len() - 1].0 == "silent" && rest[rest.len() - 3].0 == "as";
    if silent {
        rest = &rest[..rest.len() - 1];
    }
    let mut name = None;
    if rest.len() > 2 && rest[rest.len() - 2].0 == "as" {
        name = Some(rest[rest.len() - 1].0.to_owned());
        rest = &rest[..rest.len() - 2];
    } else if rest.len() == 1 {
        if !is_name(rest[0].0) {
            return fail(pos, "cycle", "{% cycle %} with one value", help);
        }
        return Ok(Node::Cycle(Box::new(Cycle {
            values: Vec::new(),
            name: Some(rest[0].0.to_owned()),
            silent,
            pos,
        })));
    }
    let values = rest.iter().map(|(w, p)| value(w, *p)).collect::<Result<_>>()?;
    Ok(Node::Cycle(Box::new(Cycle {
        values,
        name,
        silent,
        pos,
    })))
}

pub(super) fn query_arguments(rest: &[(&str, Pos)]) -> Result<Vec<(String, Expr)>> {
    let help = "write {% querystring page=2 sort=None %}";
    let mut out: Vec<(String, Expr)> = Vec::new();
    for (word, at) in rest {
        let Some((key, text)) = word.split_once('=') else {
            return fail(*at, "querystring", format!("`{word}` is not name=value"), help);
        };
        if out.iter().any(|(k, _)| k == key) {
            return fail(*at, "querystring", format!("`{key}` is set twice"), help);
        }
        let offset = Pos {
            file: at.file,
            offset: at.offset + key.len() as u32 + 1,
        };
        out.push((key.to_owned(), value(text, offset)?));
    }
    Ok(out)
}

/// `a=b c=d`, or Django's older `b as a`.
pub(super) fn bindings(rest: &[(&str, Pos)], pos: Pos) -> Result<Vec<(String, Expr)>> {
    let mut out: Vec<(String, Expr)> = Vec::new();
    let mut i = 0;
    while i < rest.len() {
        let (word, at) = rest[i];
        let (name, expr) = match word.split_once('=') {
            Some((name, text)) if is_name(name) => {
                let offset = Pos {
                    file: at.file,
                    offset: at.offset + name.len() as u32 + 1,
                };
                i += 1;
                (name, value(text, offset)?)
            }
            _ if rest.get(i + 1).is_some_and(|(w, _)| *w == "as") && rest.get(i + 2).is_some() => {
                let name = rest[i + 2].0;
                i += 3;
                if rest.get(i).is_some_and(|(w, _)| *w == "and") {
                    i += 1;
                }
                (name, value(word, at)?)
            }
            _ => {
                return fail(
                    at,
                    "binding",
                    format!("`{word}` is not name=value"),
                    "write name=value",
                );
            }
        };
        if !is_name(name) {
            return fail(
                at,
                "binding",
                format!("`{name}` is not a name"),
                "write name=value",
            );
        }
        if out.iter().any(|(n, _)| n == name) {
            return fail(pos, "binding", format!("`{name}` is bound twice"), "bind it once");
        }
        out.push((name.to_owned(), expr));
    }
    Ok(out)
}

pub(super) fn one_literal(rest: &[(&str, Pos)], pos: Pos, tag: &str, help: &str) -> Result<String> {
    if let [(word, at)] = rest
        && let Expr::Str(text, _) = value(word, *at)?
    {
        return Ok(text);
    }
    fail(
        pos,
        "literal",
        format!("{{% {tag} %}} takes one literal in quotes"),
        format!("write {help}"),
    )
}

pub(super) fn end_name(words: &[(&str, Pos)], name: &str, pos: Pos) -> Result<()> {
    match words {
        [_, (given, at)] if *given != name => fail(
            *at,
            "end-name",
            format!("this ends `{given}`, but `{name}` is open"),
            format!("write `{name}` here"),
        ),
        [_, _, (_, at), ..] => fail(
            *at,
            "end-name",
            "more than one name after the end tag",
            "write one name or none",
        ),
        _ => {
            let _ = pos;
            Ok(())
        }
    }
}

pub(super) fn template_tag(rest: &[(&str, Pos)], pos: Pos) -> Result<&'static str> {
    let found = match rest {
        [(name, _)] => match *name {
            "openblock" => Some("{%"),
            "closeblock" => Some("%}"),
            "openvariable" => Some("{{"),
            "closevariable" => Some("}}"),
            "openbrace" => Some("{"),
            "closebrace" => Some("}"),
            "opencomment" => Some("{#"),
            "closecomment" => Some("#}"),
            _ => None,
        },
        _ => None,
    };
    found.map_or_else(
        || fail(pos, "templatetag", "an unknown name in {% templatetag %}", "use openblock, closeblock, openvariable, closevariable, openbrace, closebrace, opencomment or closecomment"),
        Ok,
    )
}

/// Whether there is such a tag.
pub(super) fn is_tag(name: &str) -> bool {
    TAGS.contains(&name)
}

pub(super) fn unknown_tag<T>(name: &str, pos: Pos) -> Result<T> {
    let help = match name {
        "autoescape" => {
            "escaping cannot be switched off: markup is a value of type SafeHtml (from a template, `safe_html!`, the sanitizer, or SafeHtml::trust with a waiver)".to_owned()
        }
        "filter" => "apply the filter to the value: {{ value|filter }}".to_owned(),
        "regroup" | "ifchanged" => format!("{{% {name} %}} is not part of this version: group in the view"),
        "cache" => "fragment caching is not part of this version".to_owned(),
        "translate" | "trans" | "blocktranslate" | "blocktrans" => "translation is not part of this version".to_owned(),
        "debug" | "lorem" => "remove it".to_owned(),
        "elseif" | "elsif" => "write {% elif %}".to_owned(),
        _ if name.starts_with("end") || matches!(name, "else" | "elif" | "empty" | "fill") => {
            format!("no block that {{% {name} %}} could belong to is open here")
        }
        _ => match nearest(name, TAGS.iter().copied()) {
            Some(near) => format!("did you mean {{% {near} %}}?"),
            None => "tags of your own are called with {% call function arguments %}".to_owned(),
        },
    };
    fail(pos, "unknown-tag", format!("there is no tag `{name}` here"), help)
}
