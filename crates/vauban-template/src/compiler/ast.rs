//! The syntax tree of a template: Django's tags, before anything is known of HTML.

use super::error::Pos;
use std::rc::Rc;

/// One node of a parsed file: text, a value or a tag.
#[derive(Debug, Clone)]
pub enum Node {
    /// Literal text of the template.
    Text(String, Pos),
    /// `{{ expr }}`.
    Put(Expr, Pos),
    /// `{% if %}`: branches in order, then what stands after `{% else %}`.
    If(Vec<(Expr, Vec<Node>)>, Vec<Node>, Pos),
    /// `{% for %}`.
    For(Box<For>),
    /// `{% with %}` and the arguments of `{% include %}`.
    With(Vec<(String, Expr)>, Vec<Node>, Pos),
    /// A part whose names were hidden by `only`: nothing but these bindings and the page's own is seen.
    Only(Vec<(String, Expr)>, Vec<Node>, Pos),
    /// `{% block name %}`. After resolving, only the winning body is left.
    Block(String, Rc<Vec<Node>>, Pos),
    /// `{{ block.super }}`, replaced by the parent's body.
    Super(Pos),
    /// `{% include "file" %}`, replaced by the file's nodes.
    Include(Include),
    /// `{% url name arguments %}`.
    Url(Box<UrlTag>),
    /// `{% static "path" %}`.
    Static(String, Pos),
    /// `{% csp_nonce %}`.
    Nonce(Pos),
    /// `{% csrf_token %}`: harmless, the compiler has written it already.
    CsrfToken(Pos),
    /// `{% cycle %}`.
    Cycle(Box<Cycle>),
    /// `{% resetcycle %}`; the index of the cycle, once known.
    ResetCycle(Option<String>, Pos),
    /// `{% firstof %}`.
    FirstOf(Vec<Expr>, Pos),
    /// `{% now "format" %}`.
    Now(String, Pos),
    /// `{% querystring %}`.
    QueryString(Vec<(String, Expr)>, Pos),
    /// `{% spaceless %}`.
    Spaceless(Vec<Node>, Pos),
    /// `{% widthratio value max width %}`.
    WidthRatio(Box<[Expr; 3]>, Pos),
    /// `{% fragment name %}` and `{% partialdef name inline %}`: a part that can be rendered by itself.
    Fragment(String, Rc<Vec<Node>>, Pos),
    /// `{% partial name %}`, replaced by [`Node::Written`].
    Partial(String, Pos),
    /// The nodes of a partial where `{% partial name %}` stood.
    Written(String, Vec<Node>, Pos),
    /// `{% component Name arguments %}…{% endcomponent %}`.
    Component(Box<Component>),
    /// `{% slot name %}default{% endslot %}` in a component's own template.
    Slot(String, Vec<Node>, Pos),
    /// `{% call function arguments %}`: a tag of the application's own.
    Call(Box<Call>),
    /// `{% url … as name %}` and the like: binds until the block ends. The parser folds what follows into it.
    Bind(String, Expr, Pos),
    /// `{% waiver CrossOriginForm "reason" %}` before a form that sends to another origin.
    Waiver(String, String, Pos),
}

/// `{% for a, b in list %}`.
#[derive(Debug, Clone)]
pub struct For {
    /// The names that are bound.
    pub names: Vec<String>,
    /// The expression that is walked.
    pub over: Expr,
    /// Whether `reversed` stands behind it.
    pub reversed: bool,
    /// What is written once for each item.
    pub body: Vec<Node>,
    /// When there is no item.
    pub empty: Vec<Node>,
    /// Where.
    pub pos: Pos,
}

/// `{% include "file" with a=b only %}`.
#[derive(Debug, Clone)]
pub struct Include {
    /// Exact name below the template folder.
    pub file: String,
    /// Names that the file gets, with their values.
    pub with: Vec<(String, Expr)>,
    /// Hide the surrounding names.
    pub only: bool,
    /// Where.
    pub pos: Pos,
}

/// `{% url article slug %}`.
#[derive(Debug, Clone)]
pub struct UrlTag {
    /// Dotted name below `urls`.
    pub name: String,
    /// Arguments in order.
    pub arguments: Vec<Expr>,
    /// `as name`.
    pub bind: Option<String>,
    /// Where.
    pub pos: Pos,
}

/// `{% cycle a b as name silent %}`.
#[derive(Debug, Clone)]
pub struct Cycle {
    /// The values.
    pub values: Vec<Expr>,
    /// `as name`, or the name of an earlier cycle where `values` is empty.
    pub name: Option<String>,
    /// Whether `silent` stands behind it: it moves on and writes nothing.
    pub silent: bool,
    /// Where.
    pub pos: Pos,
}

/// `{% component Card title=article.title %}`.
#[derive(Debug, Clone)]
pub struct Component {
    /// Rust path of the struct.
    pub path: String,
    /// Fields.
    pub arguments: Vec<(String, Expr)>,
    /// Slots by name; the body outside `{% fill %}` is `content`.
    pub slots: Vec<(String, Vec<Node>)>,
    /// Where.
    pub pos: Pos,
}

/// A tag of the application's own: a Rust function.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name below `crate::template_tags`.
    pub name: String,
    /// Arguments in order.
    pub arguments: Vec<Expr>,
    /// Where.
    pub pos: Pos,
}

/// An expression, as it stands between the braces of a tag.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A variable and what stands behind its dots.
    Path(Path),
    /// A literal.
    Str(String, Pos),
    /// A whole number.
    Int(i64, Pos),
    /// A number with a point, as it was written.
    Float(String, Pos),
    /// `True` or `False`.
    Bool(bool, Pos),
    /// `None`.
    None(Pos),
    /// `input|name:argument`.
    Filter(Box<Expr>, String, Option<Box<Expr>>, Pos),
    /// `not a`.
    Not(Box<Expr>, Pos),
    /// `a and b`, `a or b`, comparisons.
    Binary(Op, Box<Expr>, Box<Expr>, Pos),
    /// `{% url … as name %}`, bound by a `with`.
    Url(Box<UrlTag>),
    /// `{% widthratio … as name %}`.
    WidthRatio(Box<[Expr; 3]>, Pos),
}

/// A dotted path: `article.author.name`.
#[derive(Debug, Clone)]
pub struct Path {
    /// The variable that the path starts at.
    pub root: String,
    /// What stands behind the dots, in order.
    pub rest: Vec<Step>,
    /// Where.
    pub pos: Pos,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Field(String),
    /// `.0`
    Index(u32),
    /// `.name()`
    Call(String),
}

/// An operator of `{% if %}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `or`
    Or,
    /// `and`
    And,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Expr {
    /// Where the expression starts.
    pub fn pos(&self) -> Pos {
        match self {
            Self::Path(path) => path.pos,
            Self::Str(_, pos)
            | Self::Int(_, pos)
            | Self::Float(_, pos)
            | Self::Bool(_, pos)
            | Self::None(pos)
            | Self::Filter(_, _, _, pos)
            | Self::Not(_, pos)
            | Self::Binary(_, _, _, pos)
            | Self::WidthRatio(_, pos) => *pos,
            Self::Url(url) => url.pos,
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        for step in &self.rest {
            match step {
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, ".{index}")?,
                Step::Call(name) => write!(f, ".{name}()")?,
            }
        }
        Ok(())
    }
}
