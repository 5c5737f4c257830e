//! The walk over the tree: one state goes in, one comes out, and every value gets its context.

use super::attributes::Kind;
use super::ir::{Context, ForOp, Fragment, Inside, Op, push};
use super::join::{join, settle};
use super::lint::Lints;
use super::state::{Given, Mode, State};
use crate::compiler::ast::{Expr, Node};
use crate::compiler::error::{Error, Pos, Result, fail};

/// A page with contexts.
#[derive(Debug, Default)]
pub struct Analysed {
    /// What the generated code writes, in order.
    pub ops: Vec<Op>,
    /// Whether a form token is written.
    pub uses_token: bool,
    /// Whether a nonce is written.
    pub uses_nonce: bool,
    /// The other origins that its POST forms go to.
    pub forms_to: Vec<String>,
}

/// Reads a template as a browser would and decides for each value what it stands in.
///
/// CWE-79: what decides how the next text is read or written stands in the [`State`], which every way through the
/// template has for itself and which is joined where they meet. Here is only what does not depend on the way.
#[derive(Debug, Default)]
pub struct Machine {
    pub(super) state: State,
    pub(super) ops: Vec<Op>,
    /// What was found wrong without stopping.
    pub problems: Vec<Error>,
    pub(super) lints: Lints,
    pub(super) uses_token: bool,
    pub(super) uses_nonce: bool,
    pub(super) forms_to: Vec<String>,
    /// Elements may stay open at the end: a piece of a page.
    pub piece: bool,
    /// A part of a component stands in a POST form of the page.
    pub(super) in_post: bool,
    /// Loops round this place.
    loops: usize,
    /// How much may still be read.
    budget: usize,
}

/// A loop's body may be read twice, and so may each loop in it (CWE-400).
const MAX_LOOPS: usize = 10;

/// How much of a value may stand before a branch in it, in bytes.
const MAX_KNOWN: usize = 4_000;
/// How many elements may be open; browsers stop at about 512.
pub(super) const MAX_OPEN: usize = 200;
/// How many attributes a tag may have.
pub(super) const MAX_ATTRIBUTES: usize = 100;
/// How many cycles may go on silently.
const MAX_SILENT: usize = 50;
/// How often all text and all nodes may be read, on the average: loops are read again (CWE-400).
const MAX_READINGS: usize = 8;

/// Analyses a whole page.
///
/// # Errors
/// The first structural mistake. Misplaced values are gathered in [`Machine::problems`].
pub fn analyse(machine: &mut Machine, nodes: &[Node], end: Pos) -> Result<Analysed> {
    machine.state = State::default();
    machine.ops = Vec::new();
    machine.budget = MAX_READINGS * weight(nodes) + 10_000;
    machine.walk(nodes)?;
    machine.finish(end)?;
    Ok(Analysed {
        ops: std::mem::take(&mut machine.ops),
        uses_token: machine.uses_token,
        uses_nonce: machine.uses_nonce,
        forms_to: std::mem::take(&mut machine.forms_to),
    })
}

/// The state after a literal prefix and the context a value would get there: for tests and tools.
///
/// # Errors
/// What is wrong with the prefix, or why a value there is refused.
pub fn context_after(prefix: &str) -> Result<(Mode, Option<Context>)> {
    let mut machine = Machine {
        piece: true,
        ..Machine::default()
    };
    let pos = Pos {
        file: 0,
        offset: prefix.len() as u32,
    };
    machine.feed(prefix, Pos::default())?;
    let mode = machine.state.mode.clone();
    let context = machine.place(pos)?;
    Ok((mode, context))
}

/// What it costs to read nodes once.
#[allow(clippy::match_same_arms)] // Of different types.
fn weight(nodes: &[Node]) -> usize {
    let all = |nodes: &[Node]| weight(nodes);
    nodes
        .iter()
        .map(|node| {
            8 + match node {
                Node::Text(text, _) => text.len(),
                Node::If(branches, otherwise, _) => {
                    branches.iter().map(|(_, body)| all(body)).sum::<usize>() + all(otherwise)
                }
                Node::For(f) => all(&f.body) + all(&f.empty),
                Node::With(_, body, _)
                | Node::Only(_, body, _)
                | Node::Spaceless(body, _)
                | Node::Slot(_, body, _) => all(body),
                Node::Block(_, body, _) | Node::Fragment(_, body, _) => all(body),
                Node::Written(_, body, _) => all(body),
                Node::Component(component) => component.slots.iter().map(|(_, body)| all(body)).sum(),
                _ => 0,
            }
        })
        .sum()
}

