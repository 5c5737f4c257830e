//! The DOM that html5ever's tree builder makes of a page, as text: elements with namespace and name, names of
//! attributes, text and comments, without what they hold. Two pages of one shape have equal texts.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, ExpandedName, Namespace, ParseOpts, QualName};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// The shape of the document: one line per node, indented by its depth.
pub fn tree(html: &str) -> String {
    let document = html5ever::parse_document(Sink::default(), ParseOpts::default()).one(html);
    let mut out = String::new();
    for child in document.children.borrow().iter() {
        write(child, 0, &mut out);
    }
    out
}

/// What the tree builder finds wrong in a page: an end tag that it ignores, an element that it closes or moves.
pub fn errors(html: &str) -> Vec<String> {
    let options = ParseOpts {
        tree_builder: html5ever::tree_builder::TreeBuilderOpts {
            exact_errors: true,
            ..Default::default()
        },
        ..Default::default()
    };
    let sink = Sink::default();
    let errors = sink.errors.clone();
    drop(html5ever::parse_document(sink, options).one(html));
    errors.take()
}

fn write(node: &Node, depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
    match &node.kind {
        Kind::Document => out.push_str("#content"),
        Kind::Doctype => out.push_str("<!doctype>"),
        Kind::Text => out.push_str("#text"),
        Kind::Comment => out.push_str("#comment"),
        Kind::Element(name, attributes) => {
            out.push_str(&format!("<{}{}", short(&name.ns), name.local));
            for attribute in attributes.borrow().iter() {
                out.push_str(&format!(" {}{}", short(&attribute.ns), attribute.local));
            }
            out.push('>');
        }
    }
    out.push('\n');
    for child in node.children.borrow().iter() {
        write(child, depth + 1, out);
    }
    if let Some(content) = &node.template {
        write(content, depth + 1, out);
    }
}

/// Nothing for HTML and attributes without a namespace; the last part of its address for another one.
fn short(ns: &Namespace) -> String {
    match ns.rsplit('/').next() {
        None | Some("" | "xhtml") => String::new(),
        Some(last) => format!("{last}:"),
    }
}

enum Kind {
    Document,
    Doctype,
    Text,
    Comment,
    Element(QualName, RefCell<Vec<QualName>>),
}

/// A node, which owns what is in it.
pub struct Node {
    kind: Kind,
    parent: RefCell<Weak<Node>>,
    children: RefCell<Vec<Rc<Node>>>,
    /// What a `<template>` holds.
    template: Option<Rc<Node>>,
    integration_point: Cell<bool>,
}

impl Node {
    fn new(kind: Kind) -> Rc<Self> {
        Rc::new(Self {
            kind,
            parent: RefCell::default(),
            children: RefCell::default(),
            template: None,
            integration_point: Cell::new(false),
        })
    }

    fn place(self: &Rc<Self>) -> Option<(Rc<Node>, usize)> {
        let parent = self.parent.borrow().upgrade()?;
        let at = parent
            .children
            .borrow()
            .iter()
            .position(|child| Rc::ptr_eq(child, self))?;
        Some((parent, at))
    }

    fn remove(self: &Rc<Self>) {
        if let Some((parent, at)) = self.place() {
            parent.children.borrow_mut().remove(at);
            *self.parent.borrow_mut() = Weak::new();
        }
    }

    /// Puts a node before the child at this place; text joins the text beside it.
    fn insert(self: &Rc<Self>, at: usize, child: NodeOrText<Rc<Node>>) {
        let child = match child {
            NodeOrText::AppendNode(node) => node,
            NodeOrText::AppendText(_) => {
                let children = self.children.borrow();
                if at > 0 && matches!(children[at - 1].kind, Kind::Text) {
                    return;
                }
                Node::new(Kind::Text)
            }
        };
        *child.parent.borrow_mut() = Rc::downgrade(self);
        self.children.borrow_mut().insert(at, child);
    }
}

struct Sink {
    document: Rc<Node>,
    errors: Rc<RefCell<Vec<String>>>,
}

impl Default for Sink {
    fn default() -> Self {
        Self {
            document: Node::new(Kind::Document),
            errors: Rc::default(),
        }
    }
}

impl TreeSink for Sink {
    type Handle = Rc<Node>;
    type Output = Rc<Node>;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Rc<Node> {
        self.document
    }

    fn parse_error(&self, msg: Cow<'static, str>) {
        self.errors.borrow_mut().push(msg.into_owned());
    }

    fn get_document(&self) -> Rc<Node> {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Rc<Node>) -> ExpandedName<'a> {
        match &target.kind {
            Kind::Element(name, _) => name.expanded(),
            _ => panic!("the tree builder asked for the name of what is no element"),
        }
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Rc<Node> {
        let names = attrs.into_iter().map(|a| a.name).collect();
        Rc::new(Node {
            kind: Kind::Element(name, RefCell::new(names)),
            parent: RefCell::default(),
            children: RefCell::default(),
            template: flags.template.then(|| Node::new(Kind::Document)),
            integration_point: Cell::new(flags.mathml_annotation_xml_integration_point),
        })
    }

    fn create_comment(&self, _text: StrTendril) -> Rc<Node> {
        Node::new(Kind::Comment)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Rc<Node> {
        Node::new(Kind::Comment)
    }

    fn append(&self, parent: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        let end = parent.children.borrow().len();
        parent.insert(end, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Rc<Node>,
        prev_element: &Rc<Node>,
        child: NodeOrText<Rc<Node>>,
    ) {
        if element.place().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(prev_element, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {
        self.append(&self.document, NodeOrText::AppendNode(Node::new(Kind::Doctype)));
    }

    fn get_template_contents(&self, target: &Rc<Node>) -> Rc<Node> {
        Rc::clone(target.template.as_ref().unwrap())
    }

    fn same_node(&self, x: &Rc<Node>, y: &Rc<Node>) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        if let NodeOrText::AppendNode(node) = &child {
            node.remove();
        }
        let (parent, at) = sibling.place().unwrap();
        parent.insert(at, child);
    }

    fn add_attrs_if_missing(&self, target: &Rc<Node>, attrs: Vec<Attribute>) {
        if let Kind::Element(_, names) = &target.kind {
            let mut names = names.borrow_mut();
            for attr in attrs {
                if !names.contains(&attr.name) {
                    names.push(attr.name);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Rc<Node>) {
        target.remove();
    }

    fn reparent_children(&self, node: &Rc<Node>, new_parent: &Rc<Node>) {
        for child in node.children.take() {
            self.append(new_parent, NodeOrText::AppendNode(child));
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, node: &Rc<Node>) -> bool {
        node.integration_point.get()
    }
}
