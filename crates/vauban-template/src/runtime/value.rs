//! What a value can be taken for: text, a number, true or false, something that may be missing.

use super::escape::Escape;
use super::ours::Ours;
use super::put::Probe;
use super::safe::SafeHtml;
use std::borrow::Cow;
use std::fmt::Display;

/// Strings and numbers: written without allocation, as the type itself sees fit. The framework has them all; whatever else
/// is text has `Display`.
pub trait Plain {
    /// Says so. Asked before the value is written.
    #[doc(hidden)]
    const __OURS: Ours<Self>;
    /// Appends the value, escaped for a context.
    fn put_plain<C: Escape>(&self, out: &mut String);
    /// The value as text.
    fn text(&self) -> Cow<'_, str>;
    /// The value for comparisons.
    fn view(&self) -> View<'_>;
    /// Django's idea of true.
    fn truth(&self) -> bool;
}

/// A value for comparisons and arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub enum View<'a> {
    /// Nothing.
    None,
    /// Whether something is so.
    Bool(bool),
    /// A number without a fraction.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// Text that is not escaped yet.
    Text(Cow<'a, str>),
}

impl View<'_> {
    /// Python's order: numbers with numbers, text with text, nothing else.
    pub fn compare(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    /// The order of a sort, in which any two values have their places: nothing, numbers with NaN at the ends, text. Where both
    /// can be compared, it is their order by [`compare`](Self::compare).
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        // Integers that are one float are told apart; a float among them is where its digits are.
        let digits = |view: &Self| match view {
            Self::Bool(b) => i128::from(*b),
            Self::Int(i) => *i,
            Self::Float(f) => *f as i128,
            Self::None | Self::Text(_) => 0,
        };
        match (self, other) {
            (Self::None, Self::None) => Ordering::Equal,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::None, _) | (_, Self::Text(_)) => Ordering::Less,
            (_, Self::None) | (Self::Text(_), _) => Ordering::Greater,
            // Zero has one sign.
            _ => {
                let float = |view: &Self| view.number().unwrap_or_default() + 0.0;
                float(self)
                    .total_cmp(&float(other))
                    .then(digits(self).cmp(&digits(other)))
            }
        }
    }

    /// Whether two values are equal as Python's `==` says: `1` and `1.0` and `True` are.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            _ => self.compare(other) == Some(std::cmp::Ordering::Equal),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            Self::Int(i) => Some(*i as f64),
            Self::Float(f) => Some(*f),
            Self::None | Self::Text(_) => None,
        }
    }

    /// Django's idea of true.
    pub fn truth(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(b) => *b,
            Self::Int(i) => *i != 0,
            Self::Float(f) => *f != 0.0,
            Self::Text(t) => !t.is_empty(),
        }
    }
}

impl Plain for str {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    #[inline]
    fn put_plain<C: Escape>(&self, out: &mut String) {
        C::escape(self, out);
    }
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
    fn view(&self) -> View<'_> {
        View::Text(Cow::Borrowed(self))
    }
    fn truth(&self) -> bool {
        !self.is_empty()
    }
}

