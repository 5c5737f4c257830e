//! What the compiler knows of HTML's elements (HTML Standard, 13.1.2 and 13.2.6).

/// How an element's inside is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Markup.
    Normal,
    /// No inside and no end tag.
    Void,
    /// Text with character references, up to the end tag (`title`, `textarea`).
    Rcdata,
    /// `<script>`.
    Script,
    /// `<style>`.
    Style,
    /// Text without character references, up to the end tag: no escaper can help there.
    Raw,
    /// May not be written at all.
    Refused,
}

/// How the inside of an HTML element is read. In SVG and MathML only `Normal` exists.
pub fn content(name: &str) -> Content {
    match name {
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "source"
        | "track" | "wbr" | "param" => Content::Void,
        "title" | "textarea" => Content::Rcdata,
        "script" => Content::Script,
        "style" => Content::Style,
        "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => Content::Raw,
        "plaintext" | "frameset" | "frame" | "isindex" | "listing" | "image" | "keygen" | "bgsound" => {
            Content::Refused
        }
        _ => Content::Normal,
    }
}

/// Elements whose end tag may be left out: they close when their parent does or a sibling opens.
pub fn optional_end(name: &str) -> bool {
    matches!(
        name,
        "p" | "li"
            | "dt"
            | "dd"
            | "option"
            | "optgroup"
            | "tr"
            | "td"
            | "th"
            | "thead"
            | "tbody"
            | "tfoot"
            | "rt"
            | "rp"
            | "html"
            | "head"
            | "body"
            | "colgroup"
    )
}

/// Whether an open `top` is closed when `next` opens.
pub fn closed_by(top: &str, next: &str) -> bool {
    match top {
        "p" => is_block(next),
        "li" => next == "li",
        "dt" | "dd" => matches!(next, "dt" | "dd"),
        "option" => matches!(next, "option" | "optgroup"),
        "optgroup" => next == "optgroup",
        "td" | "th" => matches!(next, "td" | "th" | "tr" | "tbody" | "thead" | "tfoot"),
        "tr" => matches!(next, "tr" | "tbody" | "thead" | "tfoot"),
        "thead" | "tbody" | "tfoot" => matches!(next, "tbody" | "thead" | "tfoot"),
        "colgroup" => matches!(next, "thead" | "tbody" | "tfoot" | "tr" | "colgroup"),
        "rt" | "rp" => matches!(next, "rt" | "rp"),
        "head" => next == "body",
        _ => false,
    }
}

/// Elements whose end tag also ends the paragraphs and items in it (HTML Standard, 13.2.6.4.7). The end tag of any other
/// element is ignored by browsers while one of [`special`] is open in it.
pub fn ends_what_is_open(name: &str) -> bool {
    matches!(
        name,
        "button"
            | "li"
            | "dd"
            | "dt"
            | "html"
            | "head"
            | "body"
            | "template"
            | "object"
            | "select"
            | "caption"
            | "ul"
    ) || is_block(name)
        || matches!(
            name,
            "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "colgroup"
        )
}

/// Elements that browsers call special, as far as their end tag may be left out.
pub fn special(name: &str) -> bool {
    optional_end(name) && !matches!(name, "option" | "optgroup" | "rt" | "rp")
}

/// Whether an element may be left open in one of the few others that hold it by themselves.
pub fn left_open_in(name: &str, holder: &str) -> bool {
    match name {
        "option" => matches!(holder, "datalist" | "optgroup"),
        "optgroup" => holder == "datalist",
        "rt" | "rp" => holder == "ruby",
        _ => false,
    }
}

/// What a paragraph is looked for in, when an element opens that may not stand in one.
pub fn ends_scope(name: &str) -> bool {
    matches!(
        name,
        "button" | "caption" | "html" | "object" | "table" | "td" | "th" | "template"
    )
}

/// Elements past which browsers do not look for an item of a list, when another one opens.
pub fn ends_list(name: &str) -> bool {
    !matches!(name, "address" | "div" | "p")
        && (is_block(name) && !matches!(name, "dialog")
            || special(name)
            || matches!(
                name,
                "button" | "caption" | "object" | "template" | "textarea" | "select"
            ))
}

