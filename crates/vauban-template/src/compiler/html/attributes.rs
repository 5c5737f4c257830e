//! What kind of value an attribute holds. An allow-list: an attribute that is not known takes no value
//! from data (CWE-79).

use super::elements;
use super::names::{library_name, names_address, names_verb};

/// The kind of an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Plain,
    /// A URL to which someone may navigate or from which media load.
    Url,
    /// A URL from which an image loads: one of those, or `data:` with base64.
    Image,
    /// A URL from which code, documents or styles load, or to which a form sends: typed values only.
    Resource,
    /// A URL from which a document loads: a typed value, or values in a literal path.
    Frame,
    /// The target of a form.
    Action,
    /// Candidates for an image.
    Srcset,
    /// A colour.
    Colour,
    /// A reference to a part of the drawing: `url(#…)`.
    Reference,
    /// A selector with names in it.
    Selector,
    /// A question of htmx, which runs one that begins with `js:`.
    Question,
    /// Present or absent: its value says nothing.
    Boolean,
    /// One of some words.
    Enumerated(&'static [&'static str]),
    /// No value from data.
    Refused(Refusal),
}

/// Why an attribute takes no value from data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Class of the problem.
    pub class: &'static str,
    /// What it would do.
    pub found: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

const INPUT_TYPES: &[&str] = &[
    "text",
    "email",
    "url",
    "tel",
    "search",
    "password",
    "number",
    "range",
    "date",
    "time",
    "datetime-local",
    "month",
    "week",
    "color",
    "checkbox",
    "radio",
    "file",
    "hidden",
    "submit",
    "reset",
    "button",
];

macro_rules! refuse {
    ($class:literal, $found:literal, $help:literal) => {
        Kind::Refused(Refusal {
            class: $class,
            found: $found,
            help: $help,
        })
    };
}

/// Classifies the attribute `name` (lower case) of `element` (lower case).
pub fn kind(element: &str, name: &str, foreign: bool) -> Kind {
    let name = library_name(name);
    let local = name.strip_prefix("xlink:").unwrap_or(name);
    // CWE-79: an inline handler is JavaScript inside an attribute; the default CSP forbids it anyway.
    if name.starts_with("on") || local.contains(":on") || name.starts_with('@') {
        return refuse!(
            "event-handler",
            "a value inside an inline event handler: the attribute is JavaScript",
            "put the value into a data- attribute and read it from a script file: data-id=\"{{ id }}\" and element.dataset.id"
        );
    }
    if executes(name) {
        return refuse!(
            "framework-attribute",
            "a value inside an attribute that script libraries evaluate",
            "give the library a literal expression and the value in a data- attribute"
        );
    }
    match name {
        "style" => {
            return refuse!(
                "style-attribute",
                "a value inside style=: no escaper makes CSS from data safe, and the default CSP forbids it",
                "choose a class: class=\"{% if late %}late{% endif %}\", or use an attribute such as width= or a <progress>"
            );
        }
        "srcdoc" => {
            return refuse!(
                "srcdoc",
                "a value inside srcdoc=: the nested document would run the markup",
                "serve the document from a view of its own and write src=\"{% url name %}\""
            );
        }
        "nonce" => {
            return refuse!(
                "nonce",
                "a nonce written by hand",
                "remove it: the compiler writes the nonce of this response"
            );
        }
        _ => {}
    }
    // CWE-352: a library sends with this verb what the element names, whatever that is, and the page's token.
    if names_verb(name) {
        return refuse!(
            "form-attribute",
            "a value in an attribute that names the verb of a request",
            "write it literally; use {% if %} round whole elements"
        );
    }
    if elements::animation(element) {
        return refuse!(
            "svg-animation",
            "a value inside an SVG animation: it can set links and handlers of other elements",
            "write the animation literally"
        );
    }
    if foreign && let Some(kind) = foreign_kind(element, name, local) {
        return kind;
    }
    element_kind(element, name).unwrap_or_else(|| global_kind(element, name, foreign))
}

