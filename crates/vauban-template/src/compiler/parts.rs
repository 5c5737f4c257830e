//! Parts that can be answered alone: which there are, and the way through the page to each.
//!
//! CWE-639, CWE-200: the client names the part, so a part is shown only where the whole page would show it. Its code is
//! that of the page with everything left out that does not lead there: every `{% if %}`, `{% for %}`, `{% with %}`, slot and
//! component round it is run, and what it writes is kept only if the page comes by.

use super::error::{Error, Pos};
use super::html::ir::{ForOp, Inside, Op};
use std::collections::BTreeMap;

/// The way to each part is written anew, so that there is a bound (CWE-400).
const MAX_PARTS: usize = 100;

/// A part, and what has to be run to come to it.
#[derive(Debug)]
pub struct Part {
    /// What a request names in `X-Fragment`.
    pub name: String,
    /// What a browser needs round it to read it as it stands in the page.
    pub inside: Inside,
    /// The page, without what does not lead here.
    pub ops: Vec<Op>,
}

/// What is known of a name.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// How often one way through the page may come by.
    times: usize,
    /// Written as `{% fragment %}`: it has to be addressable. `{% partial %}` may be written as often as one likes.
    asked: Option<Pos>,
    looped: bool,
    inside: Inside,
    /// Written in unlike places: browsers would read the one by the rules of the other.
    unlike: bool,
}

type Names = BTreeMap<String, Known>;

/// The parts of a page, and those that can be none.
pub fn parts(ops: &[Op]) -> (Vec<Part>, Vec<Error>) {
    let mut names = Names::new();
    gather(ops, false, &mut names);
    let (mut parts, mut problems) = (Vec::new(), Vec::new());
    if let Some(known) = names.values().find(|_| names.len() > MAX_PARTS) {
        problems.push(Error::new(
            known.asked.unwrap_or_default(),
            "too-large",
            format!("{} fragments and partials in one page", names.len()),
            format!("at most {MAX_PARTS}: update a larger part"),
        ));
        return (parts, problems);
    }
    for (name, known) in names {
        match known.asked {
            Some(pos) if known.looped => problems.push(Error::new(
                pos,
                "fragment-place",
                format!("the fragment `{name}` inside a loop: there would be many of one name"),
                "put the fragment round the whole loop",
            )),
            Some(pos) if known.times > 1 => problems.push(Error::new(
                pos,
                "fragment-place",
                format!("the fragment `{name}` stands twice in the page: its name means one part"),
                "give each a name of its own, or write it once",
            )),
            Some(pos) if known.unlike => problems.push(Error::new(
                pos,
                "fragment-place",
                format!("the fragment `{name}` stands in unlike elements: a browser could read it in one of them only"),
                "give each a name of its own",
            )),
            None if known.looped || known.times > 1 || known.unlike => {}
            _ => {
                let (ops, _) = way(ops, Some(&name), false);
                parts.push(Part {
                    name,
                    inside: known.inside,
                    ops,
                });
            }
        }
    }
    (parts, problems)
}

fn gather(ops: &[Op], looped: bool, names: &mut Names) {
    for op in ops {
        match op {
            Op::Fragment(fragment) => {
                let known = names.entry(fragment.name.clone()).or_insert(Known {
                    times: 0,
                    asked: None,
                    looped: false,
                    inside: fragment.inside,
                    unlike: false,
                });
                known.unlike |= known.inside != fragment.inside;
                known.times += 1;
                known.looped |= looped;
                if !fragment.partial {
                    known.asked = Some(fragment.pos);
                }
                gather(&fragment.body, looped, names);
            }
            Op::If(branches, otherwise, _) => {
                either(
                    branches.iter().map(|(_, body)| body).chain([otherwise]),
                    looped,
                    names,
                );
            }
            Op::For(f) => {
                let mut inner = Names::new();
                gather(&f.body, true, &mut inner);
                add(inner, names);
                gather(&f.empty, looped, names);
            }
            Op::With(_, body, _) | Op::Only(_, body, _) | Op::Spaceless(body) | Op::Slot(_, body, _) => {
                gather(body, looped, names);
            }
            Op::Component(_, slots, _) => {
                for (_, body) in slots {
                    gather(body, looped, names);
                }
            }
            _ => {}
        }
    }
}