/// One of the six headings, which end each other.
pub fn heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Elements that close an open paragraph.
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "center"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "ul"
            | "xmp"
    )
}

/// Why text may not stand directly inside an element: the browser would move it elsewhere.
pub fn moves_text(parent: &str) -> bool {
    matches!(
        parent,
        "table" | "tbody" | "thead" | "tfoot" | "tr" | "colgroup" | "select" | "optgroup" | "head" | "html"
    )
}

/// Whether an element may hold this child; otherwise the browser moves the child (foster parenting).
pub fn may_hold(parent: &str, child: &str) -> bool {
    match parent {
        "table" => matches!(
            child,
            "caption"
                | "colgroup"
                | "col"
                | "thead"
                | "tbody"
                | "tfoot"
                | "tr"
                | "script"
                | "template"
                | "style"
        ),
        "thead" | "tbody" | "tfoot" => matches!(child, "tr" | "script" | "template"),
        "tr" => matches!(child, "td" | "th" | "script" | "template"),
        "colgroup" => matches!(child, "col" | "template"),
        "select" => matches!(child, "option" | "optgroup" | "hr" | "script" | "template"),
        "head" => matches!(
            child,
            "title" | "meta" | "link" | "base" | "style" | "script" | "noscript" | "template"
        ),
        "html" => matches!(child, "head" | "body"),
        "ruby" if matches!(child, "rt" | "rp") => true,
        _ => {
            !matches!(
                child,
                "tr" | "td"
                    | "th"
                    | "tbody"
                    | "thead"
                    | "tfoot"
                    | "caption"
                    | "col"
                    | "colgroup"
                    | "rt"
                    | "rp"
            ) || matches!(parent, "template" | "table")
        }
    }
}

/// HTML elements that break out of SVG and MathML (HTML Standard, 13.2.6.5).
pub fn leaves_foreign(name: &str) -> bool {
    matches!(
        name,
        "b" | "big"
            | "blockquote"
            | "body"
            | "br"
            | "center"
            | "code"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "em"
            | "embed"
            | "font"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "hr"
            | "i"
            | "img"
            | "li"
            | "listing"
            | "menu"
            | "meta"
            | "nobr"
            | "ol"
            | "p"
            | "pre"
            | "ruby"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "strike"
            | "sub"
            | "sup"
            | "table"
            | "tt"
            | "u"
            | "ul"
            | "var"
    )
}

/// Elements of SVG and MathML whose inside is HTML again (HTML Standard, 13.2.4.1).
pub fn integration_point(name: &str, math: bool) -> bool {
    if math {
        matches!(name, "mi" | "mo" | "mn" | "ms" | "mtext")
    } else {
        matches!(name, "foreignobject" | "desc" | "title")
    }
}

/// Elements that change URLs or attributes over time: their values decide what others load.
pub fn animation(name: &str) -> bool {
    matches!(
        name,
        "animate" | "set" | "animatetransform" | "animatemotion" | "animatecolor" | "handler" | "listener"
    )
}

/// The known HTML elements that may carry dynamic attributes without being named here one by one.
pub fn known(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "a",
        "abbr",
        "address",
        "area",
        "article",
        "aside",
        "audio",
        "b",
        "base",
        "bdi",
        "bdo",
        "blockquote",
        "body",
        "br",
        "button",
        "canvas",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "data",
        "datalist",
        "dd",
        "del",
        "details",
        "dfn",
        "dialog",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hgroup",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "link",
        "main",
        "map",
        "mark",
        "menu",
        "meta",
        "meter",
        "nav",
        "noscript",
        "object",
        "ol",
        "optgroup",
        "option",
        "output",
        "p",
        "param",
        "picture",
        "pre",
        "progress",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "script",
        "search",
        "section",
        "select",
        "slot",
        "small",
        "source",
        "span",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "template",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "track",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    ];
    NAMES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_binary_search() {
        assert!(known("a") && known("wbr") && known("time") && !known("x-el") && !known("xmp"));
    }

    #[test]
    fn raw_text_elements_are_known() {
        for name in ["xmp", "iframe", "noembed", "noframes", "noscript"] {
            assert_eq!(content(name), Content::Raw);
        }
        assert_eq!(content("plaintext"), Content::Refused);
    }
}
