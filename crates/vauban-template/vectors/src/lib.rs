//! `vectors!("templates.json")`: every case of a vector file becomes a render function, compiled by the real
//! compiler. Cases that the compiler refuses keep its message instead. Only tests use this.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use vauban_template::compiler::derive::{Compiled, compile};
use vauban_template::compiler::generate::Options;

/// Reads a vector file and writes `pub fn cases() -> Vec<Case>`.
#[proc_macro]
pub fn vectors(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let file = input.to_string().trim_matches('"').to_owned();
    let (path, text) = find(&file);
    let cases = match serde_json::from_str::<Value>(&text) {
        Ok(json) => cases(&file, &json),
        Err(error) => return error_tokens(&error.to_string()).into(),
    };
    let mut out = TokenStream::new();
    for (number, case) in cases.into_iter().enumerate() {
        out.extend(case_tokens(number, case));
    }
    let path = path.display().to_string();
    quote! {
        const _: &[u8] = include_bytes!(#path);
        /// Every case, in the order of the file.
        pub fn cases() -> Vec<Case> {
            let mut all: Vec<Case> = Vec::new();
            #out
            all
        }
    }
    .into()
}

fn error_tokens(message: &str) -> TokenStream {
    quote! { compile_error!(#message); }
}

/// The folder of the vectors, or the sample that is committed.
fn find(file: &str) -> (PathBuf, String) {
    let package = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folders = [
        std::env::var("VAUBAN_VECTORS")
            .map(PathBuf::from)
            .unwrap_or_default(),
        package.join("../../../shared/vectors"),
        package.join("tests/samples"),
    ];
    for folder in folders {
        let path = folder.join(file);
        if let Ok(text) = std::fs::read_to_string(&path) {
            return (path.canonicalize().unwrap_or(path), text);
        }
    }
    (PathBuf::new(), "{}".to_owned())
}

/// A case as it stands in the file.
struct Raw {
    /// Its name or number.
    id: String,
    /// What kind of list it comes from.
    list: String,
    /// Files, the first being the page.
    templates: HashMap<String, String>,
    entry: String,
    data: Value,
    /// The whole case, for the test to judge by.
    json: Value,
}

fn cases(file: &str, json: &Value) -> Vec<Raw> {
    let mut out = Vec::new();
    let list = |name: &str| {
        json.get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    if file == "contextual_escaping.json" {
        for (name, key) in [
            ("cases", "cases"),
            ("errors", "errors"),
            ("must_compile", "must_compile"),
        ] {
            for case in list(key) {
                let django = case.get("django").cloned().unwrap_or(Value::Null);
                let (template, data) = match &django {
                    Value::String(text) => (text.clone(), Value::Null),
                    Value::Object(o) => (
                        o.get("template")
                            .and_then(Value::as_str)
                            .unwrap_or_default()
                            .to_owned(),
                        o.get("data").cloned().unwrap_or(Value::Null),
                    ),
                    _ => continue,
                };
                let id = case
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                out.push(Raw {
                    id,
                    list: name.to_owned(),
                    templates: HashMap::from([("t".to_owned(), template)]),
                    entry: "t".to_owned(),
                    data,
                    json: case,
                });
            }
        }
        return out;
    }
    for case in list("cases") {
        let id = case
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let templates: HashMap<String, String> = case
            .get("templates")
            .and_then(Value::as_object)
            .map(|o| {
                o.iter()
                    .map(|(k, v)| (k.clone(), without_autoescape(v.as_str().unwrap_or_default())))
                    .collect()
            })
            .unwrap_or_default();
        let entry = case
            .get("entry")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let data = case.get("context").cloned().unwrap_or(Value::Null);
        out.push(Raw {
            id,
            list: "cases".to_owned(),
            templates,
            entry,
            data,
            json: case,
        });
    }
    out
}

/// The switch does not exist here: the case runs as if it were not there, and the test compares accordingly.
fn without_autoescape(text: &str) -> String {
    text.replace("{% autoescape off %}", "")
        .replace("{% autoescape on %}", "")
        .replace("{% endautoescape %}", "")
}

fn case_tokens(number: usize, case: Raw) -> TokenStream {
    let Raw {
        id,
        list,
        templates,
        entry,
        data,
        json,
    } = case;
    let json = json.to_string();
    let mut names: Vec<String> = data
        .as_object()
        .map(|o| o.keys().cloned().collect())
        .unwrap_or_default();
    names.retain(|n| {
        n.starts_with(|c: char| c.is_ascii_alphabetic())
            && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    let options = Options {
        root: quote!(::vauban_template::__private),
        fields: names.iter().map(|n| (n.clone(), Span::call_site())).collect(),
        dynamic: true,
        unasked: false,
        given: &[],
        local: false,
        any: false,
        own: std::collections::BTreeMap::new(),
        span: proc_macro2::Span::call_site(),
    };
    // Names of the test files may be anything; the compiler takes paths only.
    let run = match compile(&templates, &entry, &options, true, None) {
        Ok(Compiled { body, markers, .. }) => {
            let fields: Vec<_> = names.iter().map(|n| raw(n)).collect();
            let data = Literal::string(&data.to_string());
            let page = format_ident!("Page{number}");
            quote! {{
                #markers
                struct #page { #(#fields: V),* }
                impl #page {
                    #[allow(unused, clippy::all)]
                    fn render(&self, __cx: &dyn ::vauban_template::RenderContext, __out: &mut String) { #body }
                }
                fn run(cx: &dyn ::vauban_template::RenderContext) -> String {
                    #[allow(unused_variables)]
                    let data = V::parse(#data);
                    let page = #page { #(#fields: data.field(#names)),* };
                    let mut out = String::new();
                    page.render(cx, &mut out);
                    out
                }
                Compiled::Runs(run)
            }}
        }
        Err(problems) => {
            let classes: Vec<&str> = problems.iter().map(|p| p.class).collect();
            let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let text = text.join("\n");
            quote! { Compiled::Refused(&[#(#classes),*], #text) }
        }
    };
    let source = templates.get(&entry).cloned().unwrap_or_default();
    quote! {{
        fn add(all: &mut Vec<Case>) {
            all.push(Case { id: #id, list: #list, source: #source, json: #json, compiled: #run });
        }
        add(&mut all);
    }}
}

fn raw(name: &str) -> proc_macro2::Ident {
    match name {
        "self" | "super" | "crate" | "Self" => format_ident!("__{name}"),
        "as" | "break" | "const" | "continue" | "else" | "enum" | "extern" | "false" | "fn" | "for"
        | "if" | "impl" | "in" | "let" | "loop" | "match" | "mod" | "move" | "mut" | "pub" | "ref"
        | "return" | "static" | "struct" | "trait" | "true" | "type" | "unsafe" | "use" | "where"
        | "while" | "async" | "await" | "dyn" | "abstract" | "become" | "box" | "do" | "final" | "macro"
        | "override" | "priv" | "typeof" | "unsized" | "virtual" | "yield" | "try" | "gen" => {
            proc_macro2::Ident::new_raw(name, Span::call_site())
        }
        _ => format_ident!("{name}"),
    }
}
