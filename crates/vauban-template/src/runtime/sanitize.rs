//! Markup from outside, made safe by a named policy: the way for rich text and Markdown.

mod kept;
mod narrow;
#[cfg(feature = "markdown")]
mod tables;

use super::filters::html::linebreaksbr;
use super::filters::input::Markup;
use super::safe::SafeHtml;
use kept::{Maker, kept};
use std::borrow::Cow;
use std::collections::HashSet;

/// What a sanitized text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Emphasis, links, lists, quotations and code: for comments.
    Comment,
    /// The same with headings, tables, images and rules: for articles.
    RichText,
}

impl Profile {
    fn of_html(self) -> Maker {
        match self {
            Self::Comment => "a comment's markup",
            Self::RichText => "rich markup",
        }
    }

    #[cfg(feature = "markdown")]
    fn of_markdown(self) -> Maker {
        match self {
            Self::Comment => "a comment's Markdown",
            Self::RichText => "rich Markdown",
        }
    }
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

/// Keeps what the profile allows and drops the rest (CWE-79; ASVS 1.3.1).
///
/// Links lead to `http`, `https` and `mailto` only and carry `rel="nofollow ugc noopener"`; there are no styles,
/// classes, ids, forms, scripts, frames or SVG. Time and memory are linear in the length of the markup; what nests deeper
/// than 256 elements, or is otherwise more work than people write, is shown as text. What was made of a long text is kept for
/// the next page that shows it, if both together are no longer than 1 MiB.
///
/// ```
/// # use vauban_template::sanitize::{sanitize, Profile};
/// let html = sanitize("<b onclick=x>hi</b><script>alert(1)</script>", Profile::Comment);
/// assert_eq!(html.as_str(), "<b>hi</b>");
/// ```
pub fn sanitize(html: &str, profile: Profile) -> SafeHtml {
    kept(profile.of_html(), html, |html| {
        clean(html, profile).unwrap_or_else(|| source(html))
    })
}

/// Text of which no markup is made: nothing of it is lost.
fn source(text: &str) -> SafeHtml {
    linebreaksbr(Markup::Text(Cow::Borrowed(text)))
}

/// Nothing if it is too much work (CWE-407).
fn clean(html: &str, profile: Profile) -> Option<SafeHtml> {
    let html = narrow::narrow(html)?;
    Some(SafeHtml::checked(builder(profile).clean(&html).to_string()))
}

fn builder(profile: Profile) -> ammonia::Builder<'static> {
    let mut tags: HashSet<&str> = COMMENT.iter().copied().collect();
    let mut builder = ammonia::Builder::empty();
    builder
        .add_clean_content_tags(narrow::DROPPED)
        .add_url_schemes(["http", "https", "mailto"])
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(Some("nofollow ugc noopener"))
        .add_generic_attributes(["lang", "dir", "title"])
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("q", ["cite"])
        .add_tag_attributes("blockquote", ["cite"]);
    if profile == Profile::RichText {
        tags.extend(RICH);
        builder
            .add_tag_attributes("img", ["src", "alt", "width", "height"])
            .add_tag_attributes("td", ["colspan", "rowspan"])
            .add_tag_attributes("th", ["colspan", "rowspan", "scope"]);
    }
    builder.tags(tags);
    // CWE-79: the library looks at `href` and `src`. Every other attribute is text by this list, or an address as well.
    builder.attribute_filter(|_, name, value| match name {
        "href" | "src" | "lang" | "dir" | "title" | "start" | "alt" | "width" | "height" | "colspan"
        | "rowspan" | "scope" => Some(Cow::Borrowed(value)),
        _ => web_address(value).then_some(Cow::Borrowed(value)),
    });
    builder
}

