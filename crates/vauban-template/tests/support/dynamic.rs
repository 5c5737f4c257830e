//! A value of any type, for vectors whose data is JSON. Where the typed language would not compile, it
//! notes the reason instead.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::match_same_arms,
    clippy::nonminimal_bool,
    clippy::print_stdout
)]

use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;
use vauban_template::__private::{
    Counting, Escape, Has, Listed, MarkupOrText, Maybe, Plain, Probe, Tristately, Trusted, View,
};
use vauban_template::filters::date::Instant;
use vauban_template::filters::input::{Dated, Markup};
use vauban_template::filters::list::{Label, Tree, slice_places, unordered_list};
use vauban_template::filters::logic::Tristate;
use vauban_template::filters::number::Number;
use vauban_template::{RenderContext, SafeHtml, SafeUrl, escape};

thread_local! {
    static REFUSED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Notes that the typed language would have refused this.
pub fn refuse(why: &'static str) {
    REFUSED.with_borrow_mut(|list| list.push(why));
}

/// What was noted since the last call.
pub fn refusals() -> Vec<&'static str> {
    REFUSED.take()
}

#[derive(Debug, Clone)]
pub enum V {
    Null,
    /// A field that is not there: the typed language does not compile.
    Missing,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    Safe(SafeHtml),
    Url(SafeUrl, String),
    /// A number with its digits.
    Decimal(String),
    Date(Instant),
    List(Vec<V>),
    Map(Vec<(String, V)>),
}

static MISSING: V = V::Missing;

impl V {
    pub fn parse(text: &str) -> Self {
        Self::of(&serde_json::from_str(text).unwrap())
    }

