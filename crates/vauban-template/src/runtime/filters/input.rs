//! What a filter makes of a value of any type. The ways are those of [`crate::runtime::put`].

use super::date::Instant;
use super::list::slice_places;
use super::logic::Tristate;
use super::number::{Addend, Number};
use crate::runtime::ours::Ours;
use crate::runtime::put::{Probe, Trusted};
use crate::runtime::safe::SafeHtml;
use crate::runtime::value::{Filled, Optional, Plain, View};
use std::borrow::Cow;
use std::fmt::Display;
use vauban_text::letters;

/// Marker of probes for numbers.
#[derive(Debug, Clone, Copy)]
pub struct Numeric;
/// Marker of probes for text or markup.
#[derive(Debug, Clone, Copy)]
pub struct MarkupOrText;
/// Marker of probes for dates.
#[derive(Debug, Clone, Copy)]
pub struct Moment;
/// Marker of probes for yes, no and nothing.
#[derive(Debug, Clone, Copy)]
pub struct Tristately;
/// Marker of probes for additions.
#[derive(Debug, Clone, Copy)]
pub struct Adding;
/// Marker of probes for counts.
#[derive(Debug, Clone, Copy)]
pub struct Counting;
/// Marker of probes for lists.
#[derive(Debug, Clone, Copy)]
pub struct Listed;

/// A value as a number.
pub fn number(view: View<'_>) -> Number<'_> {
    match view {
        View::None => Number::None,
        View::Bool(b) => Number::Bool(b),
        View::Int(i) => Number::Int(i),
        View::Float(f) => Number::Float(f),
        View::Text(t) => Number::Text(t),
    }
}

/// What a filter is given: text, which is escaped when it is written, or markup, which is not.
#[derive(Debug, Clone, PartialEq)]
pub enum Markup<'a> {
    /// Text: escaped before it becomes part of markup.
    Text(Cow<'a, str>),
    /// Markup.
    Html(Cow<'a, SafeHtml>),
}

impl Markup<'_> {
    /// What was given, as it stands.
    pub fn source(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Html(html) => html.as_str(),
        }
    }

    /// The same as markup: text is escaped now.
    pub fn escaped(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Owned(SafeHtml::text(text).as_str().to_owned()),
            Self::Html(html) => Cow::Borrowed(html.as_str()),
        }
    }
}

impl Trusted<crate::runtime::escape::Text> for Markup<'_> {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, cx: &dyn crate::runtime::context::RenderContext, out: &mut String) {
        match self {
            Self::Html(html) => crate::runtime::put::markup(html, cx, out),
            Self::Text(_) => out.push_str(&self.escaped()),
        }
    }
}

macro_rules! ways {
    ($marker:ident, $plain:ident, $display:ident, $method:ident -> $out:ty, $must:ident,
     $from_view:expr, $message:literal, $note:literal) => {
        /// Strings and numbers.
        pub trait $plain<'a> {
            /// The value.
            fn $method(&self) -> $out;
        }
        impl<'a, T: Plain + ?Sized, const L: u32, const K: u32, F> $plain<'a>
            for &&Probe<'a, T, $marker, L, K, F>
        {
            fn $method(&self) -> $out {
                $from_view(self.0.view())
            }
        }
        /// What can be displayed.
        pub trait $display<'a> {
            /// The value.
            fn $method(&self) -> $out;
        }
        impl<'a, T: Display + ?Sized, const L: u32, const K: u32, F> $display<'a>
            for &Probe<'a, T, $marker, L, K, F>
        {
            fn $method(&self) -> $out {
                $from_view(View::Text(Cow::Owned(self.0.to_string())))
            }
        }
        /// What fits nothing.
        #[diagnostic::on_unimplemented(message = $message, note = $note)]
        pub trait $must<const L: u32, const K: u32, F> {}
        impl<'a, T: ?Sized, const L: u32, const K: u32, F> Probe<'a, T, $marker, L, K, F> {
            /// Explains what to do.
            pub fn $method(&self) -> $out
            where
                T: $must<L, K, F>,
            {
                $from_view(View::None)
            }
        }
    };
}

ways!(
    Numeric, NumberPlain, NumberDisplay, number -> Number<'a>, IsNumber, number,
    "`{Self}` is no number ({F}, line {L}, column {K})",
    "an `Option` has to be handled first: {{% if x %}}{{{{ x|floatformat:2 }}}}{{% endif %}}"
);
ways!(
    MarkupOrText, MarkupPlain, MarkupDisplay, markup -> Markup<'a>, IsMarkup,
    |view: View<'a>| Markup::Text(Cow::Owned(number(view).text())),
    "`{Self}` is neither text nor SafeHtml ({F}, line {L}, column {K})",
    "an `Option` has to be handled first: {{% if x %}}{{{{ x|linebreaks }}}}{{% endif %}}"
);
ways!(
    Moment, MomentPlain, MomentDisplay, moment -> Instant, IsMoment,
    |view: View<'_>| match view { View::Text(t) => Instant::text(&t), _ => Instant::None },
    "`{Self}` is no date ({F}, line {L}, column {K})",
    "an `Option` has to be handled first: {{% if x %}}{{{{ x|date:\"j F Y\" }}}}{{% endif %}}"
);
ways!(
    Adding, AddingPlain, AddingDisplay, addend -> Addend<'a>, IsAddend,
    |view: View<'a>| Addend::Plain(number(view)),
    "`{Self}` cannot be added to ({F}, line {L}, column {K})",
    "`add` takes numbers and text"
);

