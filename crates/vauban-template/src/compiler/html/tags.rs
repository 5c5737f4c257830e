//! Start and end tags: nesting, and what the compiler writes by itself (form token, nonce).

use super::elements::{self, Content};
use super::htmx::{includes_all, sent_with_fields};
use super::ir::Op;
use super::machine::{MAX_OPEN, Machine};
use super::origin::{foreign_origin, origin};
use super::sent::sent_by_script;
use super::state::{Given, Mode, Open, Script, Tag};
use crate::compiler::error::{Pos, Result, fail};

impl Machine {
    /// An element's name was read.
    pub(super) fn open_tag(&mut self, name: String, pos: Pos) -> Result<Tag> {
        let foreign = self.foreign_child(&name);
        if !foreign && elements::content(&name) == Content::Refused {
            return fail(
                pos,
                "refused-element",
                format!("<{name}> is obsolete and changes how everything after it is read"),
                "use a current element",
            );
        }
        if foreign && elements::leaves_foreign(&name) {
            return fail(
                pos,
                "leaves-svg",
                format!("<{name}> inside <svg> or <math>: the browser would close the drawing"),
                "put HTML into <foreignObject>, or close the drawing first",
            );
        }
        if foreign
            && matches!(
                name.as_str(),
                "script"
                    | "style"
                    | "textarea"
                    | "xmp"
                    | "iframe"
                    | "noembed"
                    | "noframes"
                    | "noscript"
                    | "plaintext"
            )
        {
            return fail(
                pos,
                "svg-raw-text",
                format!("<{name}> inside <svg> or <math> is read by other rules than outside"),
                "put it outside the drawing",
            );
        }
        // CWE-79: whether HTML is read inside depends on attributes, on the parent, or on the browser's age.
        let by_other_rules = match name.as_str() {
            "annotation-xml" | "mglyph" | "malignmark" => true,
            _ => {
                (foreign
                    || !matches!(
                        elements::content(&name),
                        Content::Normal | Content::Void | Content::Script
                    ))
                    && self.state.open.iter().any(|o| o.name == "select" && !o.foreign)
            }
        };
        if by_other_rules {
            return fail(
                pos,
                "other-rules",
                format!("<{name}> here is read by other rules in some browsers"),
                "leave it out; a <select> holds options with text",
            );
        }
        if !foreign {
            self.imply_ends(&name);
            self.closes_nothing_else(&name, pos)?;
        }
        if let Some(parent) = self.state.open.last()
            && !(parent.foreign && foreign)
            // HTML in a drawing is read as in any element.
            && !elements::may_hold(if parent.foreign { "div" } else { &parent.name }, &name)
        {
            let parent = parent.name.clone();
            return fail(
                pos,
                "misplaced-element",
                format!("<{name}> directly inside <{parent}>: the browser would move it elsewhere"),
                help_for_parent(&parent, &name),
            );
        }
        if matches!(name.as_str(), "a" | "form" | "button" | "nobr")
            && self.state.open.iter().any(|o| o.name == name && !o.foreign)
        {
            return fail(
                pos,
                "nested",
                format!("<{name}> inside <{name}>"),
                format!("close the first <{name}> before"),
            );
        }
        Ok(Tag {
            name,
            pos,
            foreign,
            attributes: Vec::new(),
            separate: false,
            closing: false,
            suspect: None,
        })
    }

    fn foreign_child(&self, name: &str) -> bool {
        name == "svg" || name == "math" || self.drawing().is_some()
    }

    /// The drawing in which an element opened here would be: `Some(true)` for MathML, `Some(false)` for SVG.
    fn drawing(&self) -> Option<bool> {
        let parent = self.state.open.last().filter(|o| o.foreign)?;
        (!elements::integration_point(&parent.name, parent.math)).then_some(parent.math)
    }

    /// Closes what HTML closes by itself when `name` opens.
    fn imply_ends(&mut self, name: &str) {
        while let Some(top) = self.state.open.last() {
            if top.foreign || !elements::closed_by(&top.name, name) {
                break;
            }
            self.state.open.pop();
        }
    }

