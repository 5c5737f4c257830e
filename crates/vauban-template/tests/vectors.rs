//! The shared vectors through the real compiler.
//!
//! Each case is one render function, made while this file is compiled. A case passes if the output is
//! Django's or Go's (another spelling of a character reference and another blocked marker count as the
//! same). Where it is not, a written rule with its reason has to cover it; an output that is less
//! escaped than expected fails.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::large_stack_frames,
    clippy::unwrap_used,
    clippy::print_stdout
)]

#[path = "support/dynamic.rs"]
mod dynamic;
#[path = "support/judge.rs"]
mod judge;
mod support;

mod templates {
    use crate::dynamic::*;
    use crate::judge::{Case, Compiled};
    vauban_template_vectors::vectors!("templates.json");
}
mod contextual {
    use crate::dynamic::*;
    use crate::judge::{Case, Compiled};
    vauban_template_vectors::vectors!("contextual_escaping.json");
}

#[test]
fn templates_json() {
    // Cases, equal, refused as they should be; the rest is covered by the rules that are printed.
    judge::judge(&templates::cases()).check((848, 615, 31));
}

#[test]
fn contextual_escaping_json() {
    judge::judge(&contextual::cases()).check((494, 189, 23));
}
