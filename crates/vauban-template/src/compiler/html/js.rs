//! Just enough JavaScript to know where a value stands in a script.
//!
//! Telling a division from a regular expression without a parser is unsound (Go: CVE-2026-56858 and
//! before). This lexer therefore gives up where it cannot be sure: the script is *unclear* from there on, and
//! a value after that place does not compile. A script without values is never refused.

use crate::compiler::error::Pos;

/// Where in a script the lexer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Js {
    /// What kind of token the lexer is in.
    pub mode: Mode,
    /// What stood before, for slashes and values.
    pub before: Before,
    /// The word being read.
    word: String,
    /// A word that follows a dot is a property, not a keyword.
    property: bool,
    /// What a string or value here would load or run.
    loads: Loads,
    /// Among the arguments that a module's name is the first of, and whether that one is over.
    module: Option<bool>,
    /// Where a module's name turned out to be no literal.
    pub named: Option<Pos>,
    /// Open braces inside each open `${`.
    braces: Vec<u32>,
    /// What stands behind the end of each open parenthesis: a value, or what follows `if (…)`.
    parentheses: Vec<Before>,
    /// The last word opens the head of a statement: `if`, `while`.
    head: bool,
    /// Behind `{` or `,`: a key of an object may come, and whether a value stands in it.
    key: Option<bool>,
    /// Where a value turned out to be a key of an object.
    pub keyed: Option<Pos>,
    /// Where the lexer gave up, and why.
    pub unclear: Option<(Pos, &'static str)>,
    escaped: bool,
    /// A string has begun, and nothing of it was written yet.
    opened: bool,
    /// What is called runs its text, whatever it is the address of.
    runs: bool,
    /// The string being read, as far as it may be the name of what takes code.
    text: String,
    /// With what the piece before may end, as far as a token can go on behind it.
    last: Vec<char>,
}

/// The token the lexer is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Code.
    Code,
    /// `"…"`
    Double,
    /// `'…'`
    Single,
    /// `` `…` ``
    Template,
    /// `//`
    LineComment,
    /// `/*`
    BlockComment,
    /// A regular expression, and whether inside `[…]`.
    Regex(bool),
}

/// What stood before the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Start, `;`, `{`, `:`, `=>`: a value comes next, or a block, which is what `{}` would be.
    Statement,
    /// An operator, an opening bracket: a value comes next.
    Operator,
    /// An operand: an operator comes next.
    Value,
    /// A dot: a property's name comes next.
    Dot,
    /// A word that is a keyword here and a name there (`of`): a value or an operator comes next.
    Contextual,
    /// `)`, `}`, `++`, `--`, a word with which a statement may end, a value with which the line ends: either may come next.
    Either,
    /// A dot on one of the ways that meet: a word that comes next may be a keyword or a name.
    Unknown,
}

/// Whether what comes next names code: a module, a worker's script, the text of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loads {
    No,
    /// After `import`: up to the end of the specifier.
    Import,
    /// After `from`: a string directly behind it is a specifier.
    From,
    /// After a name that takes code when it is called.
    Callee,
    /// Among its arguments, with so many open parentheses.
    Arguments(u32),
    /// After a name whose first argument is code if it is a string.
    Timer,
    /// Where that argument starts.
    TimerStart,
    /// In that argument, which started with a string, with so many open parentheses.
    TimerCode(u32),
}

/// How many brackets may be open: the state is copied for each branch (CWE-407).
const MAX_OPEN: usize = 200;

/// What takes code, or the address of code, when it is called.
const TAKES_CODE: &[&str] = &[
    "eval",
    "Function",
    "importScripts",
    "Worker",
    "SharedWorker",
    "addModule",
];

impl Default for Js {
    fn default() -> Self {
        Self {
            mode: Mode::Code,
            before: Before::Statement,
            word: String::new(),
            property: false,
            loads: Loads::No,
            module: None,
            named: None,
            braces: Vec::new(),
            parentheses: Vec::new(),
            head: false,
            key: None,
            keyed: None,
            unclear: None,
            escaped: false,
            opened: false,
            runs: false,
            text: String::new(),
            last: Vec::new(),
        }
    }
}

