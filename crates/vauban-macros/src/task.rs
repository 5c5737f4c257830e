//! `#[task(name = "digest")]`: a type per task from an async function.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Ident, ItemFn, Lit, LitStr, Result, Token, Type};

use crate::acting;
use crate::ident::Once;

/// Writes the task's type, with its name and how it is called.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let args: Args = syn::parse2(args)?;
    let function: ItemFn = syn::parse2(item)?;
    acting::check_signature(
        &function,
        "a task",
        "write `-> Result<()>`",
        "rows know it by one name",
    )?;
    let (who, others) = parameters(&function)?;
    let name = &function.sig.ident;
    let vis = &function.vis;
    let docs = function.attrs.iter().filter(|a| a.path().is_ident("doc"));
    let mut inner = function.clone();
    inner.attrs.retain(|a| !a.path().is_ident("doc"));
    inner.vis = syn::Visibility::Inherited;

    let mut told = None;
    let mut given = Vec::new();
    let mut arguments = Vec::new();
    for (i, ty) in others.iter().enumerate() {
        let value = format_ident!("__p{i}");
        if is_given(ty) {
            given.push(quote_spanned! {ty.span()=>
                let #value = <#ty as ::vauban::tasks::TaskParam>::take(__call)?;
            });
            arguments.push(value.to_token_stream());
        } else if told.replace(ty).is_none() {
            arguments.push(quote!(__args));
        } else {
            return Err(Error::new(
                ty.span(),
                "a task is told one value, which is kept in its row: put both into one struct with `#[derive(Serialize, Deserialize)]`",
            ));
        }
    }
    let args_type = told.map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let task_name = &args.name;
    let options = args.constants();
    let run_as = quote_spanned! {who.span()=> <#who as ::vauban::tasks::RunsAs>::of(__call) };
    Ok(quote! {
        #(#docs)*
        #[allow(non_camel_case_types, unreachable_pub, missing_docs)]
        #vis enum #name {}

        /// The task as a value: for its schedule.
        #[doc(hidden)]
        #[allow(unreachable_pub, missing_docs, dead_code)]
        #vis fn #name() -> ::vauban::tasks::TaskOf<#name> {
            ::vauban::tasks::TaskOf::new()
        }

        impl #name {
            /// Puts it into the unit of `db`, with what it is told: queued when that is saved, and not if it is undone.
            #[allow(dead_code, unreachable_pub, private_interfaces)]
            #vis fn enqueue<__D: ::vauban::tasks::Enqueues>(
                db: &__D,
                args: #args_type,
            ) -> ::vauban::tasks::Enqueue<Self> {
                ::vauban::tasks::Enqueue::of(db, &args)
            }
        }

        impl ::vauban::tasks::Task for #name {
            type As = #who;
            type Args = #args_type;
            const NAME: &'static str = #task_name;
            #options

            async fn run(
                __call: &::vauban::tasks::TaskCall<'_>,
                __args: Self::Args,
            ) -> ::vauban::__private::Result<(), ::vauban::tasks::Failed> {
                #inner
                let __who = #run_as;
                #(#given)*
                let __done = #name(__who, #(#arguments),*).await;
                __done.map_err(::vauban::__private::From::from)
            }
        }
    })
}

/// `name = "digest", queue = "mail", tries = 8, timeout = 60, priority = high, secret`.
struct Args {
    name: LitStr,
    queue: Option<LitStr>,
    tries: Option<Expr>,
    timeout: Option<Expr>,
    priority: Option<Ident>,
    secret: bool,
}

