//! Loops that write a list: what stands between two items is written by `{% if not forloop.last %}` behind each item, or by
//! `{% if not forloop.first %}` before it. Which of the two ways through that branch is taken is known: never before the
//! first item, never behind the last, always between.

use super::attributes::Kind;
use super::ir::{ForOp, Op};
use super::join::{join, settle};
use super::machine::Machine;
use super::state::{Mode, State};
use crate::compiler::ast::{self, Expr, For, Node, Op as Operator, Step};
use crate::compiler::error::{Pos, Result};

/// A loop's body with one branch between items.
struct Between<'n> {
    /// What stands before the branch.
    before: &'n [Node],
    test: &'n Expr,
    /// What is written between two items.
    between: &'n [Node],
    /// It is the branch of `{% else %}`.
    otherwise: bool,
    /// What stands behind the branch.
    behind: &'n [Node],
    /// The branch is not taken in the last round; otherwise not in the first.
    last: bool,
    pos: Pos,
}

impl<'n> Between<'n> {
    /// Finds it where the place needs it: in a script, in JSON, and in a list of images.
    fn of(start: &State, body: &'n [Node]) -> Option<Self> {
        let place = match &start.mode {
            Mode::Script(..) => true,
            Mode::Value(_, value) => value.kind == Kind::Srcset || value.json.is_open(),
            _ => false,
        };
        let blank = |nodes: &[Node]| {
            nodes
                .iter()
                .all(|node| matches!(node, Node::Text(text, _) if text.trim().is_empty()))
        };
        let mut found = body.iter().enumerate().filter_map(|(at, node)| {
            let Node::If(branches, otherwise, pos) = node else {
                return None;
            };
            let [(test, taken)] = branches.as_slice() else {
                return None;
            };
            let (between, is_else, (last, positive)) = if taken.is_empty() {
                (otherwise, true, asks(test)?)
            } else if otherwise.is_empty() {
                (taken, false, asks(test)?)
            } else {
                return None;
            };
            // `{% if forloop.last %}{% else %},` or `{% if not forloop.last %},`.
            if positive != is_else {
                return None;
            }
            let (before, behind) = (&body[..at], &body[at + 1..]);
            (blank(if last { behind } else { before })).then_some(Self {
                before,
                test,
                between,
                otherwise: is_else,
                behind,
                last,
                pos: *pos,
            })
        });
        let first = found.next().filter(|_| place)?;
        found.next().is_none().then_some(first)
    }
}

/// What a test asks of a loop: whether of its last round, or of its first; and whether it is true there.
fn asks(test: &Expr) -> Option<(bool, bool)> {
    let field = |expr: &Expr, name: &str| {
        matches!(expr, Expr::Path(ast::Path { root, rest, .. })
            if root == "forloop" && matches!(rest.as_slice(), [Step::Field(f)] if f == name))
    };
    match test {
        Expr::Not(inner, _) => asks(inner).map(|(last, positive)| (last, !positive)),
        expr if field(expr, "last") => Some((true, true)),
        expr if field(expr, "first") => Some((false, true)),
        // A number that is 0 in the first round alone.
        expr if field(expr, "counter0") => Some((false, false)),
        Expr::Binary(Operator::Gt | Operator::Ne, a, b, _)
            if field(a, "counter") && matches!(**b, Expr::Int(1, _))
                || field(a, "counter0") && matches!(**b, Expr::Int(0, _))
                || field(a, "revcounter") && matches!(**b, Expr::Int(1, _)) =>
        {
            Some((field(a, "revcounter"), false))
        }
        _ => None,
    }
}

/// What one round leaves: its steps, where the list ends, and where the next item begins.
struct Round {
    body: Vec<Op>,
    end: State,
    next: State,
}

impl Machine {
    /// A loop that writes a list. False if it does not.
    pub(super) fn list(&mut self, f: &For, before: &State) -> Result<bool> {
        let Some(between) = &Between::of(before, &f.body) else {
            return Ok(false);
        };
        // A blank before the branch: the first item begins behind it, every other behind the branch.
        let lead = if between.last { &[] } else { between.before };
        let (blank, start) = self.branch(before, lead)?;
        let mut start = settle(start, f.pos)?;
        let mut tries = 0;
        let mut round = loop {
            let problems = self.problems.len();
            let lints = self.lints.mark();
            let round = self.round(&start, f.pos, between)?;
            let Some(joined) = join(start.clone(), round.next.clone()) else {
                self.differ(&start, &round.next, f.pos, "{% for %}")?;
                return Ok(true);
            };
            if joined == start {
                break round;
            }
            tries += 1;
            if tries > 3 {
                return crate::compiler::error::fail(
                    f.pos,
                    "loop-context",
                    "the loop does not come back to the place where it started",
                    "write complete values in the loop",
                );
            }
            self.problems.truncate(problems);
            self.lints.back_to(lints);
            start = joined;
        };
        round.body.splice(0..0, blank);
        let (empty, end) = self.branch(before, &f.empty)?;
        self.state = self.join(Some(round.end), end, f.pos, "{% for %}")?;
        self.ops.push(Op::For(Box::new(ForOp {
            names: f.names.clone(),
            over: f.over.clone(),
            reversed: f.reversed,
            body: round.body,
            empty,
            pos: f.pos,
        })));
        Ok(true)
    }

    /// One item from a state, and what stands between it and the next. What is blank is written in each round, and reads the
    /// same with and without the branch beside it.
    fn round(&mut self, start: &State, pos: Pos, list: &Between<'_>) -> Result<Round> {
        let separator = |ops: Vec<Op>| {
            let (taken, otherwise) = if list.otherwise {
                (Vec::new(), ops)
            } else {
                (ops, Vec::new())
            };
            Op::If(vec![(list.test.clone(), taken)], otherwise, list.pos)
        };
        if list.last {
            let (mut body, item) = self.branch(start, list.before)?;
            let item = settle(item, pos)?;
            let (ops, next) = self.branch(&item, list.between)?;
            body.push(separator(ops));
            let (_, end) = self.branch(&item, list.behind)?;
            let (ops, next) = self.branch(&settle(next, pos)?, list.behind)?;
            body.extend(ops);
            return Ok(Round {
                body,
                end: settle(end, pos)?,
                next: settle(next, pos)?,
            });
        }
        let (ops, end) = self.branch(start, list.behind)?;
        let end = settle(end, pos)?;
        let (_, next) = self.branch(&end, list.before)?;
        let (between, next) = self.branch(&settle(next, pos)?, list.between)?;
        let mut body = vec![separator(between)];
        body.extend(ops);
        Ok(Round {
            body,
            end,
            next: settle(next, pos)?,
        })
    }
}
