//! Walks what the compiler made of a template and writes it with the real escapers: for tests that need many
//! templates, or a compiler with a fault in it.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use std::borrow::Cow;
use std::collections::HashMap;
use vauban_template::__private::{NoContext, enumerated, js_value, json_attribute, json_value};
use vauban_template::compiler::ast::Expr;
use vauban_template::compiler::derive::analyse_all;
use vauban_template::compiler::html::ir::each;
use vauban_template::compiler::html::ir::{Context, Op};
use vauban_template::compiler::resolve::Resolver;
use vauban_template::escape;
use vauban_template::escape::Escape;

/// A fault: one context's escaper replaced.
#[derive(Debug, Clone, Copy)]
pub enum Swap {
    Nothing,
    As(Context),
    In(Context, Option<Context>),
}

impl Swap {
    pub fn of(self, context: Context) -> Self {
        match self {
            Self::Nothing => Self::In(context, None),
            Self::As(other) => Self::In(context, Some(other)),
            done => done,
        }
    }
}

pub fn ops(template: &str) -> Result<Vec<Op>, String> {
    let files = HashMap::from([("t".to_owned(), template.to_owned())]);
    let mut resolver = Resolver::new(&files);
    let page = resolver.page("t").map_err(|e| e.found.clone())?;
    let sources = std::mem::take(&mut resolver.sources);
    let (analysed, _, machine) = analyse_all(&page, &sources, true)
        .map_err(|p| p.iter().map(ToString::to_string).collect::<String>())?;
    if let Some(problem) = machine.problems.iter().find(|p| !p.warning) {
        return Err(problem.found.clone());
    }
    Ok(analysed.ops)
}

pub fn contexts_of(template: &str) -> Vec<Context> {
    let mut out = Vec::new();
    each(&ops(template).unwrap(), &mut |op| {
        if let Op::Put(_, context, _) = op {
            out.push(*context);
        }
    });
    out
}

/// Renders with one value for every variable.
pub fn render(template: &str, value: &str, swap: Option<Swap>) -> String {
    let mut out = String::new();
    walk(
        &ops(template).unwrap_or_else(|e| panic!("{template}: {e}")),
        value,
        swap,
        &mut out,
    );
    out
}

/// The first branch everywhere, and every loop twice.
pub fn walk(ops: &[Op], value: &str, swap: Option<Swap>, out: &mut String) {
    walk_way(ops, value, swap, &mut Way(0), out);
}

/// Which way to go through branches and loops: the same number is the same way.
pub struct Way(pub u32);

impl Way {
    fn one_of(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % n
    }
}

