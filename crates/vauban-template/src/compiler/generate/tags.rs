//! Tags that are more than a value: url, static, cycle, firstof, now, querystring, components, calls.

use super::{CycleState, Generator, MAX_CYCLES, raw_ident};
use crate::compiler::ast::{Cycle, Expr, UrlTag};
use crate::compiler::error::{Pos, Result, fail, nearest};
use crate::compiler::html::ir::{Context, Op};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

impl Generator<'_> {
    pub(super) fn tag(&mut self, op: &Op) -> Result<TokenStream> {
        let root = self.options.root.clone();
        Ok(match op {
            Op::Url(url, context) => {
                self.size += 24;
                let value = self.url_value(url)?;
                let marker = text_marker(*context, url.pos)?;
                quote! { #root::url_as::<#root::#marker, _>(&(#value), __cx, __out); }
            }
            Op::Static(path, context, pos) => {
                self.size += path.len() + 24;
                let marker = text_marker(*context, *pos)?;
                quote! { #root::static_as::<#root::#marker>(#path, __cx, __out); }
            }
            Op::Cycle(cycle, context) => self.cycle(cycle, *context)?,
            Op::ResetCycle(name, pos) => {
                let found = match name {
                    Some(name) => self.cycles.iter().rev().find(|c| c.name.as_ref() == Some(name)),
                    None => self.cycles.last(),
                };
                let Some(cycle) = found else {
                    return fail(
                        *pos,
                        "cycle",
                        "{% resetcycle %} without an earlier {% cycle %}",
                        "write {% cycle %} before",
                    );
                };
                let counter = &cycle.counter;
                quote! { ::core::cell::Cell::set(&#counter, 0); }
            }
            Op::FirstOf(values, context, pos) => {
                // CWE-601, CWE-79: a place that counts on a value gets one, and be it the empty one.
                let mut out = match context {
                    Context::UrlRoot | Context::JsValue | Context::Json | Context::JsonAttribute => {
                        self.put_tokens(&quote! { "" }, *context, *pos)
                    }
                    _ => TokenStream::new(),
                };
                for value in values.iter().rev() {
                    let there = self.ident("there");
                    if let Expr::Str(text, at) = value {
                        if !text.is_empty() {
                            out = self.put_tokens(&quote! { #text }, *context, *at);
                        }
                        continue;
                    }
                    let test = self.narrow(value)?;
                    let put = self.put_tokens(&quote! { #there }, *context, value.pos());
                    out = quote! { match #test { ::core::option::Option::Some(#there) => { #put } ::core::option::Option::None => { #out } } };
                }
                out
            }
            Op::Now(format, context, pos) => {
                let value = quote! { #root::filters::date::now(#format) };
                self.put_tokens(&value, *context, *pos)
            }
            Op::QueryString(arguments, context, pos) => {
                let mut changes = TokenStream::new();
                for (key, expr) in arguments {
                    let change = match expr {
                        Expr::None(_) => quote! { ::core::option::Option::None },
                        expr => {
                            let text = self.text(expr)?;
                            quote! { ::core::option::Option::Some(#text) }
                        }
                    };
                    changes.extend(quote! { (#key, #change), });
                }
                let value = quote! { #root::filters::url::querystring(#root::RenderContext::query(__cx), &[#changes]) };
                self.put_tokens(&value, *context, *pos)
            }
            Op::WidthRatio(values, context, pos) => {
                let value = self.width_ratio(values)?;
                self.put_tokens(&value, *context, *pos)
            }
            Op::Call(call, context) => {
                let count = call.arguments.len();
                let function =
                    self.app_function("template_tags", &call.name, count, call.pos, self.options.span)?;
                let mut arguments = TokenStream::new();
                for argument in &call.arguments {
                    let value = self.value(argument)?;
                    arguments.extend(quote! { &(#value), });
                }
                self.put_tokens(&quote! { #function(#arguments) }, *context, call.pos)
            }
            Op::Slot(name, default, in_form) => {
                let default = self.ops(default);
                let cx = self.context(*in_form);
                quote! { if !#root::Slots::write(__slots, #name, #cx, __out) { #default } }
            }
            Op::Component(component, slots, in_form) => {
                let cx = self.context(*in_form);
                let path = self.own_path(&component.path, component.pos)?;
                let mut fields = TokenStream::new();
                for (name, expr) in &component.arguments {
                    let field = raw_ident(name, self.options.span);
                    let value = match expr {
                        // A literal takes the field's own type.
                        Expr::Int(n, _) => {
                            let n = proc_macro2::Literal::i64_unsuffixed(*n);
                            quote! { #root::int::<_, #n>() }
                        }
                        Expr::Bool(b, _) => quote! { #b },
                        Expr::None(_) => quote! { ::core::option::Option::None },
                        expr => {
                            let value = self.value(expr)?;
                            quote! { #root::Field::of(&(#value)) }
                        }
                    };
                    fields.extend(quote! { #field: #value, });
                }
                let mut arms = TokenStream::new();
                let mut there = TokenStream::new();
                for (name, body) in slots {
                    let blank = body
                        .iter()
                        .all(|op| matches!(op, Op::Literal(t) if t.trim().is_empty()));
                    if blank {
                        continue;
                    }
                    let method = crate::compiler::derive::slot_method(name);
                    there.extend(quote! { #path::#method(__component); });
                    let body = self.ops(body);
                    arms.extend(quote! { #name => { #body true } });
                }
                quote! { match &(#path { #fields }) { __component => {
                    #there
                    #root::component(
                        __component,
                        #cx,
                        &|__name: &::core::primitive::str, __cx: &dyn #root::RenderContext, __out: &mut ::std::string::String| -> ::core::primitive::bool {
                            match __name { #arms _ => false }
                        },
                        __out,
                    );
                } } }
            }
            Op::Slash => quote! { #root::escape::url::slash(__out); },
            Op::Waiver(wall, reason, origin, pos) => {
                let wall = raw_ident(wall, Span::call_site());
                // Signed for its file, where a list of waivers finds it, whoever extends or includes it.
                let file = format!("templates/{}", self.sources.name(pos.file));
                quote! {
                    const { #root::vauban_waiver::__in_template!(#wall, #file, #reason); }
                    __cx.__form_leaves(#origin);
                }
            }
            _ => TokenStream::new(),
        })
    }

    /// `value / max * width` as text.
    pub(super) fn width_ratio(&mut self, values: &[Expr; 3]) -> Result<TokenStream> {
        let root = self.options.root.clone();
        let [a, b, c] = values;
        let (a, b, c) = (self.number(a)?, self.number(b)?, self.number(c)?);
        let value = quote! { #root::filters::number::width_ratio(#a, #b, #c) };
        Ok(if self.options.dynamic {
            quote! { (V::from_filter(#value)) }
        } else {
            value
        })
    }

    /// `crate::urls::name(&a, &b)`. The arguments have the template's place in their types, so that rustc's message says it of
    /// one that does not fit.
    pub(super) fn url_value(&mut self, url: &UrlTag) -> Result<TokenStream> {
        let name = url.name.replace('.', "::");
        let function = self.app_function("urls", &name, url.arguments.len(), url.pos, Span::call_site())?;
        let mut arguments = TokenStream::new();
        for argument in &url.arguments {
            let value = self.value(argument)?;
            arguments.extend(if self.options.dynamic {
                quote! { &(#value), }
            } else {
                let here = self.here_at(&value, argument.pos(), Span::call_site());
                quote! { &#here, }
            });
        }
        Ok(quote! { #function(#arguments) })
    }

    /// Whether a cycle is written here was decided with its place: here and there must not differ (CWE-79).
    fn cycle(&mut self, cycle: &Cycle, context: Option<Context>) -> Result<TokenStream> {
        let state = if cycle.values.is_empty() {
            let Some(found) = self.cycles.iter().rev().find(|c| c.name == cycle.name).cloned() else {
                let name = cycle.name.clone().unwrap_or_default();
                return fail(
                    cycle.pos,
                    "cycle",
                    format!("no {{% cycle %}} is named `{name}`"),
                    "name it: {% cycle a b as name %}",
                );
            };
            found
        } else {
            if self.cycles.len() >= MAX_CYCLES {
                return fail(
                    cycle.pos,
                    "too-large",
                    format!("more than {MAX_CYCLES} cycles in a page"),
                    "put them into a loop, or into a component",
                );
            }
            let state = CycleState {
                name: cycle.name.clone(),
                counter: self.ident("cycle"),
                values: cycle.values.clone(),
            };
            self.cycles.push(state.clone());
            state
        };
        let put = match context {
            Some(context) => self.cycle_value(&state, context, false)?,
            None => TokenStream::new(),
        };
        let counter = &state.counter;
        Ok(quote! { #put ::core::cell::Cell::set(&#counter, ::core::cell::Cell::get(&#counter) + 1); })
    }

    /// Writes the value of a cycle: the next one, or the one that was written last.
    pub(super) fn cycle_value(
        &mut self,
        cycle: &CycleState,
        context: Context,
        last: bool,
    ) -> Result<TokenStream> {
        let counter = &cycle.counter;
        let count = cycle.values.len();
        let mut arms = TokenStream::new();
        for (i, value) in cycle.values.iter().enumerate() {
            let put = self.put(value, context, value.pos())?;
            let pattern = if i + 1 == count { quote!(_) } else { quote!(#i) };
            arms.extend(quote! { #pattern => { #put } });
        }
        let at = if last {
            quote! { (::core::cell::Cell::get(&#counter) + #count - 1usize) % #count }
        } else {
            quote! { ::core::cell::Cell::get(&#counter) % #count }
        };
        Ok(quote! { match #at { #arms } })
    }
}

impl Generator<'_> {
    /// A function of the crate that the template is of, by its name or by a path of its own, as an expression that is called
    /// with so many arguments. A name that is not there is looked for in an alias which is called after the template's place,
    /// so that rustc's message says it; of the number of arguments [`given`](crate::runtime::given) tells. Where the derive
    /// stands (`span`), rustc does not offer a name that is near in place of the whole template.
    pub(super) fn app_function(
        &self,
        module: &str,
        name: &str,
        arguments: usize,
        pos: Pos,
        span: Span,
    ) -> Result<TokenStream> {
        self.is_known(module, name, pos)?;
        let whole = match name.split_once("::") {
            Some(("crate" | "self" | "super", _)) => name.to_owned(),
            _ => format!("crate::{module}::{name}"),
        };
        if self.options.dynamic {
            return self.path_at(&whole, pos, span);
        }
        let (line, column) = self.place(pos);
        let file = self.sources.marker(pos);
        let here = format_ident!("{file}_line_{line}_column_{column}");
        // Of what a module within the first one lacks, rustc names the one before it; `$crate` itself has no other name.
        let foreign = self.sources.is_foreign(pos);
        let inner = whole.strip_prefix("crate::");
        let first = inner
            .and_then(|inner| inner.split_once("::"))
            .filter(|(first, _)| foreign || *first == "urls");
        let begin = match (inner, first) {
            (_, Some((first, rest))) => {
                let module = self.path_at(&format!("crate::{first}"), pos, Span::call_site())?;
                Some((module, rest))
            }
            (Some(inner), None) if !foreign => Some((self.sources.root(pos), inner)),
            _ => None,
        };
        let path = match begin {
            Some((begin, rest)) => {
                let rest = spelled(rest, span);
                quote! { { use #begin as #here; #here::#rest } }
            }
            None => self.path_at(&whole, pos, span)?,
        };
        let root = &self.options.root;
        Ok(if arguments > crate::runtime::given::MOST {
            quote! { (#path) }
        } else {
            quote! { ((&&#root::given::<_, #arguments, #line, #column, #file>(#path)).__function()) }
        })
    }

    /// Refuses a name that is not in a module of which all names are known.
    fn is_known(&self, module: &str, name: &str, pos: Pos) -> Result<()> {
        let Some(known) = self.options.own.get(module) else {
            return Ok(());
        };
        if name.contains("::") || self.sources.is_foreign(pos) || known.contains(name) {
            return Ok(());
        }
        let near = nearest(name, known.iter().map(String::as_str));
        fail(
            pos,
            "unknown-name",
            format!("there is no `{name}` in `crate::{module}`"),
            near.map_or_else(String::new, |near| format!("did you mean `{near}`?")),
        )
    }

    /// A path as the template's own crate means it. What another package's template names is in that package.
    pub(super) fn own_path(&self, path: &str, pos: Pos) -> Result<TokenStream> {
        self.path_at(path, pos, self.options.span)
    }

    /// The same, as if it stood at `span`. How the other package's root is named keeps its own.
    fn path_at(&self, path: &str, pos: Pos, span: Span) -> Result<TokenStream> {
        let Some(rest) = path.strip_prefix("crate::") else {
            if self.sources.is_foreign(pos) {
                return fail(
                    pos,
                    "relative-path",
                    format!("`{path}` means another thing in each package that extends this template"),
                    format!(
                        "name it from the package's root: crate::…::{}",
                        path.rsplit("::").next().unwrap_or(path)
                    ),
                );
            }
            return Ok(spelled(path, span));
        };
        let root = self.sources.root(pos);
        let rest = spelled(rest, span);
        Ok(quote! { #root::#rest })
    }

    /// The context for markup that was checked elsewhere.
    fn context(&self, in_form: bool) -> TokenStream {
        let root = &self.options.root;
        if in_form {
            quote! { &#root::InForm(__cx) }
        } else {
            quote! { __cx }
        }
    }
}

/// A path as if it stood at `span`.
fn spelled(path: &str, span: Span) -> TokenStream {
    let path: TokenStream = path.parse().unwrap_or_default();
    path.into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

fn text_marker(context: Context, pos: Pos) -> Result<TokenStream> {
    Ok(match context {
        Context::Text => quote!(escape::Text),
        Context::Rcdata => quote!(escape::Rcdata),
        Context::Attribute | Context::UrlStart | Context::Segment | Context::UrlRoot => {
            quote!(escape::Attribute)
        }
        Context::UrlQuery => quote!(escape::UrlQuery),
        Context::CandidatePath => quote!(escape::CandidatePath),
        Context::CssUrl => quote!(escape::CssUrl),
        Context::JsString => quote!(escape::JsString),
        Context::JsonString => quote!(escape::JsonString),
        _ => {
            return fail(
                pos,
                "url-place",
                "an address cannot stand here",
                "write it into an attribute or a string",
            );
        }
    })
}