macro_rules! deref {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($generics)*> Plain for $type {
            #[allow(deprecated)]
            const __OURS: Ours<Self> = {
                <<Self as std::ops::Deref>::Target as Plain>::__OURS.is_so();
                Ours::__made()
            };
            #[inline]
            fn put_plain<C: Escape>(&self, out: &mut String) { (**self).put_plain::<C>(out); }
            fn text(&self) -> Cow<'_, str> { (**self).text() }
            fn view(&self) -> View<'_> { (**self).view() }
            fn truth(&self) -> bool { (**self).truth() }
        }
    )+};
}
deref! {
    [] String,
    [T: Plain + ?Sized] &T,
    [T: Plain + ?Sized] &mut T,
    [T: Plain + ?Sized] Box<T>,
    [T: Plain + ?Sized] std::rc::Rc<T>,
    [T: Plain + ?Sized] std::sync::Arc<T>,
    [] Cow<'_, str>,
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Plain for $type {
            #[allow(deprecated)]
            const __OURS: Ours<Self> = Ours::__made();
            #[inline]
            fn put_plain<C: Escape>(&self, out: &mut String) {
                // Digits and a minus sign are inert everywhere.
                out.push_str(itoa::Buffer::new().format(*self));
            }
            fn text(&self) -> Cow<'_, str> { Cow::Owned(self.to_string()) }
            fn view(&self) -> View<'_> { View::Int(i128::try_from(*self).unwrap_or(i128::MAX)) }
            fn truth(&self) -> bool { *self != 0 }
        }
    )+};
}
integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! floats {
    ($($type:ty),+) => {$(
        impl Plain for $type {
            #[allow(deprecated)]
            const __OURS: Ours<Self> = Ours::__made();
            fn put_plain<C: Escape>(&self, out: &mut String) {
                let short = format!("{self:?}");
                // Written as it is, a number has all its digits, up to 200 of them.
                match zeros(&short) {
                    Some(n) if n <= 200 => C::escape(&self.to_string(), out),
                    _ => C::escape(&python_float(short), out),
                }
            }
            fn text(&self) -> Cow<'_, str> { Cow::Owned(python_float(format!("{self:?}"))) }
            fn view(&self) -> View<'_> { View::Float(f64::from(*self)) }
            fn truth(&self) -> bool { *self != 0.0 }
        }
    )+};
}
floats!(f32, f64);

/// For a float with an exponent: its digits and the zeros that would have to be written.
fn zeros(text: &str) -> Option<usize> {
    let (digits, exponent) = text.split_once('e')?;
    let n = digits.bytes().filter(u8::is_ascii_digit).count();
    let last = exponent.parse::<i32>().ok()? - i32::try_from(n).ok()? + 1;
    Some(n + last.unsigned_abs() as usize)
}

/// Python's spelling of a float: `1e+21`, `1e-05`, `inf`.
fn python_float(text: String) -> String {
    if let Some((digits, exponent)) = text.split_once('e') {
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    if text == "NaN" { "nan".to_owned() } else { text }
}

impl Plain for bool {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn put_plain<C: Escape>(&self, out: &mut String) {
        out.push_str(if *self { "True" } else { "False" });
    }
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "True" } else { "False" })
    }
    fn view(&self) -> View<'_> {
        View::Bool(*self)
    }
    fn truth(&self) -> bool {
        *self
    }
}

impl Plain for char {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn put_plain<C: Escape>(&self, out: &mut String) {
        C::escape(self.encode_utf8(&mut [0; 4]), out);
    }
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
    fn view(&self) -> View<'_> {
        View::Text(self.text())
    }
    fn truth(&self) -> bool {
        true
    }
}

/// Whether a collection has something in it.
pub trait Filled {
    /// Whether there is anything.
    fn filled(&self) -> bool;
}
macro_rules! filled {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($generics)*> Filled for $type { fn filled(&self) -> bool { !self.is_empty() } }
    )+};
}
filled! {
    [T] [T], [T] Vec<T>, [T] std::collections::VecDeque<T>,
    [K, V, S] std::collections::HashMap<K, V, S>, [K, V] std::collections::BTreeMap<K, V>,
    [T, S] std::collections::HashSet<T, S>, [T] std::collections::BTreeSet<T>,
    [] SafeHtml,
}
impl<T, const N: usize> Filled for [T; N] {
    fn filled(&self) -> bool {
        N > 0
    }
}
impl<T: Filled + ?Sized> Filled for &T {
    fn filled(&self) -> bool {
        (**self).filled()
    }
}

/// Marker of probes for conditions.
#[derive(Debug, Clone, Copy)]
pub struct Condition;
/// Marker of probes for text.
#[derive(Debug, Clone, Copy)]
pub struct Words;

