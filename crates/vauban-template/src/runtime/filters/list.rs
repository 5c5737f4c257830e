//! Filters on lists.

use crate::runtime::escape;
use crate::runtime::safe::SafeHtml;
use crate::runtime::value::{Plain, View};
use std::borrow::Cow;

/// Texts with something between.
pub fn join<'a>(parts: impl Iterator<Item = Cow<'a, str>>, between: &str) -> String {
    let mut out = String::new();
    for (i, part) in parts.enumerate() {
        if i > 0 {
            out.push_str(between);
        }
        out.push_str(&part);
    }
    out
}

/// Markup with text between, which is escaped.
pub fn join_markup(parts: &[SafeHtml], between: &str) -> SafeHtml {
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            escape::text(between, &mut out);
        }
        out.push_str(part.as_str());
    }
    SafeHtml::checked(out)
}

/// Every text as markup.
pub fn escapeseq<T: Plain>(list: &[T]) -> Vec<SafeHtml> {
    list.iter().map(|item| SafeHtml::text(&item.text())).collect()
}

/// The letters of a text.
pub fn make_list(text: &str) -> Vec<String> {
    vauban_text::letters(text).map(str::to_owned).collect()
}

/// Sorted by a field: what has none first, then numbers, then text.
pub fn sorted<'a, T>(mut list: Vec<&'a T>, key: impl Fn(&'a T) -> View<'a>, reversed: bool) -> Vec<&'a T> {
    // CWE-248: a total order. A sort panics at an order by which some values are neither before nor behind others.
    if reversed {
        // Python's `reverse=True` keeps the order of equals, so the list is sorted the other way.
        list.sort_by(|a, b| key(b).order(&key(a)));
    } else {
        list.sort_by(|a, b| key(a).order(&key(b)));
    }
    list
}

/// A label with what is below it.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// What stands here: text, escaped when written.
    pub label: Label,
    /// What is below.
    pub children: Vec<Tree>,
}

/// What stands at a place of a tree.
#[derive(Debug, Clone)]
pub enum Label {
    /// Text.
    Text(String),
    /// Markup.
    Html(SafeHtml),
}

impl Default for Label {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// Something that `|unordered_list` can write.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tree",
    note = "`unordered_list` takes a list of strings or of `Tree`"
)]
pub trait Branch {
    /// The label: text is escaped when it is written, by whoever calls this (CWE-79).
    fn label(&self) -> Cow<'_, Label>;
    /// What is below.
    fn below(&self) -> &[Tree];
}

impl Branch for Tree {
    fn label(&self) -> Cow<'_, Label> {
        Cow::Borrowed(&self.label)
    }
    fn below(&self) -> &[Tree] {
        &self.children
    }
}

impl<T: Plain> Branch for T {
    fn label(&self) -> Cow<'_, Label> {
        Cow::Owned(Label::Text(self.text().into_owned()))
    }
    fn below(&self) -> &[Tree] {
        &[]
    }
}

/// `<li>` elements, nested; without the outermost `<ul>`.
pub fn unordered_list<T: Branch>(list: &[T]) -> SafeHtml {
    let mut out = String::new();
    level(list, 1, &mut out);
    SafeHtml::checked(out)
}

/// How deep a tree is written (CWE-674).
const MAX_DEPTH: usize = 100;

fn level<T: Branch>(list: &[T], depth: usize, out: &mut String) {
    let indent = "\t".repeat(depth);
    for (i, item) in list.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&indent);
        out.push_str("<li>");
        match &*item.label() {
            Label::Text(text) => escape::text(text, out),
            Label::Html(html) => out.push_str(html.as_str()),
        }
        if !item.below().is_empty() && depth < MAX_DEPTH {
            out.push('\n');
            out.push_str(&indent);
            out.push_str("<ul>\n");
            level(item.below(), depth + 1, out);
            out.push('\n');
            out.push_str(&indent);
            out.push_str("</ul>\n");
            out.push_str(&indent);
        }
        out.push_str("</li>");
    }
}

/// Python's slice `"start:stop:step"` or `"stop"`, as the places it picks from `length`.
pub fn slice_places(range: &str, length: usize) -> Option<Vec<usize>> {
    let parts: Vec<&str> = range.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let mut numbers = Vec::new();
    for part in &parts {
        let part = part.trim();
        numbers.push(if part.is_empty() {
            None
        } else {
            Some(part.parse::<i64>().ok()?)
        });
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (None, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] => (*start, *stop, step.unwrap_or(1)),
        _ => return None,
    };
    let n = length as i64;
    if step == 0 {
        return None;
    }
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clamp = |value: i64| (if value < 0 { value.saturating_add(n) } else { value }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let mut out = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        out.push(at as usize);
        at = at.saturating_add(step);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-248. Attack: a list in which a few have no key, or one that is no number.
    #[test]
    fn cwe_248_every_list_is_sorted() {
        let keys = |n: usize| match (n * 7) % 11 {
            0 | 3 => View::None,
            1 => View::Float(f64::NAN),
            2 => View::Float(2.5),
            4 => View::Text("four".into()),
            5 => View::Int((1 << 60) + (n as i128)),
            6 => View::Float((1_u64 << 60) as f64),
            7 => View::Bool(true),
            8 => View::Float(-0.0),
            rest => View::Int(rest as i128 - 9),
        };
        for length in [0, 1, 20, 21, 30, 64, 500] {
            let list: Vec<usize> = (0..length).collect();
            for reversed in [false, true] {
                let sorted = sorted(list.iter().collect(), |n| keys(*n), reversed);
                assert_eq!(sorted.len(), length);
                for pair in sorted.windows(2) {
                    let order = keys(*pair[0]).order(&keys(*pair[1]));
                    assert!(if reversed { order.is_ge() } else { order.is_le() }, "{pair:?}");
                }
            }
        }
        // It is an order: of any three, and where values compare, theirs.
        for (a, b, c) in (0..1331).map(|n| (keys(n % 11), keys(n / 11 % 11), keys(n / 121))) {
            assert!(
                !(a.order(&b).is_le() && b.order(&c).is_le() && a.order(&c).is_gt()),
                "{a:?} {b:?} {c:?}"
            );
            assert_eq!(a.order(&b), b.order(&a).reverse());
            if let Some(order) = a.compare(&b).filter(|order| order.is_ne()) {
                assert_eq!(a.order(&b), order, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn slices() {
        let pick = |range: &str| -> String {
            let text: Vec<char> = "abcdefg".chars().collect();
            slice_places(range, text.len())
                .map_or("abcdefg".to_owned(), |p| p.into_iter().map(|i| text[i]).collect())
        };
        assert_eq!(pick("1"), "a");
        assert_eq!(pick("-1"), "abcdef");
        assert_eq!(pick("1:3"), "bc");
        assert_eq!(pick("0::2"), "aceg");
        assert_eq!(pick("::-1"), "gfedcba");
        assert_eq!(pick("x"), "abcdefg");
        assert_eq!(pick("99:"), "");
    }

    #[test]
    fn trees() {
        let tree = vec![Tree {
            label: Label::Text("x>".into()),
            children: vec![Tree {
                label: Label::Text("<y".into()),
                children: vec![],
            }],
        }];
        assert_eq!(
            unordered_list(&tree).as_str(),
            "\t<li>x&gt;\n\t<ul>\n\t\t<li>&lt;y</li>\n\t</ul>\n\t</li>"
        );
    }
}
