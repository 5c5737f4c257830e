//! Literal text through the tokenizer (HTML Standard, 13.2.5), stricter where browsers guess.

use super::attributes::Kind;
use super::elements;
use super::join::is_url;
use super::machine::{MAX_ATTRIBUTES, Machine};
use super::state::{Given, Mode, Script, Tag, Value};
use super::url::UrlPart;
use crate::compiler::error::{Pos, Result, fail};

/// Places inside one piece of text.
struct Piece<'t> {
    text: &'t str,
    at: usize,
    pos: Pos,
}

impl<'t> Piece<'t> {
    fn here(&self) -> Pos {
        Pos {
            file: self.pos.file,
            offset: self.pos.offset + self.at as u32,
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn first(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes `length` bytes.
    fn take(&mut self, length: usize) -> &'t str {
        let part = &self.text[self.at..self.at + length];
        self.at += length;
        part
    }

    /// Takes everything up to the first byte for which `stop` holds.
    fn until(&mut self, stop: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.bytes().position(stop).unwrap_or(rest.len());
        self.take(length)
    }
}

fn space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// How many bytes of a literal are remembered that is not the same in all branches.
const MAX_TEXT: usize = 500;

impl Machine {
    /// Reads literal text.
    pub(super) fn feed(&mut self, text: &str, pos: Pos) -> Result<()> {
        let mut piece = Piece { text, at: 0, pos };
        while piece.at < text.len() {
            let before = piece.at;
            let mode = std::mem::take(&mut self.state.mode);
            let same = std::mem::discriminant(&mode);
            self.step(mode, &mut piece)?;
            // Every step reads something or changes the mode, so that reading is linear.
            debug_assert!(piece.at > before || std::mem::discriminant(&self.state.mode) != same);
        }
        Ok(())
    }

    fn step(&mut self, mode: Mode, piece: &mut Piece<'_>) -> Result<()> {
        match mode {
            Mode::Text => self.text(piece),
            Mode::Less => self.less(piece),
            Mode::Name(name, end, pos) => self.element_name(name, end, pos, piece),
            Mode::EndTag(name, pos) => {
                let skipped = piece.until(|b| !space(b));
                self.emit(skipped);
                match piece.first() {
                    None => self.state.mode = Mode::EndTag(name, pos),
                    Some('>') => {
                        self.emit(piece.take(1));
                        self.close(&name, pos)?;
                    }
                    Some(_) => {
                        return fail(
                            piece.here(),
                            "end-tag",
                            format!("something follows the name in </{name}>"),
                            format!("write </{name}>"),
                        );
                    }
                }
                Ok(())
            }
            Mode::Tag(tag) => self.in_tag(tag, piece),
            Mode::AttributeName(tag, name, pos) => self.attribute_name(tag, name, pos, piece),
            Mode::AfterName(tag, name, pos) => {
                let skipped = piece.until(|b| !space(b));
                self.emit(skipped);
                match piece.first() {
                    None => self.state.mode = Mode::AfterName(tag, name, pos),
                    Some('=') => {
                        self.emit(piece.take(1));
                        self.state.mode = Mode::BeforeValue(tag, name, pos);
                    }
                    Some(_) => {
                        self.attribute(tag, name, Given::Empty, pos)?;
                        // The space that ended the name separates it from the next.
                        if let Mode::Tag(tag) = &mut self.state.mode {
                            tag.separate = false;
                        }
                    }
                }
                Ok(())
            }
            Mode::BeforeValue(tag, name, pos) => self.before_value(tag, name, pos, piece),
            Mode::Value(tag, value) => self.value(tag, value, piece),
            Mode::Comment(tail) => self.comment(tail, piece),
            Mode::Declaration => {
                let part = piece.until(|b| b == b'>');
                self.emit(part);
                if piece.first() == Some('>') {
                    self.emit(piece.take(1));
                    self.state.mode = Mode::Text;
                } else {
                    self.state.mode = Mode::Declaration;
                }
                Ok(())
            }
            Mode::Rcdata(name) => self.raw_until_end(&name.clone(), Mode::Rcdata(name), piece),
            Mode::Script(..) => self.script(mode, piece),
            Mode::Raw(name) => self.raw_until_end(&name.clone(), Mode::Raw(name), piece),
        }
    }

    fn text(&mut self, piece: &mut Piece<'_>) -> Result<()> {
        let pos = piece.here();
        let rest = piece.rest();
        let length = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let part = piece.take(length);
        if !part.is_empty() {
            if part.contains('\0') {
                return fail(pos, "nul", "a NUL character in the template", "remove it");
            }
            if let Some(at) = part.find(|c: char| !c.is_ascii_whitespace())
                && let Some(parent) = self.state.open.last()
                && !parent.foreign
                && elements::moves_text(&parent.name)
            {
                let parent = parent.name.clone();
                let pos = Pos {
                    file: pos.file,
                    offset: pos.offset + at as u32,
                };
                return fail(
                    pos,
                    "moved-text",
                    format!("text directly inside <{parent}>: the browser would move it elsewhere"),
                    format!("put it into an element that <{parent}> may hold"),
                );
            }
            self.emit(part);
            self.state.ampersand = part.ends_with('&');
        }
        if piece.first() == Some('<') {
            piece.take(1);
            self.state.ampersand = false;
            self.state.mode = Mode::Less;
        }
        Ok(())
    }

    fn less(&mut self, piece: &mut Piece<'_>) -> Result<()> {
        let rest = piece.rest();
        let start = Pos {
            file: piece.pos.file,
            offset: piece.here().offset.saturating_sub(1),
        };
        if rest.starts_with("!--") && rest[3..].trim_start().starts_with("[if") {
            return fail(
                start,
                "conditional-comment",
                "a conditional comment: comments are not written, and no browser reads these",
                "leave it out; for a mail write markup that every program reads: a <table> with width=",
            );
        }
        if rest.starts_with("!--") {
            piece.take(3);
            self.state.mode = Mode::Comment(String::new());
        } else if rest.get(..8).is_some_and(|s| s.eq_ignore_ascii_case("!doctype")) {
            self.emit("<");
            self.emit(piece.take(8));
            self.state.mode = Mode::Declaration;
        } else if rest.starts_with('!') || rest.starts_with('?') {
            return fail(
                start,
                "declaration",
                "`<!` or `<?` that is neither a comment nor a doctype",
                "browsers read this as a comment; write &lt; for a literal `<`",
            );
        } else if rest.starts_with('/') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.emit("</");
            piece.take(1);
            self.state.mode = Mode::Name(String::new(), true, start);
        } else if rest == "/" {
            return fail(
                start,
                "split-tag",
                "an end tag is cut by a tag of the template",
                "write the whole end tag",
            );
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.emit("<");
            self.state.mode = Mode::Name(String::new(), false, start);
        } else if rest.starts_with('/') {
            return fail(
                start,
                "end-tag",
                "`</` without a name",
                "write &lt; for a literal `<`",
            );
        } else {
            // A lone `<` is text; written as a reference nothing can grow out of it.
            self.emit("&lt;");
            self.state.mode = Mode::Text;
        }
        Ok(())
    }

    fn element_name(&mut self, mut name: String, end: bool, pos: Pos, piece: &mut Piece<'_>) -> Result<()> {
        let part = piece.until(|b| space(b) || b == b'/' || b == b'>');
        if let Some(c) = part
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || *c == '-' || *c == ':' || *c == '_' || *c == '.'))
        {
            return fail(
                pos,
                "element-name",
                format!("`{c}` in an element's name"),
                "write &lt; for a literal `<`",
            );
        }
        self.emit(part);
        name.push_str(&part.to_ascii_lowercase());
        if piece.first().is_none() {
            self.state.mode = Mode::Name(name, end, pos);
            return Ok(());
        }
        if end {
            self.state.mode = Mode::EndTag(name, pos);
            return Ok(());
        }
        let tag = self.open_tag(name, pos)?;
        self.state.mode = Mode::Tag(Box::new(tag));
        Ok(())
    }

    fn in_tag(&mut self, mut tag: Box<Tag>, piece: &mut Piece<'_>) -> Result<()> {
        let skipped = piece.until(|b| !space(b));
        if !skipped.is_empty() {
            self.emit(skipped);
            tag.separate = false;
            tag.closing = false;
        }
        match piece.first() {
            None => self.state.mode = Mode::Tag(tag),
            Some('/') => {
                piece.take(1);
                tag.closing = true;
                tag.separate = false;
                self.state.mode = Mode::Tag(tag);
            }
            Some('>') => {
                piece.take(1);
                self.finish_tag(*tag)?;
            }
            Some(c) => {
                let pos = piece.here();
                if tag.separate
                    && let Some((name, begin)) = &tag.suspect
                {
                    return fail(
                        *begin,
                        "attribute-glued",
                        format!(
                            "the value of `{name}` that begins here contains `<` and ends right before another name"
                        ),
                        "its closing quote is probably missing; in a value write &lt; for `<`",
                    );
                }
                if tag.separate {
                    return fail(
                        pos,
                        "attribute-glued",
                        "a space is missing between two attributes",
                        "write a space here",
                    );
                }
                if tag.closing {
                    return fail(
                        pos,
                        "stray-slash",
                        "a slash inside a tag",
                        "remove it, or write it right before `>`",
                    );
                }
                if matches!(c, '"' | '\'' | '<' | '=' | '`') {
                    return fail(
                        pos,
                        "bad-html",
                        format!("`{c}` in an attribute's name"),
                        "an attribute is name=\"value\"",
                    );
                }
                self.state.mode = Mode::AttributeName(tag, String::new(), pos);
            }
        }
        Ok(())
    }

    fn attribute_name(
        &mut self,
        tag: Box<Tag>,
        mut name: String,
        pos: Pos,
        piece: &mut Piece<'_>,
    ) -> Result<()> {
        let at = piece.here();
        let part = piece.until(|b| space(b) || matches!(b, b'/' | b'>' | b'='));
        if let Some(i) = part.find(['"', '\'', '<', '`', '\0']) {
            let at = Pos {
                file: at.file,
                offset: at.offset + i as u32,
            };
            return fail(
                at,
                "bad-html",
                "a quote or `<` in an attribute's name",
                "an attribute is name=\"value\"",
            );
        }
        self.emit(part);
        name.push_str(&part.to_ascii_lowercase());
        match piece.first() {
            None => self.state.mode = Mode::AttributeName(tag, name, pos),
            Some('=') => {
                self.emit(piece.take(1));
                self.state.mode = Mode::BeforeValue(tag, name, pos);
            }
            Some('/' | '>') => self.attribute(tag, name, Given::Empty, pos)?,
            Some(_) => self.state.mode = Mode::AfterName(tag, name, pos),
        }
        Ok(())
    }

    fn before_value(&mut self, tag: Box<Tag>, name: String, pos: Pos, piece: &mut Piece<'_>) -> Result<()> {
        let skipped = piece.until(|b| !space(b));
        self.emit(skipped);
        let quote = match piece.first() {
            None => {
                self.state.mode = Mode::BeforeValue(tag, name, pos);
                return Ok(());
            }
            Some('>') => {
                return fail(
                    piece.here(),
                    "bad-html",
                    format!("the attribute `{name}` has `=` but no value"),
                    "write name=\"value\"",
                );
            }
            Some(q @ ('"' | '\'')) => {
                self.emit(piece.take(1));
                q as u8
            }
            Some(_) => 0,
        };
        let kind = super::link::kind_in(&tag, &name);
        let value = Value {
            name,
            quote,
            kind,
            raw: String::new(),
            pending: String::new(),
            url: UrlPart::Start,
            dots: super::dots::Dots::default(),
            given: Given::Empty,
            json: super::json::Json::default(),
            json_values: false,
            pos: piece.here(),
            tag_inside: false,
            whole: false,
            unwritten: false,
        };
        self.state.mode = Mode::Value(tag, Box::new(value));
        Ok(())
    }

    fn value(&mut self, tag: Box<Tag>, mut value: Box<Value>, piece: &mut Piece<'_>) -> Result<()> {
        let at = piece.here();
        let quote = value.quote;
        let part = if quote == 0 {
            piece.until(|b| space(b) || b == b'>')
        } else {
            piece.until(|b| b == quote)
        };
        if quote == 0
            && let Some(i) = part.find(['"', '\'', '<', '=', '`'])
        {
            let at = Pos {
                file: at.file,
                offset: at.offset + i as u32,
            };
            return fail(
                at,
                "bad-html",
                "a quote, `=` or `<` in a value without quotes",
                "put the value into quotes",
            );
        }
        if !part.is_empty() {
            // Behind the address of a file or a view: a place in it, or a version.
            if matches!(value.kind, Kind::Resource | Kind::Frame)
                && value.given == Given::Typed
                && part.starts_with(['#', '?'])
            {
                value.whole = false;
            }
            // CWE-79: with text behind it, a value is one address of several and not their list.
            if value.kind == Kind::Srcset && value.whole && super::place::one_candidate(&mut self.ops) {
                value.whole = false;
                value.url = UrlPart::AfterValue;
            }
            if value.whole {
                return fail(
                    at,
                    "mixed-value",
                    "text next to a value that has to be the whole attribute",
                    format!(
                        "write {}=\"{{{{ value }}}}\" and nothing else between the quotes",
                        value.name
                    ),
                );
            }
            // CWE-601: a slash behind a value that was empty, or a slash, would be the second one.
            let rest = part.strip_prefix('/').filter(|_| {
                value.pending.is_empty() && matches!(value.url, UrlPart::AfterValue | UrlPart::RootValue)
            });
            if rest.is_some() {
                self.ops.push(super::ir::Op::Slash);
            }
            self.emit(rest.unwrap_or(part));
            self.state.ampersand = part.ends_with('&');
            value.tag_inside |= part.contains('<');
            if value.given == Given::Empty {
                // JSON that is named after the addresses in it.
                if value.kind == Kind::Url
                    && value.name.starts_with("data-")
                    // JSON knows no other blanks: behind one of those it is text, and no address either (CWE-79).
                    && part
                        .trim_start_matches([' ', '\t', '\n', '\r'])
                        .starts_with(['{', '['])
                {
                    value.kind = Kind::Plain;
                }
                value.given = Given::Literal(String::new());
            }
            match &mut value.given {
                Given::Literal(_) => value.raw.push_str(part),
                Given::Differs(texts) => {
                    texts.iter_mut().for_each(|text| text.push_str(part));
                    // CWE-407: what is known is copied for each branch.
                    if texts.iter().any(|text| text.len() > MAX_TEXT) {
                        texts.clear();
                    }
                }
                _ => {}
            }
            if is_url(value.kind)
                || matches!(
                    value.kind,
                    Kind::Plain
                        | Kind::Question
                        | Kind::Srcset
                        | Kind::Selector
                        | Kind::Colour
                        | Kind::Reference
                )
            {
                value.pending.push_str(part);
            }
        }
        match piece.first() {
            None => {
                self.state.mode = Mode::Value(tag, value);
                Ok(())
            }
            Some(_) => {
                if quote != 0 {
                    let closing = piece.take(1);
                    if !value.unwritten {
                        self.emit(closing);
                    }
                }
                self.finish_value(tag, *value)
            }
        }
    }

    /// Comments are dropped: they tell an attacker about the code, and a value in one has no safe form.
    fn comment(&mut self, mut tail: String, piece: &mut Piece<'_>) -> Result<()> {
        // `<!-->` and `<!--->` are whole comments (HTML Standard, 13.2.5.44).
        while let Some(c) = piece.first() {
            if c == '>' && (tail.ends_with("--") || tail.ends_with("--!") || tail.is_empty() || tail == "-") {
                piece.take(1);
                self.state.mode = Mode::Text;
                return Ok(());
            }
            piece.take(c.len_utf8());
            if tail.is_empty() && c != '-' {
                tail.push(' ');
            }
            tail.push(if c == '-' || c == '!' { c } else { ' ' });
            if tail.len() > 4 {
                tail.remove(0);
            }
        }
        self.state.mode = Mode::Comment(tail);
        Ok(())
    }

    /// Text up to `</name`.
    fn raw_until_end(&mut self, name: &str, stay: Mode, piece: &mut Piece<'_>) -> Result<()> {
        let rest = piece.rest();
        // CWE-352: the text is markup where there is no script, and a form in it would have no token.
        let inside = &rest[..end_tag(rest, name).unwrap_or(rest.len())];
        if name == "noscript" && (inside.to_ascii_lowercase().contains("<form") || cut(inside, &["<form"])) {
            return fail(
                piece.here(),
                "noscript-form",
                "a form inside <noscript>: it would be sent without its token",
                "write the form outside of it: it works without script as well; in <noscript> a link can lead to its page",
            );
        }
        let Some(length) = end_tag(rest, name) else {
            if cut(rest, &[&format!("</{name}")]) {
                return fail(
                    piece.here(),
                    "split-tag",
                    format!("the end of <{name}> is cut by a tag of the template"),
                    "write the whole end tag",
                );
            }
            self.emit(rest);
            self.state.ampersand = rest.ends_with('&');
            piece.take(rest.len());
            self.state.mode = stay;
            return Ok(());
        };
        self.emit(piece.take(length));
        self.state.ampersand = false;
        self.state.mode = Mode::Text;
        Ok(())
    }

    fn script(&mut self, mode: Mode, piece: &mut Piece<'_>) -> Result<()> {
        let Mode::Script(kind, mut js) = mode else {
            return Ok(());
        };
        let rest = piece.rest();
        let pos = piece.here();
        let length = end_tag(rest, "script");
        if length.is_none() && cut(rest, &["</script", "<!--", "<script"]) {
            return fail(
                pos,
                "split-tag",
                "a tag of the template stands behind `<` in a script: together with what follows it may become `</script`, `<!--` or `<script`",
                "put a space behind `<`, or write \\x3C for it in a string",
            );
        }
        let body = piece.take(length.unwrap_or(rest.len()));
        // `<!--` and `<script` inside a script change where it ends (HTML Standard, 13.2.5.17).
        let lower = body.to_ascii_lowercase();
        if let Some(at) = lower.find("<!--").or_else(|| lower.find("<script")) {
            let at = Pos {
                file: pos.file,
                offset: pos.offset + at as u32,
            };
            return fail(
                at,
                "script-escape",
                "`<!--` or `<script` inside a script: browsers then look for another end",
                "in a string write \\x3C for `<`",
            );
        }
        self.emit(body);
        js.advance(body, pos);
        // CWE-829: a value reaches it by any name, of this script or another, and no policy of the browser looks at it.
        let named = js.named.or_else(|| {
            let at = js.unclear.and_then(|_| named_module(body))?;
            Some(Pos {
                file: pos.file,
                offset: pos.offset + at as u32,
            })
        });
        if let Some(at) = named.filter(|_| kind == Script::Js) {
            return fail(
                at,
                "script-load",
                "the name of a module that is not a literal: under the default policy it may be `data:…`, and its text would run",
                "write import(\"/the/module.js\"); to choose among several, write {% if %} round whole statements, or choose in a script file",
            );
        }
        // CWE-1321; in JSON, which is only read, a key is a key.
        if let Some(at) = js.keyed.filter(|_| kind == Script::Js) {
            return fail(
                at,
                "script-position",
                "a value as a key of an object: `__proto__` would set its prototype",
                "write the whole object as one value, or the key in brackets: [{{ key }}]: …",
            );
        }
        self.state.mode = if length.is_some() {
            Mode::Text
        } else {
            Mode::Script(kind, js)
        };
        Ok(())
    }
}

