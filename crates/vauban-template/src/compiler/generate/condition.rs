//! Conditions: Django's idea of true, Django's operators.

use super::{Entry, Generator};
use crate::compiler::ast::{Expr, Op as Operator};
use crate::compiler::error::{Pos, Result, fail};
use crate::compiler::html::ir::Op;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

impl Generator<'_> {
    /// `{% if %}`. Inside a branch the paths that were tested are known to be there, so that
    /// `{% if subtitle %}{{ subtitle }}{% endif %}` works for an `Option`.
    pub(super) fn if_(&mut self, branches: &[(Expr, Vec<Op>)], otherwise: &[Op]) -> Result<TokenStream> {
        // `{% if not x %}a{% else %}b{% endif %}` is `{% if x %}b{% else %}a{% endif %}`: in `b`, `x` is there.
        if let [(test, body)] = branches
            && let Some(there) = denied(test)
        {
            return self.if_(&[(there, otherwise.to_vec())], body);
        }
        self.next += 1;
        let label = format!("'__if{}", self.next);
        let label = syn::Lifetime::new(&label, proc_macro2::Span::mixed_site());
        let mut out = TokenStream::new();
        let mut largest = 0;
        let start = self.size;
        for (test, body) in branches {
            self.size = start;
            let depth = self.names.len();
            let mut parts = Vec::new();
            conjuncts(test, &mut parts);
            let mut opened = Vec::new();
            for part in parts {
                opened.push(self.conjunct(part)?);
            }
            let body = self.ops(body);
            self.names.truncate(depth);
            largest = largest.max(self.size - start);
            let mut inner = quote! { #body break #label; };
            for open in opened.into_iter().rev() {
                inner = match open {
                    Opened::Test(test) => quote! { if #test { #inner } },
                    Opened::Narrow(test, ident) => {
                        quote! { if let ::core::option::Option::Some(#ident) = #test { #inner } }
                    }
                };
            }
            out.extend(inner);
        }
        self.size = start;
        let otherwise = self.ops(otherwise);
        self.size = start + largest.max(self.size - start);
        Ok(quote! { #label: { #out #otherwise } })
    }

    fn conjunct(&mut self, part: &Expr) -> Result<Opened> {
        match part {
            Expr::Path(path) if path.root != "forloop" => {
                let test = self.narrow(part)?;
                let ident = self.ident("there");
                self.names.push(Entry::Narrow(path.to_string(), ident.clone()));
                Ok(Opened::Narrow(test, ident))
            }
            Expr::Binary(Operator::IsNot | Operator::Ne, left, right, pos)
                if matches!(**right, Expr::None(_)) =>
            {
                let Expr::Path(path) = &**left else {
                    return Ok(Opened::Test(self.condition(part)?));
                };
                let value = self.value(left)?;
                let probe = self.probe(&quote!(Maybe), &value, *pos, 3);
                let ident = self.ident("there");
                self.names.push(Entry::Narrow(path.to_string(), ident.clone()));
                Ok(Opened::Narrow(quote! { #probe.maybe() }, ident))
            }
            _ => Ok(Opened::Test(self.condition(part)?)),
        }
    }

    /// `Option` of the value if it is true.
    pub(super) fn narrow(&mut self, expr: &Expr) -> Result<TokenStream> {
        let value = self.value(expr)?;
        let probe = self.probe(&quote!(Condition), &value, expr.pos(), 6);
        Ok(quote! { #probe.narrow() })
    }

    /// `Option` of the value for `default` and `default_if_none`.
    pub(super) fn optional(&mut self, input: &Expr, filter: &str, pos: Pos) -> Result<TokenStream> {
        if filter == "default" {
            return self.narrow(input);
        }
        let value = self.value(input)?;
        let probe = self.probe(&quote!(Maybe), &value, pos, 3);
        Ok(quote! { #probe.maybe() })
    }

    /// A Rust `bool`.
    pub(super) fn condition(&mut self, expr: &Expr) -> Result<TokenStream> {
        Ok(match expr {
            Expr::Bool(b, _) => quote! { #b },
            Expr::None(_) => quote! { false },
            Expr::Str(text, _) => {
                let full = !text.is_empty();
                quote! { #full }
            }
            Expr::Int(n, _) => {
                let full = *n != 0;
                quote! { #full }
            }
            Expr::Not(inner, _) => {
                let inner = self.condition(inner)?;
                quote! { (!(#inner)) }
            }
            Expr::Binary(Operator::And, left, right, _) => {
                // What the left side tested is known on the right side.
                let depth = self.names.len();
                let opened = self.conjunct(left)?;
                let right = self.condition(right);
                self.names.truncate(depth);
                let right = right?;
                match opened {
                    Opened::Test(left) => quote! { (#left && #right) },
                    Opened::Narrow(left, ident) => {
                        quote! { (match #left { ::core::option::Option::Some(#ident) => #right, ::core::option::Option::None => false }) }
                    }
                }
            }
            Expr::Binary(Operator::Or, left, right, _) => {
                let left = self.condition(left)?;
                let right = self.condition(right)?;
                quote! { (#left || #right) }
            }
            Expr::Binary(op, left, right, pos) => self.comparison(*op, left, right, *pos)?,
            _ => {
                let test = self.narrow(expr)?;
                quote! { #test.is_some() }
            }
        })
    }

    fn comparison(&mut self, op: Operator, left: &Expr, right: &Expr, pos: Pos) -> Result<TokenStream> {
        use Operator::{Eq, Ge, Gt, In, Is, IsNot, Le, Lt, Ne, NotIn};
        // `x is None` and `x == None` ask whether an Option is empty.
        if matches!(op, Is | IsNot | Eq | Ne)
            && (matches!(left, Expr::None(_)) || matches!(right, Expr::None(_)))
        {
            let other = if matches!(right, Expr::None(_)) {
                left
            } else {
                right
            };
            if matches!(other, Expr::None(_)) {
                let same = matches!(op, Is | Eq);
                return Ok(quote! { #same });
            }
            let value = self.value(other)?;
            let probe = self.probe(&quote!(Maybe), &value, pos, 3);
            return Ok(match op {
                Is | Eq => quote! { #probe.maybe().is_none() },
                _ => quote! { #probe.maybe().is_some() },
            });
        }
        if matches!(op, Is | IsNot) && !matches!(right, Expr::Bool(..)) && !self.options.dynamic {
            return fail(
                pos,
                "is",
                "`is` compares with None, True and False only",
                "write == or !=",
            );
        }
        // What is to be compared decides how; a literal does not.
        let (left, right, op) = match op {
            _ if self.options.dynamic || !is_literal(left) || is_literal(right) => (left, right, op),
            Eq | Ne => (right, left, op),
            Lt => (right, left, Gt),
            Le => (right, left, Ge),
            Gt => (right, left, Lt),
            Ge => (right, left, Le),
            _ => (left, right, op),
        };
        let (a, b) = (self.value(left)?, self.value(right)?);
        let method = match op {
            Eq | Ne => "equal",
            Lt => "less",
            Le => "less_or_equal",
            Gt => "greater",
            Ge => "greater_or_equal",
            Is => "identical",
            IsNot => "not_identical",
            In | NotIn => {
                let probe = self.probe(&quote!(Compare), &b, pos, 6);
                let item = self.probe(&quote!(Compare), &a, pos, 6);
                let not = if op == NotIn {
                    quote!(!)
                } else {
                    TokenStream::new()
                };
                return Ok(quote! { (#not #probe.has(&#item.key_of())) });
            }
            Operator::And | Operator::Or => {
                return fail(pos, "internal", "not a comparison", "report this as a bug");
            }
        };
        let method = format_ident!("{method}");
        if matches!(op, Eq | Ne) && !self.options.dynamic {
            return Ok(self.equality(op == Ne, (left, &a), (right, &b), pos));
        }
        // A literal says how the other side is to be read: as text or as a number.
        let probe = self.probe(&quote!(Compare), &a, pos, 6);
        if matches!(op, Eq | Ne) {
            let not = (op == Ne).then(|| quote!(!));
            let other = self.probe(&quote!(Other), &b, pos, 2);
            return Ok(quote! { (#not #probe.equal(#other.side())) });
        }
        let checks = [self.fits(left, right, &b), self.fits(right, left, &a)];
        Ok(quote! { { #(#checks)* #probe.#method(&(#b)) } })
    }

    /// `==` and `!=`. On each side an `Option` stands for what it holds, in either order: nothing equals only nothing.
    fn equality(
        &mut self,
        not: bool,
        (left, a): (&Expr, &TokenStream),
        (right, b): (&Expr, &TokenStream),
        pos: Pos,
    ) -> TokenStream {
        let checks = [self.fits(left, right, b), self.fits(right, left, a)];
        let not = not.then(|| quote!(!));
        let (one, other) = (self.ident("one"), self.ident("other"));
        let maybe = |e: &Expr, value: &TokenStream| {
            if is_literal(e) {
                return quote! { ::core::option::Option::Some(&(#value)) };
            }
            let probe = self.probe(&quote!(Maybe), value, pos, 3);
            quote! { #probe.maybe() }
        };
        let (a, b) = (maybe(left, a), maybe(right, b));
        let probe = self.probe(&quote!(Compare), &quote! { *#one }, pos, 6);
        let side = self.probe(&quote!(Other), &quote! { *#other }, pos, 2);
        quote! { {
            #(#checks)*
            #not match (#a, #b) {
                (::core::option::Option::Some(#one), ::core::option::Option::Some(#other)) => {
                    #probe.equal(#side.side())
                }
                (::core::option::Option::None, ::core::option::Option::None) => true,
                _ => false,
            }
        } }
    }

    /// Checks, by type, that a value may be compared with a literal.
    fn fits(&self, literal: &Expr, other: &Expr, value: &TokenStream) -> TokenStream {
        let marker = match literal {
            Expr::Int(..) | Expr::Float(..) => quote!(WithNumber),
            Expr::Str(..) => quote!(WithText),
            _ => return TokenStream::new(),
        };
        let probe = self.probe(&marker, value, other.pos(), 3);
        let choice = match literal {
            Expr::Str(text, _) => {
                let probe = self.probe(&quote!(Stated), value, other.pos(), 3);
                let number = crate::compiler::number_of(text);
                quote! { #probe.states::<#number>(); }
            }
            _ => TokenStream::new(),
        };
        quote! { #probe.has(); #choice }
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Int(..) | Expr::Float(..) | Expr::Str(..) | Expr::Bool(..)
    )
}

enum Opened {
    Test(TokenStream),
    Narrow(TokenStream, proc_macro2::Ident),
}

/// What is denied, where that says whether a variable is there.
fn denied(test: &Expr) -> Option<Expr> {
    match test {
        Expr::Not(inner, _) if matches!(**inner, Expr::Path(_)) => Some((**inner).clone()),
        Expr::Binary(Operator::Is | Operator::Eq, left, right, pos)
            if matches!((&**left, &**right), (Expr::Path(_), Expr::None(_))) =>
        {
            Some(Expr::Binary(Operator::IsNot, left.clone(), right.clone(), *pos))
        }
        _ => None,
    }
}

fn conjuncts<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    if let Expr::Binary(Operator::And, left, right, _) = expr {
        conjuncts(left, out);
        conjuncts(right, out);
    } else {
        out.push(expr);
    }
}
