//! Markup from outside, made safe by a named policy: the way for rich text and Markdown.

use super::safe::SafeHtml;
use std::collections::HashSet;

/// What a sanitized text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Emphasis, links, lists, quotations and code: for comments.
    Comment,
    /// The same with headings, tables, images and rules: for articles.
    RichText,
}

const COMMENT: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "strong",
    "sub",
    "sup",
    "u",
    "ul",
    "var",
];
const RICH: &[&str] = &[
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "span",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];

/// Keeps what the policy allows and drops the rest (CWE-79; ASVS 1.3.1).
///
/// Links lead to `http`, `https` and `mailto` only and carry `rel="nofollow ugc noopener"`; there are no styles,
/// classes, ids, forms, scripts, frames or SVG.
///
/// ```
/// # use vauban_template::sanitize::{sanitize, Policy};
/// let html = sanitize("<b onclick=x>hi</b><script>alert(1)</script>", Policy::Comment);
/// assert_eq!(html.as_str(), "<b>hi</b>");
/// ```
pub fn sanitize(html: &str, policy: Policy) -> SafeHtml {
    let mut tags: HashSet<&str> = COMMENT.iter().copied().collect();
    let mut builder = ammonia::Builder::empty();
    builder
        .add_clean_content_tags([
            "script", "style", "template", "noscript", "iframe", "object", "svg", "math",
        ])
        .add_url_schemes(["http", "https", "mailto"])
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(Some("nofollow ugc noopener"))
        .add_generic_attributes(["lang", "dir", "title"])
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("q", ["cite"])
        .add_tag_attributes("blockquote", ["cite"]);
    if policy == Policy::RichText {
        tags.extend(RICH);
        builder
            .add_tag_attributes("img", ["src", "alt", "width", "height"])
            .add_tag_attributes("td", ["colspan", "rowspan"])
            .add_tag_attributes("th", ["colspan", "rowspan", "scope"]);
    }
    builder.tags(tags);
    SafeHtml::__checked(builder.clean(html).to_string())
}

/// Blocks and spans within one another, in Markdown.
#[cfg(feature = "markdown")]
const DEEPEST: usize = 100;

/// Markdown (CommonMark with tables and strikethrough) as markup. Raw HTML in it goes through the policy as well.
///
/// ```
/// # use vauban_template::sanitize::{markdown, Policy};
/// let html = markdown("*a* [x](javascript:alert(1)) <img src=x onerror=y>", Policy::Comment);
/// assert!(!html.as_str().contains("javascript:") && !html.as_str().contains("onerror"));
/// ```
#[cfg(feature = "markdown")]
pub fn markdown(text: &str, policy: Policy) -> SafeHtml {
    use pulldown_cmark::{Event, Options, Parser};
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut html = String::with_capacity(text.len() + text.len() / 2);
    // CWE-407, CWE-674: an HTML parser takes time by the square of the depth; what lies deeper is shown, but flat.
    let mut depth = 0_usize;
    let events = Parser::new_ext(text, options).filter(|event| match event {
        Event::Start(_) => {
            depth += 1;
            depth <= DEEPEST
        }
        Event::End(_) => {
            depth = depth.saturating_sub(1);
            depth < DEEPEST
        }
        _ => true,
    });
    pulldown_cmark::html::push_html(&mut html, events);
    sanitize(&html, policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_are_dropped() {
        for attack in [
            "<svg><style><img src=x onerror=alert(1)></style></svg>",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
            "<img src=x onerror=alert(1)>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<form action=//evil><input name=q></form>",
            "<p style=\"background:url(//evil)\" id=x class=y>t</p>",
        ] {
            let html = sanitize(attack, Policy::RichText).as_str().to_owned();
            for word in [
                "<script",
                "<svg",
                "<style",
                "<form",
                "javascript:",
                "style=",
                "id=",
                "class=",
                "<math",
            ] {
                assert!(!html.contains(word), "{attack} → {html}");
            }
            assert!(
                !html.contains(" onerror=") || html.contains("&lt;") || html.contains("title="),
                "{attack} → {html}"
            );
        }
        assert_eq!(sanitize("<h2>a</h2><p>b", Policy::Comment).as_str(), "a<p>b</p>");
        assert_eq!(
            sanitize("<h2>a</h2><p>b", Policy::RichText).as_str(),
            "<h2>a</h2><p>b</p>"
        );
    }
}
