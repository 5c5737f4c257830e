//! Expressions: `article.title|truncatechars:20` and the conditions of `{% if %}`.

use super::ast::{Expr, Op, Path, Step};
use super::error::{Pos, Result, fail};

/// How deep an expression may nest.
const MAX_FILTERS: usize = 64;

/// A Rust path of identifiers, none of them private.
pub fn is_path(text: &str) -> bool {
    text.split("::").all(is_name)
}

/// A name that can be a Rust identifier and a template variable.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Splits the inside of a tag at spaces, keeping quoted strings whole. Each piece knows its place.
pub fn words(text: &str, pos: Pos) -> Vec<(&str, Pos)> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut start = None;
    let mut quote = 0u8;
    let mut i = 0;
    while i < bytes.len() {
        let b = bytes[i];
        if quote != 0 {
            if b == b'\\' {
                i += 1;
            } else if b == quote {
                quote = 0;
            }
        } else if b == b'"' || b == b'\'' {
            quote = b;
            start.get_or_insert(i);
        } else if b.is_ascii_whitespace() {
            if let Some(from) = start.take() {
                out.push((&text[from..i], at(pos, from)));
            }
        } else {
            start.get_or_insert(i);
        }
        i += 1;
    }
    if let Some(from) = start {
        out.push((&text[from..], at(pos, from)));
    }
    out
}

fn at(pos: Pos, offset: usize) -> Pos {
    Pos {
        file: pos.file,
        offset: pos.offset + offset as u32,
    }
}

/// Parses a value with its filters.
///
/// # Errors
/// Anything that is not `path|filter:argument|…`.
pub fn value(text: &str, pos: Pos) -> Result<Expr> {
    let mut parser = Parser { text, at: 0, pos };
    let expr = parser.filtered()?;
    parser.space();
    if parser.at < text.len() {
        return fail(
            at(pos, parser.at),
            "expression",
            format!("`{}` cannot stand here", &text[parser.at..]),
            if text[parser.at..].starts_with(['<', '>', '=', '!']) {
                "put a space on both sides of the operator"
            } else {
                "an expression is a variable with dots and filters: `article.title|truncatechars:20`"
            },
        );
    }
    Ok(expr)
}

struct Parser<'s> {
    text: &'s str,
    at: usize,
    pos: Pos,
}