/// Where a script that could not be read names a module by something else than a literal.
fn named_module(text: &str) -> Option<usize> {
    for word in ["import", "addModule"] {
        for (at, _) in text.match_indices(word) {
            let Some(rest) = text[at + word.len()..].trim_start().strip_prefix('(') else {
                continue;
            };
            if !rest.trim_start().starts_with(['"', '\'']) {
                return Some(at);
            }
        }
    }
    None
}

/// Where `</name` followed by a space, slash or `>` starts.
pub(super) fn end_tag(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        let open = at + found;
        let tail = &bytes[open + 1..];
        if tail.first() == Some(&b'/')
            && tail
                .get(1..=name.len())
                .is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
            && tail
                .get(name.len() + 1)
                .is_some_and(|b| space(*b) || *b == b'/' || *b == b'>')
        {
            return Some(open);
        }
        at = open + 1;
    }
    None
}

/// Whether the text ends inside one of the marks: what follows could complete it.
fn cut(text: &str, marks: &[&str]) -> bool {
    let Some(open) = text.rfind('<') else { return false };
    let tail = text[open..].to_ascii_lowercase();
    marks.iter().any(|mark| mark.starts_with(&tail))
}

impl Machine {
    /// Notes a whole attribute.
    pub(super) fn attribute(
        &mut self,
        mut tag: Box<Tag>,
        name: String,
        value: Given,
        pos: Pos,
    ) -> Result<()> {
        if let Some(old) = tag.attributes.iter().find(|a| a.name == name)
            && !old.sometimes
        {
            return fail(
                pos,
                "duplicate-attribute",
                format!("`{name}` is written twice: browsers take the first and ignore the second"),
                "write it once",
            );
        }
        // Written in some branches, and here: browsers take the one or the other.
        if let Some(old) = tag.attributes.iter_mut().find(|a| a.name == name) {
            old.value = super::join::differing(&old.value, &value);
        } else if tag.attributes.len() >= MAX_ATTRIBUTES {
            return fail(
                pos,
                "too-large",
                format!("more than {MAX_ATTRIBUTES} attributes on one element"),
                "an element takes fewer",
            );
        } else {
            tag.attributes.push(super::state::Attribute {
                name,
                value,
                sometimes: false,
            });
        }
        tag.separate = true;
        self.state.mode = Mode::Tag(tag);
        Ok(())
    }

