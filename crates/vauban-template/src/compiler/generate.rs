//! Steps of rendering into Rust.
//!
//! Types are not known here. Every use of a value goes through a probe of `runtime::put` or
//! `runtime::value`, which picks the way to write it while rustc compiles the result.

use super::ast::{Expr, Path, Step};
use super::error::{Error, Pos, Result, Sources, fail, nearest};
use super::html::ir::{Context, ForOp, Op};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean the same in every page: what the request says.
pub const PAGE_NAMES: &[&str] = &["user", "messages", "path", "cookies", "debug"];
/// How many mistakes are shown.
const MAX_PROBLEMS: usize = 100;
/// How many cycles a page may have: each value asks whether it is one of them.
const MAX_CYCLES: usize = 200;

mod condition;
mod filter_literal;
mod filters;
mod tags;

pub use filters::FILTERS;

/// Of how many bytes a page is taken to be at most, before it is written.
const LARGEST_GUESS: usize = 256 * 1024;

/// The names in modules of the application that templates call into, `template_filters` say; what is in a module that is
/// not among them only the compiler knows.
pub type Known = BTreeMap<&'static str, BTreeSet<String>>;

/// What the generator has to know of the page's struct and crate.
#[derive(Debug)]
pub struct Options {
    /// Path of `vauban_template::__private`.
    pub root: TokenStream,
    /// Fields of the struct, with the place of each.
    pub fields: Vec<(String, Span)>,
    /// Values are dynamic test values: dots call `.get("name")`.
    pub dynamic: bool,
    /// The fields are local names instead.
    pub local: bool,
    /// No request asks for it (a mail): the names that mean what a request says are not there.
    pub unasked: bool,
    /// Names that the function is given besides the fields.
    pub given: &'static [&'static str],
    /// The fields are not known: every name may be one. For checks, not for code.
    pub any: bool,
    /// The application's own functions, as far as they are known. For checks, not for code.
    pub own: Known,
    /// Where the page's file is named. What the template names of the application's is taken to stand there: of what a
    /// derive itself writes rustc tells nothing `deprecated`, and so lets hidden names through (CWE-200).
    pub span: Span,
}

/// Generates the statements that write some steps.
#[derive(Debug)]
pub struct Generator<'a> {
    options: &'a Options,
    sources: &'a Sources,
    names: Vec<Entry>,
    loops: Vec<Loop>,
    /// Counters of `{% cycle %}`, declared at the top of the function.
    cycles: Vec<CycleState>,
    /// What was found wrong so far.
    problems: Vec<Error>,
    next: usize,
    size: usize,
    /// The part that is wanted alone.
    part: Option<String>,
}

#[derive(Debug, Clone)]
enum Entry {
    /// A name and what it stands for.
    Name(String, TokenStream),
    /// A path that is known to be there, and what it holds.
    Narrow(String, Ident),
    /// Names before this are hidden, the page's own included.
    Wall,
}

#[derive(Debug, Clone)]
struct Loop {
    index: Ident,
    length: Option<Ident>,
}

#[derive(Debug, Clone)]
struct CycleState {
    name: Option<String>,
    counter: Ident,
    values: Vec<Expr>,
}

impl<'a> Generator<'a> {
    /// A generator for one function.
    pub fn new(options: &'a Options, sources: &'a Sources) -> Self {
        Self {
            options,
            sources,
            names: Vec::new(),
            loops: Vec::new(),
            cycles: Vec::new(),
            problems: Vec::new(),
            next: 0,
            size: 0,
            part: None,
        }
    }

    /// The body of a function that runs what leads to a part, and keeps in `__part` what the part writes. `__found` says
    /// whether the page comes by.
    ///
    /// # Errors
    /// Every unknown variable or filter.
    pub fn part(mut self, name: &str, ops: &[Op]) -> std::result::Result<TokenStream, Vec<Error>> {
        self.part = Some(name.to_owned());
        self.function(ops).map(|(body, _)| body)
    }