impl Machine {
    /// A machine for a page, or for a piece of one.
    pub fn new(piece: bool) -> Self {
        Self {
            piece,
            ..Self::default()
        }
    }

    pub(super) fn emit(&mut self, text: &str) {
        push(&mut self.ops, text);
    }

    /// Notes a mistake and goes on.
    pub(super) fn report<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if self.problems.len() < 100 {
                    self.problems.push(*error);
                }
                None
            }
        }
    }

    pub(super) fn walk(&mut self, nodes: &[Node]) -> Result<()> {
        for node in nodes {
            self.node(node)?;
        }
        Ok(())
    }

    /// Runs nodes from a state into a list of their own.
    pub(super) fn branch(&mut self, from: &State, nodes: &[Node]) -> Result<(Vec<Op>, State)> {
        self.state = from.clone();
        let outer = std::mem::take(&mut self.ops);
        let result = self.walk(nodes).and_then(|()| self.no_waiver());
        self.protect_ampersand();
        let ops = std::mem::replace(&mut self.ops, outer);
        result?;
        Ok((ops, std::mem::take(&mut self.state)))
    }

    fn node(&mut self, node: &Node) -> Result<()> {
        let cost = 8 + if let Node::Text(text, _) = node {
            text.len()
        } else {
            0
        };
        let Some(rest) = self.budget.checked_sub(cost) else {
            return fail(
                crate::compiler::resolve::position(node),
                "too-large",
                "loops in loops, inside a tag or a script, that would be read too often",
                "write whole elements in the loop, or prepare the list in the view",
            );
        };
        self.budget = rest;
        if !matches!(node, Node::Text(..)) {
            self.protect_ampersand();
        }
        match node {
            Node::Text(text, pos) => self.feed(text, *pos)?,
            Node::Put(expr, pos) => self.put(expr, *pos)?,
            Node::If(branches, otherwise, pos) => self.branches(branches, otherwise, *pos)?,
            Node::For(f) => self.loop_(f)?,
            Node::With(bindings, nodes, pos) => {
                let start = self.settled(*pos)?;
                let (ops, end) = self.branch(&start, nodes)?;
                self.state = end;
                self.ops.push(Op::With(bindings.clone(), ops, *pos));
            }
            Node::Only(bindings, nodes, pos) => {
                let start = self.settled(*pos)?;
                let (ops, end) = self.branch(&start, nodes)?;
                self.state = end;
                self.ops.push(Op::Only(bindings.clone(), ops, *pos));
            }
            Node::Url(url) => {
                if let Some(context) = self.typed_place(url.pos)? {
                    self.ops.push(Op::Url(url.clone(), context));
                }
            }
            Node::Static(path, pos) => {
                if let Some(context) = self.typed_place(*pos)? {
                    self.ops.push(Op::Static(path.clone(), context, *pos));
                }
            }
            Node::Nonce(pos) => self.nonce(*pos)?,
            Node::CsrfToken(_) => {}
            Node::Cycle(cycle) if self.state.silent.len() > MAX_SILENT => {
                return fail(
                    cycle.pos,
                    "too-large",
                    format!("more than {MAX_SILENT} silent cycles"),
                    "put them into a loop, or into a component",
                );
            }
            Node::Cycle(cycle) if self.is_silent(cycle) => {
                // Nothing is written here, so that no place is used up.
                self.ops.push(Op::Cycle(cycle.clone(), None));
            }
            Node::Cycle(cycle) => {
                if let Some(context) = self.value_place(cycle.pos)? {
                    self.write(Op::Cycle(cycle.clone(), Some(context)), context);
                }
            }
            Node::ResetCycle(name, pos) => self.ops.push(Op::ResetCycle(name.clone(), *pos)),
            Node::FirstOf(values, pos) => {
                if let Some(context) = self.value_place(*pos)? {
                    self.write(Op::FirstOf(values.clone(), context, *pos), context);
                }
            }
            Node::Now(format, pos) => {
                if let Some(context) = self.value_place(*pos)? {
                    self.ops.push(Op::Now(format.clone(), context, *pos));
                }
            }
            Node::QueryString(arguments, pos) => {
                if let Some(context) = self.query_place(*pos)? {
                    self.ops.push(Op::QueryString(arguments.clone(), context, *pos));
                }
            }
            Node::WidthRatio(values, pos) => {
                if let Some(context) = self.value_place(*pos)? {
                    self.ops.push(Op::WidthRatio(values.clone(), context, *pos));
                }
            }
            Node::Call(call) => {
                if let Some(context) = self.value_place(call.pos)? {
                    self.write(Op::Call(call.clone(), context), context);
                }
            }
            Node::Spaceless(nodes, pos) => {
                self.between_tags(*pos, "{% spaceless %}")?;
                let start = self.state.clone();
                let (ops, end) = self.branch(&start, nodes)?;
                self.state = end;
                self.between_tags(*pos, "{% endspaceless %}")?;
                self.ops.push(Op::Spaceless(ops));
            }
            Node::Fragment(name, nodes, pos) => {
                self.between_tags(*pos, "{% fragment %}")?;
                let inside = self.fragment_place(name, *pos)?;
                let start = self.state.clone();
                let (body, end) = self.branch(&start, nodes)?;
                let end = settle(end, *pos)?;
                self.same_elements(&start, &end, *pos)?;
                self.state = end;
                self.ops.push(Op::Fragment(Box::new(Fragment {
                    name: name.clone(),
                    body,
                    inside,
                    partial: false,
                    pos: *pos,
                })));
            }
            // A part of its own only where it is whole: between tags, leaving open what it found open.
            Node::Written(name, nodes, pos) if self.state.mode == Mode::Text => {
                self.no_waiver()?;
                let inside = self.fragment_place(name, *pos);
                let start = self.state.clone();
                let (body, end) = self.branch(&start, nodes)?;
                self.state = settle(end, *pos)?;
                match inside {
                    Ok(inside) if self.same_elements(&start, &self.state, *pos).is_ok() => {
                        self.ops.push(Op::Fragment(Box::new(Fragment {
                            name: name.clone(),
                            body,
                            inside,
                            partial: true,
                            pos: *pos,
                        })));
                    }
                    _ => self.ops.extend(body),
                }
            }
            Node::Written(_, nodes, _) => self.walk(nodes)?,
            Node::Slot(name, nodes, pos) => {
                self.between_tags(*pos, "{% slot %}")?;
                let ops = self.inner(nodes, *pos)?;
                let in_form = self.joins_form(*pos)?;
                self.ops.push(Op::Slot(name.clone(), ops, in_form));
            }
            Node::Component(component) => {
                self.between_tags(component.pos, "{% component %}")?;
                let mut slots = Vec::new();
                for (name, nodes) in &component.slots {
                    slots.push((name.clone(), self.inner(nodes, component.pos)?));
                }
                let mut component = component.clone();
                component.slots.clear();
                let in_form = self.joins_form(component.pos)?;
                self.ops.push(Op::Component(component, slots, in_form));
            }
            Node::Waiver(wall, reason, pos) => {
                self.between_tags(*pos, "{% waiver %}")?;
                if wall != "CrossOriginForm" {
                    return fail(
                        *pos,
                        "waiver",
                        format!("`{wall}` cannot be waived in a template"),
                        "a template can waive CrossOriginForm; everything else is waived in Rust",
                    );
                }
                self.state.waiver = Some((wall.clone(), reason.clone(), *pos));
            }
            // The resolver has replaced these.
            Node::Block(_, nodes, _) => self.walk(nodes)?,
            Node::Super(pos) | Node::Partial(_, pos) | Node::Bind(_, _, pos) => {
                return fail(
                    *pos,
                    "internal",
                    "a tag that should have been resolved",
                    "report this as a bug",
                );
            }
            Node::Include(include) => {
                return fail(
                    include.pos,
                    "internal",
                    "a tag that should have been resolved",
                    "report this as a bug",
                );
            }
        }
        Ok(())
    }

    /// Writes a value. Where it may be markup with a form in it, and stands in a form, it is told so.
    fn write(&mut self, op: Op, context: Context) {
        let in_form = self.state.open.iter().any(|o| o.name == "form" && !o.foreign);
        self.ops.push(if in_form && context == Context::Text {
            Op::InForm(Box::new(op))
        } else {
            op
        });
    }

    /// Whether a cycle goes on without being written; remembers those that do.
    fn is_silent(&mut self, cycle: &crate::compiler::ast::Cycle) -> bool {
        if let Some(name) = cycle.name.as_ref().filter(|_| !cycle.values.is_empty()) {
            if cycle.silent {
                self.state.silent.insert(name.clone());
            } else {
                self.state.silent.remove(name);
            }
        }
        cycle.silent
            || cycle.values.is_empty() && cycle.name.as_ref().is_some_and(|n| self.state.silent.contains(n))
    }

    fn settled(&mut self, pos: Pos) -> Result<State> {
        self.no_waiver()?;
        if let Mode::Value(_, value) = &self.state.mode
            && value.unwritten
        {
            return fail(
                pos,
                "mixed-value",
                "a tag of the template behind the value of an attribute that is present or absent",
                "write name=\"{{ flag }}\" and nothing else between the quotes",
            );
        }
        // CWE-407: what is known so far is copied for each branch, so it has a bound.
        let known = match &self.state.mode {
            Mode::Value(_, value) if value.kind == Kind::Plain => value.raw.len(),
            Mode::Value(_, value) => value.raw.len() + value.pending.len(),
            _ => 0,
        };
        if known > MAX_KNOWN {
            return fail(
                pos,
                "too-large",
                format!("a tag of the template behind {known} bytes of an attribute's value"),
                format!(
                    "at most {MAX_KNOWN}: write the long value literally, and {{% if %}} round the whole element"
                ),
            );
        }
        // `<tr{% if hot %} class="hot"{% endif %}>`: the element's name ends at the tag.
        if let Mode::Name(name, false, at) = &self.state.mode {
            let (name, at) = (name.clone(), *at);
            let mut tag = self.open_tag(name, at)?;
            tag.separate = true;
            self.state.mode = Mode::Tag(Box::new(tag));
        }
        self.state = settle(std::mem::take(&mut self.state), pos)?;
        Ok(self.state.clone())
    }

    /// What a fragment here stands in.
    fn fragment_place(&self, name: &str, pos: Pos) -> Result<Inside> {
        let Some(parent) = self.state.open.last() else {
            return Ok(Inside::Flow);
        };
        // What `fragments.js` replaces is all that the element with this name holds.
        if parent.part.as_deref() != Some(name)
            && let Some(place) = self.state.open.iter().find(|o| o.part.as_deref() == Some(name))
        {
            return fail(
                pos,
                "fragment-place",
                format!(
                    "the fragment `{name}` is inside <{}>, and data-fragment=\"{name}\" is on <{}> round it: an update would remove what is between",
                    parent.name, place.name
                ),
                format!(
                    "write data-fragment=\"{name}\" on the <{}> that holds the fragment, and nothing else in it",
                    parent.name
                ),
            );
        }
        if parent.foreign && !super::elements::integration_point(&parent.name, parent.math) {
            return Ok(if parent.math { Inside::Math } else { Inside::Svg });
        }
        Ok(match parent.name.as_str() {
            "table" => Inside::Table,
            "thead" | "tbody" | "tfoot" => Inside::Rows,
            "tr" => Inside::Cells,
            "colgroup" => Inside::Columns,
            "select" => Inside::Select,
            "optgroup" => Inside::Options,
            "html" | "head" => {
                return fail(
                    pos,
                    "fragment-place",
                    format!(
                        "the fragment `{name}` directly inside <{}>: it cannot be updated in place",
                        parent.name
                    ),
                    "put it into <body>",
                );
            }
            _ => Inside::Flow,
        })
    }

    /// A part that starts and ends between tags with nothing open.
    fn inner(&mut self, nodes: &[Node], pos: Pos) -> Result<Vec<Op>> {
        let outer = self.state.clone();
        let in_post = self.in_post;
        self.in_post |= outer.open.iter().any(|o| o.post);
        let result = self.branch(&State::default(), nodes);
        self.in_post = in_post;
        let (ops, end) = result?;
        let end = settle(end, pos)?;
        self.same_elements(&State::default(), &end, pos)?;
        self.state = outer;
        Ok(ops)
    }

    /// Whether markup that was checked elsewhere becomes part of a form here.
    fn joins_form(&self, pos: Pos) -> Result<bool> {
        if let Some(parent) = self.state.open.last()
            && parent.foreign
        {
            return fail(
                pos,
                "not-between-tags",
                format!(
                    "a component or slot inside <{}>: its HTML was checked for a place outside of drawings",
                    parent.name
                ),
                "put the whole drawing into the component, or use {% include %}, which is checked at its place",
            );
        }
        Ok(self.state.open.iter().any(|o| o.name == "form" && !o.foreign))
    }

    /// A signature is for the form right behind it, on every way that leads there.
    fn no_waiver(&self) -> Result<()> {
        let Some((_, _, pos)) = &self.state.waiver else {
            return Ok(());
        };
        fail(
            *pos,
            "waiver",
            "no form follows {% waiver CrossOriginForm %}",
            "remove it, or write it right before the form",
        )
    }

    fn between_tags(&self, pos: Pos, what: &str) -> Result<()> {
        self.no_waiver()?;
        if self.state.mode == Mode::Text {
            return Ok(());
        }
        fail(
            pos,
            "not-between-tags",
            format!("{what} stands {}", self.state.mode.describe()),
            "it can only stand between tags",
        )
    }

    fn same_elements(&self, start: &State, end: &State, pos: Pos) -> Result<()> {
        let mut end = end.clone();
        while end.open.len() > start.open.len()
            && end
                .open
                .last()
                .is_some_and(|e| super::elements::optional_end(&e.name))
        {
            end.open.pop();
        }
        if start.open == end.open && start.mode == end.mode {
            return Ok(());
        }
        self.differ(start, &end, pos, "this part")
    }

    fn branches(&mut self, branches: &[(Expr, Vec<Node>)], otherwise: &[Node], pos: Pos) -> Result<()> {
        let start = self.settled(pos)?;
        let mut out = Vec::new();
        let mut joined: Option<State> = None;
        for (test, nodes) in branches {
            let (ops, end) = self.branch(&start, nodes)?;
            joined = Some(self.join(joined, end, pos, "{% if %}")?);
            out.push((test.clone(), ops));
        }
        let (ops, end) = self.branch(&start, otherwise)?;
        self.state = self.join(joined, end, pos, "{% if %}")?;
        self.ops.push(Op::If(out, ops, pos));
        Ok(())
    }

    pub(super) fn join(&self, before: Option<State>, end: State, pos: Pos, what: &str) -> Result<State> {
        let end = settle(end, pos)?;
        let Some(before) = before else { return Ok(end) };
        if let Some(state) = join(before.clone(), end.clone()) {
            return Ok(state);
        }
        self.differ(&before, &end, pos, what)?;
        Ok(before)
    }

    /// Reports that two ways through the template end at different places.
    pub(super) fn differ(&self, a: &State, b: &State, pos: Pos, what: &str) -> Result<()> {
        if a.mode == b.mode {
            let names = |s: &State| {
                let list: Vec<String> = s.open.iter().map(|e| format!("<{}>", e.name)).collect();
                if list.is_empty() {
                    "nothing".to_owned()
                } else {
                    list.join("")
                }
            };
            return fail(
                pos,
                "branches-differ",
                format!(
                    "the ways through {what} leave different elements open: {} on one, {} on another",
                    names(a),
                    names(b)
                ),
                "open and close an element in the same branch; to change a tag, put {% if %} inside its attributes",
            );
        }
        fail(
            pos,
            "branches-differ",
            format!(
                "the ways through {what} end in different places: {} on one, {} on another",
                a.mode.describe(),
                b.mode.describe()
            ),
            "let every branch write complete tags, attributes and quotes",
        )
    }

    fn loop_(&mut self, f: &crate::compiler::ast::For) -> Result<()> {
        self.loops += 1;
        if self.loops > MAX_LOOPS {
            return fail(
                f.pos,
                "too-deep",
                format!("loops nest more than {MAX_LOOPS} deep"),
                "prepare the list in the view",
            );
        }
        let mut start = self.settled(f.pos)?;
        if self.list(f, &start)? {
            self.loops -= 1;
            return Ok(());
        }
        let mut body;
        let mut round = 0;
        loop {
            let problems = self.problems.len();
            let lints = self.lints.mark();
            let (ops, end) = self.branch(&start, &f.body)?;
            let end = settle(end, f.pos)?;
            body = ops;
            let Some(joined) = join(start.clone(), end.clone()) else {
                return self.differ(&start, &end, f.pos, "{% for %}");
            };
            if joined == start {
                break;
            }
            round += 1;
            if round > 3 {
                return fail(
                    f.pos,
                    "loop-context",
                    "the loop does not come back to the place where it started",
                    "write complete tags in the loop",
                );
            }
            // The body is read again from what its own end may be, as a second round would.
            self.problems.truncate(problems);
            self.lints.back_to(lints);
            start = joined;
        }
        self.loops -= 1;
        let (empty, end) = self.branch(&start, &f.empty)?;
        self.state = self.join(Some(start), end, f.pos, "{% for %}")?;
        self.ops.push(Op::For(Box::new(ForOp {
            names: f.names.clone(),
            over: f.over.clone(),
            reversed: f.reversed,
            body,
            empty,
            pos: f.pos,
        })));
        Ok(())
    }

    fn put(&mut self, expr: &Expr, pos: Pos) -> Result<()> {
        if self.boolean(expr, pos)? {
            return Ok(());
        }
        if let Some(context) = self.value_place(pos)? {
            // Written by hand as in Django, it is done once all the same. In a path it says that slashes part segments; where
            // a form goes, a value is one all the same (CWE-352).
            let sends = matches!(&self.state.mode, Mode::Value(_, value) if value.kind == Kind::Action);
            let (expr, context) = match (expr, context) {
                (Expr::Filter(input, name, None, _), Context::JsString) if name == "escapejs" => {
                    (&**input, context)
                }
                (Expr::Filter(input, name, _, _), Context::UrlQuery) if name == "urlencode" => {
                    (&**input, context)
                }
                (Expr::Filter(input, name, argument, _), Context::Segment | Context::UrlRoot)
                    if matches!(name.as_str(), "urlencode" | "iriencode") =>
                {
                    let one =
                        sends || matches!(argument.as_deref(), Some(Expr::Str(safe, _)) if safe.is_empty());
                    (&**input, if one { context } else { Context::UrlPath })
                }
                (expr, _) => (expr, context),
            };
            // CWE-352: several segments are any view below, and a link may be sent with the token.
            if context == Context::UrlPath
                && let Mode::Value(_, value) = &mut self.state.mode
            {
                value.given = Given::Data;
                value.dots.segments();
            }
            let op = Op::Put(expr.clone(), context, pos);
            self.write(op, context);
        }
        Ok(())
    }

    /// The end of the page.
    fn finish(&mut self, end: Pos) -> Result<()> {
        if self.state.mode == Mode::Less {
            self.emit("&lt;");
            self.state.mode = Mode::Text;
        }
        if let Mode::Value(_, value) = &self.state.mode {
            let (name, pos) = (value.name.clone(), value.pos);
            return fail(
                pos,
                "ends-inside",
                format!("the value of `{name}` that begins here never ends"),
                "add the closing quote",
            );
        }
        if self.state.mode != Mode::Text {
            return fail(
                end,
                "ends-inside",
                format!("the template ends {}", self.state.mode.describe()),
                "close what is open: a quote, a tag, a comment, a script",
            );
        }
        self.no_waiver()?;
        if self.piece {
            return Ok(());
        }
        while self
            .state
            .open
            .last()
            .is_some_and(|e| super::elements::optional_end(&e.name))
        {
            self.state.open.pop();
        }
        if let Some(open) = self.state.open.last() {
            let (name, pos) = (open.name.clone(), open.pos);
            return fail(
                pos,
                "unclosed-element",
                format!("<{name}> is never closed"),
                format!("add </{name}>"),
            );
        }
        let lints = std::mem::take(&mut self.lints);
        lints.finish(&mut self.problems);
        Ok(())
    }
}