impl Parser<'_> {
    fn here(&self) -> Pos {
        at(self.pos, self.at)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        if self.rest().starts_with(c) {
            self.at += c.len_utf8();
            return true;
        }
        false
    }

    fn filtered(&mut self) -> Result<Expr> {
        self.space();
        let mut expr = self.atom()?;
        let mut count = 0;
        loop {
            let before = self.at;
            self.space();
            if !self.eat('|') {
                self.at = before;
                return Ok(expr);
            }
            count += 1;
            if count > MAX_FILTERS {
                return fail(
                    self.here(),
                    "too-deep",
                    "too many filters",
                    format!("at most {MAX_FILTERS}"),
                );
            }
            self.space();
            let pos = self.here();
            // `|module::filter` calls any function of the application.
            let length = self
                .rest()
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                .unwrap_or(self.rest().len());
            let mut name = &self.rest()[..length];
            // A single colon starts the argument, a double one is part of a Rust path.
            let mut from = 0;
            while let Some(colon) = name[from..].find(':') {
                let colon = from + colon;
                if name[colon..].starts_with("::") {
                    from = colon + 2;
                } else {
                    name = &name[..colon];
                    break;
                }
            }
            if name.is_empty() || name.starts_with(':') || name.ends_with(':') {
                return fail(
                    pos,
                    "expression",
                    "a filter's name is missing after `|`",
                    "write `|name` or `|name:argument`",
                );
            }
            // CWE-200, CWE-79: rustc tells of no hidden name that a derive writes, so that a template writes none.
            if !is_path(name) {
                return fail(
                    pos,
                    "expression",
                    format!("`{name}` is not a filter's name"),
                    "a filter is one of Django's, or a function by its path, whose names begin with a letter: those with an underscore are private",
                );
            }
            let name = name.to_owned();
            self.at += name.len();
            let argument = if self.rest().starts_with(':') {
                self.at += 1;
                Some(Box::new(self.atom()?))
            } else {
                None
            };
            expr = Expr::Filter(Box::new(expr), name, argument, pos);
        }
    }

    fn atom(&mut self) -> Result<Expr> {
        let pos = self.here();
        let Some(first) = self.rest().chars().next() else {
            return fail(
                pos,
                "expression",
                "an expression is missing",
                "write a variable or a literal here",
            );
        };
        if first == '"' || first == '\'' {
            return self.string(first, pos);
        }
        if first.is_ascii_digit() || first == '-' || first == '+' || first == '.' {
            return self.number(pos);
        }
        if self.rest().starts_with("_(") {
            return fail(
                pos,
                "translation",
                "translation `_()` is not part of this version",
                "write the text itself",
            );
        }
        self.path(pos)
    }

    fn string(&mut self, quote: char, pos: Pos) -> Result<Expr> {
        self.at += 1;
        let mut out = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                self.at += i + 1;
                return Ok(Expr::Str(out, pos));
            }
            if c == '\\' {
                match chars.next() {
                    Some((_, next)) if next == quote || next == '\\' => out.push(next),
                    Some((_, next)) => {
                        out.push('\\');
                        out.push(next);
                    }
                    None => break,
                }
            } else {
                out.push(c);
            }
        }
        fail(
            pos,
            "expression",
            "a string is not closed",
            format!("close it with {quote}"),
        )
    }

    fn number(&mut self, pos: Pos) -> Result<Expr> {
        let length = self
            .rest()
            .char_indices()
            .find(|(i, c)| !(c.is_ascii_alphanumeric() || *c == '.' || ((*c == '-' || *c == '+') && *i == 0)))
            .map_or(self.rest().len(), |(i, _)| i);
        let word = &self.rest()[..length];
        if let Ok(value) = word.parse::<i64>() {
            self.at += length;
            return Ok(Expr::Int(value, pos));
        }
        if !word.ends_with('.')
            && word.contains(|c: char| c.is_ascii_digit())
            && word.parse::<f64>().is_ok_and(f64::is_finite)
        {
            let word = word.to_owned();
            self.at += length;
            return Ok(Expr::Float(word, pos));
        }
        fail(
            pos,
            "expression",
            format!("`{word}` is not a number"),
            "write `3`, `-3` or `1.5`",
        )
    }

    fn path(&mut self, pos: Pos) -> Result<Expr> {
        let root = self.name()?;
        let mut rest = Vec::new();
        while self.eat('.') {
            let digits = self
                .rest()
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.rest().len());
            if digits > 0 {
                let index = self.rest()[..digits].parse::<u32>();
                let Ok(index) = index else {
                    return fail(self.here(), "expression", "an index is too large", "use `|slice`");
                };
                self.at += digits;
                rest.push(Step::Index(index));
                continue;
            }
            let name = self.name()?;
            if self.rest().starts_with("()") {
                self.at += 2;
                rest.push(Step::Call(name));
            } else {
                rest.push(Step::Field(name));
            }
        }
        if self.rest().starts_with('(') {
            return fail(
                self.here(),
                "expression",
                "a call with arguments cannot stand in a template",
                "call methods without arguments as `article.may_change()`; compute the rest in the view",
            );
        }
        if rest.len() > MAX_FILTERS {
            return fail(
                pos,
                "too-deep",
                format!("{} dots in one path", rest.len()),
                format!("at most {MAX_FILTERS}"),
            );
        }
        if rest.is_empty() {
            match root.as_str() {
                "True" => return Ok(Expr::Bool(true, pos)),
                "False" => return Ok(Expr::Bool(false, pos)),
                "None" => return Ok(Expr::None(pos)),
                _ => {}
            }
        }
        Ok(Expr::Path(Path { root, rest, pos }))
    }

    fn name(&mut self) -> Result<String> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..length];
        let starts = name.chars().next().is_some_and(char::is_alphabetic);
        if !starts {
            let found = rest
                .chars()
                .next()
                .map_or("the end".to_owned(), |c| format!("`{c}`"));
            return fail(
                self.here(),
                "expression",
                format!("a name is expected, found {found}"),
                match rest.chars().next() {
                    Some('_') => {
                        "names that start with an underscore are private: give the field another name"
                    }
                    Some('(') => {
                        "conditions have no brackets: put an {% if %} into an {% if %}, or compute a bool in the view"
                    }
                    Some('&') => "write `and`",
                    Some('|') => "write `or`",
                    Some('!') => "write `not`",
                    Some('=' | '<' | '>') => {
                        "the operators are ==, !=, <, <=, > and >=, with a space on both sides"
                    }
                    _ => "names are letters, digits and underscores",
                },
            );
        }
        let name = name.to_owned();
        self.at += length;
        Ok(name)
    }
}