impl Js {
    /// Reads the next piece of literal script and says where that leaves the reader.
    pub fn advance(&mut self, text: &str, pos: Pos) {
        // Two pieces (of two branches, say) may form one token: `/` and `/`, `ev` and `al`.
        if let Some(first) = text.chars().next()
            && self.last.iter().any(|last| self.one_token(*last, first))
        {
            self.give_up(pos, "a token is cut by a tag");
        }
        if let Some(last) = text.chars().last() {
            self.last.clear();
            self.last.extend(token_end(last));
        }
        let mut chars = text.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            let here = Pos {
                file: pos.file,
                offset: pos.offset + i as u32,
            };
            match self.mode {
                Mode::Code => {
                    for _ in 0..self.code(c, &text[i..], here) {
                        chars.next();
                    }
                }
                Mode::Double | Mode::Single | Mode::Template => self.string(c, next, here, &mut chars),
                Mode::LineComment => {
                    if ends_line(c) {
                        self.mode = Mode::Code;
                        self.line_ends();
                    }
                }
                Mode::BlockComment => {
                    if c == '*' && next == Some('/') {
                        chars.next();
                        self.mode = Mode::Code;
                    } else if ends_line(c) {
                        self.line_ends();
                    }
                }
                Mode::Regex(class) => {
                    let escaped = std::mem::take(&mut self.escaped);
                    match c {
                        c if ends_line(c) => {
                            self.give_up(here, "a regular expression that does not end on its line");
                        }
                        _ if escaped => {}
                        '\\' => self.escaped = true,
                        '[' => self.mode = Mode::Regex(true),
                        ']' => self.mode = Mode::Regex(false),
                        '/' if !class => {
                            self.mode = Mode::Code;
                            self.before = Before::Value;
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// Called where a value follows.
    pub fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let property = std::mem::take(&mut self.property);
        self.runs |= matches!(word.as_str(), "eval" | "Function" | "setTimeout" | "setInterval")
            && matches!(self.loads, Loads::Arguments(_));
        self.loads = match (self.loads, word.as_str()) {
            (inside @ (Loads::Arguments(_) | Loads::TimerCode(_)), _) => inside,
            (_, "import") if !property => {
                self.module = Some(false);
                self.runs = false;
                Loads::Import
            }
            (_, "from") if !property => Loads::From,
            (_, name) if TAKES_CODE.contains(&name) => {
                self.module = (name == "addModule").then_some(false);
                self.runs = matches!(name, "eval" | "Function");
                Loads::Callee
            }
            (_, "setTimeout" | "setInterval") => Loads::Timer,
            // `eval.call(null, …)`
            (Loads::Callee, "call" | "apply" | "bind") if property => Loads::Callee,
            // `import.meta` is a value; `import a`, `import.defer(…)` go on.
            (Loads::Import, name) if name != "meta" => Loads::Import,
            _ => Loads::No,
        };
        // `await` for `for await (…)`.
        self.head = !property
            && matches!(
                word.as_str(),
                "if" | "while" | "for" | "with" | "await" | "switch" | "catch"
            );
        self.before = if property {
            Before::Value
        } else if self.before == Before::Unknown {
            Before::Either
        } else {
            match word.as_str() {
                "return" | "typeof" | "instanceof" | "in" | "new" | "delete" | "void" | "throw" | "case" => {
                    Before::Operator
                }
                "do" | "else" => Before::Statement,
                // Names in one place and keywords in another; or a statement may end here with the line.
                "yield" | "await" | "of" | "default" => Before::Contextual,
                "async" | "get" | "set" | "static" | "let" | "break" | "continue" | "debugger"
                | "extends" => Before::Either,
                _ => Before::Value,
            }
        };
    }

    /// A value was written here.
    pub fn value(&mut self) {
        self.before = match self.before {
            // `{}` would be a block, and a slash behind it the start of a regular expression.
            Before::Statement | Before::Contextual => Before::Either,
            _ => Before::Value,
        };
        self.last.clear();
        self.head = false;
        self.hold();
    }

    /// A value was written here, in code or in a string.
    pub fn hold(&mut self) {
        self.key = self.key.map(|_| true);
        self.opened = false;
    }

    /// Whether the address of a file or view may stand here as what a string starts with: as a module, or a worker.
    pub fn takes_address(&self) -> bool {
        self.opened
            && matches!(self.mode, Mode::Double | Mode::Single)
            && self.unclear.is_none()
            && !self.runs_text()
    }

    /// Whether what stands here is run as it is.
    fn runs_text(&self) -> bool {
        match self.loads {
            Loads::Arguments(_) => self.runs,
            Loads::TimerStart | Loads::TimerCode(_) | Loads::Timer => true,
            Loads::Import | Loads::From | Loads::Callee | Loads::No => false,
        }
    }

    /// Whether a value may stand here.
    pub fn expects_value(&self) -> bool {
        matches!(
            self.before,
            Before::Statement | Before::Operator | Before::Contextual
        )
    }

    /// `break a`, `let a` and `import "a"` end with the line if a slash follows, which then starts a regular
    /// expression (ECMA-262, 12.10).
    fn line_ends(&mut self) {
        if self.before == Before::Value {
            self.before = Before::Either;
        }
    }

    /// Whether a value here would name code to be loaded or run. A module that a trusted script imports is trusted
    /// by the CSP as well (`'strict-dynamic'`), `data:` included.
    pub fn loads_code(&self) -> bool {
        match self.loads {
            Loads::Arguments(_) | Loads::TimerStart | Loads::TimerCode(_) => true,
            Loads::Import | Loads::From => self.mode != Mode::Code,
            Loads::Callee | Loads::Timer | Loads::No => false,
        }
    }

    /// Whether a value or branch boundary here would cut an escape in two.
    pub fn cuts_escape(&self) -> bool {
        self.escaped
    }

    /// Whether two characters that a tag stands between may belong to one token.
    fn one_token(&self, last: char, first: char) -> bool {
        match self.mode {
            Mode::Code => {
                TOKEN_STARTS.contains(&last) && matches!(first, '/' | '*' | '+' | '-' | '!' | '>')
                    || in_name(last) && in_name(first)
                    || last == '.' && first == '.'
            }
            Mode::Template => last == '$' && first == '{',
            Mode::BlockComment => last == '*' && first == '/',
            // What looked like the start of a regular expression is one of a comment.
            Mode::Regex(_) => last == '/' && matches!(first, '/' | '*'),
            _ => false,
        }
    }

    fn give_up(&mut self, pos: Pos, why: &'static str) {
        if self.unclear.is_none() {
            self.unclear = Some((pos, why));
        }
    }

    #[allow(clippy::match_same_arms)] // A table of characters.
    /// One character of code, with which `rest` starts; how many more belong to it.
    fn code(&mut self, c: char, rest: &str, pos: Pos) -> usize {
        if in_name(c) || (c == '.' && self.word.starts_with(|c: char| c.is_ascii_digit())) {
            if self.word.is_empty() && self.before == Before::Dot {
                self.property = true;
            }
            self.names_module(pos);
            // Only keywords matter; a long word is none.
            if self.word.len() < 16 {
                self.word.push(c);
            }
            self.key = None;
            return 0;
        }
        self.end_word();
        let next = rest.chars().nth(1);
        if !(matches!(c, '"' | '\'' | '`' | ')')
            || c.is_whitespace()
            || c == '/' && matches!(next, Some('/' | '*')))
        {
            if c == ',' && self.loads == Loads::Arguments(1) {
                self.module = self.module.map(|_| true);
            }
            self.names_module(pos);
        }
        self.loads = self.loads.after(c, next);
        let comment = c == '/' && matches!(next, Some('/' | '*'));
        if !c.is_whitespace() && !comment {
            match c {
                ':' if self.key == Some(true) => self.keyed = self.keyed.or(Some(pos)),
                '"' | '\'' if self.key == Some(false) => {}
                _ => self.key = matches!(c, '{' | ',').then_some(false),
            }
        }
        let head = self.head && !c.is_whitespace() && !comment;
        self.head &= !head;
        match c {
            c if ends_line(c) => self.line_ends(),
            ' ' | '\t' | '\u{b}' | '\u{c}' | '\u{feff}' => {}
            c if !c.is_ascii() && c.is_whitespace() => {}
            // Marks belong to names as well; which of them depends on the browser's edition of Unicode.
            c if !c.is_ascii() => self.give_up(pos, "a character that may belong to a name"),
            '"' => {
                self.mode = Mode::Double;
                self.opened = true;
            }
            '\'' => {
                self.mode = Mode::Single;
                self.opened = true;
            }
            '`' => self.mode = Mode::Template,
            '/' => match next {
                Some('/') => {
                    self.mode = Mode::LineComment;
                    return 1;
                }
                Some('*') => {
                    self.mode = Mode::BlockComment;
                    return 1;
                }
                _ => self.slash(pos),
            },
            '.' if rest.starts_with("...") => {
                self.before = Before::Operator;
                return 2;
            }
            '.' => self.before = Before::Dot,
            ']' => self.before = Before::Value,
            '(' | '{' if self.parentheses.len() + self.braces.len() >= MAX_OPEN => {
                self.give_up(pos, "brackets nest too deep");
                self.before = Before::Operator;
            }
            '(' => {
                self.parentheses
                    .push(if head { Before::Either } else { Before::Value });
                self.before = Before::Operator;
            }
            ')' => self.before = self.parentheses.pop().unwrap_or(Before::Either),
            '{' => {
                if let Some(depth) = self.braces.last_mut() {
                    *depth += 1;
                }
                self.before = Before::Statement;
            }
            '}' => match self.braces.last_mut() {
                Some(0) => {
                    self.braces.pop();
                    self.mode = Mode::Template;
                }
                Some(depth) => {
                    *depth -= 1;
                    self.before = Before::Either;
                }
                None => self.before = Before::Either,
            },
            // At the start of a line a comment (ECMA-262, B.1.1).
            '-' if rest.starts_with("-->") => self.give_up(pos, "`-->` may be a comment"),
            '+' | '-' if next == Some(c) => {
                self.before = Before::Either;
                return 1;
            }
            '<' if next == Some('!') => self.give_up(pos, "`<!--` is a comment"),
            '#' if next == Some('!') => self.give_up(pos, "`#!` is a comment"),
            '>' | ';' | ':' => self.before = Before::Statement,
            '#' => self.before = Before::Dot, // A private name: `#yield`.
            '\\' => self.give_up(pos, "an escape in a name"),
            _ => self.before = Before::Operator,
        }
        0
    }

    /// Something other than a literal: if a module's name is expected here, it is chosen at run time.
    fn names_module(&mut self, pos: Pos) {
        if self.module == Some(false) && matches!(self.loads, Loads::Arguments(_)) {
            self.named = self.named.or(Some(pos));
        }
    }

    fn slash(&mut self, pos: Pos) {
        match self.before {
            Before::Statement | Before::Operator => self.mode = Mode::Regex(false),
            Before::Value => self.before = Before::Operator,
            Before::Dot | Before::Contextual | Before::Either | Before::Unknown => {
                self.give_up(pos, "this slash may start a regular expression or be a division");
                self.before = Before::Operator;
            }
        }
    }

    fn string(
        &mut self,
        c: char,
        next: Option<char>,
        pos: Pos,
        chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
    ) {
        if self.opened {
            self.text.clear();
        }
        self.opened = false;
        if self.text.len() < 16 {
            self.text.push(c);
        }
        if self.escaped {
            self.escaped = false;
            return;
        }
        match (c, self.mode) {
            ('\\', _) => self.escaped = true,
            ('"', Mode::Double) | ('\'', Mode::Single) | ('`', Mode::Template) => {
                self.mode = Mode::Code;
                self.before = Before::Value;
                // CWE-829: `worklet["addModule"](…)`.
                let name = std::mem::take(&mut self.text);
                let name = name.trim_end_matches(['"', '\'', '`']);
                let timer = matches!(name, "setTimeout" | "setInterval");
                if next == Some(']') && (timer || TAKES_CODE.contains(&name)) {
                    self.give_up(pos, "what takes code is named in a string");
                }
                if matches!(self.loads, Loads::Import | Loads::From) {
                    self.loads = Loads::No;
                }
            }
            ('\n' | '\r', Mode::Double | Mode::Single) => {
                self.give_up(pos, "a string that does not end on its line");
            }
            ('$', Mode::Template) if next == Some('{') => {
                chars.next();
                if self.braces.len() >= MAX_OPEN {
                    self.give_up(pos, "brackets nest too deep");
                    return;
                }
                self.braces.push(0);
                self.mode = Mode::Code;
                self.before = Before::Operator;
            }
            _ => {}
        }
    }

    /// Whether the code stands inside `${ … }`.
    pub fn in_template(&self) -> bool {
        !self.braces.is_empty()
    }

    /// Joins the ends of two branches; `None` if they cannot be one.
    pub fn join(mut self, mut other: Self) -> Option<Self> {
        self.end_word();
        other.end_word();
        if self.mode != other.mode || self.braces != other.braces || self.escaped || other.escaped {
            return None;
        }
        match (self.loads, other.loads) {
            (Loads::No, loads) => self.loads = loads,
            (loads, other) if other != Loads::No && loads != other => return None,
            _ => {}
        }
        // A token may go on behind either of them.
        self.last.append(&mut other.last);
        self.last.sort_unstable();
        self.last.dedup();
        if self.before != other.before {
            self.before = if self.expects_value() && other.expects_value() {
                // What is true of both: a slash that one of them cannot place is not placed.
                if [self.before, other.before].contains(&Before::Contextual) {
                    Before::Contextual
                } else {
                    Before::Statement
                }
            } else if [self.before, other.before]
                .iter()
                .any(|b| matches!(b, Before::Dot | Before::Unknown))
            {
                Before::Unknown
            } else {
                Before::Either
            };
        }
        self.opened &= other.opened;
        self.runs |= other.runs;
        self.head |= other.head;
        self.module = self.module.min(other.module).or(self.module).or(other.module);
        self.named = self.named.or(other.named);
        self.key = self.key.max(other.key);
        self.keyed = self.keyed.or(other.keyed);
        if self.parentheses.len() == other.parentheses.len() {
            for (own, other) in self.parentheses.iter_mut().zip(other.parentheses) {
                if *own != other {
                    *own = Before::Either;
                }
            }
        } else {
            // Which end belongs to which is not known any more.
            self.parentheses.clear();
        }
        self.unclear = self.unclear.or(other.unclear);
        Some(self)
    }
}

/// What may be the first half of a longer operator, or of a comment.
const TOKEN_STARTS: &[char] = &['/', '+', '-', '<', '#', '*'];

/// The end of a piece, as far as it matters: all characters of names are one.
fn token_end(c: char) -> Option<char> {
    match c {
        '$' | '.' => Some(c),
        c if in_name(c) => Some('a'),
        c => TOKEN_STARTS.contains(&c).then_some(c),
    }
}

/// Whether a character ends a line (ECMA-262, 12.3).
fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Whether a character is sure to belong to a name (ECMA-262, 12.7).
fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '\u{200c}' | '\u{200d}')
}

impl Loads {
    /// The state after a character of code that belongs to no word.
    fn after(self, c: char, next: Option<char>) -> Self {
        match (self, c) {
            (Self::Import | Self::Callee, '(') => Self::Arguments(1),
            (Self::Arguments(open), '(') => Self::Arguments(open.saturating_add(1)),
            (Self::Timer, '(') => Self::TimerStart,
            (Self::TimerStart, '"' | '\'' | '`') => Self::TimerCode(1),
            (Self::TimerCode(open), '(') => Self::TimerCode(open.saturating_add(1)),
            (Self::Arguments(1), ')') | (Self::TimerCode(1), ')' | ',') | (Self::Import, ';' | '=' | ')') => {
                Self::No
            }
            (Self::Arguments(open), ')') => Self::Arguments(open - 1),
            (Self::TimerCode(open), ')') => Self::TimerCode(open - 1),
            (Self::Arguments(_) | Self::TimerCode(_) | Self::Import, _) => self,
            (_, c) if c.is_whitespace() => self,
            (_, '/') if matches!(next, Some('/' | '*')) => self,
            (Self::From, '"' | '\'' | '`') | (Self::Callee | Self::Timer, '.' | '?' | ')') => self,
            _ => Self::No,
        }
    }
}

#[cfg(test)]
mod tests;
