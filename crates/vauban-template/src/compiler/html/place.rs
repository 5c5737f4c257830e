//! Which context a value gets at the place the machine has come to, or why it may not stand there.

use super::attributes::Kind;
use super::elements;
use super::ir::{Context, Op};
use super::js::Mode as JsMode;
use super::machine::Machine;
use super::state::{Given, Mode, Script, Value};
use super::url::UrlPart;
use crate::compiler::ast::Expr;
use crate::compiler::error::{Pos, Result, fail};

impl Machine {
    /// The context of a value here. `None`: nothing is written (comments). Mistakes are noted.
    pub(super) fn value_place(&mut self, pos: Pos) -> Result<Option<Context>> {
        let result = self.place(pos);
        // After a misplaced value the machine goes on, so that all of them are shown at once.
        Ok(self.report(result).flatten())
    }

    /// The same, with mistakes returned.
    pub(super) fn place(&mut self, pos: Pos) -> Result<Option<Context>> {
        self.protect_ampersand();
        match &mut self.state.mode {
            Mode::Text => {
                if let Some(parent) = self.state.open.last()
                    && !parent.foreign
                    && elements::moves_text(&parent.name)
                {
                    let parent = parent.name.clone();
                    return fail(
                        pos,
                        "moved-text",
                        format!("a value directly inside <{parent}>: the browser would move it elsewhere"),
                        format!("put it into an element that <{parent}> may hold"),
                    );
                }
                Ok(Some(Context::Text))
            }
            Mode::Less | Mode::Name(..) | Mode::EndTag(..) => fail(
                pos,
                "dynamic-element",
                "a value in an element's name",
                "write the name; choose between elements with {% if %}; for a literal `<` write &lt;",
            ),
            Mode::Tag(_) | Mode::AttributeName(..) | Mode::AfterName(..) => fail(
                pos,
                "dynamic-attribute",
                "a value in an attribute's name",
                "write the name: {% if flag %}checked{% endif %}, or checked=\"{{ flag }}\"",
            ),
            Mode::BeforeValue(tag, name, _) => {
                let name = name.clone();
                // Go on as if the value were there, so that only this is reported.
                self.state.mode = Mode::AfterName(tag.clone(), name.clone(), pos);
                fail(
                    pos,
                    "unquoted-value",
                    "a value in an attribute without quotes",
                    format!("write {name}=\"{{{{ … }}}}\""),
                )
            }
            Mode::Value(_, value) if value.quote == 0 => {
                let name = value.name.clone();
                fail(
                    pos,
                    "unquoted-value",
                    "a value in an attribute without quotes",
                    format!("write {name}=\"…{{{{ … }}}}…\""),
                )
            }
            Mode::Value(tag, value) => {
                if tag.name == "script" && value.kind == Kind::Resource {
                    script_query(value, pos)?;
                }
                let placed = attribute(value, pos);
                value.dots.value();
                placed.map(Some)
            }
            Mode::Comment(_) => Ok(None),
            Mode::Declaration => fail(
                pos,
                "declaration",
                "a value in a declaration",
                "write it literally",
            ),
            Mode::Rcdata(_) => Ok(Some(Context::Rcdata)),
            Mode::Script(Script::Literal, _) => fail(
                pos,
                "script-type",
                "a value in a <script> of this type",
                "values can stand in JavaScript and in <script type=\"application/json\">",
            ),
            // CWE-829: data would choose what is loaded.
            Mode::Script(Script::Map, _) => fail(
                pos,
                "script-type",
                "a value in a list of what the page loads: data would choose it",
                "write {% static %} or {% url %} as the whole string",
            ),
            Mode::Script(kind, js) => {
                let kind = *kind;
                script(kind, js, pos).map(Some)
            }
            Mode::Raw(name) if name == "style" => fail(
                pos,
                "style-element",
                "a value in a style sheet: no escaper makes CSS from data safe",
                "write the rules literally and choose a class; {% static %} can stand in url(\"…\")",
            ),
            Mode::Raw(name) => {
                let name = name.clone();
                fail(
                    pos,
                    "raw-text",
                    format!(
                        "a value inside <{name}>: browsers read no character references there, so nothing can be escaped"
                    ),
                    format!("put the value outside <{name}>"),
                )
            }
        }
    }