/// Parses the condition of `{% if %}`: Django's operators with Django's precedence.
///
/// # Errors
/// A missing operand, `=` for `==`, or a value that is none.
pub fn condition(words: &[(&str, Pos)], pos: Pos) -> Result<Expr> {
    let mut tokens = Vec::new();
    let mut i = 0;
    while let Some((word, at)) = words.get(i) {
        let next = words.get(i + 1).map(|(w, _)| *w);
        let token = match (*word, next) {
            ("or", _) => Token::Binary(Op::Or),
            ("and", _) => Token::Binary(Op::And),
            ("not", Some("in")) => {
                i += 1;
                Token::Binary(Op::NotIn)
            }
            ("not", _) => Token::Not,
            ("in", _) => Token::Binary(Op::In),
            ("is", Some("not")) => {
                i += 1;
                Token::Binary(Op::IsNot)
            }
            ("is", _) => Token::Binary(Op::Is),
            ("==", _) => Token::Binary(Op::Eq),
            ("!=", _) => Token::Binary(Op::Ne),
            ("<", _) => Token::Binary(Op::Lt),
            ("<=", _) => Token::Binary(Op::Le),
            (">", _) => Token::Binary(Op::Gt),
            (">=", _) => Token::Binary(Op::Ge),
            ("=", _) => {
                return fail(*at, "expression", "`=` in a condition", "compare with `==`");
            }
            _ => Token::Value(value(word, *at)?),
        };
        tokens.push((token, *at));
        i += 1;
    }
    if tokens.len() > 200 {
        return fail(
            pos,
            "too-deep",
            "a condition of more than 200 words",
            "compute it in the view",
        );
    }
    let mut parser = Condition {
        tokens: tokens.into_iter().peekable(),
        end: pos,
    };
    let expr = parser.expression(0)?;
    if let Some((_, at)) = parser.tokens.next() {
        return fail(
            at,
            "expression",
            "an operator is missing here",
            "join conditions with `and` or `or`",
        );
    }
    Ok(expr)
}

enum Token {
    Binary(Op),
    Not,
    Value(Expr),
}

struct Condition {
    tokens: std::iter::Peekable<std::vec::IntoIter<(Token, Pos)>>,
    end: Pos,
}

/// Binding power, as in Django's `smartif`.
fn power(op: Op) -> u8 {
    match op {
        Op::Or => 6,
        Op::And => 7,
        Op::In | Op::NotIn => 9,
        Op::Is | Op::IsNot | Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge => 10,
    }
}

impl Condition {
    fn expression(&mut self, least: u8) -> Result<Expr> {
        let mut left = match self.tokens.next() {
            Some((Token::Value(expr), _)) => expr,
            Some((Token::Not, pos)) => Expr::Not(Box::new(self.expression(8)?), pos),
            Some((Token::Binary(_), pos)) => {
                return fail(
                    pos,
                    "expression",
                    "an operator without a value before it",
                    "write `a == b`",
                );
            }
            None => {
                return fail(
                    self.end,
                    "expression",
                    "a value is missing in the condition",
                    "write `a == b`",
                );
            }
        };
        while let Some((Token::Binary(op), pos)) = self.tokens.peek() {
            let (op, pos) = (*op, *pos);
            if power(op) <= least {
                break;
            }
            self.tokens.next();
            let right = self.expression(power(op))?;
            left = Expr::Binary(op, Box::new(left), Box::new(right), pos);
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        format!("{:?}", value(text, Pos::default()).map_err(|e| e.found))
    }

    #[test]
    fn values() {
        assert!(parse("a.b.0|upper|cut:\"x y\"").contains("Str(\"x y\""));
        assert!(parse("a | upper").contains("Filter"));
        assert!(parse("'it\\'s'").contains("it's"));
        assert!(parse("-3").contains("Int(-3"));
        assert!(parse("1.5").contains("Float"));
        assert!(parse("a..b").starts_with("Err"));
        assert!(parse("_private").starts_with("Err"));
        assert!(parse("a.f(1)").starts_with("Err"));
        assert!(parse("a|").starts_with("Err"));
        assert!(parse("a|crate::filters::shout:1").contains("crate::filters::shout"));
        assert!(parse("a b").starts_with("Err"));
    }

    /// CWE-200, CWE-79: what a framework hides behind an underscore is no filter, wherever in the path it stands.
    #[test]
    fn a_filter_is_no_hidden_name() {
        for filter in [
            "self::Request::__cookie_of_framework:\"session\"",
            "self::ResourceUrl::__literal",
            "vauban::__private::template::SafeHtml::checked",
            "crate::_quiet::loud",
            "__x",
            "_",
            "crate::ｆ\u{e9}::x",
        ] {
            assert!(parse(&format!("a|{filter}")).starts_with("Err"), "{filter}");
        }
    }

    fn shape(text: &str) -> String {
        fn show(e: &Expr) -> String {
            match e {
                Expr::Path(p) => p.to_string(),
                Expr::Not(a, _) => format!("!({})", show(a)),
                Expr::Binary(op, a, b, _) => format!("({} {op:?} {})", show(a), show(b)),
                other => format!("{other:?}"),
            }
        }
        condition(&words(text, Pos::default()), Pos::default()).map_or_else(|e| e.found.clone(), |e| show(&e))
    }

    #[test]
    fn django_precedence() {
        assert_eq!(shape("a and b or c"), "((a And b) Or c)");
        assert_eq!(shape("a or b and c"), "(a Or (b And c))");
        assert_eq!(shape("not a and b"), "(!(a) And b)");
        assert_eq!(shape("not a == b"), "!((a Eq b))");
        assert_eq!(shape("a not in b"), "(a NotIn b)");
        assert_eq!(shape("a is not b"), "(a IsNot b)");
        assert_eq!(shape("a or"), "a value is missing in the condition");
    }
}