/// An `Option`, also behind references: names that `{% with %}` and `{% include %}` give are such.
pub trait Optional {
    /// What may be in it.
    type Value;
    /// The value, if there is one.
    fn value(&self) -> Option<&Self::Value>;
}
impl<T> Optional for Option<T> {
    type Value = T;
    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}
impl<O: Optional> Optional for &O {
    type Value = O::Value;
    fn value(&self) -> Option<&O::Value> {
        (**self).value()
    }
}

/// What `{% if x %}` finds: nothing, or the value to be used inside.
pub trait NarrowOptionPlain<'a> {
    /// What the value is inside the branch.
    type Inside;
    /// The value if it is true.
    fn narrow(&self) -> Option<Self::Inside>;
}
impl<'a, O: Optional<Value: Plain>, const L: u32, const K: u32, F> NarrowOptionPlain<'a>
    for &&&&&Probe<'a, O, Condition, L, K, F>
{
    type Inside = &'a O::Value;
    fn narrow(&self) -> Option<&'a O::Value> {
        self.0.value().filter(|v| Plain::truth(*v))
    }
}

/// An `Option` of a collection.
pub trait NarrowOptionFilled<'a> {
    /// What the value is inside the branch.
    type Inside;
    /// The value if it is true.
    fn narrow(&self) -> Option<Self::Inside>;
}
impl<'a, O: Optional<Value: Filled>, const L: u32, const K: u32, F> NarrowOptionFilled<'a>
    for &&&&Probe<'a, O, Condition, L, K, F>
{
    type Inside = &'a O::Value;
    fn narrow(&self) -> Option<&'a O::Value> {
        self.0.value().filter(|v| Filled::filled(*v))
    }
}

/// Any other `Option`: true if there is something.
pub trait NarrowOption<'a> {
    /// What the value is inside the branch.
    type Inside;
    /// The value if it is true.
    fn narrow(&self) -> Option<Self::Inside>;
}
impl<'a, O: Optional, const L: u32, const K: u32, F> NarrowOption<'a>
    for &&&Probe<'a, O, Condition, L, K, F>
{
    type Inside = &'a O::Value;
    fn narrow(&self) -> Option<&'a O::Value> {
        self.0.value()
    }
}

/// Strings, numbers and booleans.
pub trait NarrowPlain<'a> {
    /// What the value is inside the branch.
    type Inside;
    /// The value if it is true.
    fn narrow(&self) -> Option<Self::Inside>;
}
impl<'a, T: Plain + ?Sized, const L: u32, const K: u32, F> NarrowPlain<'a>
    for &&Probe<'a, T, Condition, L, K, F>
{
    type Inside = &'a T;
    fn narrow(&self) -> Option<&'a T> {
        self.0.truth().then_some(self.0)
    }
}

/// Collections.
pub trait NarrowFilled<'a> {
    /// What the value is inside the branch.
    type Inside;
    /// The value if it is true.
    fn narrow(&self) -> Option<Self::Inside>;
}
impl<'a, T: Filled + ?Sized, const L: u32, const K: u32, F> NarrowFilled<'a>
    for &Probe<'a, T, Condition, L, K, F>
{
    type Inside = &'a T;
    fn narrow(&self) -> Option<&'a T> {
        self.0.filled().then_some(self.0)
    }
}

/// A value that can be true or false.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither true nor false ({F}, line {L}, column {K})",
    note = "{{% if %}} takes bool, numbers, strings, collections and Option; compare with ==, or compute a bool in the view"
)]
pub trait Truth<const L: u32, const K: u32, F> {
    /// Django's idea of true.
    fn truth_here(&self) -> bool;
}

impl<'a, T: ?Sized, const L: u32, const K: u32, F> Probe<'a, T, Condition, L, K, F> {
    /// The value if it is true.
    pub fn narrow(&self) -> Option<&'a T>
    where
        T: Truth<L, K, F>,
    {
        self.0.truth_here().then_some(self.0)
    }
}

