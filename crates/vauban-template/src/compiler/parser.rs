//! Tokens into a tree: the block structure of Django's tags.

use super::ast::{Call, Component, Expr, For, Node, Path, Step};
use super::error::{Pos, Result, fail};
use super::expr::{condition, is_name, is_path, value, words};
use std::collections::HashSet;
use std::rc::Rc;

use super::lexer::{Token, tokens};

mod simple;

use simple::{
    bindings, cycle_tag, end_name, include_tag, is_tag, one_literal, query_arguments, template_tag,
    unknown_tag, url_tag, variable,
};

/// How deep blocks may nest: the compiler walks the tree recursively (CWE-674).
pub const MAX_DEPTH: usize = 100;
/// How many words a tag may have, and how many branches an `{% if %}`: what is made of them nests (CWE-400).
const MAX_WORDS: usize = 250;
/// How long a file may be, in bytes.
const MAX_FILE: usize = 1 << 20;

/// A file, parsed and not resolved yet: what it extends, its blocks, the rest.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The parent named by `{% extends %}`.
    pub extends: Option<(String, Pos)>,
    /// Everything else.
    pub nodes: Vec<Node>,
    /// `{% partialdef %}` by name.
    pub partials: Vec<(String, Rc<Vec<Node>>, Pos)>,
}

/// Parses one file.
///
/// # Errors
/// The first thing that is not the template language.
pub fn parse(source: &str, file: u16) -> Result<File> {
    if source.len() > MAX_FILE {
        return fail(
            Pos { file, offset: 0 },
            "too-large",
            format!("a template of {} bytes", source.len()),
            format!("at most {MAX_FILE}: what is not a template is a static file"),
        );
    }
    let tokens = tokens(source, file)?;
    let mut parser = Parser {
        source,
        tokens: tokens.into_iter(),
        file: File::default(),
        blocks: HashSet::new(),
        partials: HashSet::new(),
        depth: 0,
    };
    let end = Pos {
        file,
        offset: source.len() as u32,
    };
    let (nodes, stop) = parser.nodes(&[], end, "")?;
    debug_assert!(stop.is_none());
    parser.file.nodes = nodes;
    Ok(parser.file)
}

struct Parser<'s> {
    source: &'s str,
    tokens: std::vec::IntoIter<Token<'s>>,
    file: File,
    blocks: HashSet<String>,
    partials: HashSet<String>,
    depth: usize,
}

/// The tag that ended a list of nodes: its words and place.
type Stop<'s> = Option<(Words<'s>, Pos)>;
/// The words of a tag.
type Words<'s> = Vec<(&'s str, Pos)>;