    /// A top-level variable.
    pub fn field(&self, name: &str) -> Self {
        match self {
            V::Map(map) => map
                .iter()
                .find(|(k, _)| k == name)
                .map_or(V::Missing, |(_, v)| v.clone()),
            _ => V::Missing,
        }
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => V::Null,
            Value::Bool(b) => V::Bool(*b),
            Value::Number(n) => n
                .as_i64()
                .map_or_else(|| V::Float(n.as_f64().unwrap()), |i| V::Int(i128::from(i))),
            Value::String(s) => V::Str(s.clone()),
            Value::Array(list) => V::List(list.iter().map(Self::of).collect()),
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str);
                if let (Some(kind), Some(v)) = (text("$type"), text("v")) {
                    return match kind {
                        "HTML" => V::Safe(checked(v.to_owned())),
                        // Other kinds of trust do not exist here: they are text.
                        _ => V::Str(v.to_owned()),
                    };
                }
                if let Some(v) = text("$safe") {
                    return V::Safe(checked(v.to_owned()));
                }
                if let Some(v) = text("$decimal") {
                    return V::Decimal(v.to_owned());
                }
                for key in ["$date", "$datetime", "$time"] {
                    if let Some(v) = text(key) {
                        return V::Date(instant(key, v));
                    }
                }
                V::Map(map.iter().map(|(k, v)| (k.clone(), Self::of(v))).collect())
            }
        }
    }

    /// `.name` of a path.
    pub fn get(&self, name: &str) -> &V {
        match self {
            V::Map(map) => {
                if let Some((_, v)) = map.iter().find(|(k, _)| k == name) {
                    return v;
                }
            }
            V::List(list) => {
                if let Some(v) = name.parse::<usize>().ok().and_then(|i| list.get(i)) {
                    return v;
                }
            }
            _ => {}
        }
        refuse("no such field");
        &MISSING
    }

    /// `.0` of a path.
    pub fn at(&self, index: usize) -> &V {
        if let V::Map(_) = self {
            return self.get(&index.to_string());
        }
        match self {
            V::List(list) if index < list.len() => &list[index],
            _ => {
                refuse("no such field");
                &MISSING
            }
        }
    }

    /// `for a, b in …`
    pub fn unpack(&self, index: usize, count: usize) -> V {
        match self {
            V::List(list) if list.len() == count => list[index].clone(),
            V::Str(s) if s.chars().count() == count => V::Str(s.chars().nth(index).unwrap().to_string()),
            _ => {
                refuse("not a tuple of this length");
                V::Null
            }
        }
    }

    pub fn iter(&self) -> std::vec::IntoIter<V> {
        match self {
            V::List(list) => list.clone(),
            V::Map(map) => map.iter().map(|(k, _)| V::Str(k.clone())).collect(),
            V::Str(s) => s.chars().map(|c| V::Str(c.to_string())).collect(),
            _ => {
                refuse("not a list");
                Vec::new()
            }
        }
        .into_iter()
    }

    pub fn join_text(&self, between: &str) -> V {
        if let V::List(list) = self
            && !list.is_empty()
            && list.iter().all(|v| matches!(v, V::Safe(_)))
        {
            let parts: Vec<SafeHtml> = list
                .iter()
                .filter_map(|v| if let V::Safe(h) = v { Some(h.clone()) } else { None })
                .collect();
            return V::Safe(vauban_template::filters::list::join_markup(&parts, between));
        }
        if !matches!(self, V::List(_) | V::Str(_)) {
            refuse("not a list");
        }
        V::Str(
            self.iter()
                .map(|v| Plain::text(&v).into_owned())
                .collect::<Vec<_>>()
                .join(between),
        )
    }

    /// The result of a filter, to go on with.
    pub fn from_filter<T: Into<V>>(result: T) -> V {
        result.into()
    }

    pub fn escapeseq(&self) -> Vec<SafeHtml> {
        if !matches!(self, V::List(_) | V::Str(_)) {
            refuse("not a list");
        }
        self.iter()
            .map(|v| {
                if let V::Safe(html) = v {
                    html
                } else {
                    SafeHtml::text(&Plain::text(&v))
                }
            })
            .collect()
    }

    pub fn sorted_by_key<'a>(&'a self, key: &dyn Fn(&'a V) -> View<'a>, reversed: bool) -> V {
        match self {
            V::List(list) => {
                let sorted = vauban_template::filters::list::sorted(list.iter().collect(), key, reversed);
                V::List(sorted.into_iter().cloned().collect())
            }
            _ => {
                refuse("not a list");
                V::Str(String::new())
            }
        }
    }

    pub fn unordered_list(&self) -> SafeHtml {
        unordered_list(&self.trees())
    }

    fn trees(&self) -> Vec<Tree> {
        let mut out: Vec<Tree> = Vec::new();
        for item in self.iter() {
            match item {
                V::List(_) => {
                    if let Some(last) = out.last_mut() {
                        last.children = item.trees();
                    }
                }
                V::Safe(html) => out.push(Tree {
                    label: Label::Html(html),
                    children: Vec::new(),
                }),
                other => out.push(Tree {
                    label: Label::Text(Plain::text(&other).into_owned()),
                    children: Vec::new(),
                }),
            }
        }
        out
    }

    fn length(&self) -> usize {
        match self {
            V::Str(s) => s.chars().count(),
            V::Safe(s) => s.as_str().chars().count(),
            V::List(l) => l.len(),
            V::Map(m) => m.len(),
            V::Missing | V::Null => 0,
            _ => {
                refuse("no length");
                0
            }
        }
    }
}

fn instant(kind: &str, text: &str) -> Instant {
    match kind {
        "$date" => Instant::Date(text.parse().unwrap()),
        "$time" => text
            .split('+')
            .next()
            .unwrap()
            .parse()
            .map_or(Instant::None, Instant::Time),
        _ => Instant::text(text),
    }
}