/// Text of a string or number.
pub trait TextPlain<'a> {
    /// The value as text.
    fn text(&self) -> Cow<'a, str>;
}
impl<'a, T: Plain + ?Sized, const L: u32, const K: u32, F> TextPlain<'a> for &&Probe<'a, T, Words, L, K, F> {
    #[inline]
    fn text(&self) -> Cow<'a, str> {
        self.0.text()
    }
}

/// Text of anything that can be displayed.
pub trait TextDisplay<'a> {
    /// The value as text.
    fn text(&self) -> Cow<'a, str>;
}
impl<'a, T: Display + ?Sized, const L: u32, const K: u32, F> TextDisplay<'a>
    for &Probe<'a, T, Words, L, K, F>
{
    fn text(&self) -> Cow<'a, str> {
        Cow::Owned(self.0.to_string())
    }
}

/// A value that can be taken for text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text ({F}, line {L}, column {K})",
    note = "a text filter takes strings, numbers and types with Display; an `Option` has to be handled first: {{{{ x|default:\"…\"|upper }}}}; SafeHtml is markup, filter the text before it becomes markup"
)]
pub trait IsText<const L: u32, const K: u32, F> {
    /// The value as text.
    fn text_here(&self) -> Cow<'_, str>;
}

impl<'a, T: ?Sized, const L: u32, const K: u32, F> Probe<'a, T, Words, L, K, F> {
    /// The value as text.
    pub fn text(&self) -> Cow<'a, str>
    where
        T: IsText<L, K, F>,
    {
        self.0.text_here()
    }
}

/// The other side of `==`: text, or a value of its own type.
pub trait Side {
    /// The type of the value.
    type Value: ?Sized;
    /// What stands on this side.
    fn value(&self) -> &Self::Value;
}

/// Marker of probes for comparisons.
#[derive(Debug, Clone, Copy)]
pub struct Compare;
/// Marker of probes for values that may be missing.
#[derive(Debug, Clone, Copy)]
pub struct Maybe;

/// A value that can be compared by its view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with text or a number in a template",
    note = "compare two values of one type, or compute a bool in the view"
)]
pub trait Viewable {
    /// The value for comparisons.
    fn view_value(&self) -> View<'_>;
}
impl<T: Plain + ?Sized> Viewable for T {
    fn view_value(&self) -> View<'_> {
        self.view()
    }
}

/// The other side of a comparison with text or a number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with text or a number (line {L}, column {K} of {F})",
    label = "used in line {L}, column {K} of {F}",
    note = "compare two values of one type, or compute a bool in the view"
)]
pub trait ViewedAt<const L: u32, const K: u32, F> {
    /// The value for comparisons.
    fn view_at(&self) -> View<'_>;
}
#[diagnostic::do_not_recommend]
impl<T: Viewable + ?Sized, const L: u32, const K: u32, F> ViewedAt<L, K, F> for T {
    fn view_at(&self) -> View<'_> {
        self.view_value()
    }
}

