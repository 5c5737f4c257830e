//! The state of the context machine: where in the HTML the template has come to.

use super::attributes::Kind;
use super::dots::Dots;
use super::js::Js;
use super::url::UrlPart;
use crate::compiler::error::Pos;
use std::collections::BTreeSet;

/// Where the machine is, and which elements are open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// The tokenizer's state.
    pub mode: Mode,
    /// Open elements, outermost first.
    pub open: Vec<Open>,
    /// The text so far ended with a bare `&`.
    pub ampersand: bool,
    /// A waiver for the next form: wall and reason.
    pub waiver: Option<(String, String, Pos)>,
    /// Cycles that go on and are not written.
    pub silent: BTreeSet<String>,
}

/// An element that has begun and not ended yet.
#[derive(Debug, Clone, Eq)]
pub struct Open {
    /// Lower-case name.
    pub name: String,
    /// Where it was opened.
    pub pos: Pos,
    /// In SVG or MathML.
    pub foreign: bool,
    /// In MathML.
    pub math: bool,
    /// A form that is sent with POST.
    pub post: bool,
    /// It hands an `hx-include` that names anything to the elements inside.
    pub includes: bool,
    /// Its `data-fragment`: for a message only.
    pub part: Option<String>,
}

impl PartialEq for Open {
    /// Two branches may open the same element at two places.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.foreign == other.foreign
            && self.math == other.math
            && self.post == other.post
            && self.includes == other.includes
    }
}

/// The tokenizer's state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// Between tags.
    #[default]
    Text,
    /// After `<`.
    Less,
    /// In an element's name; true in an end tag.
    Name(String, bool, Pos),
    /// After an end tag's name.
    EndTag(String, Pos),
    /// In a start tag, between attributes.
    Tag(Box<Tag>),
    /// In an attribute's name.
    AttributeName(Box<Tag>, String, Pos),
    /// After an attribute's name.
    AfterName(Box<Tag>, String, Pos),
    /// After `=`.
    BeforeValue(Box<Tag>, String, Pos),
    /// In an attribute's value.
    Value(Box<Tag>, Box<Value>),
    /// In `<!-- … -->`, with the last characters read.
    Comment(String),
    /// In `<!doctype …>` or the like.
    Declaration,
    /// In `title` or `textarea`.
    Rcdata(String),
    /// In `script`.
    Script(Script, Box<Js>),
    /// In `style` or a raw text element.
    Raw(String),
}

/// What a script holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// JavaScript.
    Js,
    /// JSON that is only data.
    Json,
    /// JSON that names what is loaded: addresses of this site's only.
    Map,
    /// Anything else: literal only.
    Literal,
}

/// A start tag being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Lower-case name.
    pub name: String,
    /// Where it starts.
    pub pos: Pos,
    /// In SVG or MathML.
    pub foreign: bool,
    /// The attributes so far.
    pub attributes: Vec<Attribute>,
    /// The next character must end the attribute: a branch ended after a name or a value.
    pub separate: bool,
    /// Ends with `/`.
    pub closing: bool,
    /// The last value, if `<` stands in it: perhaps its closing quote is missing.
    pub suspect: Option<(String, Pos)>,
}

/// An attribute that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Lower-case name.
    pub name: String,
    /// Its value.
    pub value: Given,
    /// Only written in some branches.
    pub sometimes: bool,
}

/// What is known of an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// No value.
    Empty,
    /// Literal, decoded.
    Literal(String),
    /// An address of this site: of a route or a static file, or literal so far that no value in it leads elsewhere. Or JSON.
    Typed,
    /// From data, or put together so that it may lead anywhere.
    Data,
    /// Not the same in all branches: one of these literals, or, where there are none, not known.
    Differs(Vec<String>),
}

/// An attribute's value being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Lower-case name.
    pub name: String,
    /// `"`, `'`, or 0 where unquoted.
    pub quote: u8,
    /// What kind of value it holds.
    pub kind: Kind,
    /// Literal text so far, raw.
    pub raw: String,
    /// Literal text since the last value, raw; for URLs.
    pub pending: String,
    /// Where in the URL.
    pub url: UrlPart,
    /// Segments of it that are only dots.
    pub dots: Dots,
    /// What was found so far.
    pub given: Given,
    /// Where in JSON, if the value begins as JSON.
    pub json: super::json::Json,
    /// Values were written as JSON.
    pub json_values: bool,
    /// Where the value starts.
    pub pos: Pos,
    /// `<` stands in it.
    pub tag_inside: bool,
    /// A value that has to be all there is was written.
    pub whole: bool,
    /// It is of an attribute that is present or absent: the quote that closes it is not written.
    pub unwritten: bool,
}

impl Mode {
    /// For messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Text => "between tags",
            Self::Less => "after `<`",
            Self::Name(..) => "in an element's name",
            Self::EndTag(..) => "in an end tag",
            Self::Tag(_) => "inside a tag",
            Self::AttributeName(..) | Self::AfterName(..) => "in an attribute's name",
            Self::BeforeValue(..) => "before an attribute's value",
            Self::Value(_, v) if v.quote == 0 => "in an attribute's value without quotes",
            Self::Value(..) => "in an attribute's value",
            Self::Comment(_) => "in a comment",
            Self::Declaration => "in a declaration",
            Self::Rcdata(_) => "in a text-only element",
            Self::Script(..) => "in a script",
            Self::Raw(_) => "in a raw text element",
        }
    }
}
