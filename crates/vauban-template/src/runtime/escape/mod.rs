//! Escapers, one file per context. Each takes any text and writes something inert in its context.

pub mod html;
pub mod js;
pub mod srcset;
pub mod url;

pub use html::{attribute, rcdata, text};

/// What stands where a value was refused at run time: an address that leads nowhere.
pub const BLOCKED: &str = "about:invalid#blocked";

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
    /// After the first slash of a path.
    UrlRoot = url::root;
    /// In a path.
    UrlPath = url::path;
    /// In a query or fragment.
    UrlQuery = url::component;
    /// Image candidates.
    Srcset = srcset::srcset;
    /// Inside a JavaScript string.
    JsString = js::string;
    /// Inside a JSON string.
    JsonString = js::string;
}

/// A whole URL from which code or documents load: takes typed values only.
#[derive(Debug, Clone, Copy)]
pub struct Resource;
/// The target of a form: takes a route's address only.
#[derive(Debug, Clone, Copy)]
pub struct Action;