/// Attributes whose value a widespread client library runs as code.
fn executes(name: &str) -> bool {
    let plain = name.strip_prefix("data-").unwrap_or(name);
    name.starts_with("data-on")
        || name.starts_with("hx-on")
        || name.starts_with("x-")
        || name.starts_with("v-")
        // AngularJS takes any of these for the hyphen.
        || ["ng-", "ng:", "ng_"].iter().any(|ng| plain.starts_with(ng))
        // Datastar.
        || ["effect", "signals", "computed"].iter().any(|word| plain != name && plain.starts_with(word))
        || name.starts_with(':')
        || matches!(
            name,
            "hx-vars"
                | "hx-vals"
                | "hx-headers"
                | "hx-request"
                | "hx-trigger"
                | "data-bind"
                | "_"
                | "data-script"
        )
}

fn foreign_kind(element: &str, name: &str, local: &str) -> Option<Kind> {
    Some(match (element, local) {
        ("a", "href") => Kind::Url,
        ("image", "href") => Kind::Image,
        (_, "href") => Kind::Resource,
        (
            _,
            "src" | "data" | "base" | "from" | "to" | "by" | "values" | "attributename" | "begin" | "end",
        ) => refuse!(
            "svg-url",
            "a value inside an SVG attribute that loads or changes other content",
            "write it literally"
        ),
        (
            _,
            "d"
            | "points"
            | "x"
            | "y"
            | "x1"
            | "x2"
            | "y1"
            | "y2"
            | "cx"
            | "cy"
            | "r"
            | "rx"
            | "ry"
            | "dx"
            | "dy"
            | "viewbox"
            | "transform"
            | "pathlength"
            | "offset"
            | "textlength"
            | "rotate"
            | "refx"
            | "refy"
            | "markerwidth"
            | "markerheight"
            | "font-size"
            | "text-anchor"
            | "stroke-width"
            | "opacity"
            | "preserveaspectratio"
            | "display"
            | "mathvariant"
            | "columnspan"
            | "rowspan"
            | "stroke-dasharray"
            | "stroke-dashoffset"
            | "stroke-linecap"
            | "stroke-linejoin"
            | "stroke-miterlimit"
            | "stroke-opacity"
            | "fill-opacity"
            | "fill-rule"
            | "stop-opacity"
            | "flood-opacity"
            | "visibility"
            | "font-family"
            | "font-weight"
            | "font-style"
            | "dominant-baseline"
            | "alignment-baseline"
            | "baseline-shift"
            | "letter-spacing"
            | "word-spacing"
            | "gradienttransform"
            | "gradientunits"
            | "patterntransform"
            | "patternunits"
            | "spreadmethod"
            | "fx"
            | "fy"
            | "orient"
            | "vector-effect"
            | "stddeviation"
            | "in"
            | "in2"
            | "result",
        ) => Kind::Plain,
        // CWE-79: `fill="url(…)"` loads: only colour words and numbers are written, which `Plain` cannot promise.
        (_, "fill" | "stroke" | "stop-color" | "flood-color" | "lighting-color" | "color") => Kind::Colour,
        (_, "filter" | "mask" | "clip-path" | "marker" | "marker-start" | "marker-mid" | "marker-end") => {
            Kind::Reference
        }
        (_, "cursor") => refuse!(
            "svg-paint",
            "a value inside an SVG presentation attribute: it may hold url(…)",
            "choose a class and set the colour in a style sheet"
        ),
        _ if name.contains(':') && name != "xml:lang" => refuse!(
            "unknown-attribute",
            "a value in an attribute with a namespace",
            "write it literally"
        ),
        _ => return None,
    })
}

