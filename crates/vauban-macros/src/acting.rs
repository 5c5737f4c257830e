//! What tasks and hooks have in common: async functions whose first parameter says as whom they act.

use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Result, Type};

/// Refuses what is no such function. `what` it is to be, `result` what to write where it says nothing of how it went, `generics` why it has
/// none.
pub(crate) fn check_signature(function: &ItemFn, what: &str, result: &str, generics: &str) -> Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        return Err(Error::new(
            sig.fn_token.span(),
            format!("{what} is an `async fn`"),
        ));
    }
    if matches!(sig.output, syn::ReturnType::Default) {
        return Err(Error::new(
            sig.ident.span(),
            format!("{what} says whether it went well: {result}"),
        ));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new(
            sig.generics.span(),
            format!("{what} has no generic parameters: {generics}"),
        ));
    }
    Ok(())
}

/// The types of its parameters.
pub(crate) fn parameters<'f>(function: &'f ItemFn, what: &str) -> Result<Vec<&'f Type>> {
    let typed = |input: &'f FnArg| match input {
        FnArg::Typed(input) => Ok(&*input.ty),
        FnArg::Receiver(this) => Err(Error::new(
            this.span(),
            format!("{what} is a function of its own, without `self`"),
        )),
    };
    function.sig.inputs.iter().map(typed).collect()
}
