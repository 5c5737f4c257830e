//! What is wrong in a base is told by one of the pages that extend it.
#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(feature = "compiler")]

use quote::quote;
use vauban_template::compiler::derive::derive;

const MISTAKE: &str = "mistaken/base.html:3";

#[test]
fn a_mistake_of_a_base_is_told_once() {
    let one = || derive(quote! { #[template("mistaken/one.html")] struct One { name: String } }).to_string();
    let two = || derive(quote! { #[template("mistaken/two.html")] struct Two { name: String } }).to_string();
    assert!(one().contains(MISTAKE), "{}", one());
    let second = two();
    assert!(!second.contains(MISTAKE), "{second}");
    assert!(!second.contains("compile_error"), "{second}");
    // An editor expands a page again and again.
    assert!(one().contains(MISTAKE));
}