/// Comparisons of strings, numbers and booleans.
pub trait CompareViews<'a, const L: u32, const K: u32, F> {
    /// `==`
    fn equal<S: Side<Value: ViewedAt<L, K, F>>>(&self, other: S) -> bool;
    /// `<`
    fn less<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool;
    /// `<=`
    fn less_or_equal<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool;
    /// `>`
    fn greater<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool;
    /// `>=`
    fn greater_or_equal<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool;
    /// `is True`
    fn identical<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool;
    /// `is not True`
    fn not_identical<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool;
    /// The view itself.
    fn view_of(&self) -> View<'a>;
    /// As it is sorted, and looked for in a list.
    fn key_of(&self) -> View<'a> {
        self.view_of()
    }
}
impl<'a, T: Viewable + ?Sized, const L: u32, const K: u32, F> CompareViews<'a, L, K, F>
    for &&&&&Probe<'a, T, Compare, L, K, F>
{
    fn equal<S: Side<Value: ViewedAt<L, K, F>>>(&self, other: S) -> bool {
        self.0.view_value().same(&other.value().view_at())
    }
    fn less<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.0
            .view_value()
            .compare(&other.view_at())
            .is_some_and(std::cmp::Ordering::is_lt)
    }
    fn less_or_equal<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.0
            .view_value()
            .compare(&other.view_at())
            .is_some_and(std::cmp::Ordering::is_le)
    }
    fn greater<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.0
            .view_value()
            .compare(&other.view_at())
            .is_some_and(std::cmp::Ordering::is_gt)
    }
    fn greater_or_equal<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.0
            .view_value()
            .compare(&other.view_at())
            .is_some_and(std::cmp::Ordering::is_ge)
    }
    fn identical<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        let (a, b) = (self.0.view_value(), other.view_at());
        std::mem::discriminant(&a) == std::mem::discriminant(&b) && a.same(&b)
    }
    fn not_identical<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        !self.identical(other)
    }
    fn view_of(&self) -> View<'a> {
        self.0.view_value()
    }
}

/// An `Option` of something comparable: nothing equals only nothing, and is neither less nor more than anything.
pub trait CompareOption<'a, const L: u32, const K: u32, F> {
    /// `==`
    fn equal<S: Side<Value: ViewedAt<L, K, F>>>(&self, other: S) -> bool {
        self.view_of().same(&other.value().view_at())
    }
    /// `<`
    fn less<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(std::cmp::Ordering::is_lt)
    }
    /// `<=`
    fn less_or_equal<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(std::cmp::Ordering::is_le)
    }
    /// `>`
    fn greater<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(std::cmp::Ordering::is_gt)
    }
    /// `>=`
    fn greater_or_equal<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> bool {
        self.order(other).is_some_and(std::cmp::Ordering::is_ge)
    }
    /// What comes first, if that can be said.
    fn order<U: ViewedAt<L, K, F> + ?Sized>(&self, other: &U) -> Option<std::cmp::Ordering> {
        self.view_of().compare(&other.view_at())
    }
    /// The view itself.
    fn view_of(&self) -> View<'a>;
    /// As it is sorted, and looked for in a list.
    fn key_of(&self) -> View<'a> {
        self.view_of()
    }
}
impl<'a, O: Optional<Value: Viewable + 'a>, const L: u32, const K: u32, F> CompareOption<'a, L, K, F>
    for &&&&Probe<'a, O, Compare, L, K, F>
{
    fn view_of(&self) -> View<'a> {
        self.0.value().map_or(View::None, Viewable::view_value)
    }
}

/// A value that another may equal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with `{U}` (line {L}, column {K} of {F})",
    label = "used in line {L}, column {K} of {F}",
    note = "compare two values of one type that has `PartialEq`, strings, numbers, or what has Display; else compute a bool in the view"
)]
pub trait EqualTo<U: ?Sized, const L: u32, const K: u32, F> {
    /// `==`
    fn equal_to(&self, other: &U) -> bool;
}
#[diagnostic::do_not_recommend]
impl<T: PartialEq<U> + ?Sized, U: ?Sized, const L: u32, const K: u32, F> EqualTo<U, L, K, F> for T {
    fn equal_to(&self, other: &U) -> bool {
        *self == *other
    }
}

impl<T: ?Sized, const L: u32, const K: u32, F> Probe<'_, T, Compare, L, K, F> {
    /// `==` of two values of comparable types.
    pub fn equal<S: Side>(&self, other: S) -> bool
    where
        T: EqualTo<S::Value, L, K, F>,
    {
        self.0.equal_to(other.value())
    }
    /// `<`
    pub fn less<U: ?Sized>(&self, other: &U) -> bool
    where
        T: PartialOrd<U>,
    {
        *self.0 < *other
    }
    /// `<=`
    pub fn less_or_equal<U: ?Sized>(&self, other: &U) -> bool
    where
        T: PartialOrd<U>,
    {
        *self.0 <= *other
    }
    /// `>`
    pub fn greater<U: ?Sized>(&self, other: &U) -> bool
    where
        T: PartialOrd<U>,
    {
        *self.0 > *other
    }
    /// `>=`
    pub fn greater_or_equal<U: ?Sized>(&self, other: &U) -> bool
    where
        T: PartialOrd<U>,
    {
        *self.0 >= *other
    }
    /// `in`
    pub fn has(&self, item: &View<'_>) -> bool
    where
        T: Has,
    {
        self.0.has_view(item)
    }
}

