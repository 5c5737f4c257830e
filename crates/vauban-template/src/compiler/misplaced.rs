//! What a mail's HTML may not have.

use super::ast::Node;
use super::error::{Error, Pos};
use super::html::ir::{Op, each};

/// What no mail may have: what runs, sends or loads (CWE-79: mail programs differ in what they stop), and what means
/// something on the site only.
pub(super) fn misplaced(ops: &[Op], nodes: &[Node], hints: &[Error]) -> Vec<Error> {
    let mut found = Vec::new();
    let mut told = |pos: Pos, what: String, help: &str| found.push(Error::new(pos, "mail", what, help));
    let whole = "give the struct a whole address: `link: AbsoluteUrl`, and write href=\"{{ link }}\"";
    each(ops, &mut |op| match op {
        Op::Url(url, _) => told(url.pos, "{% url %} in a mail: it writes a path".to_owned(), whole),
        Op::Static(_, _, pos) => told(*pos, "{% static %} in a mail: it writes a path".to_owned(), whole),
        Op::QueryString(_, _, pos) => told(*pos, "{% querystring %} in a mail".to_owned(), whole),
        Op::Component(component, ..) => told(
            component.pos,
            "a component in a mail: its template is a page's".to_owned(),
            "write {% include \"mail/part.html\" %}",
        ),
        Op::Slot(_, _, _) | Op::FormToken(_) | Op::Nonce => told(
            Pos::default(),
            "a form, a nonce or a slot in a mail".to_owned(),
            "link to a page of the site",
        ),
        _ => {}
    });
    text(nodes, &mut |text, pos| {
        let lower = text.to_ascii_lowercase();
        let at = |offset: usize| Pos {
            offset: pos.offset + u32::try_from(offset).unwrap_or(0),
            ..pos
        };
        for tag in FORBIDDEN {
            for (offset, _) in lower.match_indices(tag) {
                told(
                    at(offset),
                    format!("`{tag}` in a mail"),
                    "mail programs do not run, send or frame anything: link to a page of the site; styles are written into \
                     style=\"\"",
                );
            }
        }
        for start in ["href=\"", "src=\"", "background=\""] {
            for (offset, _) in lower.match_indices(start) {
                let value = &lower[offset + start.len()..];
                // Nothing behind it: the template writes the address.
                let is_whole = value.is_empty()
                    || ["https:", "http:", "mailto:", "tel:", "cid:", "#"]
                        .iter()
                        .any(|scheme| value.starts_with(scheme));
                if !is_whole {
                    told(
                        at(offset),
                        "an address that is not whole, in a mail".to_owned(),
                        whole,
                    );
                }
            }
        }
    });
    let does = hints
        .iter()
        .filter(|hint| hint.class.starts_with("csp-") && !["csp-style", "csp-image"].contains(&hint.class));
    for hint in does {
        told(
            hint.pos,
            hint.found.clone(),
            "no mail program does it: leave it out",
        );
    }
    found
}

/// Elements that do something.
const FORBIDDEN: &[&str] = &[
    "<script",
    "<form",
    "<iframe",
    "<frame",
    "<object",
    "<embed",
    "<base",
    "<link",
    "<svg",
    "<math",
    "<video",
    "<audio",
    "<input",
    "<textarea",
    "<select",
    "http-equiv",
];

/// Every piece of a template's own text.
#[allow(clippy::match_same_arms)] // Of different types.
fn text(nodes: &[Node], visit: &mut dyn FnMut(&str, Pos)) {
    for node in nodes {
        match node {
            Node::Text(piece, pos) => visit(piece, *pos),
            Node::If(branches, otherwise, _) => {
                for (_, body) in branches {
                    text(body, visit);
                }
                text(otherwise, visit);
            }
            Node::For(f) => {
                text(&f.body, visit);
                text(&f.empty, visit);
            }
            Node::With(_, body, _) | Node::Only(_, body, _) | Node::Spaceless(body, _) => text(body, visit),
            Node::Block(_, body, _) | Node::Fragment(_, body, _) => text(body, visit),
            Node::Written(_, body, _) => text(body, visit),
            _ => {}
        }
    }
}