    /// Elements that browsers would close, drop or move when `name` opens, though they are open in the template: what
    /// follows would stand elsewhere than it says.
    fn closes_nothing_else(&mut self, name: &str, pos: Pos) -> Result<()> {
        let refuse = |closed: &str, between: &str| {
            fail(
                pos,
                "misnested",
                format!("<{name}> inside <{between}> inside <{closed}>: the browser would end both"),
                format!("close </{between}> and </{closed}> first, or use another element than <{closed}>"),
            )
        };
        let item: &[&str] = match name {
            "li" => &["li"],
            "dd" | "dt" => &["dd", "dt"],
            _ => &[],
        };
        if !item.is_empty() {
            for at in (0..self.state.open.len()).rev() {
                let open = &self.state.open[at];
                if open.foreign {
                    break;
                }
                if item.contains(&open.name.as_str()) {
                    let inner = &self.state.open[at + 1..];
                    match inner.iter().find(|o| o.name != "p") {
                        Some(between) => return refuse(&open.name, &between.name),
                        None => self.state.open.truncate(at),
                    }
                    break;
                }
                if elements::ends_list(&open.name) {
                    break;
                }
            }
        }
        if elements::is_block(name) || !item.is_empty() {
            for (at, open) in self.state.open.iter().enumerate().rev() {
                if open.foreign || elements::ends_scope(&open.name) {
                    break;
                }
                if open.name == "p" {
                    let between = self.state.open.get(at + 1).map_or("p", |o| o.name.as_str());
                    if between == "p" {
                        self.state.open.truncate(at);
                        break;
                    }
                    return refuse("p", between);
                }
            }
        }
        let parent = self.state.open.last().filter(|o| !o.foreign);
        let inside = parent.map_or("", |o| o.name.as_str());
        if elements::heading(name) && elements::heading(inside) {
            return fail(
                pos,
                "nested",
                format!("<{name}> directly inside <{inside}>: the browser would end the first heading"),
                format!("close </{inside}> before"),
            );
        }
        if matches!(name, "html" | "head" | "body") && parent.is_some() && inside != "html" {
            return fail(
                pos,
                "misplaced-element",
                format!("<{name}> inside <{inside}>: browsers ignore it"),
                "write it at the top of the page, once",
            );
        }
        if self.state.open.iter().any(|o| o.name == "select" && !o.foreign)
            && !matches!(name, "option" | "optgroup" | "hr" | "script" | "template")
        {
            return fail(
                pos,
                "other-rules",
                format!("<{name}> here is read by other rules in some browsers"),
                "leave it out; a <select> holds options with text",
            );
        }
        Ok(())
    }

    /// An end tag was read.
    pub(super) fn close(&mut self, name: &str, pos: Pos) -> Result<()> {
        if elements::content(name) == Content::Void && !self.state.open.last().is_some_and(|o| o.foreign) {
            return fail(
                pos,
                "void-end",
                format!("</{name}>: this element has no end tag"),
                "remove it",
            );
        }
        let Some(at) = self.state.open.iter().rposition(|o| o.name == name) else {
            return fail(
                pos,
                "misnested",
                format!("</{name}> closes nothing: no <{name}> is open here"),
                if name == "p" {
                    "a <p> ends where a block such as <div> or <ul> begins: use <div> round blocks"
                } else {
                    "remove it, or open the element in the same file, block or branch"
                },
            );
        };
        if let Some(between) = self.state.open[at + 1..]
            .iter()
            .find(|o| !elements::optional_end(&o.name) || o.foreign)
        {
            // What another file opened, a page below a base, say, is mended there.
            if between.pos.file != pos.file {
                return fail(
                    between.pos,
                    "unclosed-element",
                    format!(
                        "<{}> is never closed: the </{name}> round it comes first",
                        between.name
                    ),
                    format!("add </{}>", between.name),
                );
            }
            return fail(
                pos,
                "misnested",
                format!("</{name}> while <{}> is open", between.name),
                format!("close </{}> first", between.name),
            );
        }
        let this = &self.state.open[at];
        if (this.foreign || !elements::ends_what_is_open(name))
            && let Some(between) = self.state.open[at + 1..]
                .iter()
                .find(|o| this.foreign || !elements::left_open_in(&o.name, name))
        {
            return fail(
                pos,
                "misnested",
                format!(
                    "</{name}> while <{}> is open: browsers ignore this end tag",
                    between.name
                ),
                format!("close </{}> first", between.name),
            );
        }
        self.state.open.truncate(at);
        self.state.mode = Mode::Text;
        Ok(())
    }