macro_rules! into_v {
    ($($type:ty, $v:ident => $e:expr);+ $(;)?) => {$(
        impl From<$type> for V { fn from($v: $type) -> V { $e } }
    )+};
}
into_v! {
    String, v => V::Str(v);
    &str, v => V::Str(v.to_owned());
    Cow<'_, str>, v => V::Str(v.into_owned());
    usize, v => V::Int(v as i128);
    i64, v => V::Int(i128::from(v));
    f64, v => V::Float(v);
    bool, v => V::Bool(v);
    SafeHtml, v => V::Safe(v);
    &V, v => v.clone();
    Vec<String>, v => V::List(v.into_iter().map(V::Str).collect());
    Vec<SafeHtml>, v => V::List(v.into_iter().map(V::Safe).collect());
    Option<&str>, _v => V::Null;
    Number<'_>, v => match v {
        Number::Int(i) => V::Int(i),
        Number::Float(f) => V::Float(f),
        Number::Bool(b) => V::Bool(b),
        Number::Text(t) => V::Str(t.into_owned()),
        Number::None => V::Null,
    };
    Markup<'_>, v => match v { Markup::Html(h) => V::Safe(h.into_owned()), Markup::Text(t) => V::Str(t.into_owned()) };
}

impl Trusted<escape::Resource> for V {
    #[allow(deprecated)]
    const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, _: &mut String) {
        refuse("a resource URL from data");
    }
}
impl Trusted<escape::Action> for V {
    #[allow(deprecated)]
    const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, _: &mut String) {
        refuse("a form's action from data");
    }
}

impl Plain for V {
    #[allow(deprecated)]
    const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
    fn put_plain<C: Escape>(&self, out: &mut String) {
        C::escape(&Plain::text(self), out);
    }

    fn text(&self) -> Cow<'_, str> {
        match self {
            V::Null => {
                refuse("an Option is written");
                Cow::Borrowed("")
            }
            V::Missing => Cow::Borrowed(""),
            V::Bool(b) => b.text(),
            V::Int(i) => i.text(),
            V::Float(f) => f.text(),
            V::Str(s) | V::Decimal(s) => Cow::Borrowed(s),
            V::Url(_, s) => Cow::Borrowed(s),
            V::Safe(s) => {
                refuse("markup as text");
                Cow::Borrowed(s.as_str())
            }
            V::Date(_) => {
                refuse("a date without a format");
                Cow::Borrowed("")
            }
            V::List(_) | V::Map(_) => {
                refuse("a list as text");
                Cow::Borrowed("")
            }
        }
    }

    fn view(&self) -> View<'_> {
        match self {
            V::Null | V::Missing => View::None,
            V::Bool(b) => View::Bool(*b),
            V::Int(i) => View::Int(*i),
            V::Float(f) => View::Float(*f),
            V::Str(s) | V::Url(_, s) | V::Decimal(s) => View::Text(Cow::Borrowed(s)),
            V::Safe(s) => View::Text(Cow::Borrowed(s.as_str())),
            V::Date(_) | V::List(_) | V::Map(_) => {
                refuse("a list or date compared or counted with");
                View::None
            }
        }
    }

    fn truth(&self) -> bool {
        match self {
            V::List(l) => !l.is_empty(),
            V::Map(m) => !m.is_empty(),
            V::Date(_) => true,
            V::Decimal(d) => d.parse::<f64>().unwrap_or(1.0) != 0.0,
            other => other.view().truth(),
        }
    }
}

impl Trusted<escape::Text> for V {
    #[allow(deprecated)]
    const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        match self {
            V::Safe(html) => out.push_str(html.as_str()),
            V::Date(at) => out.push_str(&vauban_template::filters::date::date(at.clone(), None)),
            other => escape::text(&Plain::text(other), out),
        }
    }
}

impl Has for V {
    fn has_view(&self, item: &View<'_>) -> bool {
        match self {
            V::Str(s) => s.has_view(item),
            V::List(list) => list.iter().any(|v| v.view().same(item)),
            V::Map(map) => map.iter().any(|(k, _)| k.as_str().view().same(item)),
            _ => {
                refuse("not a list");
                false
            }
        }
    }
}

impl Dated for V {
    fn instant(&self) -> Instant {
        match self {
            V::Date(at) => at.clone(),
            V::Str(s) => Instant::text(s),
            _ => Instant::None,
        }
    }
}