const OPTIONS: &str =
    "`queue = \"…\"`, `tries = 8`, `timeout = 60` (seconds), `priority = high` or `low`, and `secret`";

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut name = None;
        let (mut queue, mut tries, mut timeout, mut priority, mut secret) = (None, None, None, None, false);
        let mut once = Once::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            once.read(&key.clone().into())?;
            if key == "secret" {
                secret = true;
            } else {
                input.parse::<Token![=]>()?;
                match key.to_string().as_str() {
                    "name" => name = Some(named(&input.parse()?)?),
                    "queue" => queue = Some(named(&input.parse()?)?),
                    "tries" => tries = Some(within(input.parse()?, 1, 100)?),
                    "timeout" => timeout = Some(within(input.parse()?, 1, 3600)?),
                    "priority" => priority = Some(prioritised(&input.parse()?)?),
                    _ => {
                        let message = format!(
                            "`{key}` is not an option of a task: there are `name = \"…\"`, {OPTIONS}"
                        );
                        return Err(Error::new(key.span(), message));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let Some(name) = name else {
            return Err(Error::new(
                proc_macro2::Span::call_site(),
                "a task says by which name rows know it: `#[task(name = \"news.digest\")]`. It outlives the function's name: what an older release has queued is found by it",
            ));
        };
        Ok(Self {
            name,
            queue,
            tries,
            timeout,
            priority,
            secret,
        })
    }
}

impl Args {
    fn constants(&self) -> TokenStream {
        let queue = self
            .queue
            .iter()
            .map(|queue| quote!(const QUEUE: &'static str = #queue;));
        let tries = self.tries.iter().map(|tries| quote!(const TRIES: u32 = #tries;));
        let timeout = self
            .timeout
            .iter()
            .map(|timeout| quote!(const TIMEOUT: u32 = #timeout;));
        let priority = self.priority.iter().map(|priority| {
            quote!(const PRIORITY: ::vauban::tasks::Priority = ::vauban::tasks::Priority::#priority;)
        });
        let secret = self.secret.then(|| {
            quote!(
                const SECRET: bool = true;
            )
        });
        quote!(#(#queue)* #(#tries)* #(#timeout)* #(#priority)* #secret)
    }
}

/// What rows hold, and lines of `access.lock`.
fn named(literal: &LitStr) -> Result<LitStr> {
    let text = literal.value();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.len() > 60 || !text.chars().all(is_plain) {
        let message = "a name of up to 60 small letters, digits, `.`, `-` and `_`, such as `news.digest`";
        return Err(Error::new(literal.span(), message));
    }
    Ok(literal.clone())
}

fn within(value: Expr, least: u32, most: u32) -> Result<Expr> {
    if let Expr::Lit(ExprLit {
        lit: Lit::Int(number),
        ..
    }) = &value
    {
        let number = number.base10_parse::<u32>().unwrap_or(u32::MAX);
        if !(least..=most).contains(&number) {
            return Err(Error::new(value.span(), format!("from {least} to {most}")));
        }
        return Ok(value);
    }
    Err(Error::new(
        value.span(),
        format!("a number, from {least} to {most}"),
    ))
}

fn prioritised(word: &Ident) -> Result<Ident> {
    let name = match word.to_string().as_str() {
        "high" => "High",
        "normal" => "Normal",
        "low" => "Low",
        _ => return Err(Error::new(word.span(), "a priority is `high`, `normal` or `low`")),
    };
    Ok(Ident::new(name, word.span()))
}

/// As whom it runs, and the other parameters' types.
fn parameters(function: &ItemFn) -> Result<(&Type, Vec<&Type>)> {
    let mut typed = acting::parameters(function, "a task")?;
    let name = &function.sig.ident;
    if typed.is_empty() {
        let message = format!(
            "a task states as whom it runs: that is its first parameter\n\
             write `async fn {name}(who: AsAsker, …)` to run it as whoever enqueued it, with the rights that they have when it runs,\n\
             or `async fn {name}(_: AsService<…>, …)` to run it as a named service"
        );
        return Err(Error::new(name.span(), message));
    }
    let others = typed.split_off(1);
    Ok((typed[0], others))
}

/// Whether the framework gives it, and the row does not hold it.
fn is_given(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| matches!(last.ident.to_string().as_str(), "Db" | "Part" | "Attempt"))
}