    /// The body of a function with `__cx` and `__out`, and about how many bytes it writes.
    ///
    /// # Errors
    /// Every unknown variable or filter.
    pub fn function(mut self, ops: &[Op]) -> std::result::Result<(TokenStream, usize), Vec<Error>> {
        let body = self.ops(ops);
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let counters = self.cycles.iter().map(|c| {
            let counter = &c.counter;
            quote! { let #counter = ::core::cell::Cell::new(0usize); }
        });
        let root = &self.options.root;
        Ok((
            quote! {
                #[allow(unused_imports)]
                use #root::levels::*;
                #(#counters)*
                #body
            },
            self.size.min(LARGEST_GUESS),
        ))
    }

    fn ident(&mut self, name: &str) -> Ident {
        self.next += 1;
        format_ident!("__{}{}", name, self.next, span = Span::mixed_site())
    }

    /// Steps one after the other. Mistakes are noted, so that all of them are shown at once.
    fn ops(&mut self, ops: &[Op]) -> TokenStream {
        let mut out = TokenStream::new();
        for op in ops {
            match self.op(op) {
                Ok(step) => out.extend(step),
                Err(error) if self.problems.len() < MAX_PROBLEMS => self.problems.push(*error),
                Err(_) => {}
            }
        }
        out
    }

    fn op(&mut self, op: &Op) -> Result<TokenStream> {
        Ok(match op {
            Op::Literal(text) => {
                self.size += text.len();
                self.literal(text)
            }
            Op::Put(expr, context, pos) => self.put(expr, *context, *pos)?,
            Op::Boolean(name, expr, _) => {
                self.size += name.len();
                let test = self.condition(expr)?;
                let name = self.literal(name);
                quote! { if #test { #name } }
            }
            Op::If(branches, otherwise, _) => self.if_(branches, otherwise)?,
            Op::For(f) => self.for_(f)?,
            Op::With(bindings, body, _) => self.with(bindings, body, false)?,
            Op::Only(bindings, body, _) => self.with(bindings, body, true)?,
            Op::Nonce => {
                self.size += 24;
                let root = &self.options.root;
                quote! { #root::escape::attribute(#root::RenderContext::nonce(__cx), __out); }
            }
            Op::FormToken(action) => {
                self.size += 160;
                let action = match action {
                    Some(action) => quote! { ::core::option::Option::Some(#action) },
                    None => quote! { ::core::option::Option::None },
                };
                let root = &self.options.root;
                quote! { #root::form_token(#action, __cx, __out); }
            }
            Op::Fragment(fragment) if self.part.as_ref() == Some(&fragment.name) => {
                let start = self.ident("start");
                let body = self.ops(&fragment.body);
                let root = &self.options.root;
                // A slot may be written more than once: the part is the first.
                quote! {
                    if !::core::cell::Cell::replace(&__found, true) {
                        let #start = #root::length(__out);
                        #body
                        ::core::cell::Cell::set(&__part, #root::take_off(#start, __out));
                    }
                }
            }
            Op::Fragment(fragment) => self.ops(&fragment.body),
            Op::InForm(op) => {
                let body = self.op(op)?;
                let root = &self.options.root;
                quote! {{
                    let __form = #root::InForm(__cx);
                    let __cx: &dyn #root::RenderContext = &__form;
                    #body
                }}
            }
            Op::Spaceless(body) => {
                let start = self.ident("start");
                let body = self.ops(body);
                let root = &self.options.root;
                quote! {
                    let #start = #root::length(__out);
                    #body
                    #root::spaceless(#start, __out);
                }
            }
            other => self.tag(other)?,
        })
    }

    /// Writes what stands in the template.
    fn literal(&self, text: &str) -> TokenStream {
        let root = &self.options.root;
        quote! { #root::literal(#text, __out); }
    }

    /// The place of an expression, as const arguments of a probe.
    fn place(&self, pos: Pos) -> (u32, u32) {
        self.sources.line_column(pos)
    }

    fn probe(&self, marker: &TokenStream, value: &TokenStream, pos: Pos, levels: usize) -> TokenStream {
        let (line, column) = self.place(pos);
        let file = self.sources.marker(pos);
        let root = &self.options.root;
        let references = "&".repeat(levels);
        let references: TokenStream = references.parse().unwrap_or_default();
        let span = first_span(value).resolved_at(Span::call_site());
        quote_spanned! { span => (#references #root::at::<_, #root::#marker, #line, #column, #file>(&(#value))) }
    }

    /// Writes a value in a context.
    fn put(&mut self, expr: &Expr, context: Context, pos: Pos) -> Result<TokenStream> {
        self.size += 12;
        // Two values of different types: each is written by itself.
        if let Expr::Filter(input, name, Some(argument), at) = expr
            && (name == "default" || name == "default_if_none")
        {
            let some = self.ident("some");
            let test = self.optional(input, name, *at)?;
            let first = self.put_tokens(&quote! { #some }, context, pos);
            let second = self.put(argument, context, argument.pos())?;
            return Ok(
                quote! { match #test { ::core::option::Option::Some(#some) => { #first } ::core::option::Option::None => { #second } } },
            );
        }
        if let Expr::Path(path) = expr
            && path.rest.is_empty()
            && let Some(cycle) = self
                .cycles
                .iter()
                .rev()
                .find(|c| c.name.as_ref() == Some(&path.root))
                .cloned()
        {
            return self.cycle_value(&cycle, context, true);
        }
        if let Expr::None(at) = expr {
            return fail(*at, "none", "`None` cannot be written", "write nothing");
        }
        let value = self.value(expr)?;
        Ok(self.put_tokens(&value, context, pos))
    }

    fn put_tokens(&self, value: &TokenStream, context: Context, pos: Pos) -> TokenStream {
        let root = &self.options.root;
        let marker = match context {
            Context::Text => quote!(escape::Text),
            Context::Rcdata => quote!(escape::Rcdata),
            Context::Attribute => quote!(escape::Attribute),
            Context::UrlStart => quote!(escape::UrlStart),
            Context::UrlRoot => quote!(escape::UrlRoot),
            Context::UrlPath => quote!(escape::UrlPath),
            Context::UrlQuery => quote!(escape::UrlQuery),
            Context::Resource => quote!(escape::Resource),
            Context::Action => quote!(escape::Action),
            Context::Srcset => quote!(escape::Srcset),
            Context::UrlOpaque => quote!(escape::UrlOpaque),
            Context::Segment => quote!(escape::Segment),
            Context::Candidate => quote!(escape::Candidate),
            Context::CandidatePath => quote!(escape::CandidatePath),
            Context::Base64 => quote!(escape::Base64),
            Context::Colour => quote!(escape::Colour),
            Context::Word => quote!(escape::Word),
            Context::Selector => quote!(escape::Selector),
            Context::CssUrl => quote!(escape::CssUrl),
            Context::JsString => quote!(escape::JsString),
            Context::JsonString => quote!(escape::JsonString),
            Context::Plain => quote!(escape::Plain),
            Context::Enumerated(words) => {
                let text = self.probe(&quote!(Words), value, pos, 3);
                return quote! { #root::enumerated(&#text.text(), &[#(#words),*], __out); };
            }
            Context::JsValue => return quote! { #root::js_value(&(#value), __cx, __out); },
            Context::JsonAttribute => return quote! { #root::json_attribute(&(#value), __cx, __out); },
            Context::Json => return quote! { #root::json_value(&(#value), __cx, __out); },
        };
        let probe = self.probe(&marker, value, pos, 5);
        // An error of types underlines the struct's field.
        let span = first_span(value).resolved_at(Span::call_site());
        quote_spanned! { span => #root::write::<#root::#marker, _>(#probe.put(), __cx, __out); }
    }

    /// An expression as a Rust value or place, to be borrowed.
    fn value(&mut self, expr: &Expr) -> Result<TokenStream> {
        Ok(match expr {
            Expr::Path(path) => self.path(path)?,
            Expr::Str(text, _) => quote! { #text },
            Expr::Int(number, _) => {
                let literal = Literal::i64_suffixed(*number);
                quote! { #literal }
            }
            Expr::Float(text, _) => {
                let number: f64 = text.parse().unwrap_or_default();
                let literal = Literal::f64_suffixed(number);
                quote! { #literal }
            }
            Expr::Bool(b, _) => quote! { #b },
            Expr::None(_) => quote! { ::core::option::Option::<&::core::primitive::str>::None },
            Expr::Filter(input, name, argument, pos) => {
                self.filter(input, name, argument.as_deref(), *pos)?
            }
            Expr::Not(..) | Expr::Binary(..) => self.condition(expr)?,
            Expr::Url(url) => self.url_value(url)?,
            Expr::WidthRatio(values, _) => self.width_ratio(values)?,
        })
    }

    /// An expression as `Cow<str>`.
    fn text(&mut self, expr: &Expr) -> Result<TokenStream> {
        if let Expr::Str(text, _) = expr {
            return Ok(quote! { ::std::borrow::Cow::Borrowed(#text) });
        }
        if let Expr::Filter(input, name, Some(argument), at) = expr
            && (name == "default" || name == "default_if_none")
        {
            let some = self.ident("some");
            let test = self.optional(input, name, *at)?;
            let first = self.probe(&quote!(Words), &quote! { *#some }, *at, 3);
            let second = self.text(argument)?;
            return Ok(
                quote! { (match #test { ::core::option::Option::Some(#some) => #first.text(), ::core::option::Option::None => #second }) },
            );
        }
        let pos = expr.pos();
        let value = self.value(expr)?;
        let probe = self.probe(&quote!(Words), &value, pos, 3);
        Ok(quote! { #probe.text() })
    }

    fn path(&self, path: &Path) -> Result<TokenStream> {
        if path.root == "forloop" {
            return self.forloop(path);
        }
        let whole = path.to_string();
        let mut walled = false;
        for entry in self.names.iter().rev() {
            match entry {
                Entry::Narrow(known, ident) if !walled => {
                    let rest = whole.strip_prefix(known.as_str());
                    if rest.is_some_and(|r| r.is_empty() || r.starts_with('.')) {
                        let skip = known.matches('.').count();
                        return Ok(self.steps(quote! { #ident }, &path.rest[skip..], path.pos));
                    }
                }
                Entry::Name(name, value) if !walled && *name == path.root => {
                    return Ok(self.steps(value.clone(), &path.rest, path.pos));
                }
                Entry::Wall => walled = true,
                _ => {}
            }
        }
        if !walled && let Some((name, span)) = self.options.fields.iter().find(|(name, _)| *name == path.root)
        {
            let field = raw_ident(name, *span);
            let base = if self.options.local {
                quote! { (*#field) }
            } else {
                quote_spanned! { *span => self.#field }
            };
            return Ok(self.steps(base, &path.rest, path.pos));
        }
        let root = &self.options.root;
        match path.root.as_str() {
            name if self.options.given.contains(&name) => {
                let given = format_ident!("__{}", name);
                return Ok(self.steps(quote! { (*#given) }, &path.rest, path.pos));
            }
            name if self.options.unasked && PAGE_NAMES.contains(&name) => {
                return fail(
                    path.pos,
                    "unknown-variable",
                    format!("no request asks for this text, so that there is no `{name}`"),
                    "give the struct a field",
                );
            }
            "user" => {
                user_field(path)?;
                return Ok(self.steps(quote! { #root::RenderContext::user(__cx) }, &path.rest, path.pos));
            }
            "path" if path.rest.is_empty() => return Ok(quote! { #root::RenderContext::path(__cx) }),
            // CWE-489: a constant in a release, so that what stands behind it is not in the binary at all.
            "debug" if path.rest.is_empty() => {
                return Ok(quote! { (::core::cfg!(debug_assertions) && #root::RenderContext::debug(__cx)) });
            }
            "cookies" => {
                if let [Step::Field(name)] = path.rest.as_slice() {
                    // CWE-200: a session's token on a page is a session for whoever sees the page.
                    if crate::is_own_cookie(name) {
                        return fail(
                            path.pos,
                            "cookies",
                            format!("the cookie `{name}` is Vauban's own, and no page reads it"),
                            "write {{ user.email }} for who is signed in, {% for message in messages %} for messages, \
                             {% csrf_token %} for a token; call a cookie of your own otherwise",
                        );
                    }
                    return Ok(quote! { #root::RenderContext::cookie(__cx, #name) });
                }
                return fail(
                    path.pos,
                    "cookies",
                    "`cookies` itself is no value",
                    "write {{ cookies.theme }}",
                );
            }
            "messages" => {
                let messages = quote! { #root::RenderContext::messages(__cx) };
                return Ok(self.steps(messages, &path.rest, path.pos));
            }
            _ => {}
        }
        if self.options.any && !walled {
            return Ok(quote! { __any });
        }
        let mut known: Vec<&str> = self.options.fields.iter().map(|(n, _)| n.as_str()).collect();
        known.extend(if self.options.unasked {
            self.options.given
        } else {
            PAGE_NAMES
        });
        for entry in &self.names {
            if let Entry::Name(name, _) = entry {
                known.push(name);
            }
        }
        let known = if walled { PAGE_NAMES.to_vec() } else { known };
        let help = match nearest(&path.root, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        fail(
            path.pos,
            "unknown-variable",
            format!("there is no variable `{}` here", path.root),
            help,
        )
    }

    /// Steps into a value. What is looked into has its place in its type, so that rustc names it; and stands where the
    /// page's file is named, so that a name which rustc offers instead is not put over a field of the struct.
    fn steps(&self, base: TokenStream, steps: &[Step], pos: Pos) -> TokenStream {
        let mut out = base;
        let span = self.options.span;
        for step in steps {
            out = match step {
                Step::Field(name) if self.options.dynamic => quote! { (*(#out).get(#name)) },
                Step::Index(index) if self.options.dynamic => {
                    let index = *index as usize;
                    quote! { (*(#out).at(#index)) }
                }
                Step::Field(name) => {
                    let field = raw_ident(name, span);
                    let opened = self.opened(&quote! { Field }, &out, pos);
                    quote_spanned! { span => #opened.#field }
                }
                Step::Index(index) => {
                    let mut index = Literal::u32_unsuffixed(*index);
                    index.set_span(span);
                    let opened = self.opened(&quote! { Field }, &out, pos);
                    quote_spanned! { span => #opened.#index }
                }
                Step::Call(name) => {
                    let method = raw_ident(name, span);
                    let here = self.here(&out, pos);
                    quote_spanned! { span => #here.#method() }
                }
            };
        }
        out
    }

    /// A value at a place of the template, of which a method is called.
    fn here(&self, value: &TokenStream, pos: Pos) -> TokenStream {
        self.here_at(value, pos, self.options.span)
    }

    /// The same, as if it stood at `span`.
    fn here_at(&self, value: &TokenStream, pos: Pos, span: Span) -> TokenStream {
        let (line, column) = self.place(pos);
        let file = self.sources.marker(pos);
        let root = &self.options.root;
        quote_spanned! { span => #root::here::<_, #line, #column, #file>(&(#value)) }
    }

    /// The same, after a look whether it has to be opened first: an `Option`, a foreign key.
    fn opened(&self, to: &TokenStream, value: &TokenStream, pos: Pos) -> TokenStream {
        let (line, column) = self.place(pos);
        let file = self.sources.marker(pos);
        let root = &self.options.root;
        let span = self.options.span;
        quote_spanned! { span =>
            (&&#root::at::<_, #root::opened::#to, #line, #column, #file>(&(#value))).__opened()
                .__in_template::<#line, #column, #file>()
        }
    }

    fn forloop(&self, path: &Path) -> Result<TokenStream> {
        let mut frame = self.loops.len();
        let mut rest = path.rest.as_slice();
        while let [Step::Field(name), tail @ ..] = rest
            && name == "parentloop"
        {
            frame = frame.saturating_sub(1);
            rest = tail;
        }
        let Some(frame) = frame.checked_sub(1).and_then(|i| self.loops.get(i)) else {
            return fail(
                path.pos,
                "forloop",
                "`forloop` outside a loop",
                "use it inside {% for %}",
            );
        };
        let index = &frame.index;
        let length = || frame.length.clone().unwrap_or_else(|| frame.index.clone());
        let [Step::Field(name)] = rest else {
            return fail(
                path.pos,
                "forloop",
                "`forloop` itself is no value",
                "use forloop.counter, .counter0, .revcounter, .revcounter0, .first, .last, .length or .parentloop",
            );
        };
        Ok(match name.as_str() {
            "counter0" => quote! { #index },
            "counter" => quote! { (#index + 1usize) },
            "first" => quote! { (#index == 0usize) },
            "last" => {
                let length = length();
                quote! { (#index + 1usize == #length) }
            }
            "length" => {
                let length = length();
                quote! { #length }
            }
            "revcounter" => {
                let length = length();
                quote! { (#length - #index) }
            }
            "revcounter0" => {
                let length = length();
                quote! { (#length - #index - 1usize) }
            }
            other => {
                let names = [
                    "counter",
                    "counter0",
                    "revcounter",
                    "revcounter0",
                    "first",
                    "last",
                    "length",
                    "parentloop",
                ];
                let help = nearest(other, names)
                    .map_or_else(|| names.join(", "), |n| format!("did you mean `{n}`?"));
                return fail(path.pos, "forloop", format!("`forloop` has no `{other}`"), help);
            }
        })
    }

    fn with(&mut self, bindings: &[(String, Expr)], body: &[Op], wall: bool) -> Result<TokenStream> {
        let mut bound = Vec::new();
        for (name, expr) in bindings {
            self.free(name, expr.pos())?;
            let ident = self.ident(name);
            bound.push((name.clone(), ident, self.value(expr)?));
        }
        let depth = self.names.len();
        if wall {
            self.names.push(Entry::Wall);
        }
        for (name, ident, _) in &bound {
            self.names.push(Entry::Name(name.clone(), quote! { #ident }));
        }
        let body = self.ops(body);
        self.names.truncate(depth);
        let mut out = body;
        for (_, ident, value) in bound.into_iter().rev() {
            // A match keeps what the value borrows alive for the whole body.
            out = quote! { match &(#value) { #ident => { #out } } };
        }
        Ok(out)
    }

    /// CWE-863: within a loop over `user` a page's block, or what it includes, would ask another person than the one who is
    /// signed in.
    fn free(&self, name: &str, pos: Pos) -> Result<()> {
        if self.options.dynamic || !PAGE_NAMES.contains(&name) {
            return Ok(());
        }
        fail(
            pos,
            "page-name",
            format!("`{name}` means the same in every template, and cannot be given to something else"),
            "choose another name, such as `member` for one of several users",
        )
    }

    fn for_(&mut self, f: &ForOp) -> Result<TokenStream> {
        for name in &f.names {
            self.free(name, f.over.pos())?;
        }
        let over = self.value(&f.over)?;
        let over = if self.options.dynamic {
            quote! { (#over) }
        } else {
            self.opened(&quote! { Rows }, &over, f.over.pos())
        };
        let item = self.ident("item");
        let index = self.ident("index");
        let any = self.ident("any");
        let list = self.ident("list");
        let uses = uses_of_forloop(&f.body);
        let length = uses.length.then(|| self.ident("length"));
        let depth = self.names.len();
        let mut prelude = TokenStream::new();
        let pattern = if f.names.len() == 1 {
            self.names.push(Entry::Name(f.names[0].clone(), quote! { #item }));
            quote! { #item }
        } else {
            let mut idents = Vec::new();
            for name in &f.names {
                let ident = self.ident(name);
                self.names.push(Entry::Name(name.clone(), quote! { #ident }));
                idents.push(ident);
            }
            if self.options.dynamic {
                let count = idents.len();
                for (i, ident) in idents.iter().enumerate() {
                    prelude.extend(quote! { let #ident = #item.unpack(#i, #count); });
                }
                quote! { #item }
            } else {
                quote! { (#(#idents),*) }
            }
        };
        self.loops.push(Loop {
            index: index.clone(),
            length: length.clone(),
        });
        let before = self.size;
        let body = self.ops(&f.body);
        // A loop is taken to run ten times, for the size guess, which stays one for a page.
        let bytes = self.size - before;
        self.size = before + (bytes * 10).min(LARGEST_GUESS);
        self.loops.pop();
        self.names.truncate(depth);
        let empty = self.ops(&f.empty);
        let rows = self.ident("rows");
        let root = &self.options.root;
        let mut setup = quote! { #root::reserve(&#rows, #bytes, __out); };
        let mut iter = quote! { #rows };
        if length.is_some() || f.reversed {
            let reversed = if f.reversed {
                quote! { #list.reverse(); }
            } else {
                TokenStream::new()
            };
            setup.extend(quote! { let mut #list: ::std::vec::Vec<_> = #rows.collect(); #reversed });
            if let Some(length) = &length {
                setup.extend(quote! { let #length: ::core::primitive::usize = #list.len(); });
            }
            iter = quote! { #list.into_iter() };
        }
        let (count, step) = if uses.any {
            (
                quote! { let mut #index: ::core::primitive::usize = 0; },
                quote! { #index += 1; },
            )
        } else {
            (TokenStream::new(), TokenStream::new())
        };
        let (before, after, mark) = if f.empty.is_empty() {
            (TokenStream::new(), TokenStream::new(), TokenStream::new())
        } else {
            (
                quote! { let mut #any = false; },
                quote! { if !#any { #empty } },
                quote! { #any = true; },
            )
        };
        // A match keeps alive what the list is made of: the result of a filter, say.
        let iter_of = quote_spanned! { self.options.span => #over.iter() };
        Ok(quote! { match #iter_of { #rows => {
            #before
            #setup
            #count
            for #pattern in #iter { #mark #prelude #body #step }
            #after
        } } })
    }
}

/// What a page knows of the user; Django's other names are explained.
fn user_field(path: &Path) -> Result<()> {
    const FIELDS: [&str; 7] = [
        "id",
        "name",
        "email",
        "is_signed_in",
        "can_sign_up",
        "is_staff",
        "is_superuser",
    ];
    let name = match path.rest.first() {
        Some(Step::Field(name)) if FIELDS.contains(&name.as_str()) => return Ok(()),
        Some(Step::Field(name) | Step::Call(name)) => name.as_str(),
        _ => "",
    };
    let near = match name {
        "is_authenticated" | "is_active" => Some("is_signed_in"),
        "username" | "get_username" | "get_full_name" | "first_name" => Some("name"),
        "pk" => Some("id"),
        _ => nearest(name, FIELDS),
    };
    let found = if name.is_empty() {
        "`user` itself is no value".to_owned()
    } else {
        format!("`user` has no `{name}`")
    };
    fail(
        path.pos,
        "unknown-variable",
        found,
        match near {
            Some(near) => format!("write user.{near}"),
            None => format!("there are user.{}", FIELDS.join(", user.")),
        },
    )
}

/// What a loop's body asks of `forloop`.
#[derive(Default, Clone, Copy)]
struct Uses {
    any: bool,
    length: bool,
}

fn uses_of_forloop(ops: &[Op]) -> Uses {
    // The text of the debug form names every path; a word too many only costs a counter.
    let text = format!("{ops:?}");
    let any = text.contains("root: \"forloop\"");
    Uses {
        any,
        length: any
            && ["\"revcounter\"", "\"revcounter0\"", "\"last\"", "\"length\""]
                .iter()
                .any(|w| text.contains(w)),
    }
}

/// An identifier that may be a Rust keyword.
fn raw_ident(name: &str, span: Span) -> Ident {
    match name {
        "self" | "super" | "crate" | "Self" => Ident::new("__reserved", span),
        _ => syn::parse_str::<Ident>(name)
            .map_or_else(|_| Ident::new_raw(name, span), |_| Ident::new(name, span)),
    }
}

fn first_span(tokens: &TokenStream) -> Span {
    tokens
        .clone()
        .into_iter()
        .next()
        .map_or_else(Span::call_site, |t| t.span())
}