impl<'s> Parser<'s> {
    /// Nodes up to one of the tags in `until` (or the end of the file where there is none).
    fn nodes(&mut self, until: &[&str], start: Pos, open: &str) -> Result<(Vec<Node>, Stop<'s>)> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return fail(
                start,
                "too-deep",
                format!("blocks nest more than {MAX_DEPTH} deep"),
                "move a part into an included file or compute it in the view",
            );
        }
        let mut out = Vec::new();
        // What follows `{% url … as name %}` is nested in it.
        let outer = self.depth - 1;
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Text(text, pos) => out.push(Node::Text(text.to_owned(), pos)),
                Token::Variable(text, pos) => out.push(variable(text, pos)?),
                Token::Tag(text, pos) => {
                    let words = words(text, pos);
                    let Some((name, _)) = words.first() else {
                        return fail(
                            pos,
                            "empty-tag",
                            "an empty tag",
                            "write a tag's name between {% and %}",
                        );
                    };
                    if until.contains(name) {
                        self.depth = outer;
                        return Ok((fold(out), Some((words, pos))));
                    }
                    let ends = name.strip_prefix("end").is_some_and(is_tag);
                    if let Some(end) = until.last()
                        && (ends || matches!(*name, "else" | "elif" | "empty"))
                    {
                        let line = self.line_of(start);
                        let help = match (open, *name) {
                            ("for", "else") => {
                                "write {% endfor %} first; for a list without rows, {% empty %}".to_owned()
                            }
                            _ => format!("write {{% {end} %}} first"),
                        };
                        return fail(
                            pos,
                            "unclosed-block",
                            format!("{{% {name} %}} while {{% {open} %}} of line {line} is open"),
                            help,
                        );
                    }
                    if words.len() > MAX_WORDS {
                        return fail(
                            pos,
                            "too-large",
                            format!("a tag of {} words", words.len()),
                            format!("at most {MAX_WORDS}: prepare the list in the view"),
                        );
                    }
                    self.tag(&words, pos, &mut out)?;
                    if matches!(out.last(), Some(Node::Bind(..))) {
                        self.depth += 1;
                        if self.depth > MAX_DEPTH {
                            return fail(
                                pos,
                                "too-deep",
                                format!("more than {MAX_DEPTH} names bound in one block"),
                                "compute them in the view",
                            );
                        }
                    }
                }
            }
        }
        self.depth = outer;
        if until.is_empty() {
            return Ok((fold(out), None));
        }
        let end = until.last().copied().unwrap_or_default();
        fail(
            start,
            "unclosed-block",
            format!("{{% {open} %}} is never closed"),
            format!("add {{% {end} %}}"),
        )
    }

    /// The line of a place in this file, from 1.
    fn line_of(&self, pos: Pos) -> usize {
        let before = self.source.as_bytes().iter().take(pos.offset as usize);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// The nodes of a block with one end tag.
    fn body(&mut self, open: &str, pos: Pos) -> Result<(Vec<Node>, Words<'s>)> {
        let end = format!("end{open}");
        let (nodes, stop) = self.nodes(&[&end], pos, open)?;
        Ok((nodes, stop.map(|(words, _)| words).unwrap_or_default()))
    }

    fn tag(&mut self, words: &[(&'s str, Pos)], pos: Pos, out: &mut Vec<Node>) -> Result<()> {
        let name = words[0].0;
        let rest = &words[1..];
        let node = match name {
            "if" => self.if_tag(rest, pos)?,
            "for" => self.for_tag(rest, pos)?,
            "with" => {
                let bindings = bindings(rest, pos)?;
                if bindings.is_empty() {
                    return fail(
                        pos,
                        "with",
                        "{% with %} binds nothing",
                        "write {% with name=value %}",
                    );
                }
                let (nodes, _) = self.body("with", pos)?;
                Node::With(bindings, nodes, pos)
            }
            "block" => self.block_tag(rest, pos)?,
            "extends" => return self.extends_tag(rest, pos, out),
            "include" => include_tag(rest, pos)?,
            "url" => {
                let url = url_tag(rest, pos)?;
                if let Some(name) = url.bind.clone() {
                    out.push(Node::Bind(name, Expr::Url(Box::new(url)), pos));
                    return Ok(());
                }
                Node::Url(Box::new(url))
            }
            "static" => Node::Static(
                one_literal(rest, pos, "static", "{% static \"css/site.css\" %}")?,
                pos,
            ),
            "csp_nonce" => Node::Nonce(pos),
            "csrf_token" => Node::CsrfToken(pos),
            "cycle" => cycle_tag(rest, pos)?,
            "resetcycle" => Node::ResetCycle(rest.first().map(|(n, _)| (*n).to_owned()), pos),
            "firstof" => {
                if rest.is_empty() {
                    return fail(
                        pos,
                        "firstof",
                        "{% firstof %} without values",
                        "write {% firstof a b \"none\" %}",
                    );
                }
                if let [front @ .., ("as", _), (name, _)] = rest
                    && !front.is_empty()
                {
                    let mut values = front.iter().rev().map(|(w, p)| value(w, *p));
                    let mut all = values.next().unwrap_or_else(|| value("None", pos))?;
                    for one in values {
                        all = Expr::Filter(Box::new(one?), "default".to_owned(), Some(Box::new(all)), pos);
                    }
                    out.push(Node::Bind((*name).to_owned(), all, pos));
                    return Ok(());
                }
                Node::FirstOf(
                    rest.iter().map(|(w, p)| value(w, *p)).collect::<Result<_>>()?,
                    pos,
                )
            }
            "now" => Node::Now(one_literal(rest, pos, "now", "{% now \"Y\" %}")?, pos),
            "querystring" => Node::QueryString(query_arguments(rest)?, pos),
            "spaceless" => {
                let (nodes, _) = self.body("spaceless", pos)?;
                Node::Spaceless(nodes, pos)
            }
            "widthratio" => {
                let (rest, bind) = match rest {
                    [front @ .., ("as", _), (name, _)] => (front, Some((*name).to_owned())),
                    _ => (rest, None),
                };
                if rest.len() != 3 {
                    return fail(
                        pos,
                        "widthratio",
                        "{% widthratio %} takes three values",
                        "write {% widthratio value max 100 %}",
                    );
                }
                let values = Box::new([
                    value(rest[0].0, rest[0].1)?,
                    value(rest[1].0, rest[1].1)?,
                    value(rest[2].0, rest[2].1)?,
                ]);
                match bind {
                    Some(name) => Node::Bind(name, Expr::WidthRatio(values, pos), pos),
                    None => Node::WidthRatio(values, pos),
                }
            }
            "templatetag" => Node::Text(template_tag(rest, pos)?.to_owned(), pos),
            "fragment" | "partialdef" => return self.partial_tag(name, rest, pos, out),
            "partial" => match rest {
                [(name, _)] => Node::Partial((*name).to_owned(), pos),
                _ => {
                    return fail(
                        pos,
                        "partial",
                        "{% partial %} takes one name",
                        "write {% partial name %}",
                    );
                }
            },
            "component" => self.component_tag(rest, pos)?,
            "slot" => {
                let [(name, _)] = rest else {
                    return fail(
                        pos,
                        "slot",
                        "{% slot %} takes one name",
                        "write {% slot content %}…{% endslot %}",
                    );
                };
                let (nodes, _) = self.body("slot", pos)?;
                Node::Slot((*name).to_owned(), nodes, pos)
            }
            "call" => {
                let Some(((name, at), arguments)) = rest.split_first() else {
                    return fail(
                        pos,
                        "call",
                        "{% call %} without a function",
                        "write {% call function a b %}",
                    );
                };
                if !is_path(name) {
                    return fail(
                        *at,
                        "call",
                        format!("`{name}` is not a function's name"),
                        "write {% call function a b %}",
                    );
                }
                let arguments = arguments
                    .iter()
                    .map(|(w, p)| value(w, *p))
                    .collect::<Result<_>>()?;
                Node::Call(Box::new(Call {
                    name: (*name).to_owned(),
                    arguments,
                    pos,
                }))
            }
            "waiver" => match rest {
                [(wall, _), (reason, at)] if is_name(wall) => match value(reason, *at)? {
                    Expr::Str(reason, _) => Node::Waiver((*wall).to_owned(), reason, pos),
                    _ => {
                        return fail(
                            *at,
                            "waiver",
                            "a waiver's reason is a literal",
                            "write it in quotes",
                        );
                    }
                },
                _ => {
                    return fail(
                        pos,
                        "waiver",
                        "{% waiver %} takes a wall and a reason",
                        "write {% waiver CrossOriginForm \"why this is safe\" %}",
                    );
                }
            },
            "load" => {
                return Ok(()); // Django's {% load %}: filters and tags are found by name, nothing to load.
            }
            other => return unknown_tag(other, pos),
        };
        out.push(node);
        Ok(())
    }

    fn if_tag(&mut self, rest: &[(&'s str, Pos)], pos: Pos) -> Result<Node> {
        let mut branches = Vec::new();
        let mut test = condition(rest, pos)?;
        loop {
            let (nodes, stop) = self.nodes(&["elif", "else", "endif"], pos, "if")?;
            branches.push((test, nodes));
            if branches.len() > MAX_WORDS {
                return fail(
                    pos,
                    "too-large",
                    format!("an {{% if %}} with more than {MAX_WORDS} branches"),
                    "decide in the view",
                );
            }
            let Some((words, at)) = stop else {
                return fail(pos, "unclosed-block", "no {% endif %}", "add it");
            };
            match words[0].0 {
                "elif" => test = condition(&words[1..], at)?,
                "else" => {
                    if words.len() > 1 {
                        return fail(
                            at,
                            "else",
                            "{% else %} with words after it",
                            "write {% elif condition %}",
                        );
                    }
                    let (otherwise, _) = self.body("if", pos)?;
                    return Ok(Node::If(branches, otherwise, pos));
                }
                _ => return Ok(Node::If(branches, Vec::new(), pos)),
            }
        }
    }

    fn for_tag(&mut self, rest: &[(&'s str, Pos)], pos: Pos) -> Result<Node> {
        let help = "write {% for item in list %} or {% for key, value in map %}";
        let mut rest = rest;
        let reversed = rest.last().is_some_and(|(w, _)| *w == "reversed");
        if reversed {
            rest = &rest[..rest.len() - 1];
        }
        let Some(split) = rest.iter().position(|(w, _)| *w == "in") else {
            return fail(pos, "for", "{% for %} without `in`", help);
        };
        let [(over, over_pos)] = &rest[split + 1..] else {
            return fail(pos, "for", "{% for %} walks one value", help);
        };
        let list: String = rest[..split]
            .iter()
            .map(|(w, _)| *w)
            .collect::<Vec<_>>()
            .join(" ");
        let names: Vec<String> = list.split(',').map(|n| n.trim().to_owned()).collect();
        if names.iter().any(|n| !is_name(n)) {
            return fail(pos, "for", format!("`{list}` is not a list of names"), help);
        }
        let over = value(over, *over_pos)?;
        let (body, stop) = self.nodes(&["empty", "endfor"], pos, "for")?;
        let mut empty = Vec::new();
        if stop.is_some_and(|(words, _)| words[0].0 == "empty") {
            empty = self.body("for", pos)?.0;
        }
        Ok(Node::For(Box::new(For {
            names,
            over,
            reversed,
            body,
            empty,
            pos,
        })))
    }

    fn block_tag(&mut self, rest: &[(&'s str, Pos)], pos: Pos) -> Result<Node> {
        let [(name, _)] = rest else {
            return fail(
                pos,
                "block",
                "{% block %} takes one name",
                "write {% block content %}",
            );
        };
        if !self.blocks.insert((*name).to_owned()) {
            return fail(
                pos,
                "duplicate-block",
                format!("block `{name}` appears twice in this file"),
                "give the second one another name",
            );
        }
        let (nodes, end) = self.body("block", pos)?;
        end_name(&end, name, pos)?;
        Ok(Node::Block((*name).to_owned(), Rc::new(nodes), pos))
    }

    fn extends_tag(&mut self, rest: &[(&'s str, Pos)], pos: Pos, before: &[Node]) -> Result<()> {
        if self.file.extends.is_some() {
            return fail(
                pos,
                "extends",
                "{% extends %} appears twice",
                "a template has one parent",
            );
        }
        if before
            .iter()
            .any(|n| !matches!(n, Node::Text(t, _) if t.trim().is_empty()))
            || self.depth > 1
        {
            return fail(
                pos,
                "extends",
                "{% extends %} is not the first tag",
                "put {% extends \"base.html\" %} at the top; what stands before it would not be shown",
            );
        }
        let name = one_literal(rest, pos, "extends", "{% extends \"base.html\" %}")?;
        self.file.extends = Some((name, pos));
        Ok(())
    }

    fn partial_tag(
        &mut self,
        tag: &str,
        rest: &[(&'s str, Pos)],
        pos: Pos,
        out: &mut Vec<Node>,
    ) -> Result<()> {
        let (name, inline) = match rest {
            [(name, _)] => (*name, tag == "fragment"),
            [(name, _), ("inline", _)] if tag == "partialdef" => (*name, true),
            _ => {
                return fail(
                    pos,
                    "partial",
                    format!("{{% {tag} %}} takes one name"),
                    "write {% partialdef name %} or {% partialdef name inline %}",
                );
            }
        };
        if !self.partials.insert(name.to_owned()) {
            return fail(
                pos,
                "partial",
                format!("`{name}` is defined twice"),
                "give the second one another name",
            );
        }
        // The name is taken before the body is read, so that a partial inside cannot take it as well.
        let slot = self.file.partials.len();
        self.file.partials.push((name.to_owned(), Rc::default(), pos));
        let (nodes, end) = self.body(tag, pos)?;
        end_name(&end, name, pos)?;
        let nodes = Rc::new(nodes);
        self.file.partials[slot].1 = Rc::clone(&nodes);
        if inline {
            out.push(Node::Fragment(name.to_owned(), nodes, pos));
        }
        Ok(())
    }

    fn component_tag(&mut self, rest: &[(&'s str, Pos)], pos: Pos) -> Result<Node> {
        let Some(((path, at), arguments)) = rest.split_first() else {
            return fail(
                pos,
                "component",
                "{% component %} without a name",
                "write {% component Card title=title %}",
            );
        };
        if !is_path(path) {
            return fail(
                *at,
                "component",
                format!("`{path}` is not a struct's name"),
                "write {% component Card title=title %}",
            );
        }
        let arguments = bindings(arguments, pos)?;
        let mut slots: Vec<(String, Vec<Node>)> = vec![("content".to_owned(), Vec::new())];
        loop {
            let (nodes, stop) = self.nodes(&["fill", "endcomponent"], pos, "component")?;
            slots[0].1.extend(nodes);
            let Some((words, at)) = stop else { break };
            if words[0].0 != "fill" {
                break;
            }
            let [_, (name, _)] = words[..] else {
                return fail(
                    at,
                    "component",
                    "{% fill %} takes one name",
                    "write {% fill footer %}…{% endfill %}",
                );
            };
            if slots.iter().any(|(n, _)| n == name) {
                return fail(
                    at,
                    "component",
                    format!("slot `{name}` is filled twice"),
                    "fill it once",
                );
            }
            let (nodes, _) = self.body("fill", at)?;
            slots.push((name.to_owned(), nodes));
        }
        Ok(Node::Component(Box::new(Component {
            path: (*path).to_owned(),
            arguments,
            slots,
            pos,
        })))
    }
}

/// What follows a binding becomes its body.
fn fold(mut nodes: Vec<Node>) -> Vec<Node> {
    // From the back, so that each binding takes what is already folded.
    let mut i = nodes.len();
    while i > 0 {
        i -= 1;
        if matches!(nodes[i], Node::Bind(..)) {
            let tail = nodes.split_off(i + 1);
            if let Some(Node::Bind(name, expr, pos)) = nodes.pop() {
                nodes.push(Node::With(vec![(name, expr)], tail, pos));
            }
        }
    }
    nodes
}

/// The path of a variable, for building bindings.
pub fn variable_path(name: &str, rest: Vec<Step>, pos: Pos) -> Expr {
    Expr::Path(Path {
        root: name.to_owned(),
        rest,
        pos,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        parse(source, 0).map_or_else(|e| e.found.clone(), |_| "fine".to_owned())
    }

    #[test]
    fn structure() {
        assert_eq!(error("{% if a %}x{% elif b %}y{% else %}z{% endif %}"), "fine");
        assert_eq!(
            error("{% for k, v in m reversed %}{{ k }}{% empty %}-{% endfor %}"),
            "fine"
        );
        assert_eq!(
            error("{% block a %}{% block b %}{% endblock b %}{% endblock a %}"),
            "fine"
        );
        assert_eq!(error("{% include \"a.html\" with x=y only %}"), "fine");
        assert_eq!(error("{% if a %}x"), "{% if %} is never closed");
        assert_eq!(
            error("{% if a %}\n{% for x in y %}{% else %}{% endif %}"),
            "{% else %} while {% for %} of line 2 is open"
        );
        assert_eq!(
            error("{% for x in y %}{% block b %}{% empty %}"),
            "{% empty %} while {% block %} of line 1 is open"
        );
        assert_eq!(error("{% endif %}"), "there is no tag `endif` here");
        assert_eq!(error("{% for x items %}{% endfor %}"), "{% for %} without `in`");
        assert_eq!(
            error("{% block a %}{% endblock %}{% block a %}{% endblock %}"),
            "block `a` appears twice in this file"
        );
        assert_eq!(
            error("{% autoescape off %}{% endautoescape %}"),
            "there is no tag `autoescape` here"
        );
        assert_eq!(
            error("{% include name %}"),
            "the file of {% include %} is not a literal"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "{% if a %}".repeat(5000);
        assert!(error(&deep).contains("deep"));
    }
}