/// Whether an address is relative, or of the schemes that a link may have.
fn web_address(url: &str) -> bool {
    // Browsers leave these out (URL Standard, 4.4).
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let url = url.trim_start_matches(|c| c <= ' ');
    let end = url.find(['/', '?', '#', '\\']).unwrap_or(url.len());
    url[..end].split_once(':').is_none_or(|(scheme, _)| {
        ["http", "https", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

/// Blocks and spans within one another, in Markdown.
#[cfg(feature = "markdown")]
const DEEPEST: usize = 100;

/// Markdown (CommonMark with tables and strikethrough) as markup. Raw HTML in it goes through the profile as well.
///
/// ```
/// # use vauban_template::sanitize::{markdown, Profile};
/// let html = markdown("*a* [x](javascript:alert(1)) <img src=x onerror=y>", Profile::Comment);
/// assert!(!html.as_str().contains("javascript:") && !html.as_str().contains("onerror"));
/// ```
#[cfg(feature = "markdown")]
pub fn markdown(text: &str, profile: Profile) -> SafeHtml {
    kept(profile.of_markdown(), text, |text| of_markdown(text, profile))
}

#[cfg(feature = "markdown")]
fn of_markdown(text: &str, profile: Profile) -> SafeHtml {
    use pulldown_cmark::{Event, Options, Parser};
    let mut options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // CWE-770: the library fills the rows of a table up to its width before anybody can look at it.
    options.set(
        Options::ENABLE_TABLES,
        tables::cells(text) <= MOST_MARKUP * text.len(),
    );
    let mut html = Bounded {
        text: String::with_capacity(text.len() + text.len() / 2),
        most: MOST_MARKUP * text.len() + 4096,
    };
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
    let made = pulldown_cmark::html::write_html_fmt(&mut html, events);
    let html = made.ok().and_then(|()| clean(&html.text, profile));
    html.unwrap_or_else(|| source(text))
}

/// Bytes of markup that a byte of Markdown may become. The most that people write is some ten: an empty cell of a table.
#[cfg(feature = "markdown")]
const MOST_MARKUP: usize = 16;

/// A text that does not grow without end (CWE-770): what is made of a text is measured, not only what is read.
#[cfg(feature = "markdown")]
struct Bounded {
    text: String,
    most: usize,
}

#[cfg(feature = "markdown")]
impl std::fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        if self.text.len() + part.len() > self.most {
            return Err(std::fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-400: the two ways to rich text keep what they made.
    #[test]
    fn cwe_400_rich_text_is_kept() {
        let text = "*a* <b>long</b> text ".repeat(40);
        for (profile, html) in [
            (Profile::Comment, "a comment's markup"),
            (Profile::RichText, "rich markup"),
        ] {
            let made = sanitize(&text, profile);
            assert!(kept::holds(html, &text));
            assert_eq!(sanitize(&text, profile).as_str(), made.as_str());
        }
        #[cfg(feature = "markdown")]
        {
            markdown(&text, Profile::RichText);
            assert!(kept::holds("rich Markdown", &text) && !kept::holds("a comment's Markdown", &text));
        }
    }

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
            let html = sanitize(attack, Profile::RichText).as_str().to_owned();
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
        assert_eq!(sanitize("<h2>a</h2><p>b", Profile::Comment).as_str(), "a<p>b</p>");
        assert_eq!(
            sanitize("<h2>a</h2><p>b", Profile::RichText).as_str(),
            "<h2>a</h2><p>b</p>"
        );
    }

    /// CWE-79: every attribute that holds an address, not only those of links and images.
    #[test]
    fn the_source_of_a_quotation_is_a_web_address() {
        for scheme in [
            "javascript:",
            "JavaScript\t:",
            " \u{1}data:",
            "vbscript:",
            "file:",
            "blob:",
        ] {
            for tag in ["q", "blockquote"] {
                let html = format!("<{tag} cite=\"{scheme}x\">a</{tag}>");
                for profile in [Profile::Comment, Profile::RichText] {
                    assert_eq!(
                        sanitize(&html, profile).as_str(),
                        format!("<{tag}>a</{tag}>"),
                        "{html}"
                    );
                }
            }
        }
        for url in ["/a:b", "https://example.com/", "a?b:c", ""] {
            let html = format!("<q cite=\"{url}\">a</q>");
            assert_eq!(sanitize(&html, Profile::Comment).as_str(), html);
        }
    }

    #[test]
    fn ordinary_markup_is_parsed_as_it_was() {
        for html in [
            "<p>a &amp; b &lt; c &copy; é</p>\n<ul><li>x<li>y <b>z</b></ul><br/>1 < 2, <3",
            "<A HREF=/x?a=1&amp;b=2 title='\"q\"'>x</a><a href=\"javascript:x\">y</a><a =\"><i>z</i>",
            "<p>one<div>two</div><p>three<section>four</section>",
            "<table><caption>c</caption><tr><td colspan=2>x<td>y<table><tr><td>z</table></table>",
            "<p><b>a<p>b</b> <i><u>c</i></u></p><blockquote>d",
            "a<!-- <b> --!>b<?x?><!doctype html>c</>d<font color=red>e</font><custom-x>f</custom-x>",
            "a<script>if (a<b) '</p>'</script>b<svg><g/></svg>c<style>x</style>d<x <b>e</b>",
        ] {
            for profile in [Profile::Comment, Profile::RichText] {
                let whole = builder(profile).clean(html).to_string();
                assert_eq!(sanitize(html, profile).as_str(), whole, "{html}");
            }
        }
    }

    /// Elements within one another in what the sanitizer wrote.
    fn depth(html: &str) -> usize {
        let (mut depth, mut deepest) = (0_usize, 0);
        for (at, _) in html.match_indices('<') {
            let tag = &html[at + 1..];
            if tag.starts_with('/') {
                depth -= 1;
            } else if !["br>", "hr>", "img"].iter().any(|void| tag.starts_with(void)) {
                depth += 1;
                deepest = deepest.max(depth);
            }
        }
        deepest
    }

    /// The attack (CWE-407): elements nest so deep that parsing takes minutes, and end tags that end nothing, or stand
    /// where the parser sees none, hide it.
    #[test]
    fn depth_is_bounded_and_cannot_be_hidden() {
        for unit in [
            "<div>",
            "<div/>",
            "<b>",
            "<a href=x>",
            "<ul><li>",
            "<table><tr><td>",
            "<div></x>",
            "<div></span>",
            "<div><!-- </div> -->",
            "<div a=\"</div>\">",
            "<div a='</div>'>",
            "<div a=</div>",
            "<div =\"></div \">",
            "<div a==\"><p></div \">",
            "<div a\"=\"></div>\">",
            "<div><b></div>",
            "<b><p></b>",
            "<script><!--</script><div></script>",
            "<textarea><!--</textarea><div>-->",
            "<svg><title><!--</title></svg><div>-->",
            "<p><blockquote></p>",
            "<object><div></div></object><q>",
            "<dd><li>",
            "<li><dt>",
            "<p></p><dd><li>",
            "<ul><b></ul></b><li></ul><ul><b></ul></b><dd></ul>",
        ] {
            let html = sanitize(&unit.repeat(2000), Profile::RichText);
            assert!(depth(html.as_str()) <= 600, "{unit}: {}", depth(html.as_str()));
        }
        let deep = format!("{}\nx & y", "<div>".repeat(257));
        let shown = sanitize(&deep, Profile::RichText);
        assert_eq!(
            shown.as_str(),
            format!("{}<br>x &amp; y", "&lt;div&gt;".repeat(257))
        );
        #[cfg(feature = "markdown")]
        assert_eq!(markdown(&deep, Profile::RichText), shown);
        let fine = format!("{}x{}", "<div>".repeat(256), "</div>".repeat(256));
        assert_eq!(sanitize(&fine, Profile::RichText).as_str(), fine);
    }

    /// The attack (CWE-407): a few hundred open elements, and then hundreds of thousands of short tags for each of which the
    /// parser walks past them all. Half a megabyte took four seconds of every reader.
    #[test]
    fn cwe_407_what_is_walked_past_at_every_tag_is_bounded() {
        for (open, times) in [
            ("<dd><li>", 120),
            ("<div>", 250),
            ("<span>", 250),
            ("<blockquote>", 250),
            ("<ul><li>", 120),
            ("<em>", 250),
            ("<ins><li><del><dd>", 60),
        ] {
            for unit in [
                "<hr>",
                "<p>",
                "</p>",
                "<div></div>",
                "<h2></h2>",
                "</u>",
                "</q>",
                "<ul></ul>",
                "<pre></pre>",
                "<a></a>",
            ] {
                let attack = format!("{}{}", open.repeat(times), unit.repeat(100_000));
                assert!(narrow::narrow(&attack).is_none(), "{open} {unit}");
            }
        }
        // What people and their editors write is far from it.
        for (open, unit) in [
            ("<div>", "<p>A line.</p>"),
            ("<div><ul><li>", "<p>A short paragraph with <b>one</b> word.</p>"),
            ("<table><tr><td>", "<p>A line.</p><hr>"),
        ] {
            let text = format!("{}{}", open.repeat(15), unit.repeat(10_000));
            assert!(narrow::narrow(&text).is_some(), "{open} {unit}");
        }
    }

    /// The attack (CWE-400): short markup of which the parser makes gigabytes, or which it moves about for minutes.
    #[test]
    fn a_little_markup_stays_a_little() {
        let many = |start: &str, unit: &str| format!("{start}{}", unit.repeat(30_000));
        let bold: String = (0..200).map(|n| format!("<b title={n}>")).collect();
        for (attack, most) in [
            // Each paragraph opens all the emphasis anew.
            (many(&format!("<p>{bold}"), "<p>x"), 5),
            (
                many("<p><a><b><code><em><i><s><small><strong><u><b><i>", "<p>x"),
                5,
            ),
            (many(&format!("<p><b title=\"{}\">", "x".repeat(8000)), "<p>x"), 5),
            (many("<ul><li><b><i><u>", "<li>x"), 20),
            // Each is put before the table, past all the others.
            (many("<table>", "<br>"), 5),
            (many("<table>", "x<tr>"), 5),
            (many("<table>", "&"), 5),
            (many("<table><td></tr>", "<br>"), 5),
        ] {
            let length = sanitize(&attack, Profile::RichText).as_str().len();
            assert!(
                length <= attack.len() * most,
                "{}… {} → {length}",
                &attack[..20],
                attack.len()
            );
        }
        assert!(
            sanitize(&many("<table>", "<br>"), Profile::RichText)
                .as_str()
                .starts_with("&lt;table")
        );
        // No attribute that no profile knows is even parsed, no long one, and no second one of a name.
        let names: String = (0..30_000).map(|n| format!(" a{n}=x")).collect();
        let narrow = narrow::narrow(&format!("<p{names} lang=de title={}>x", "y".repeat(9000)));
        assert_eq!(narrow.as_deref(), Some("<p lang=\"de\">x"));
    }

    /// The attack (CWE-407): after each ampersand the serializer looks for `<` to the end of the text.
    #[test]
    fn texts_of_ampersands_are_cut_for_the_parser() {
        for unit in [
            "&",
            "©",
            "a&b;",
            "<textarea>&</p",
            "&</b>",
            "&<!-- -->",
            "&</>",
            "<svg>&",
        ] {
            let text = unit.repeat(100_000);
            let narrow = narrow::narrow(&text).unwrap();
            let longest = narrow
                .split("<!---->")
                .map(|part| part.matches(['&', '©']).count())
                .max();
            assert!(longest <= Some(16 * 1024), "{unit}: {longest:?}");
        }
        let text = format!("{} &amp; {}", "x".repeat(20_000), "y & ".repeat(9000));
        assert_eq!(
            sanitize(&text, Profile::Comment).as_str(),
            text.replace("y & ", "y &amp; ")
        );
    }

    /// CWE-770. Attack: a few kilobytes of a wide table with short rows, which the library fills up.
    #[cfg(feature = "markdown")]
    #[test]
    fn cwe_770_markup_is_in_proportion_to_its_text() {
        let table = |end: &str| ["a|".repeat(512), "-|".repeat(512), format!("a{end}").repeat(512)].join(end);
        let within = |before: &str| {
            table("\n")
                .lines()
                .map(|line| format!("{before}{line}\n"))
                .collect::<String>()
        };
        let rows = format!(
            "{}\n{}\n{}",
            "a|".repeat(512),
            "-|".repeat(512),
            "1\n".repeat(512)
        );
        for text in [
            table("\n"),
            table("\r"),
            table("\r\n"),
            rows,
            within("> "),
            within("   "),
            within("> > "),
            format!("- x\n{}", within("  ")),
            table("\n").repeat(6),
        ] {
            for profile in [Profile::Comment, Profile::RichText] {
                let html = of_markdown(&text, profile);
                let most = 2 * (MOST_MARKUP * text.len() + 4096);
                assert!(
                    html.as_str().len() < most,
                    "{} of {}",
                    html.as_str().len(),
                    text.len()
                );
            }
        }
        // What people write is a table, empty cells and all.
        let text = format!("a|b|c\n-|-|-\n{}", "||\n".repeat(200));
        assert_eq!(
            of_markdown(&text, Profile::RichText)
                .as_str()
                .matches("<td>")
                .count(),
            600
        );
    }
}