/// Markup.
pub trait MarkupHtml<'a> {
    /// The value.
    fn markup(&self) -> Markup<'a>;
}
impl<'a, const L: u32, const K: u32, F> MarkupHtml<'a> for &&&Probe<'a, SafeHtml, MarkupOrText, L, K, F> {
    fn markup(&self) -> Markup<'a> {
        Markup::Html(Cow::Borrowed(self.0))
    }
}
impl<'a, const L: u32, const K: u32, F> MarkupHtml<'a> for &&&Probe<'a, &'a SafeHtml, MarkupOrText, L, K, F> {
    fn markup(&self) -> Markup<'a> {
        Markup::Html(Cow::Borrowed(*self.0))
    }
}
impl<'a, 'b: 'a, const L: u32, const K: u32, F> MarkupHtml<'a>
    for &&&Probe<'a, Markup<'b>, MarkupOrText, L, K, F>
{
    fn markup(&self) -> Markup<'a> {
        self.0.clone()
    }
}

/// A type that is a date.
pub trait Dated {
    /// The date.
    fn instant(&self) -> Instant;
}
impl Dated for jiff::Timestamp {
    fn instant(&self) -> Instant {
        Instant::timestamp(*self)
    }
}
impl Dated for jiff::Zoned {
    fn instant(&self) -> Instant {
        Instant::zoned(self)
    }
}
impl Dated for jiff::civil::Date {
    fn instant(&self) -> Instant {
        Instant::Date(*self)
    }
}
impl Dated for jiff::civil::Time {
    fn instant(&self) -> Instant {
        Instant::Time(*self)
    }
}
impl Dated for jiff::civil::DateTime {
    fn instant(&self) -> Instant {
        Instant::DateTime(*self, None)
    }
}
impl<T: Dated + ?Sized> Dated for &T {
    fn instant(&self) -> Instant {
        (**self).instant()
    }
}

/// Dates.
pub trait MomentDated {
    /// The date.
    fn moment(&self) -> Instant;
}
impl<T: Dated + ?Sized, const L: u32, const K: u32, F> MomentDated for &&&Probe<'_, T, Moment, L, K, F> {
    fn moment(&self) -> Instant {
        self.0.instant()
    }
}

/// Yes, no, or nothing, of an `Option`.
pub trait TristateOption {
    /// The value.
    fn tristate(&self) -> Tristate;
}
impl<O: Optional<Value: Plain>, const L: u32, const K: u32, F> TristateOption
    for &&&Probe<'_, O, Tristately, L, K, F>
{
    fn tristate(&self) -> Tristate {
        self.0.value().map_or(Tristate::Maybe, |v| yes(v.truth()))
    }
}
/// Yes or no of a string or number.
pub trait TristatePlain {
    /// The value.
    fn tristate(&self) -> Tristate;
}
impl<T: Plain + ?Sized, const L: u32, const K: u32, F> TristatePlain for &&Probe<'_, T, Tristately, L, K, F> {
    fn tristate(&self) -> Tristate {
        yes(self.0.truth())
    }
}
/// Yes or no of a list.
pub trait TristateFilled {
    /// The value.
    fn tristate(&self) -> Tristate;
}
impl<T: Filled + ?Sized, const L: u32, const K: u32, F> TristateFilled
    for &Probe<'_, T, Tristately, L, K, F>
{
    fn tristate(&self) -> Tristate {
        yes(self.0.filled())
    }
}

fn yes(b: bool) -> Tristate {
    if b { Tristate::Yes } else { Tristate::No }
}

/// Something with a length.
pub trait Counted {
    /// How many.
    fn count(&self) -> usize;
}
macro_rules! counted {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($generics)*> Counted for $type { fn count(&self) -> usize { self.len() } }
    )+};
}
counted! {
    [T] [T], [T] Vec<T>, [T] std::collections::VecDeque<T>,
    [K, V, S] std::collections::HashMap<K, V, S>, [K, V] std::collections::BTreeMap<K, V>,
    [T, S] std::collections::HashSet<T, S>, [T] std::collections::BTreeSet<T>,
}
impl<T, const N: usize> Counted for [T; N] {
    fn count(&self) -> usize {
        N
    }
}
impl<T: Counted + ?Sized> Counted for &T {
    fn count(&self) -> usize {
        (**self).count()
    }
}