/// Something that can be searched by `{% if x in list %}`.
#[diagnostic::on_unimplemented(
    message = "`in` cannot search `{Self}`",
    note = "it searches strings, and lists of strings or numbers"
)]
pub trait Has {
    /// Whether the item is in it.
    fn has_view(&self, item: &View<'_>) -> bool;
}
impl Has for str {
    fn has_view(&self, item: &View<'_>) -> bool {
        matches!(item, View::Text(t) if self.contains(&**t))
    }
}
impl Has for String {
    fn has_view(&self, item: &View<'_>) -> bool {
        self.as_str().has_view(item)
    }
}
impl<T: Has + ?Sized> Has for &T {
    fn has_view(&self, item: &View<'_>) -> bool {
        (**self).has_view(item)
    }
}
macro_rules! has {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {$(
        impl<$($generics)*> Has for $type {
            fn has_view(&self, item: &View<'_>) -> bool {
                self.iter().any(|x| x.view_value().same(item))
            }
        }
    )+};
}
has! {
    [T: Viewable] [T], [T: Viewable] Vec<T>, [T: Viewable] std::collections::VecDeque<T>,
    [T: Viewable] std::collections::BTreeSet<T>, [T: Viewable, S] std::collections::HashSet<T, S>,
}
impl<T: Viewable, const N: usize> Has for [T; N] {
    fn has_view(&self, item: &View<'_>) -> bool {
        self.as_slice().has_view(item)
    }
}

/// An `Option` that may be missing.
pub trait MaybeOption<'a> {
    /// What is in it.
    type Inside;
    /// The value, if there is one.
    fn maybe(&self) -> Option<Self::Inside>;
}
impl<'a, O: Optional, const L: u32, const K: u32, F> MaybeOption<'a> for &&Probe<'a, O, Maybe, L, K, F> {
    type Inside = &'a O::Value;
    fn maybe(&self) -> Option<&'a O::Value> {
        self.0.value()
    }
}
/// What a name that a loop or a tag gave refers to.
pub trait MaybeReferred<'a> {
    /// What it refers to.
    type Inside;
    /// The value.
    fn maybe(&self) -> Option<Self::Inside>;
}
impl<'a, 'b: 'a, T: ?Sized, const L: u32, const K: u32, F> MaybeReferred<'a>
    for &Probe<'a, &'b T, Maybe, L, K, F>
{
    type Inside = &'a T;
    fn maybe(&self) -> Option<&'a T> {
        Some(self.0)
    }
}
impl<'a, T: ?Sized, const L: u32, const K: u32, F> Probe<'a, T, Maybe, L, K, F> {
    /// Anything else is always there.
    pub fn maybe(&self) -> Option<&'a T> {
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::escape::Text;

    #[test]
    fn floats_are_written_with_all_their_digits() {
        let put = |f: f64| {
            let mut out = String::new();
            f.put_plain::<Text>(&mut out);
            out
        };
        assert_eq!(put(34.0), "34.0");
        assert_eq!(put(1e16), "10000000000000000");
        assert_eq!(put(1.5e-7), "0.00000015");
        assert_eq!(put(1e199), format!("1{}", "0".repeat(199)));
        assert_eq!(put(1e200), "1e+200");
        assert_eq!(1e16.text(), "1e+16");
        assert_eq!(put(f64::NEG_INFINITY), "-inf");
    }
}
