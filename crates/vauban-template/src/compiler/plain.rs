//! Plain texts: the same tags, and no markup. Every value has one context, [`Context::Plain`].

use super::ast::Node;
use super::error::{Result, fail};
use super::html::ir::{Context, ForOp, Op, push};
use super::resolve::position;

/// Whether a template of this name is a plain text.
pub fn is_plain(name: &str) -> bool {
    name.ends_with(".txt")
}

/// The steps that write a plain text.
///
/// # Errors
/// The first tag that means something in a page only.
pub fn analyse(nodes: &[Node]) -> Result<Vec<Op>> {
    let mut ops = Vec::new();
    for node in nodes {
        step(node, &mut ops)?;
    }
    Ok(ops)
}

/// The variables that a template names.
#[derive(Debug, Default)]
pub struct Roots(String);

/// Those of some steps.
pub fn roots(ops: &[Op]) -> Roots {
    // The text of the debug form names every path.
    Roots(format!("{ops:?}"))
}

impl Roots {
    /// Whether the template names it.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&format!("root: {name:?}"))
    }
}

#[allow(clippy::match_same_arms)] // Of different types.
fn step(node: &Node, ops: &mut Vec<Op>) -> Result<()> {
    let plain = Context::Plain;
    match node {
        Node::Text(text, _) => push(ops, text),
        Node::Put(expr, pos) => ops.push(Op::Put(expr.clone(), plain, *pos)),
        Node::If(branches, otherwise, pos) => {
            let branches = branches
                .iter()
                .map(|(test, nodes)| Ok((test.clone(), analyse(nodes)?)));
            let branches = branches.collect::<Result<Vec<_>>>()?;
            ops.push(Op::If(branches, analyse(otherwise)?, *pos));
        }
        Node::For(f) => ops.push(Op::For(Box::new(ForOp {
            names: f.names.clone(),
            over: f.over.clone(),
            reversed: f.reversed,
            body: analyse(&f.body)?,
            empty: analyse(&f.empty)?,
            pos: f.pos,
        }))),
        Node::With(bindings, nodes, pos) => ops.push(Op::With(bindings.clone(), analyse(nodes)?, *pos)),
        Node::Only(bindings, nodes, pos) => ops.push(Op::Only(bindings.clone(), analyse(nodes)?, *pos)),
        Node::Cycle(cycle) if !cycle.silent => ops.push(Op::Cycle(cycle.clone(), Some(plain))),
        Node::ResetCycle(name, pos) => ops.push(Op::ResetCycle(name.clone(), *pos)),
        Node::FirstOf(values, pos) => ops.push(Op::FirstOf(values.clone(), plain, *pos)),
        Node::Now(format, pos) => ops.push(Op::Now(format.clone(), plain, *pos)),
        Node::WidthRatio(values, pos) => ops.push(Op::WidthRatio(values.clone(), plain, *pos)),
        Node::Call(call) => ops.push(Op::Call(call.clone(), plain)),
        Node::Block(_, nodes, _) => ops.extend(analyse(nodes)?),
        Node::Written(_, nodes, _) => ops.extend(analyse(nodes)?),
        Node::Url(url) => {
            return fail(
                url.pos,
                "url-place",
                "{% url %} in a plain text: it writes a path, and whoever reads the text is not on the site",
                "give the struct a whole address: `link: AbsoluteUrl`, and write {{ link }} on a line of its own",
            );
        }
        other => {
            return fail(
                position(other),
                "plain-text",
                "a tag that is for pages, in a plain text",
                "plain texts have {{ values }}, if, for, with, include, extends and block, cycle, firstof, now, widthratio \
                 and call",
            );
        }
    }
    Ok(())
}