/// Of several ways one is gone.
fn either<'o>(ways: impl Iterator<Item = &'o Vec<Op>>, looped: bool, names: &mut Names) {
    let mut most = Names::new();
    for body in ways {
        let mut one = Names::new();
        gather(body, looped, &mut one);
        for (name, known) in one {
            most.entry(name).and_modify(|m| *m = m.or(known)).or_insert(known);
        }
    }
    add(most, names);
}

/// What comes behind comes as well.
fn add(more: Names, names: &mut Names) {
    for (name, known) in more {
        names
            .entry(name)
            .and_modify(|n| {
                let times = n.times + known.times;
                *n = Known { times, ..n.or(known) };
            })
            .or_insert(known);
    }
}

impl Known {
    fn or(self, other: Self) -> Self {
        Self {
            times: self.times.max(other.times),
            asked: self.asked.or(other.asked),
            looped: self.looped || other.looped,
            inside: self.inside,
            unlike: self.unlike || other.unlike || self.inside != other.inside,
        }
    }
}

/// What has to be run to come to a part, and whether it is among these steps; without a name, or behind the part, only what
/// goes on by itself (cycles). What these steps write is thrown away, but for the part.
fn way(ops: &[Op], part: Option<&str>, spaceless: bool) -> (Vec<Op>, bool) {
    let mut out = Vec::new();
    for op in ops {
        let (step, found) = step(op, part, spaceless);
        out.extend(step);
        if found {
            return (out, true);
        }
    }
    (out, false)
}

fn step(op: &Op, part: Option<&str>, spaceless: bool) -> (Vec<Op>, bool) {
    let inner = |body: &[Op]| way(body, part, spaceless);
    let kept = |any: bool, op: Op, found: bool| (if any { vec![op] } else { Vec::new() }, found);
    match op {
        Op::Fragment(fragment) if Some(fragment.name.as_str()) == part => {
            let mut fragment = fragment.clone();
            if spaceless {
                fragment.body = vec![Op::Spaceless(fragment.body)];
            }
            (vec![Op::Fragment(fragment)], true)
        }
        Op::Fragment(fragment) => inner(&fragment.body),
        Op::Spaceless(body) => way(body, part, true),
        Op::With(names, body, pos) => {
            let (body, found) = inner(body);
            kept(!body.is_empty(), Op::With(names.clone(), body, *pos), found)
        }
        Op::Only(names, body, pos) => {
            let (body, found) = inner(body);
            kept(!body.is_empty(), Op::Only(names.clone(), body, *pos), found)
        }
        Op::Slot(name, body, in_form) => {
            let (body, found) = inner(body);
            kept(!body.is_empty(), Op::Slot(name.clone(), body, *in_form), found)
        }
        Op::If(branches, otherwise, pos) => {
            let (mut any, mut found) = (false, false);
            let mut one = |body: &[Op]| {
                let (body, there) = inner(body);
                any |= !body.is_empty();
                found |= there;
                body
            };
            let branches = branches
                .iter()
                .map(|(test, body)| (test.clone(), one(body)))
                .collect();
            let otherwise = one(otherwise);
            kept(any, Op::If(branches, otherwise, *pos), found)
        }
        Op::For(f) => {
            let ((body, there), (empty, in_empty)) = (inner(&f.body), inner(&f.empty));
            let any = !body.is_empty() || !empty.is_empty();
            let f = ForOp {
                names: f.names.clone(),
                over: f.over.clone(),
                reversed: f.reversed,
                body,
                empty,
                pos: f.pos,
            };
            kept(any, Op::For(Box::new(f)), there || in_empty)
        }
        Op::Component(component, slots, in_form) => {
            let (mut any, mut found) = (false, false);
            let mut filled = Vec::with_capacity(slots.len());
            for (name, body) in slots {
                let (body, there) = inner(body);
                any |= !body.is_empty();
                found |= there;
                filled.push((name.clone(), body));
            }
            kept(any, Op::Component(component.clone(), filled, *in_form), found)
        }
        // A cycle goes on where nothing is written as well.
        Op::Cycle(cycle, _) => (vec![Op::Cycle(cycle.clone(), None)], false),
        Op::InForm(op) => step(op, part, spaceless),
        Op::ResetCycle(..) => (vec![op.clone()], false),
        _ => (Vec::new(), false),
    }
}
