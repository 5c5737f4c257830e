//! Escapers, one file per context. Each takes any text and writes something inert in its context.

pub mod checked;
pub mod html;
pub mod js;
pub mod plain;
pub mod srcset;
pub mod url;

pub use html::{attribute, rcdata, text};
pub use url::BLOCKED;

/// A context in which text can be written.
#[diagnostic::on_unimplemented(message = "{Self} takes no text")]
pub trait Escape {
    /// Appends `text`, inert in this context.
    fn escape(text: &str, out: &mut String);
}

macro_rules! contexts {
    ($($(#[$doc:meta])+ $name:ident = $escape:path;)+) => {
        $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Escape for $name {
                #[inline]
                fn escape(text: &str, out: &mut String) {
                    $escape(text, out);
                }
            }
        )+
    };
}

contexts! {
    /// Element text.
    Text = html::text;
    /// The text of `title` and `textarea`.
    Rcdata = html::rcdata;
    /// A quoted attribute.
    Attribute = html::attribute;
    /// The start of a URL.
    UrlStart = url::start;
    /// After the first slash of a path: one segment, or a part of it.
    UrlRoot = checked::segment;
    /// Several segments of a path.
    UrlPath = checked::segments;
    /// In a query or fragment.
    UrlQuery = url::component;
    /// Image candidates.
    Srcset = srcset::srcset;
    /// Behind `mailto:` or `tel:`.
    UrlOpaque = url::opaque;
    /// One segment of a literal path.
    Segment = checked::segment;
    /// One candidate of several in a `srcset`: its start.
    Candidate = srcset::candidate;
    /// In the path of a candidate.
    CandidatePath = srcset::candidate_path;
    /// The text of an image.
    Base64 = checked::base64;
    /// A colour.
    Colour = checked::colour;
    /// A part of a colour or width.
    Word = checked::word;
    /// A part of a name in a selector, in an attribute.
    Selector = selector;
    /// Between the brackets of `url()`.
    CssUrl = checked::css_url;
    /// Inside a JavaScript string.
    JsString = js::string;
    /// Inside a JSON string.
    JsonString = js::string;
    /// A plain text.
    Plain = plain::text;
}

/// A whole URL from which code or documents load: takes typed values only.
#[derive(Debug, Clone, Copy)]
pub struct Resource;
/// The target of a form: takes a route's address only.
#[derive(Debug, Clone, Copy)]
pub struct Action;

/// A part of a name in a selector, which stands in an attribute.
fn selector(value: &str, out: &mut String) {
    checked::selector(value, out);
}
