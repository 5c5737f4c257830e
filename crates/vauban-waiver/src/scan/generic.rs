//! Code that is the same for several types: a waiver for *one* model's rows would open there whichever model a caller
//! names (CWE-639).

use super::attributes::{close, item_end};
use super::token::{Kind, Token};

pub(super) const GENERIC: &str = "this code is the same for several types, so the waiver would open whichever model its caller names: write the model out, in a function without type parameters, one for each model";

/// Walls whose waiver opens the rows of one model.
const OF_ONE_MODEL: &[&str] = &["Unscoped", "UnscopedWrite"];

pub(super) fn opens_one_model(wall: &str) -> bool {
    OF_ONE_MODEL.contains(&wall)
}

/// Where the item ends that begins at `at`, if it is a function or an `impl` for several types.
pub(super) fn generic_item(tokens: &[Token], at: usize) -> Option<usize> {
    let is = |at: usize, c| tokens.get(at).and_then(Token::punct) == Some(c);
    let word = tokens.get(at).filter(|token| !token.raw)?.ident()?;
    let generics = match word {
        "impl" => at + 1,
        "fn" if tokens.get(at + 1).and_then(Token::ident).is_some() => at + 2,
        _ => return None,
    };
    let (has_types, after) = if is(generics, '<') {
        parameters(tokens, generics)
    } else {
        (false, generics)
    };
    // `fn all(of: impl Policy)`
    let in_arguments = || {
        let end = if word == "fn" && is(after, '(') {
            close(tokens, after)
        } else {
            after
        };
        tokens[after..end].iter().any(|token| token.is("impl"))
    };
    (has_types || in_arguments()).then(|| item_end(tokens, after))
}

/// Whether one of the parameters in `<…>` is a type, and where the list ends.
fn parameters(tokens: &[Token], open: usize) -> (bool, usize) {
    let (mut depth, mut at, mut begins, mut types) = (0_usize, open, true, false);
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Punct('<') => depth += 1,
            // Not the arrow of `F: Fn() -> T`.
            Kind::Punct('>') if tokens[at - 1].punct() != Some('-') => {
                depth -= 1;
                if depth == 0 {
                    return (types, at + 1);
                }
            }
            // `<#[allow(unused)] M>`
            Kind::Punct('#') if begins => {
                at += 1;
                continue;
            }
            Kind::Punct('(' | '[' | '{') => {
                at = close(tokens, at);
                continue;
            }
            Kind::Punct(',') if depth == 1 => {
                begins = true;
                at += 1;
                continue;
            }
            Kind::Ident(word) if begins && word != "const" => types = true,
            _ => {}
        }
        begins = begins && depth == 1 && token.punct() == Some('<');
        at += 1;
    }
    (types, at)
}