/// Lists, for counts.
pub trait CountList {
    /// How many.
    fn length(&self) -> usize;
    /// Whether it is one.
    fn is_one(&self) -> Option<bool>;
}
impl<T: Counted + ?Sized, const L: u32, const K: u32, F> CountList for &&&Probe<'_, T, Counting, L, K, F> {
    fn length(&self) -> usize {
        self.0.count()
    }
    fn is_one(&self) -> Option<bool> {
        Some(self.0.count() == 1)
    }
}

/// Strings and numbers, for counts.
pub trait CountPlain {
    /// How many letters.
    fn length(&self) -> usize;
    /// Whether it is one.
    fn is_one(&self) -> Option<bool>;
}
impl<T: Plain + ?Sized, const L: u32, const K: u32, F> CountPlain for &&Probe<'_, T, Counting, L, K, F> {
    fn length(&self) -> usize {
        match self.0.view() {
            View::Text(text) => vauban_text::count(&text),
            _ => 0,
        }
    }
    fn is_one(&self) -> Option<bool> {
        Some(number(self.0.view()).float()? == 1.0)
    }
}

/// A type that can be counted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length ({F}, line {L}, column {K})",
    note = "lists, maps and strings have one"
)]
pub trait HasLength<const L: u32, const K: u32, F> {}
impl<T: ?Sized, const L: u32, const K: u32, F> Probe<'_, T, Counting, L, K, F> {
    /// Explains what to do.
    pub fn length(&self) -> usize
    where
        T: HasLength<L, K, F>,
    {
        0
    }
    /// Explains what to do.
    pub fn is_one(&self) -> Option<bool>
    where
        T: HasLength<L, K, F>,
    {
        None
    }
}

/// Strings, for `first`, `last`, `random` and `slice`.
pub trait ListText {
    /// The first letter.
    fn first(&self) -> String;
    /// The last letter.
    fn last(&self) -> String;
    /// Some letter.
    fn random(&self) -> String;
    /// A part.
    fn slice(&self, range: &str) -> String;
}
impl<T: Plain + ?Sized, const L: u32, const K: u32, F> ListText for &&Probe<'_, T, Listed, L, K, F> {
    fn first(&self) -> String {
        letters(&self.0.text()).next().unwrap_or_default().to_owned()
    }
    fn last(&self) -> String {
        letters(&self.0.text()).next_back().unwrap_or_default().to_owned()
    }
    fn random(&self) -> String {
        let text = self.0.text();
        let text: Vec<&str> = letters(&text).collect();
        pick(text.len()).map_or_else(String::new, |i| text[i].to_owned())
    }
    fn slice(&self, range: &str) -> String {
        let text = self.0.text();
        let text: Vec<&str> = letters(&text).collect();
        match slice_places(range, text.len()) {
            Some(places) => places.into_iter().map(|i| text[i]).collect(),
            None => text.into_iter().collect(),
        }
    }
}

/// Lists, for `first`, `last`, `random` and `slice`.
pub trait ListItems<'a> {
    /// What the list holds.
    type Item: 'a;
    /// The first item, if there is one.
    fn first(&self) -> Option<&'a Self::Item>;
    /// The last item, if there is one.
    fn last(&self) -> Option<&'a Self::Item>;
    /// Some item, if there is one.
    fn random(&self) -> Option<&'a Self::Item>;
    /// A part.
    fn slice(&self, range: &str) -> Vec<&'a Self::Item>;
}
impl<'a, T: 'a, S: AsRef<[T]> + AsSlice<Item = T> + ?Sized, const L: u32, const K: u32, F> ListItems<'a>
    for &Probe<'a, S, Listed, L, K, F>
{
    type Item = T;
    fn first(&self) -> Option<&'a T> {
        self.0.as_ref().first()
    }
    fn last(&self) -> Option<&'a T> {
        self.0.as_ref().last()
    }
    fn random(&self) -> Option<&'a T> {
        let list = self.0.as_ref();
        pick(list.len()).and_then(|i| list.get(i))
    }
    fn slice(&self, range: &str) -> Vec<&'a T> {
        let list = self.0.as_ref();
        match slice_places(range, list.len()) {
            Some(places) => places.into_iter().filter_map(|i| list.get(i)).collect(),
            None => list.iter().collect(),
        }
    }
}

/// Names the item of a list.
pub trait AsSlice {
    /// What the list holds.
    type Item;
}
impl<T> AsSlice for [T] {
    type Item = T;
}
impl<T> AsSlice for Vec<T> {
    type Item = T;
}
impl<T, const N: usize> AsSlice for [T; N] {
    type Item = T;
}
impl<S: AsSlice + ?Sized> AsSlice for &S {
    type Item = S::Item;
}

/// A place by the clock: `|random` is for variety, never for secrets.
fn pick(length: usize) -> Option<usize> {
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.subsec_nanos());
    (length > 0).then(|| (nanos as usize / 7) % length)
}