    fn finish_value(&mut self, mut tag: Box<Tag>, mut value: Value) -> Result<()> {
        let pos = value.pos;
        tag.suspect = value.tag_inside.then(|| (value.name.clone(), pos));
        if value.kind == Kind::Plain && value.given != Given::Empty {
            let done = super::json_attribute::finish(&mut value, pos);
            self.report(done);
            // CWE-235: what is JSON holds no `&`, and adds no parameter.
            if value.json_values && value.name == "data-params" {
                value.given = Given::Typed;
            }
        }
        if is_url(value.kind) {
            if !matches!(value.given, Given::Literal(_) | Given::Empty) {
                // Nothing follows what stands last.
                value
                    .pending
                    .push_str(if value.pending.ends_with('%') { "25" } else { "" });
                super::join::flush(&mut value, pos)?;
                super::join::dots(&mut value)?;
            } else {
                self.literal_url(&value)?;
            }
        }
        if value.kind == Kind::Srcset && !matches!(value.given, Given::Literal(_) | Given::Empty) {
            // Nothing follows, which ends an address as a space does.
            value.pending.push(' ');
            super::srcset::flush(&mut value, pos)?;
        }
        // What was refused needs no hint.
        let refused =
            |p: &crate::compiler::error::Error| p.pos.file == pos.file && p.pos.offset >= pos.offset;
        if !self.problems.last().is_some_and(refused) {
            self.lints
                .note(super::policy::hint(&tag, &value, self.state.waiver.is_some()));
        }
        let given = match value.given {
            Given::Literal(_) => Given::Literal(super::entities::decode(&value.raw)),
            Given::Differs(texts) => {
                Given::Differs(texts.iter().map(|text| super::entities::decode(text)).collect())
            }
            other => other,
        };
        self.attribute(tag, value.name, given, pos)
    }

    /// CWE-79: a literal `javascript:` address is a handler in disguise.
    fn literal_url(&self, value: &Value) -> Result<()> {
        let text: String = super::entities::decode(&value.raw)
            .chars()
            .filter(|c| !c.is_ascii_whitespace() && !c.is_control())
            .collect::<String>()
            .to_ascii_lowercase();
        for scheme in ["javascript:", "vbscript:"] {
            if text.starts_with(scheme) {
                return fail(
                    value.pos,
                    "javascript-url",
                    format!("a `{scheme}` address: the default CSP forbids it"),
                    "use a <button> and a script file that listens to it",
                );
            }
        }
        Ok(())
    }
}
