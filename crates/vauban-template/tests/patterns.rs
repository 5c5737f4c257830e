//! The table of patterns: what Bootstrap, htmx, Alpine, Stimulus, libraries for charts and maps, admin themes and mails write,
//! each compiled and compared with what the table says. The guide publishes it (`docs/tests`).
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/address.rs"]
mod address;
#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pattern_table.rs"]
mod pattern_table;
#[path = "support/skeleton.rs"]
mod skeleton;

use interpret::{Way, ops, walk_way};
use pattern_table::{Verdict, patterns};
use std::collections::HashMap;
use vauban_template::compiler::ast::Expr;
use vauban_template::compiler::check::check;
use vauban_template::compiler::html::ir::each;
use vauban_template::compiler::html::ir::{Context, Op};

/// What the compiler says: the class of a refusal, and of the hints about the policy.
fn said(pattern: &str) -> (Option<&'static str>, Vec<&'static str>) {
    let files = HashMap::from([("t.html".to_owned(), pattern.to_owned())]);
    let problems = check(&files, None);
    let refused = problems.iter().find(|p| !p.warning).map(|p| p.class);
    let hints = problems
        .iter()
        .filter(|p| p.class.starts_with("csp-"))
        .map(|p| p.class);
    // Types are rustc's business: a value of text where only a typed address may stand.
    let untyped = || {
        let mut found = None;
        each(&ops(pattern).ok()?, &mut |op| {
            if let Op::Put(expr, Context::Resource | Context::Action, _) = op
                && !matches!(expr, Expr::Path(path) if path.root.ends_with("_route") || path.root.ends_with("_resource"))
            {
                found = Some("type");
            }
        });
        found
    };
    let mut hints: Vec<_> = hints.collect();
    hints.dedup();
    (refused.or_else(untyped), hints)
}

#[test]
fn the_table_says_what_the_compiler_says() {
    let mut wrong = Vec::new();
    let (mut safe, mut compile, mut all) = (0, 0, 0);
    for p in patterns() {
        let (refused, hints) = said(&p.text);
        all += 1;
        safe += usize::from(p.verdict != Verdict::Refused);
        compile += usize::from(p.verdict == Verdict::Compiles);
        let right = match p.verdict {
            Verdict::Compiles => {
                refused.is_none() && hints == p.hint.iter().map(String::as_str).collect::<Vec<_>>()
            }
            Verdict::Refused | Verdict::Wanted => refused == Some(p.class.as_str()) && !p.why.is_empty(),
        };
        if !right {
            wrong.push(format!(
                "line {}: {:?} {} {:?}, and the compiler says {refused:?} {hints:?}\n  {}",
                p.line, p.verdict, p.class, p.hint, p.text
            ));
        }
    }
    println!("{all} patterns, {safe} of them safe, {compile} of these compile");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(all >= 200, "{all} patterns");
    assert!(
        compile * 10 >= safe * 9,
        "{compile} of {safe} safe patterns compile"
    );
}

/// CWE-79: in each of those that compile, hostile values do nothing. CWE-22, CWE-352: and no address leads elsewhere than its
/// literal part says.
#[test]
fn hostile_values_do_nothing_in_any_of_them() {
    for p in patterns().into_iter().filter(|p| p.verdict == Verdict::Compiles) {
        // The judge does not know that a mail's receiver or a list of numbers is only text: it compares the tree.
        let ops = ops(&p.text).unwrap();
        for way in 0..3 {
            let page = |value: &str| {
                let mut out = String::new();
                walk_way(&ops, value, None, &mut Way(way), &mut out);
                out
            };
            let harmless = page("harmless");
            let good = skeleton::skeleton(&harmless);
            for hostile in parts::HOSTILE {
                let bad = page(hostile);
                assert_eq!(
                    address::led_away(&harmless, &bad, "harmless"),
                    None,
                    "line {}: {}\n{hostile:?}",
                    p.line,
                    p.text
                );
                assert_eq!(
                    good,
                    skeleton::skeleton(&bad),
                    "line {}: {}\n{hostile:?}\n{bad}",
                    p.line,
                    p.text
                );
            }
        }
    }
}