// A table, read by element.
#[allow(clippy::match_same_arms)]
fn element_kind(element: &str, name: &str) -> Option<Kind> {
    Some(match (element, name) {
        ("iframe", "src") => Kind::Frame,
        ("script" | "embed" | "frame" | "portal", "src") => Kind::Resource,
        // RequireJS loads what `data-main` names.
        ("script", "data-main") => Kind::Resource,
        ("script", _) if name != "id" && !name.starts_with("data-") => refuse!(
            "script-attribute",
            "a value in an attribute of <script> that decides what runs",
            "write it literally"
        ),
        ("object", "data" | "codebase" | "classid" | "archive" | "code" | "type")
        | ("embed", "type" | "code")
        | ("param", "value" | "name") => Kind::Refused(OBJECT),
        ("base", _) => refuse!(
            "base",
            "a value in <base>: it moves every relative address of the page",
            "write it literally"
        ),
        ("link", "href") => Kind::Resource,
        ("link", "imagesrcset") => Kind::Srcset,
        (
            "link",
            "rel" | "as" | "type" | "crossorigin" | "integrity" | "referrerpolicy" | "blocking"
            | "imagesizes" | "disabled",
        ) => refuse!(
            "link-attribute",
            "a value in an attribute of <link> that decides what is loaded",
            "write it literally; use {% if %} round whole <link> elements"
        ),
        ("meta", "http-equiv" | "charset" | "name" | "property") => refuse!(
            "meta",
            "a value in an attribute of <meta> that decides what the element does",
            "write it literally"
        ),
        ("meta", "content") => Kind::Plain,
        ("form", "action") => Kind::Action,
        ("button" | "input", "formaction") => Kind::Action,
        ("form", "method" | "enctype" | "accept-charset" | "target" | "rel")
        | ("button" | "input", "formmethod" | "formenctype" | "formtarget") => refuse!(
            "form-attribute",
            "a value in an attribute of a form that decides where and how it is sent",
            "write it literally; use {% if %} round whole forms"
        ),
        ("input", "type") => Kind::Enumerated(INPUT_TYPES),
        ("button", "type") => Kind::Enumerated(&["submit", "reset", "button"]),
        ("ol", "type") => Kind::Enumerated(&["1", "a", "A", "i", "I"]),
        ("a" | "area", "href") => Kind::Url,
        ("a" | "area", "ping") => Kind::Resource,
        ("a" | "area", "target") => Kind::Enumerated(&["_blank", "_self", "_parent", "_top"]),
        ("a" | "area", "rel" | "type" | "referrerpolicy") => refuse!(
            "link-attribute",
            "a value in an attribute of a link that decides how it is followed",
            "write it literally"
        ),
        ("iframe", "sandbox" | "allow" | "allowfullscreen" | "csp" | "referrerpolicy" | "name") => refuse!(
            "iframe-attribute",
            "a value in an attribute that limits what a frame may do",
            "write it literally"
        ),
        ("img" | "source", "srcset") => Kind::Srcset,
        ("img" | "input", "src") | ("video", "poster") => Kind::Image,
        ("source" | "video" | "audio" | "track", "src")
        | ("img" | "input", "longdesc" | "lowsrc" | "dynsrc") => Kind::Url,
        // It says whether a browser tries the source, and nothing of how it is read.
        ("source", "type") => Kind::Plain,
        ("table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "body", "bgcolor")
        | ("font", "color")
        | ("body", "text" | "link" | "vlink" | "alink") => Kind::Colour,
        ("blockquote" | "q" | "del" | "ins", "cite") => Kind::Url,
        ("body" | "table" | "td" | "th" | "tr" | "thead" | "tbody" | "tfoot", "background") => Kind::Image,
        ("img" | "object" | "input", "usemap") => Kind::Url,
        ("html", "manifest") | ("head", "profile") => refuse!(
            "manifest",
            "a value in an attribute that loads code",
            "write it literally"
        ),
        ("template", "shadowrootmode") | (_, "is") => refuse!(
            "element-behaviour",
            "a value that decides what an element is",
            "write it literally"
        ),
        ("time" | "del" | "ins", "datetime")
        | ("data" | "li" | "meter" | "progress" | "option" | "button" | "input", "value") => Kind::Plain,
        _ => return None,
    })
}

const OBJECT: Refusal = Refusal {
    class: "object",
    found: "a value in <object>, <embed> or <param>: plugins and documents from data",
    help: "write it literally, or link to it: <a href=\"{{ url }}\">",
};

fn global_kind(element: &str, name: &str, foreign: bool) -> Kind {
    let unknown = !foreign && !elements::known(element);
    if unknown && !for_any_element(name) {
        return refuse!(
            "unknown-attribute",
            "a value in an attribute of an unknown element: its script decides what the value means",
            "use a data- attribute"
        );
    }
    if boolean(name) {
        return Kind::Boolean;
    }
    if let Some(rest) = name.strip_prefix("data-") {
        // CWE-829: a script that loads the element later uses it as the attribute that it is named after: `data-lazy-src`.
        let loads = ["src", "href", "data"]
            .into_iter()
            .find(|own| rest.ends_with(own));
        if let Some(kind) = element_kind(element, loads.unwrap_or(rest))
            && matches!(
                kind,
                Kind::Resource | Kind::Frame | Kind::Action | Kind::Refused(OBJECT)
            )
        {
            return kind;
        }
        // After Go: script will use it for what its name says.
        match rest {
            "style" | "srcdoc" => {
                return refuse!(
                    "style-attribute",
                    "a value in a data- attribute named after one that holds CSS or a document",
                    "name it after what it says: data-colour=, data-text="
                );
            }
            "srcset" => return Kind::Srcset,
            _ => {}
        }
        // After Go: a name that speaks of an address is treated as one, for script will use it as one.
        return if names_address(rest) {
            Kind::Url
        } else {
            Kind::Plain
        };
    }
    if name.starts_with("aria-") {
        return Kind::Plain;
    }
    match name {
        "dir" => Kind::Enumerated(&["ltr", "rtl", "auto"]),
        "referrerpolicy" | "crossorigin" | "integrity" | "contenteditable" | "charset" | "form" | "slot"
        | "part" => refuse!(
            "enumerated-attribute",
            "a value in an attribute that only takes fixed words",
            "write it literally"
        ),
        "draggable" | "spellcheck" | "translate" => Kind::Enumerated(&["true", "false", "yes", "no"]),
        // What a view of this site answers with: a path that begins literally with its slash, or a typed address.
        "hx-get" | "hx-post" | "hx-put" | "hx-delete" | "hx-patch" | "hx-action" | "hx-push-url"
        | "hx-replace-url" | "up-href" | "up-source" | "up-validate-url" | "up-location" | "up-back" => {
            Kind::Action
        }
        "up-target" | "up-fail-target" | "up-validate" | "hx-target" | "hx-include" | "hx-indicator"
        | "hx-disabled-elt" | "hx-select" | "hx-select-oob" | "hx-swap-oob" | "hx-sync" => Kind::Selector,
        "hx-confirm" | "hx-prompt" => Kind::Question,
        "hx-swap" => Kind::Enumerated(&[
            "innerHTML",
            "outerHTML",
            "textContent",
            "beforebegin",
            "afterbegin",
            "beforeend",
            "afterend",
            "delete",
            "none",
        ]),
        _ if PLAIN.binary_search(&name).is_ok() => Kind::Plain,
        _ => refuse!(
            "unknown-attribute",
            "a value in an unknown attribute",
            "use a data- attribute"
        ),
    }
}

/// Attributes that mean the same on every element, also on one that a script defines.
fn for_any_element(name: &str) -> bool {
    name.starts_with("data-")
        || name.starts_with("aria-")
        || matches!(
            name,
            "id" | "class"
                | "title"
                | "lang"
                | "dir"
                | "role"
                | "tabindex"
                | "accesskey"
                | "hidden"
                | "inert"
                | "draggable"
                | "spellcheck"
                | "translate"
                | "itemid"
                | "itemprop"
                | "itemref"
                | "itemtype"
        )
}

/// Attributes that are present or absent.
pub fn boolean(name: &str) -> bool {
    matches!(
        name,
        "autofocus"
            | "autoplay"
            | "checked"
            | "controls"
            | "default"
            | "disabled"
            | "hidden"
            | "inert"
            | "ismap"
            | "itemscope"
            | "loop"
            | "multiple"
            | "muted"
            | "novalidate"
            | "formnovalidate"
            | "open"
            | "playsinline"
            | "readonly"
            | "required"
            | "reversed"
            | "selected"
            | "async"
            | "defer"
            | "nomodule"
            | "allowfullscreen"
    )
}

/// Attributes that hold text.
const PLAIN: &[&str] = &[
    "abbr",
    "accept",
    "accesskey",
    "align",
    "alt",
    "autocapitalize",
    "autocomplete",
    "axis",
    "border",
    "cellpadding",
    "cellspacing",
    "char",
    "class",
    "cols",
    "colspan",
    "commandfor",
    "content",
    "coords",
    "datetime",
    "dirname",
    "download",
    "enterkeyhint",
    "fetchpriority",
    "for",
    "headers",
    "height",
    "high",
    "hreflang",
    "hspace",
    "id",
    "inputmode",
    "itemid",
    "itemprop",
    "itemref",
    "itemtype",
    "kind",
    "label",
    "lang",
    "list",
    "loading",
    "low",
    "max",
    "maxlength",
    "media",
    "min",
    "minlength",
    "name",
    "nowrap",
    "optimum",
    "pattern",
    "placeholder",
    "popover",
    "popovertarget",
    "preload",
    "property",
    "pubdate",
    "role",
    "rows",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "size",
    "sizes",
    "span",
    "srclang",
    "start",
    "step",
    "summary",
    "tabindex",
    "title",
    "valign",
    "value",
    "vspace",
    "width",
    "wrap",
    "xml:lang",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_binary_search() {
        assert!(PLAIN.is_sorted());
    }

    fn refused(element: &str, name: &str) -> bool {
        matches!(kind(element, name, false), Kind::Refused(_))
    }

    /// CWE-79: the long spelling of a library's attribute is what the short one is.
    #[test]
    fn htmx_attributes_are_the_same_with_data_before_them() {
        for name in ["vars", "vals", "headers", "request", "trigger", "on:click", "ext"] {
            assert!(refused("div", &format!("hx-{name}")), "{name}");
            assert!(refused("div", &format!("data-hx-{name}")), "{name}");
        }
        assert_eq!(kind("div", "data-hx-target", false), Kind::Selector);
        for name in ["get", "post", "put", "patch", "delete", "push-url"] {
            assert_eq!(
                kind("div", &format!("data-hx-{name}"), false),
                Kind::Action,
                "{name}"
            );
        }
    }

    /// CWE-79: an attribute for a script is of the kind of what it is named after.
    #[test]
    fn data_attributes_are_what_their_names_say() {
        assert!(
            refused("div", "data-style") && refused("div", "data-srcdoc") && refused("div", "data-onclick")
        );
        assert_eq!(kind("div", "data-srcset", false), Kind::Srcset);
        for name in [
            "data-action",
            "data-poster",
            "data-cite",
            "data-my-url",
            "data-src",
        ] {
            assert_eq!(kind("div", name, false), Kind::Url, "{name}");
        }
        assert_eq!(kind("div", "data-styled", false), Kind::Plain);
    }

    /// march-language #311 and Go's known holes: each by name.
    #[test]
    fn known_bypass_families_take_no_value() {
        assert!(refused("div", "onclick") && refused("svg:a", "svg:onclick") && refused("div", "data-onfoo"));
        assert!(refused("iframe", "srcdoc") && refused("p", "style") && refused("base", "href"));
        assert!(refused("object", "data") && refused("meta", "http-equiv") && refused("x-el", "mysrc"));
        assert_eq!(kind("a", "ping", false), Kind::Resource);
        assert_eq!(kind("script", "src", false), Kind::Resource);
        assert_eq!(kind("use", "xlink:href", true), Kind::Resource);
        assert_eq!(kind("a", "xlink:href", true), Kind::Url);
        assert_eq!(kind("button", "formaction", false), Kind::Action);
        assert!(matches!(kind("animate", "values", true), Kind::Refused(_)));
    }
}