    /// `>` of a start tag.
    pub(super) fn finish_tag(&mut self, tag: Tag) -> Result<()> {
        let content = if tag.foreign {
            Content::Normal
        } else {
            elements::content(&tag.name)
        };
        let void = content == Content::Void;
        if tag.closing && !void && !tag.foreign {
            return fail(
                tag.pos,
                "self-closing",
                format!(
                    "<{0} /> does not close <{0}>: browsers ignore the slash",
                    tag.name
                ),
                format!("write <{0}></{0}>", tag.name),
            );
        }
        self.lints.tag(&tag, &self.state.open);
        self.check_attributes(&tag)?;
        let mut script = Script::Literal;
        if !tag.foreign {
            if tag.name == "script" {
                script = script_kind(&tag)?;
            }
            if tag.name == "style" || (tag.name == "script" && script != Script::Json) {
                self.write_nonce(&tag);
            }
        }
        if tag.closing {
            // CWE-79: behind a boolean attribute that is not written, the slash would belong to an unquoted value.
            let apart = matches!(self.ops.last(), Some(Op::Literal(_)));
            self.emit(if apart { "/" } else { " /" });
        }
        self.emit(">");
        let waiver = self.state.waiver.take();
        let armed = waiver.as_ref().map(|w| w.2);
        let post = tag.name == "form" && !tag.foreign && self.form(&tag, waiver)?;
        if let Some(pos) = armed.filter(|_| !matches!(self.ops.last(), Some(Op::Waiver(..)))) {
            return fail(
                pos,
                "waiver",
                "{% waiver CrossOriginForm %} before something else than a POST form to another origin",
                "remove it, or write it right before the form",
            );
        }
        if !(void || tag.foreign && tag.closing) {
            let part = tag.attributes.iter().find(|a| a.name == "data-fragment");
            let part = part.and_then(|a| match &a.value {
                Given::Literal(name) => Some(name.clone()),
                _ => None,
            });
            let math = tag.foreign && self.drawing().unwrap_or(tag.name == "math");
            if self.state.open.len() >= MAX_OPEN {
                return fail(
                    tag.pos,
                    "too-deep",
                    format!("elements nest more than {MAX_OPEN} deep"),
                    "close what is open",
                );
            }
            self.state.open.push(Open {
                name: tag.name.clone(),
                pos: tag.pos,
                foreign: tag.foreign,
                math,
                post,
                includes: tag.attributes.iter().any(|a| includes_all(&tag, a)),
                part,
            });
        }
        self.state.mode = match content {
            Content::Rcdata => Mode::Rcdata(tag.name),
            Content::Script => Mode::Script(script, Box::default()),
            Content::Style | Content::Raw => Mode::Raw(tag.name),
            _ => Mode::Text,
        };
        Ok(())
    }

    fn write_nonce(&mut self, tag: &Tag) {
        if tag.attributes.iter().any(|a| a.name == "nonce") {
            return;
        }
        self.uses_nonce = true;
        self.emit(" nonce=\"");
        self.ops.push(Op::Nonce);
        self.emit("\"");
    }