    /// The context of an address that is known to be one: `{% url %}` and `{% static %}`.
    pub(super) fn typed_place(&mut self, pos: Pos) -> Result<Option<Context>> {
        let mut failed = None;
        match &mut self.state.mode {
            // What a script loads, as the whole start of a string: data can stand nowhere near it.
            Mode::Script(kind, js) if *kind != Script::Literal && js.takes_address() => {
                let map = *kind == Script::Map && js.mode == JsMode::Double;
                if map || *kind == Script::Js && js.loads_code() {
                    js.hold();
                    return Ok(Some(if map {
                        Context::JsonString
                    } else {
                        Context::JsString
                    }));
                }
            }
            Mode::Raw(name)
                if name == "style"
                    && matches!(self.ops.last(), Some(Op::Literal(css)) if opens_address(css)) =>
            {
                return Ok(Some(Context::CssUrl));
            }
            Mode::Value(_, value) if value.kind == Kind::Srcset && value.quote != 0 && !value.whole => {
                let flushed = super::srcset::flush(value, pos);
                if self.report(flushed).is_none() {
                    return Ok(None);
                }
                if let Mode::Value(_, value) = &mut self.state.mode
                    && value.url == UrlPart::Start
                {
                    value.url = UrlPart::AfterTyped;
                    value.given = Given::Data;
                    return Ok(Some(Context::CandidatePath));
                }
            }
            _ => {}
        }
        if let Mode::Value(_, value) = &mut self.state.mode
            && value.quote != 0
            && super::join::is_url(value.kind)
            && !value.whole
        {
            match super::join::flush(value, pos) {
                Ok(()) if value.url == UrlPart::Start => {
                    value.url = UrlPart::AfterTyped;
                    value.given = Given::Typed;
                    value.whole = matches!(value.kind, Kind::Resource | Kind::Frame);
                    return Ok(Some(Context::Attribute));
                }
                // CWE-601: `//…` names a host.
                Ok(())
                    if matches!(
                        value.url,
                        UrlPart::Root | UrlPart::AfterTyped | UrlPart::RootValue
                    ) =>
                {
                    let result: Result<()> = fail(
                        pos,
                        "url-place",
                        "an address right after a slash or another address: together they may name another site",
                        "{% url %} and {% static %} start with the slash: write nothing before them",
                    );
                    failed = result.err();
                }
                Ok(()) => {}
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            self.report::<()>(Err(error));
            return Ok(None);
        }
        self.value_place(pos)
    }

    /// The context of a query string: in a URL at its start or after a path.
    pub(super) fn query_place(&mut self, pos: Pos) -> Result<Option<Context>> {
        if let Mode::Value(tag, value) = &mut self.state.mode
            && value.quote != 0
            && super::join::is_url(value.kind)
            // The address of a file or a view goes on; a value that has to be all there is does not.
            && (!value.whole || value.kind != Kind::Action && value.given == Given::Typed)
        {
            if let Err(error) = super::join::flush(value, pos) {
                self.report::<()>(Err(error));
                return Ok(None);
            }
            if matches!(
                value.url,
                UrlPart::Start | UrlPart::Root | UrlPart::AfterTyped | UrlPart::RootValue | UrlPart::Path
            ) {
                // CWE-352, CWE-829: a query does not make of a foreign address, or of one that data began, one of this site.
                let here = match value.given {
                    Given::Empty | Given::Typed => true,
                    Given::Literal(_) => value.raw.trim() == "/" || stays_here(value),
                    Given::Data | Given::Differs(_) => false,
                };
                value.dots.read("?");
                value.url = UrlPart::Query;
                value.whole = false;
                let code = tag.name == "script" && value.kind == Kind::Resource;
                if code && let Err(error) = script_query(value, pos) {
                    self.report::<()>(Err(error));
                    return Ok(None);
                }
                if here {
                    value.given = Given::Typed;
                }
                return Ok(Some(Context::Attribute));
            }
        }
        self.value_place(pos)
    }

    /// `{% csp_nonce %}`: where the compiler would have written it anyway, it is left out.
    pub(super) fn nonce(&mut self, pos: Pos) -> Result<()> {
        if let Mode::Value(tag, value) = &mut self.state.mode
            && value.name == "nonce"
            && matches!(tag.name.as_str(), "script" | "style" | "link")
            && value.quote != 0
            && !value.whole
            && value.raw.is_empty()
        {
            value.whole = true;
            value.given = Given::Typed;
            self.uses_nonce = true;
            self.ops.push(Op::Nonce);
            return Ok(());
        }
        let result: Result<()> = fail(
            pos,
            "nonce",
            "the nonce outside nonce=\"…\" of <script> or <style>",
            "remove it: the compiler writes the nonce of every <script> and <style>",
        );
        self.report(result);
        Ok(())
    }

    /// `checked="{{ flag }}"`: the attribute is there or not. True if this was such a place.
    pub(super) fn boolean(&mut self, expr: &Expr, pos: Pos) -> Result<bool> {
        let Mode::Value(_, value) = &mut self.state.mode else {
            return Ok(false);
        };
        if value.kind != Kind::Boolean || value.quote == 0 {
            return Ok(false);
        }
        if value.whole || !value.raw.is_empty() {
            let name = value.name.clone();
            let result: Result<()> = fail(
                pos,
                "mixed-value",
                format!("`{name}` is present or absent; it has no text"),
                format!("write {name}=\"{{{{ flag }}}}\" and nothing else between the quotes"),
            );
            self.report(result);
            return Ok(true);
        }
        let (name, quote) = (value.name.clone(), value.quote as char);
        value.whole = true;
        value.given = Given::Data;
        // What closes the value is literal and must not be written.
        value.unwritten = true;
        let Some(Op::Literal(last)) = self.ops.last_mut() else {
            return fail(
                pos,
                "split-tag",
                format!("`{name}=` is cut by a tag of the template"),
                "write the whole attribute in one piece",
            );
        };
        let Some(start) = attribute_start(last, &name, quote) else {
            return fail(
                pos,
                "split-tag",
                format!("`{name}=` is cut by a tag of the template"),
                "write the whole attribute in one piece",
            );
        };
        last.truncate(start);
        self.ops.push(Op::Boolean(format!(" {name}"), expr.clone(), pos));
        Ok(true)
    }

    /// A bare `&` before what a tag writes must not become the start of a character reference (CWE-79, CWE-601).
    pub(super) fn protect_ampersand(&mut self) {
        if std::mem::take(&mut self.state.ampersand)
            && matches!(self.state.mode, Mode::Text | Mode::Rcdata(_) | Mode::Value(..))
            && let Some(Op::Literal(last)) = self.ops.last_mut()
            && last.ends_with('&')
        {
            last.push_str("amp;");
            if let Mode::Value(_, value) = &mut self.state.mode
                && value.pending.ends_with('&')
            {
                value.pending.push_str("amp;");
            }
        }
    }
}

/// Where ` name="` starts at the end of the literal, with the space before it.
fn attribute_start(literal: &str, name: &str, quote: char) -> Option<usize> {
    let rest = literal.strip_suffix(quote)?.trim_end();
    let rest = rest.strip_suffix('=')?.trim_end();
    let at = rest.len().checked_sub(name.len())?;
    if !rest.get(at..)?.eq_ignore_ascii_case(name) {
        return None;
    }
    Some(rest[..at].trim_end().len())
}

fn attribute(value: &mut Value, pos: Pos) -> Result<Context> {
    let only = |value: &Value, pos: Pos| -> Result<()> {
        if value.whole || !value.raw.is_empty() || value.given != Given::Empty {
            return fail(
                pos,
                "mixed-value",
                format!("`{}` takes one whole value, not text and a value", value.name),
                format!(
                    "write {}=\"{{{{ value }}}}\" and nothing else between the quotes",
                    value.name
                ),
            );
        }
        Ok(())
    };
    match value.kind {
        Kind::Plain => {
            value.given = Given::Data;
            super::json_attribute::place(value, pos)
        }
        Kind::Question => {
            value.given = Given::Data;
            super::question::place(value, pos)
        }
        Kind::Enumerated(words) => {
            only(value, pos)?;
            value.whole = true;
            value.given = Given::Data;
            Ok(Context::Enumerated(words))
        }
        Kind::Resource => {
            // A fragment of a literal address is only a place in it.
            super::join::flush(value, pos)?;
            if value.url == UrlPart::Query && value.given != Given::Empty && !value.whole {
                return Ok(Context::UrlQuery);
            }
            if value.url != UrlPart::Start && !value.whole {
                return fail(
                    pos,
                    "mixed-value",
                    format!("a value in the address of what `{}` loads", value.name),
                    "write the address literally, or {% static \"…\" %} or {% url … %}; a value can stand behind `?` or `#`, and a ResourceUrl can be all of it",
                );
            }
            only(value, pos)?;
            value.whole = true;
            value.given = Given::Data;
            Ok(Context::Resource)
        }
        Kind::Frame => {
            super::join::flush(value, pos)?;
            if !value.whole && value.given != Given::Empty {
                match value.url {
                    UrlPart::Query => {
                        value.given = Given::Data;
                        return Ok(Context::UrlQuery);
                    }
                    // CWE-22: the origin and the way are literal, and the value is one segment of it.
                    UrlPart::Path => {
                        value.given = Given::Data;
                        return Ok(Context::Segment);
                    }
                    UrlPart::Slashes | UrlPart::Host => return url(value, pos),
                    _ => {}
                }
            }
            only(value, pos)?;
            value.whole = true;
            value.given = Given::Data;
            Ok(Context::Resource)
        }
        Kind::Action => {
            super::join::flush(value, pos)?;
            // CWE-352: the row's text would name the view that gets the form and its token.
            if matches!(
                value.url,
                UrlPart::Root | UrlPart::AfterTyped | UrlPart::RootValue
            ) {
                return fail(
                    pos,
                    "form-action",
                    format!(
                        "a value in `{}` that may be the whole path: it would name any view",
                        value.name
                    ),
                    "write {% url view value %}, or start the path literally: /articles/{{ slug }}/",
                );
            }
            if stays_here(value) {
                // No literal any more: the token cannot be bound to it.
                return url(value, pos);
            }
            only(value, pos)?;
            value.whole = true;
            value.given = Given::Typed;
            Ok(Context::Action)
        }
        Kind::Srcset => srcset(value, pos),
        Kind::Url | Kind::Image => url(value, pos),
        Kind::Colour if value.whole || value.given == Given::Empty => {
            only(value, pos)?;
            value.whole = true;
            value.given = Given::Data;
            Ok(Context::Colour)
        }
        Kind::Colour | Kind::Reference => paint(value, pos),
        Kind::Selector => {
            super::entities::whole(&value.pending, pos)?;
            let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if !value.pending.trim_end_matches(name).ends_with(['#', '.']) {
                return fail(
                    pos,
                    "selector",
                    format!(
                        "a value in `{}` that is not a part of a name: it would choose any element",
                        value.name
                    ),
                    format!("write {}=\"#row-{{{{ id }}}}\"", value.name),
                );
            }
            // What a selector chooses is said by its literal parts: in them a value is a name.
            value.raw.push('_');
            // What follows may go on with the same name.
            value.pending.clear();
            value.pending.push_str("#_");
            Ok(Context::Selector)
        }
        Kind::Boolean => fail(
            pos,
            "boolean",
            format!("only {{{{ flag }}}} can stand in `{}`", value.name),
            format!("write {}=\"{{{{ flag }}}}\"", value.name),
        ),
        Kind::Refused(refusal) => fail(pos, refusal.class, refusal.found, refusal.help),
    }
}

/// CWE-829: what another site makes of a query is code here: `callback=` names a function.
fn script_query(value: &mut Value, pos: Pos) -> Result<()> {
    super::join::flush(value, pos)?;
    let own = match &value.given {
        Given::Typed | Given::Empty => true,
        Given::Literal(_) => !super::origin::foreign_origin(&super::entities::decode(&value.raw)),
        Given::Data | Given::Differs(_) => false,
    };
    if own || value.whole || value.url != UrlPart::Query {
        return Ok(());
    }
    fail(
        pos,
        "mixed-value",
        "a value in the address of another site's script: its answer is code, made of the value",
        "write the address literally (a key that every visitor gets is no secret), or make a ResourceUrl of the whole address",
    )
}

/// Whether an address stays on this origin, whatever follows: it starts with one slash.
pub(super) fn stays_here(value: &Value) -> bool {
    let slash = || {
        let text = super::entities::decode(&value.raw);
        // `?` and `#` go to the page itself.
        text.trim_start_matches(|c| c <= ' ').starts_with(['/', '?', '#'])
            && !super::origin::foreign_origin(&text)
    };
    let stays = [
        UrlPart::AfterTyped,
        UrlPart::RootValue,
        UrlPart::Path,
        UrlPart::Query,
    ];
    stays.contains(&value.url)
        && match value.given {
            Given::Typed => true,
            Given::Empty | Given::Literal(_) => slash(),
            Given::Data | Given::Differs(_) => false,
        }
}

/// A value behind literal text of a colour, or in a reference to a part of the drawing.
fn paint(value: &mut Value, pos: Pos) -> Result<Context> {
    super::entities::whole(&value.pending, pos)?;
    let text = super::entities::decode(&value.pending).to_ascii_lowercase();
    let address = text
        .rfind("url(")
        .map(|at| &text[at + 4..])
        .filter(|rest| !rest.contains(')'));
    let refers = address.is_some_and(|address| address.contains('#'));
    // CWE-79: an address in a presentation attribute is loaded.
    if !refers && (address.is_some() || value.kind == Kind::Reference) {
        return fail(
            pos,
            "svg-paint",
            format!("a value in `{}` that may be an address", value.name),
            format!("write {}=\"url(#name-{{{{ id }}}})\"", value.name),
        );
    }
    value.given = Given::Data;
    // What follows may go on with the same reference.
    value.pending.clear();
    value.pending.push_str(if refers { "url(#" } else { "" });
    Ok(Context::Word)
}

/// Whether a literal address is that of an image whose text follows. A drawing (`svg+xml`) is a document, and not here.
fn image_of_text(start: &str) -> bool {
    let kind = start
        .strip_prefix("data:image/")
        .and_then(|s| s.strip_suffix(";base64,"));
    kind.is_some_and(|kind| matches!(kind, "png" | "jpeg" | "gif" | "webp" | "avif"))
}

/// Whether a style sheet goes on with the address in `url(…)`.
fn opens_address(css: &str) -> bool {
    let css = css.strip_suffix(['"', '\'']).unwrap_or(css);
    let css = css.trim_end_matches([' ', '\t', '\n', '\r']);
    css.len() >= 4
        && css
            .get(css.len() - 4..)
            .is_some_and(|end| end.eq_ignore_ascii_case("url("))
}

/// A value in a `srcset`: the whole list, or a part of one of its addresses.
fn srcset(value: &mut Value, pos: Pos) -> Result<Context> {
    super::srcset::flush(value, pos)?;
    if value.whole {
        return fail(
            pos,
            "mixed-value",
            format!("two values in `{}` with nothing between", value.name),
            "write a comma and a space between two addresses, and a space before a width",
        );
    }
    if value.given == Given::Empty {
        value.whole = true;
        value.given = Given::Data;
        return Ok(Context::Srcset);
    }
    value.given = Given::Data;
    match &value.url {
        UrlPart::Start => {
            value.url = UrlPart::AfterValue;
            Ok(Context::Candidate)
        }
        // CWE-22: the way is literal, and the value one segment of it.
        UrlPart::Path => Ok(Context::Segment),
        UrlPart::Query => Ok(Context::UrlQuery),
        UrlPart::Descriptor => Ok(Context::Word),
        _ => fail(
            pos,
            "ambiguous-url",
            "a value in an address of a list where it would choose its scheme or host, or where it is open what it is",
            "start the address literally (/images/{{ name }}-480.jpg 480w), or pass the whole address",
        ),
    }
}

/// Makes of a list of candidates that was written last one candidate. False if something else was.
pub(super) fn one_candidate(ops: &mut [Op]) -> bool {
    match ops.last_mut() {
        Some(
            Op::Put(_, context, _)
            | Op::Cycle(_, Some(context))
            | Op::FirstOf(_, context, _)
            | Op::Now(_, context, _)
            | Op::WidthRatio(_, context, _)
            | Op::Call(_, context),
        ) if *context == Context::Srcset => {
            *context = Context::Candidate;
            true
        }
        _ => false,
    }
}

fn url(value: &mut Value, pos: Pos) -> Result<Context> {
    super::join::flush(value, pos)?;
    let help = "start the URL literally (href=\"/articles/{{ slug }}/\"), use {% url %}, or pass one value of type SafeUrl";
    let below = matches!(value.url, UrlPart::Path | UrlPart::Query) && stays_here(value);
    value.given = if below { Given::Typed } else { Given::Data };
    match &value.url {
        UrlPart::Start => {
            value.url = UrlPart::AfterValue;
            Ok(Context::UrlStart)
        }
        UrlPart::Root | UrlPart::AfterTyped | UrlPart::RootValue => {
            value.url = UrlPart::RootValue;
            Ok(Context::UrlRoot)
        }
        // CWE-22: the way is literal, and the value one segment of it.
        UrlPart::Path => Ok(Context::Segment),
        UrlPart::Query => Ok(Context::UrlQuery),
        UrlPart::Opaque => Ok(Context::UrlOpaque),
        UrlPart::Prefix(text) if value.kind == Kind::Image && image_of_text(text) => {
            value.url = UrlPart::Opaque;
            Ok(Context::Base64)
        }
        // A part of the same mail (RFC 2392).
        UrlPart::Prefix(text) if value.kind == Kind::Image && text == "cid:" => {
            value.url = UrlPart::Opaque;
            Ok(Context::UrlOpaque)
        }
        UrlPart::Prefix(text) if value.kind == Kind::Image && text.starts_with("data:") => fail(
            pos,
            "url-scheme",
            format!("a value after `{text}`"),
            "an image in an address is data:image/png;base64,{{ text }}: png, jpeg, gif, webp or avif, in base64",
        ),
        UrlPart::Slashes | UrlPart::Host => fail(
            pos,
            "dynamic-host",
            "a value in a URL's host: data would choose the site",
            help,
        ),
        UrlPart::AfterValue => fail(
            pos,
            "ambiguous-url",
            "two values at the start of a URL: together they may be a scheme",
            help,
        ),
        UrlPart::Prefix(text) if text.contains(':') => fail(
            pos,
            "url-scheme",
            format!("a value after the scheme `{text}`"),
            "http, https, mailto, tel, sms and geo take values",
        ),
        UrlPart::Prefix(text) => fail(
            pos,
            "ambiguous-url",
            format!("a value right after `{text}` at the start of a URL: together they may be a scheme"),
            format!("write ./{text}{{{{ … }}}} or start with a slash"),
        ),
        UrlPart::Descriptor | UrlPart::Unknown(_) => fail(
            pos,
            "ambiguous-url",
            "it is open which part of the URL this is: branches before differ, or a slash is not written plainly and once",
            help,
        ),
    }
}

fn script(kind: Script, js: &mut super::js::Js, pos: Pos) -> Result<Context> {
    js.end_word();
    if let Some((unclear, why)) = js.unclear {
        return fail(
            unclear,
            "unclear-script",
            format!("a value in a script that cannot be read with certainty: {why}"),
            "keep code in a script file; hand it the value with {{ value|json_script:\"id\" }} or a data- attribute",
        );
    }
    let json = kind == Script::Json;
    // CWE-829: data would choose the module; CWE-95: data would be run.
    if js.loads_code() {
        return fail(
            pos,
            "script-load",
            "a value that names code to be loaded or run",
            "write the address literally; to choose among several, put {% if %} round whole statements",
        );
    }
    match js.mode {
        JsMode::Code if js.expects_value() => {
            if js.in_template() {
                return fail(
                    pos,
                    "template-literal",
                    "a value inside `${ … }`",
                    "put the value into a variable first",
                );
            }
            js.value();
            Ok(if json { Context::Json } else { Context::JsValue })
        }
        JsMode::Code => fail(
            pos,
            "script-position",
            "a value where JavaScript expects no value",
            "write const name = {{ value }};",
        ),
        JsMode::Double | JsMode::Single => {
            if js.cuts_escape() {
                return fail(
                    pos,
                    "partial-escape",
                    "a value right after a backslash",
                    "remove the backslash",
                );
            }
            js.hold();
            if json && js.mode == JsMode::Single {
                return fail(
                    pos,
                    "script-position",
                    "single quotes in JSON",
                    "use double quotes",
                );
            }
            Ok(if json {
                Context::JsonString
            } else {
                Context::JsString
            })
        }
        JsMode::Template => fail(
            pos,
            "template-literal",
            "a value inside a template literal",
            "use a string in quotes, or a variable",
        ),
        JsMode::LineComment | JsMode::BlockComment => fail(
            pos,
            "script-comment",
            "a value in a comment of a script",
            "remove it",
        ),
        JsMode::Regex(_) => fail(
            pos,
            "script-regex",
            "a value in a regular expression",
            "use new RegExp(value)",
        ),
    }
}
