//! What is left after the context machine: literal markup, and values that know their place.

use crate::compiler::ast::{Call, Component, Cycle, Expr, UrlTag};
use crate::compiler::error::Pos;

/// The place a value stands in. Each has one escaper at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Element text.
    Text,
    /// `title`, `textarea`.
    Rcdata,
    /// A quoted attribute of text.
    Attribute,
    /// The start of a URL: the scheme is checked.
    UrlStart,
    /// Right after the first slash of a path, or behind a typed address: one segment.
    UrlRoot,
    /// In the path of a URL, of a value with `|urlencode`: several segments.
    UrlPath,
    /// After `?` or `#`, or in an opaque URL.
    UrlQuery,
    /// A whole URL from which code or documents load.
    Resource,
    /// The target of a form: a route's address.
    Action,
    /// A `srcset`: addresses of images with their widths.
    Srcset,
    /// Behind `mailto:` or `tel:`.
    UrlOpaque,
    /// One segment of a literal path, or a part of it.
    Segment,
    /// One of several candidates of a `srcset`: its start, or the whole address.
    Candidate,
    /// A typed address in the place of a candidate.
    CandidatePath,
    /// The text of an image behind `data:image/…;base64,`.
    Base64,
    /// A whole colour.
    Colour,
    /// A part of a colour, of a width, of a reference to a part of the drawing.
    Word,
    /// A part of a name in a selector.
    Selector,
    /// An address in a style sheet: `{% static %}` and `{% url %}` only.
    CssUrl,
    /// One of some words.
    Enumerated(&'static [&'static str]),
    /// A value in JavaScript.
    JsValue,
    /// Inside a JavaScript string.
    JsString,
    /// A value in JSON.
    Json,
    /// A value in JSON that stands in an attribute.
    JsonAttribute,
    /// Inside a JSON string.
    JsonString,
    /// A plain text, which is no markup.
    Plain,
}

/// One step of rendering.
#[derive(Debug, Clone)]
pub enum Op {
    /// Markup as it stands.
    Literal(String),
    /// A slash in an address, unless it would be the second at its start.
    Slash,
    /// A value.
    Put(Expr, Context, Pos),
    /// An attribute that is present if the value is true. The literal starts with the space before it.
    Boolean(String, Expr, Pos),
    /// Branches.
    If(Vec<(Expr, Vec<Op>)>, Vec<Op>, Pos),
    /// A loop.
    For(Box<ForOp>),
    /// Names for values, for as long as the block lasts.
    With(Vec<(String, Expr)>, Vec<Op>, Pos),
    /// The same, hiding the names around.
    Only(Vec<(String, Expr)>, Vec<Op>, Pos),
    /// A route's address.
    Url(Box<UrlTag>, Context),
    /// A static file's address.
    Static(String, Context, Pos),
    /// The response's nonce.
    Nonce,
    /// The hidden field with the form's token; the form's literal action.
    FormToken(Option<String>),
    /// Alternating values; without a context they go on and are not written.
    Cycle(Box<Cycle>, Option<Context>),
    /// Starts a cycle over.
    ResetCycle(Option<String>, Pos),
    /// The first true value.
    FirstOf(Vec<Expr>, Context, Pos),
    /// The time.
    Now(String, Context, Pos),
    /// The query string with changes.
    QueryString(Vec<(String, Expr)>, Context, Pos),
    /// A ratio.
    WidthRatio(Box<[Expr; 3]>, Context, Pos),
    /// Whitespace between tags is removed afterwards.
    Spaceless(Vec<Op>),
    /// A part that can be rendered alone.
    Fragment(Box<Fragment>),
    /// Another template with arguments; true inside a form.
    Component(Box<Component>, Vec<(String, Vec<Op>)>, bool),
    /// A place a component's caller fills; true inside a form.
    Slot(String, Vec<Op>, bool),
    /// A value inside a form: markup that was made elsewhere may be in it.
    InForm(Box<Op>),
    /// A function of the application's.
    Call(Box<Call>, Context),
    /// A signed exception, wall and reason, and the origin that the form goes to.
    Waiver(String, String, String, Pos),
}

/// A part of a page with a name.
#[derive(Debug, Clone)]
pub struct Fragment {
    /// What a request names in `X-Fragment`.
    pub name: String,
    /// What the part writes, in the page as alone.
    pub body: Vec<Op>,
    /// The kind of element that holds it.
    pub inside: Inside,
    /// Written with `{% partial %}`, which may stand in many places.
    pub partial: bool,
    /// Where its tag stands, for messages.
    pub pos: Pos,
}

/// What a part stands in: a browser reads the answer that holds it alone by the same rules as in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// Where anything may stand.
    Flow,
    /// Directly in a `<table>`: sections and rows.
    Table,
    /// In a section of a table: rows.
    Rows,
    /// In a row of a table: cells.
    Cells,
    /// In a `<colgroup>`: columns alone.
    Columns,
    /// In a `<select>`: options and groups.
    Select,
    /// In an `<optgroup>`: options alone.
    Options,
    /// In a drawing, outside of its HTML.
    Svg,
    /// In a formula, outside of its text.
    Math,
}

impl Inside {
    /// The element whose children are the part, and what has to be open round it.
    pub fn markup(self) -> &'static str {
        match self {
            Self::Flow => "",
            Self::Table => "<table data-fragment-part>",
            Self::Rows => "<table><tbody data-fragment-part>",
            Self::Cells => "<table><tbody><tr data-fragment-part>",
            Self::Columns => "<table><colgroup data-fragment-part>",
            Self::Select => "<select data-fragment-part>",
            Self::Options => "<select><optgroup data-fragment-part>",
            Self::Svg => "<svg data-fragment-part>",
            Self::Math => "<math data-fragment-part>",
        }
    }
}

/// A loop.
#[derive(Debug, Clone)]
pub struct ForOp {
    /// The names that are bound.
    pub names: Vec<String>,
    /// What is walked.
    pub over: Expr,
    /// Backwards.
    pub reversed: bool,
    /// Per item.
    pub body: Vec<Op>,
    /// When there is none.
    pub empty: Vec<Op>,
    /// Where.
    pub pos: Pos,
}

/// Adds literal text, joining it to what is there.
pub fn push(ops: &mut Vec<Op>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Op::Literal(last)) = ops.last_mut() {
        last.push_str(text);
    } else {
        ops.push(Op::Literal(text.to_owned()));
    }
}

/// Visits every step.
pub fn each(ops: &[Op], visit: &mut dyn FnMut(&Op)) {
    for op in ops {
        visit(op);
        match op {
            Op::If(branches, otherwise, _) => {
                for (_, body) in branches {
                    each(body, visit);
                }
                each(otherwise, visit);
            }
            Op::For(f) => {
                each(&f.body, visit);
                each(&f.empty, visit);
            }
            Op::With(_, body, _) | Op::Only(_, body, _) | Op::Spaceless(body) | Op::Slot(_, body, _) => {
                each(body, visit);
            }
            Op::Fragment(fragment) => each(&fragment.body, visit),
            Op::InForm(op) => each(std::slice::from_ref(op), visit),
            Op::Component(_, slots, _) => {
                for (_, body) in slots {
                    each(body, visit);
                }
            }
            _ => {}
        }
    }
}