    fn check_attributes(&self, tag: &Tag) -> Result<()> {
        let find = |name: &str| tag.attributes.iter().find(|a| a.name == name);
        if tag.name == "meta" && find("content").is_some_and(|a| a.value == Given::Data) {
            meta_with_data(tag)?;
        }
        // An attribute that decides how the others are read has to be there, literally.
        let decisive: &[&str] = match tag.name.as_str() {
            "form" => &["method", "action"],
            "script" => &["type", "src"],
            "link" => &["rel", "href"],
            "meta" => &["http-equiv", "name"],
            "base" => &["href"],
            "iframe" => &["src", "sandbox"],
            "input" | "button" => &["formmethod", "formaction"],
            _ => &[],
        };
        for name in decisive {
            if let Some(attribute) = find(name)
                && attribute.sometimes
            {
                return fail(
                    tag.pos,
                    "sometimes",
                    format!("`{name}` of <{}> is written in some branches only", tag.name),
                    format!("put {{% if %}} round two whole <{}> tags", tag.name),
                );
            }
        }
        let in_post = self.in_post || self.state.open.iter().any(|o| o.post);
        let inherits = self.state.open.iter().any(|o| o.includes);
        sent_with_fields(tag, in_post, inherits)?;
        if let Some(method) = find("formmethod") {
            let is = |word: &str| matches!(&method.value, Given::Literal(v) if v.eq_ignore_ascii_case(word));
            if is("post") && !in_post {
                return fail(
                    tag.pos,
                    "formmethod",
                    "formmethod=\"post\" on a button of a form that is not method=\"post\"",
                    "write method=\"post\" on the form, so that its token is written",
                );
            }
            // CWE-598: the token would stand in the address. Whose form it is is not known here: `form=` names any, and
            // this may be a component, in whose caller's form browsers drop the form that stands here.
            if !is("post") && !is("dialog") {
                return fail(
                    tag.pos,
                    "formmethod",
                    "a button that may send a form with a token as GET",
                    "remove it: a form with method=\"get\" is sent as GET by each of its buttons",
                );
            }
        }
        sent_by_script(tag, in_post)?;
        if tag.name == "base"
            && let Some(href) = find("href")
            && (matches!(&href.value, Given::Literal(url) if foreign_origin(url))
                || matches!(href.value, Given::Differs(_)))
        {
            return fail(
                tag.pos,
                "base",
                "<base> of another origin: every form and every relative address would go there",
                "write these addresses in full",
            );
        }
        if let Some(action) = find("formaction")
            && (matches!(&action.value, Given::Literal(url) if foreign_origin(url))
                || matches!(action.value, Given::Differs(_)))
        {
            return fail(
                tag.pos,
                "foreign-form",
                "formaction= to another origin would send the form's token there",
                "give the other site a form of its own; to choose between two views, put {% if %} round two whole buttons",
            );
        }
        Ok(())
    }

    /// A form: where it goes, and its token as its first child (CWE-352). True if it is sent with POST.
    fn form(&mut self, tag: &Tag, waiver: Option<(String, String, Pos)>) -> Result<bool> {
        let find = |name: &str| tag.attributes.iter().find(|a| a.name == name);
        let method = match find("method").map(|a| &a.value) {
            None | Some(Given::Empty) => String::from("get"),
            // Not trimmed: to browsers `" post"` is no method, and they send the form, token and all, as GET.
            Some(Given::Literal(text)) => text.to_ascii_lowercase(),
            Some(_) => {
                return fail(
                    tag.pos,
                    "form-method",
                    "the form's method is not a literal",
                    "put {% if %} round two whole forms",
                );
            }
        };
        if !matches!(method.as_str(), "get" | "post" | "dialog") {
            return fail(
                tag.pos,
                "form-method",
                format!("method=\"{method}\": browsers send this as GET"),
                "write method=\"post\"",
            );
        }
        if method != "post" {
            return Ok(false);
        }
        let action = match find("action").map(|a| &a.value) {
            Some(Given::Literal(url)) => Some(url.clone()),
            Some(Given::Differs(_)) => {
                return fail(
                    tag.pos,
                    "foreign-form",
                    "a POST form whose branches send it to different places",
                    "put {% if %} round two whole forms, or start both addresses with the same literal path",
                );
            }
            _ => None,
        };
        if let Some(action) = action.as_deref().filter(|action| foreign_origin(action)) {
            let Some((wall, reason, pos)) = waiver else {
                return fail(
                    tag.pos,
                    "foreign-form",
                    "a POST form to another origin",
                    format!(
                        "post to a view of this site; if the other site has to be told, write {{% waiver CrossOriginForm \"why \
                         this is safe\" %}} before the form, and csp = Csp::strict().forms_to(\"{}\") in the #[view(…)] that \
                         shows it",
                        origin(action)
                    ),
                );
            };
            // Signed: the form goes out, and without our token, which is nobody else's business.
            let origin = origin(action);
            if !self.forms_to.contains(&origin) {
                self.forms_to.push(origin.clone());
            }
            self.ops.push(Op::Waiver(wall, reason, origin, pos));
            return Ok(true);
        }
        self.uses_token = true;
        self.ops
            .push(Op::FormToken(action.filter(|url| url.starts_with('/'))));
        Ok(true)
    }
}

