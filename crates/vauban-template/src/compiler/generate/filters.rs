//! Filters: what each takes, and the Rust function that does it.

use super::Generator;
use super::filter_literal;
use crate::compiler::ast::Expr;
use crate::compiler::error::{Pos, Result, fail, nearest};
use crate::runtime::filters::date_parts::{Part, asks};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// What a filter takes as input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Text.
    Text,
    /// Text that is escaped first, or markup that stays.
    Markup,
    /// A number, or text that is one.
    Number,
    /// A date or time.
    Time,
    /// Something for `narrow`.
    Truth,
}

/// A filter's argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Argument {
    None,
    Text,
    MaybeText,
    Number,
}

/// Name, module of `filters`, input, argument.
type Row = (&'static str, &'static str, Takes, Argument);

use Argument as A;
use Takes as T;

/// Django's filters that have a meaning here, sorted by name.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("addslashes", "text", T::Text, A::None),
    ("capfirst", "text", T::Text, A::None),
    ("center", "text", T::Text, A::Number),
    ("cut", "text", T::Text, A::Text),
    ("date", "date", T::Time, A::MaybeText),
    ("divisibleby", "number", T::Number, A::Number),
    ("escapejs", "text", T::Text, A::None),
    ("filesizeformat", "number", T::Number, A::None),
    ("floatformat", "number", T::Number, A::MaybeText),
    ("force_escape", "html", T::Markup, A::None),
    ("get_digit", "number", T::Number, A::Number),
    ("iriencode", "url", T::Text, A::None),
    ("linebreaks", "html", T::Markup, A::None),
    ("linebreaksbr", "html", T::Markup, A::None),
    ("linenumbers", "text", T::Text, A::None),
    ("ljust", "text", T::Text, A::Number),
    ("lower", "text", T::Text, A::None),
    ("phone2numeric", "text", T::Text, A::None),
    ("rjust", "text", T::Text, A::Number),
    ("slugify", "text", T::Text, A::None),
    ("striptags", "html", T::Markup, A::None),
    ("time", "date", T::Time, A::MaybeText),
    ("timesince", "date", T::Time, A::None),
    ("timeuntil", "date", T::Time, A::None),
    ("title", "text", T::Text, A::None),
    ("truncatechars", "text", T::Text, A::Number),
    ("truncatechars_html", "html", T::Markup, A::Number),
    ("truncatewords", "text", T::Text, A::Number),
    ("truncatewords_html", "html", T::Markup, A::Number),
    ("upper", "text", T::Text, A::None),
    ("urlencode", "url", T::Text, A::MaybeText),
    ("urlize", "html", T::Markup, A::None),
    ("urlizetrunc", "html", T::Markup, A::Number),
    ("wordcount", "text", T::Text, A::None),
    ("wordwrap", "text", T::Text, A::Number),
    ("yesno", "logic", T::Truth, A::MaybeText),
];

/// Filters that need code of their own.
const SPECIAL: &[&str] = &[
    "add",
    "default",
    "default_if_none",
    "dictsort",
    "dictsortreversed",
    "escape",
    "escapeseq",
    "first",
    "join",
    "json_script",
    "last",
    "length",
    "make_list",
    "pluralize",
    "random",
    "safe",
    "safeseq",
    "slice",
    "stringformat",
    "unordered_list",
];

/// The names of all filters, for suggestions and tools.
pub(crate) fn names() -> Vec<&'static str> {
    TABLE
        .iter()
        .map(|row| row.0)
        .chain(SPECIAL.iter().copied())
        .collect()
}

/// How many filters there are.
pub const FILTERS: usize = TABLE.len() + SPECIAL.len();

