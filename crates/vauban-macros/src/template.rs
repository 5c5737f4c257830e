//! `#[derive(Template)]`. The compiler is in `vauban-template`.

use proc_macro2::TokenStream;

/// Expands the derive.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    vauban_template::compiler::derive::derive(input)
}

/// Expands the derive with what other packages handed over.
pub(crate) fn derive_with(input: TokenStream) -> TokenStream {
    vauban_template::compiler::derive::derive_with(input)
}

/// Expands `#[derive(Mail)]`.
pub(crate) fn mail(input: TokenStream) -> TokenStream {
    vauban_template::compiler::mail::derive(input)
}

/// Expands `export_templates!`.
pub(crate) fn export(input: TokenStream) -> TokenStream {
    vauban_template::compiler::export::export(input)
}

/// Expands `safe_html!`.
pub(crate) fn safe_html(input: TokenStream) -> TokenStream {
    vauban_template::compiler::literal::expand(input)
}