/// Every step is written, by name: a step that is added later does not compile here until it is.
pub fn walk_way(ops: &[Op], value: &str, swap: Option<Swap>, way: &mut Way, out: &mut String) {
    for op in ops {
        match op {
            Op::Literal(text) => out.push_str(text),
            Op::Slash => escape::url::slash(out),
            Op::Put(expr, context, _) => put(*context, text_of(expr, value), swap, out),
            Op::Boolean(name, _, _) => {
                if way.0 == 0 || way.one_of(2) == 0 {
                    out.push_str(name);
                }
            }
            Op::If(branches, otherwise, _) => {
                let body = branches
                    .get(way.one_of(branches.len() + 1))
                    .map_or(otherwise, |(_, body)| body);
                walk_way(body, value, swap, way, out);
            }
            Op::For(f) => match if way.0 == 0 { 2 } else { way.one_of(3) } {
                0 => walk_way(&f.empty, value, swap, way, out),
                rounds => (0..rounds).for_each(|_| walk_way(&f.body, value, swap, way, out)),
            },
            Op::With(_, body, _) | Op::Only(_, body, _) => walk_way(body, value, swap, way, out),
            Op::InForm(op) => walk_way(std::slice::from_ref(op), value, swap, way, out),
            Op::Fragment(fragment) => walk_way(&fragment.body, value, swap, way, out),
            // Not filled, or filled with what was checked by itself.
            Op::Slot(_, body, _) => match way.one_of(2) {
                0 => walk_way(body, value, swap, way, out),
                _ => out.push_str("<b>filled</b>"),
            },
            Op::Component(_, slots, _) => {
                out.push_str("<div>");
                for (_, body) in slots {
                    walk_way(body, value, swap, way, out);
                }
                out.push_str("</div>");
            }
            Op::Spaceless(body) => {
                let start = out.len();
                walk_way(body, value, swap, way, out);
                vauban_template::__private::spaceless(start, out);
            }
            Op::Nonce => out.push_str("NONCE"),
            Op::FormToken(_) => {
                out.push_str("<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"T\">");
            }
            // Its values follow each other: any may be the next.
            Op::Cycle(cycle, Some(context)) => {
                let next = way.one_of(cycle.values.len().max(1));
                put(
                    *context,
                    cycle.values.get(next).map_or(value, |v| text_of(v, value)),
                    swap,
                    out,
                );
            }
            Op::Cycle(_, None) | Op::ResetCycle(..) | Op::Waiver(..) => {}
            Op::FirstOf(values, context, _) => match values.get(way.one_of(values.len() + 1)) {
                Some(one) => put(*context, text_of(one, value), swap, out),
                None if matches!(
                    context,
                    Context::UrlRoot | Context::JsValue | Context::Json | Context::JsonAttribute
                ) =>
                {
                    put(*context, "", swap, out);
                }
                None => {}
            },
            Op::Now(_, context, _) => put(*context, "29 Nov", swap, out),
            Op::WidthRatio(_, context, _) => put(*context, "50", swap, out),
            Op::Call(_, context) => put(*context, value, swap, out),
            Op::QueryString(_, context, _) => {
                let query =
                    vauban_template::filters::url::querystring("", &[("q", Some(Cow::Borrowed(value)))]);
                put(*context, &query, swap, out);
            }
            // A route may be the site's root.
            Op::Url(_, context) => put(typed(*context), ["/", "/r/&/"][way.one_of(2)], swap, out),
            Op::Static(path, context, _) => put(typed(*context), &format!("/static/{path}"), swap, out),
        }
    }
}

/// A literal is what it is; everything else is what the attacker wrote.
fn text_of<'v>(expr: &'v Expr, value: &'v str) -> &'v str {
    match expr {
        Expr::Str(text, _) => text,
        _ => value,
    }
}

/// How the address of a route is written: it has been encoded.
fn typed(context: Context) -> Context {
    match context {
        Context::UrlStart | Context::UrlPath | Context::UrlRoot | Context::Resource | Context::Action => {
            Context::Attribute
        }
        other => other,
    }
}

fn put(context: Context, value: &str, swap: Option<Swap>, out: &mut String) {
    let mut context = context;
    if let Some(Swap::In(from, to)) = swap
        && std::mem::discriminant(&from) == std::mem::discriminant(&context)
    {
        match to {
            Some(to) => context = to,
            None => {
                out.push_str(value);
                return;
            }
        }
    }
    match context {
        Context::Text => escape::Text::escape(value, out),
        Context::Rcdata => escape::Rcdata::escape(value, out),
        Context::Attribute => escape::Attribute::escape(value, out),
        Context::UrlStart => escape::UrlStart::escape(value, out),
        Context::UrlRoot => escape::UrlRoot::escape(value, out),
        Context::UrlPath => escape::UrlPath::escape(value, out),
        Context::UrlQuery => escape::UrlQuery::escape(value, out),
        Context::Srcset => escape::Srcset::escape(value, out),
        Context::UrlOpaque => escape::UrlOpaque::escape(value, out),
        Context::Segment => escape::Segment::escape(value, out),
        Context::Candidate => escape::Candidate::escape(value, out),
        Context::CandidatePath => escape::CandidatePath::escape(value, out),
        Context::Base64 => escape::Base64::escape(value, out),
        Context::Colour => escape::Colour::escape(value, out),
        Context::Word => escape::Word::escape(value, out),
        Context::Selector => escape::Selector::escape(value, out),
        Context::CssUrl => escape::CssUrl::escape(value, out),
        Context::JsString => escape::JsString::escape(value, out),
        Context::JsonString => escape::JsonString::escape(value, out),
        Context::Plain => escape::Plain::escape(value, out),
        Context::Enumerated(words) => enumerated(value, words, out),
        Context::JsValue => js_value(value, &NoContext, out),
        Context::Json => json_value(value, &NoContext, out),
        Context::JsonAttribute => json_attribute(value, &NoContext, out),
        // Only typed values come here.
        Context::Resource | Context::Action => out.push_str("/typed/"),
    }
}