impl Generator<'_> {
    /// An expression as `Number`.
    pub(super) fn number(&mut self, expr: &Expr) -> Result<TokenStream> {
        let value = self.value(expr)?;
        let probe = self.probe(&quote!(Numeric), &value, expr.pos(), 4);
        Ok(quote! { #probe.number() })
    }

    /// A filter's result. Test values wrap it, so that the next filter finds a test value again.
    pub(super) fn filter(
        &mut self,
        input: &Expr,
        name: &str,
        argument: Option<&Expr>,
        pos: Pos,
    ) -> Result<TokenStream> {
        let result = self.filter_call(input, name, argument, pos)?;
        if self.options.dynamic && name != "escape" {
            return Ok(quote! { (V::from_filter(#result)) });
        }
        Ok(result)
    }

    fn filter_call(
        &mut self,
        input: &Expr,
        name: &str,
        argument: Option<&Expr>,
        pos: Pos,
    ) -> Result<TokenStream> {
        let root = self.options.root.clone();
        if let Some(Expr::Str(literal, at)) = argument {
            filter_literal::form(name, literal, *at)?;
        }
        if let Some((name, module, takes, wants)) = TABLE.iter().find(|row| row.0 == name) {
            let function = format_ident!("{name}");
            let module = format_ident!("{module}");
            let input = match takes {
                T::Text => {
                    let text = self.text(input)?;
                    quote! { &#text }
                }
                T::Number => self.number(input)?,
                T::Markup => {
                    let value = self.value(input)?;
                    let probe = self.probe(&quote!(MarkupOrText), &value, pos, 4);
                    quote! { #probe.markup() }
                }
                T::Time => {
                    let value = self.value(input)?;
                    let probe = self.probe(&quote!(Moment), &value, pos, 4);
                    let parts = self.date_parts(name, argument, &value, pos);
                    quote! { { #parts #probe.moment() } }
                }
                T::Truth => {
                    let value = self.value(input)?;
                    let probe = self.probe(&quote!(Tristately), &value, pos, 4);
                    quote! { #probe.tristate() }
                }
            };
            let argument = match (wants, argument) {
                (A::None, None) => quote! {},
                (A::None, Some(a)) => {
                    return fail(
                        a.pos(),
                        "filter-argument",
                        format!("`{name}` takes no argument"),
                        format!("write |{name}"),
                    );
                }
                (A::Text, Some(a)) => {
                    let text = self.text(a)?;
                    quote! { , &#text }
                }
                (A::Number, Some(a)) => {
                    if let Expr::Str(literal, at) = a {
                        filter_literal::number(name, literal, *at)?;
                    }
                    let number = self.number(a)?;
                    quote! { , #number }
                }
                (A::MaybeText, Some(a)) => {
                    let text = self.text(a)?;
                    quote! { , ::core::option::Option::Some(&#text) }
                }
                (A::MaybeText, None) => quote! { , ::core::option::Option::None },
                (A::Text | A::Number, None) => {
                    return fail(
                        pos,
                        "filter-argument",
                        format!("`{name}` needs an argument"),
                        format!("write |{name}:value"),
                    );
                }
            };
            return Ok(quote! { #root::filters::#module::#function(#input #argument) });
        }
        if SPECIAL.contains(&name) {
            return self.special(input, name, argument, pos);
        }
        self.application(input, name, argument, pos)
    }

    /// Checks, by type, that a value has what its format asks for.
    fn date_parts(&self, filter: &str, format: Option<&Expr>, value: &TokenStream, pos: Pos) -> TokenStream {
        let format = match (format, filter) {
            (Some(Expr::Str(format, _)), _) => format.as_str(),
            (None, "date") => "DATE_FORMAT",
            (None, "time") => "TIME_FORMAT",
            // Known at run time only, or no format at all.
            _ => return TokenStream::new(),
        };
        let mut out = TokenStream::new();
        for (part, marker) in [(Part::Clock, quote!(Clock)), (Part::Calendar, quote!(Calendar))] {
            if asks(format, part) {
                let probe = self.probe(&marker, value, pos, 3);
                out.extend(quote! { #probe.has(); });
            }
        }
        out
    }

    fn special(
        &mut self,
        input: &Expr,
        name: &str,
        argument: Option<&Expr>,
        pos: Pos,
    ) -> Result<TokenStream> {
        let root = self.options.root.clone();
        let needs = |what: &str| -> Result<TokenStream> {
            fail(
                pos,
                "filter-argument",
                format!("`{what}` needs an argument"),
                format!("write |{what}:value"),
            )
        };
        Ok(match (name, argument) {
            ("default" | "default_if_none", Some(argument)) => {
                // Both sides as text; where the result is only written, each side keeps its own type.
                if !matches!(argument, Expr::Path(_)) {
                    return self.text(&Expr::Filter(
                        Box::new(input.clone()),
                        name.to_owned(),
                        Some(Box::new(argument.clone())),
                        pos,
                    ));
                }
                let some = self.ident("some");
                let test = self.optional(input, name, pos)?;
                let other = self.value(argument)?;
                quote! { (match #test { ::core::option::Option::Some(#some) => #some, ::core::option::Option::None => &(#other) }) }
            }
            ("safe" | "safeseq", _) => {
                return fail(
                    pos,
                    "safe",
                    format!("`|{name}` would print text as markup"),
                    "make the value in Rust, where it says why: a template, safe_html!, the sanitizer, or SafeHtml::trust(html, waiver!(TrustHtml, \"…\"))",
                );
            }
            // Escaping happens by context; the filter says what is done anyway.
            ("escape", None) => self.value(input)?,
            ("escapeseq", None) => {
                let list = self.value(input)?;
                if self.options.dynamic {
                    return Ok(quote! { (#list).escapeseq() });
                }
                quote! { #root::filters::list::escapeseq(&(#list)) }
            }
            ("add", Some(argument)) => {
                let value = self.value(input)?;
                let other = self.value(argument)?;
                let a = self.probe(&quote!(Adding), &value, pos, 4);
                let b = self.probe(&quote!(Adding), &other, pos, 4);
                quote! { #root::filters::number::add(#a.addend(), #b.addend()) }
            }
            ("pluralize", _) => {
                let value = self.value(input)?;
                let probe = self.probe(&quote!(Counting), &value, pos, 5);
                let suffix = match argument {
                    Some(a) => self.text(a)?,
                    None => quote! { ::std::borrow::Cow::Borrowed("s") },
                };
                quote! { #root::filters::logic::pluralize(#probe.is_one(), &#suffix) }
            }
            ("length", None) => {
                let value = self.value(input)?;
                let probe = self.probe(&quote!(Counting), &value, pos, 5);
                quote! { #probe.length() }
            }
            ("stringformat", Some(argument)) => {
                let value = self.value(input)?;
                let probe = self.probe(&quote!(Compare), &value, pos, 6);
                let format = self.text(argument)?;
                quote! { #root::filters::text::stringformat(&#probe.view_of(), &#format) }
            }
            ("json_script", _) => {
                let value = self.value(input)?;
                let id = match argument {
                    Some(a) => {
                        let text = self.text(a)?;
                        quote! { ::core::option::Option::Some(&#text) }
                    }
                    None => quote! { ::core::option::Option::None },
                };
                quote! { #root::filters::html::json_script(&(#value), #id) }
            }
            ("first" | "last" | "random", None) => {
                let value = self.value(input)?;
                let probe = self.probe(&quote!(Listed), &value, pos, 4);
                let method = format_ident!("{name}");
                quote! { #probe.#method() }
            }
            ("make_list", None) => {
                let text = self.text(input)?;
                quote! { #root::filters::list::make_list(&#text) }
            }
            ("slice", Some(argument)) => {
                let value = self.value(input)?;
                let probe = self.probe(&quote!(Listed), &value, pos, 4);
                let range = self.text(argument)?;
                quote! { #probe.slice(&#range) }
            }
            ("join", Some(argument)) => {
                let separator = self.text(argument)?;
                let value = self.value(input)?;
                if self.options.dynamic {
                    quote! { (#value).join_text(&#separator) }
                } else if let Expr::Filter(_, inner, _, _) = input
                    && inner == "escapeseq"
                {
                    quote! { #root::filters::list::join_markup(&(#value), &#separator) }
                } else {
                    let item = self.ident("item");
                    let probe = self.probe(&quote!(Words), &quote! { *#item }, pos, 3);
                    quote! { #root::filters::list::join((#value).iter().map(|#item| #probe.text()), &#separator) }
                }
            }
            ("dictsort" | "dictsortreversed", Some(argument)) => {
                let Expr::Str(key, _) = argument else {
                    return fail(
                        argument.pos(),
                        "filter-argument",
                        format!("the key of `{name}` is not a literal"),
                        format!("write |{name}:\"field\""),
                    );
                };
                let value = self.value(input)?;
                let item = self.ident("item");
                let path = crate::compiler::expr::value(&format!("x.{key}"), argument.pos())?;
                let Expr::Path(path) = path else {
                    return fail(
                        argument.pos(),
                        "filter-argument",
                        format!("`{key}` is not a field"),
                        format!("write |{name}:\"field\""),
                    );
                };
                let field = self.steps(quote! { #item }, &path.rest, path.pos);
                let probe = self.probe(&quote!(Compare), &field, pos, 6);
                let reversed = name == "dictsortreversed";
                if self.options.dynamic {
                    quote! { (#value).sorted_by_key(&|#item| #probe.key_of(), #reversed) }
                } else {
                    quote! { #root::filters::list::sorted((#value).iter().collect::<::std::vec::Vec<_>>(), |#item| #probe.key_of(), #reversed) }
                }
            }
            ("unordered_list", None) => {
                let value = self.value(input)?;
                if self.options.dynamic {
                    return Ok(quote! { (#value).unordered_list() });
                }
                quote! { #root::filters::list::unordered_list(&(#value)) }
            }
            (
                name @ ("escape" | "escapeseq" | "length" | "first" | "last" | "random" | "make_list"
                | "unordered_list"),
                Some(a),
            ) => {
                return fail(
                    a.pos(),
                    "filter-argument",
                    format!("`{name}` takes no argument"),
                    format!("write |{name}"),
                );
            }
            (name, _) => return needs(name),
        })
    }

    /// A filter of the application's: a plain function `crate::template_filters::name(&value, &argument)`.
    fn application(
        &mut self,
        input: &Expr,
        name: &str,
        argument: Option<&Expr>,
        pos: Pos,
    ) -> Result<TokenStream> {
        if name == "pprint" || name == "phone" {
            return fail(
                pos,
                "unknown-filter",
                format!("there is no filter `{name}`"),
                "it prints Python's view of a value",
            );
        }
        // A typing mistake is more likely than a function of one's own with almost the same name.
        if !name.contains("::")
            && let Some(near) = nearest(name, names())
            && near != name
        {
            return fail(
                pos,
                "unknown-filter",
                format!("there is no filter `{name}`"),
                format!(
                    "did you mean `{near}`? A filter of your own is a function, called by its path: |crate::template_filters::{name}"
                ),
            );
        }
        if self.options.dynamic && !name.contains("::") {
            return fail(pos, "unknown-filter", format!("there is no filter `{name}`"), "");
        }
        let count = 1 + usize::from(argument.is_some());
        let function = self.app_function("template_filters", name, count, pos, self.options.span)?;
        let value = self.value(input)?;
        let argument = match argument {
            Some(argument) => {
                let argument = self.value(argument)?;
                quote! { , &(#argument) }
            }
            None => TokenStream::new(),
        };
        Ok(quote! { #function(&(#value) #argument) })
    }
}