/// A `<meta>` whose content comes from data: what it means has to be known, and to be harmless.
fn meta_with_data(tag: &Tag) -> Result<()> {
    let find = |name: &str| tag.attributes.iter().find(|a| a.name == name).map(|a| &a.value);
    if find("http-equiv").is_some() {
        return fail(
            tag.pos,
            "meta-http-equiv",
            "a value in <meta http-equiv>: it can redirect the page or change its policy",
            "write it literally, or answer with a Redirect or a header",
        );
    }
    match find("name") {
        Some(Given::Literal(name)) => match name.trim().to_ascii_lowercase().as_str() {
            // CWE-200: `unsafe-url` tells other sites the whole address.
            "referrer" => fail(
                tag.pos,
                "meta",
                "a value in <meta name=\"referrer\">: it would decide what other sites are told",
                "write the policy literally",
            ),
            "htmx-config" => fail(
                tag.pos,
                "meta",
                "a value in <meta name=\"htmx-config\">: it would decide what htmx may run",
                "write it literally",
            ),
            _ => Ok(()),
        },
        None | Some(Given::Empty) => Ok(()),
        Some(_) => fail(
            tag.pos,
            "meta",
            "a value in a <meta> whose name is not the same in all branches",
            "put {% if %} round two whole <meta> tags",
        ),
    }
}

/// What a script holds, by its type (HTML Standard, 4.12.1).
fn script_kind(tag: &Tag) -> Result<Script> {
    let kind = match tag.attributes.iter().find(|a| a.name == "type").map(|a| &a.value) {
        None | Some(Given::Empty) => return Ok(Script::Js),
        Some(Given::Literal(text)) => text.trim().to_ascii_lowercase(),
        Some(_) => {
            return fail(
                tag.pos,
                "script-attribute",
                "the script's type is not a literal",
                "write it literally",
            );
        }
    };
    let kind = kind.split(';').next().unwrap_or("").trim();
    Ok(match kind {
        // MIME Sniffing Standard, 4.6: JavaScript MIME types, all of them.
        ""
        | "module"
        | "application/ecmascript"
        | "application/javascript"
        | "application/x-ecmascript"
        | "application/x-javascript"
        | "text/ecmascript"
        | "text/javascript"
        | "text/javascript1.0"
        | "text/javascript1.1"
        | "text/javascript1.2"
        | "text/javascript1.3"
        | "text/javascript1.4"
        | "text/javascript1.5"
        | "text/jscript"
        | "text/livescript"
        | "text/x-ecmascript"
        | "text/x-javascript" => Script::Js,
        "application/json" | "application/ld+json" | "text/json" => Script::Json,
        "importmap" | "speculationrules" => Script::Map,
        _ => Script::Literal,
    })
}

fn help_for_parent(parent: &str, name: &str) -> String {
    match (parent, name) {
        ("table", "td" | "th") => "write <tr> first".to_owned(),
        ("table" | "tbody" | "thead" | "tfoot" | "tr", _) => format!("put <{name}> into a cell: <td>"),
        ("select", _) => "a <select> holds <option> and <optgroup>".to_owned(),
        ("head", _) => "write </head><body> before".to_owned(),
        (_, "rt" | "rp") => "put it directly into <ruby>".to_owned(),
        (_, "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "caption" | "col" | "colgroup") => {
            "open a <table> first".to_owned()
        }
        _ => format!("move <{name}>"),
    }
}