impl Serialize for V {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            V::Null | V::Missing => s.serialize_none(),
            V::Bool(b) => s.serialize_bool(*b),
            V::Int(i) => s.serialize_i128(*i),
            V::Float(f) => s.serialize_f64(*f),
            V::Str(x) | V::Url(_, x) | V::Decimal(x) => s.serialize_str(x),
            V::Safe(x) => {
                refuse("markup as text");
                s.serialize_str(x.as_str())
            }
            V::Date(_) => s.serialize_none(),
            V::List(list) => s.collect_seq(list),
            V::Map(map) => s.collect_map(map.iter().map(|(k, v)| (k, v))),
        }
    }
}

pub trait DynMaybe<'a> {
    fn maybe(&self) -> Option<&'a V>;
}
impl<'a, const L: u32, const K: u32, F> DynMaybe<'a> for &Probe<'a, V, Maybe, L, K, F> {
    fn maybe(&self) -> Option<&'a V> {
        (!matches!(self.0, V::Null | V::Missing)).then_some(self.0)
    }
}

pub trait DynTristate {
    fn tristate(&self) -> Tristate;
}
impl<const L: u32, const K: u32, F> DynTristate for &&&Probe<'_, V, Tristately, L, K, F> {
    fn tristate(&self) -> Tristate {
        match self.0 {
            V::Null | V::Missing => Tristate::Maybe,
            v if v.truth() => Tristate::Yes,
            _ => Tristate::No,
        }
    }
}

pub trait DynMarkup<'a> {
    fn markup(&self) -> Markup<'a>;
}
impl<'a, const L: u32, const K: u32, F> DynMarkup<'a> for &&&Probe<'a, V, MarkupOrText, L, K, F> {
    fn markup(&self) -> Markup<'a> {
        match self.0 {
            V::Safe(html) => Markup::Html(Cow::Borrowed(html)),
            other => Markup::Text(Plain::text(other)),
        }
    }
}

pub trait DynCount {
    fn length(&self) -> usize;
    fn is_one(&self) -> Option<bool>;
}
impl<const L: u32, const K: u32, F> DynCount for &&&&Probe<'_, V, Counting, L, K, F> {
    fn length(&self) -> usize {
        self.0.length()
    }
    fn is_one(&self) -> Option<bool> {
        match self.0 {
            V::List(l) => Some(l.len() == 1),
            V::Map(m) => Some(m.len() == 1),
            V::Null | V::Missing => None,
            other => vauban_template::filters::input::number(other.view())
                .float()
                .map(|f| f == 1.0),
        }
    }
}

pub trait DynList {
    fn first(&self) -> V;
    fn last(&self) -> V;
    fn random(&self) -> V;
    fn slice(&self, range: &str) -> V;
}
impl<const L: u32, const K: u32, F> DynList for &&&Probe<'_, V, Listed, L, K, F> {
    fn first(&self) -> V {
        match self.0 {
            V::Safe(_) => {
                refuse("markup as text");
                V::Null
            }
            v => v.iter().next().unwrap_or(if matches!(v, V::Str(_)) {
                V::Str(String::new())
            } else {
                V::Null
            }),
        }
    }
    fn last(&self) -> V {
        match self.0 {
            V::Safe(_) => {
                refuse("markup as text");
                V::Null
            }
            v => v.iter().next_back().unwrap_or(if matches!(v, V::Str(_)) {
                V::Str(String::new())
            } else {
                V::Null
            }),
        }
    }
    fn random(&self) -> V {
        self.first()
    }
    fn slice(&self, range: &str) -> V {
        if let V::Safe(_) = self.0 {
            refuse("markup as text");
        }
        let list: Vec<V> = match self.0 {
            V::Str(_) | V::List(_) => self.0.iter().collect(),
            _ => return self.0.clone(),
        };
        let Some(places) = slice_places(range, list.len()) else {
            return self.0.clone();
        };
        let picked: Vec<V> = places.into_iter().map(|i| list[i].clone()).collect();
        if matches!(self.0, V::Str(_)) {
            return V::Str(picked.iter().map(|v| Plain::text(v).into_owned()).collect());
        }
        V::List(picked)
    }
}

/// Text that the test calls markup.
#[allow(deprecated)]
fn checked(html: String) -> SafeHtml {
    SafeHtml::__checked(html)
}
