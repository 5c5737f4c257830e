//! `export_templates!`: a package hands its templates' text to packages that extend them.
//!
//! A macro carries the text, so that nothing is read from another package's folder (it may be in a registry's cache, or
//! moved), the build follows it, and `$crate` comes along: names in a template are those of its own package.

use super::check;
use super::error::Problem;
use super::resolve::{Folder, Loader, Package};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::path::PathBuf;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{DeriveInput, Ident, LitStr, Token};

/// A folder with more than this is no folder of templates, in files.
const MOST: usize = 2_000;

struct Export {
    folder: LitStr,
    extends: Vec<Ident>,
}

impl Parse for Export {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let shape = "write `export_templates!(\"templates\")`, with `extends = package` where a template of this one extends another package's";
        let fail = |error: syn::Error| syn::Error::new(error.span(), shape);
        let mut out = Self {
            folder: input.parse().map_err(fail)?,
            extends: Vec::new(),
        };
        while !input.is_empty() {
            input.parse::<Token![,]>().map_err(fail)?;
            if input.is_empty() {
                break;
            }
            let word: Ident = input.parse().map_err(fail)?;
            if word != "extends" {
                return Err(syn::Error::new(word.span(), shape));
            }
            input.parse::<Token![=]>().map_err(fail)?;
            out.extends.push(input.parse().map_err(fail)?);
        }
        Ok(out)
    }
}

/// Expands `export_templates!`.
pub fn export(input: TokenStream) -> TokenStream {
    Parser::parse2(Export::parse, input)
        .and_then(|export| expand(&export))
        .unwrap_or_else(|error| error.to_compile_error())
}

fn expand(export: &Export) -> syn::Result<TokenStream> {
    let fail = |message: String| syn::Error::new(export.folder.span(), message);
    // Pages of the package itself are read from there too: one place for both.
    if export.folder.value() != "templates" {
        return Err(fail(
            "templates are in the folder `templates` of the package: `export_templates!(\"templates\")`"
                .to_owned(),
        ));
    }
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let name = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let folder = Folder(manifest.join("templates"));
    let names = folder.names();
    if names.is_empty() {
        return Err(fail(
            "there is no file below the folder `templates` of this package".to_owned(),
        ));
    }
    if names.len() > MOST {
        return Err(fail(format!("more than {MOST} files below `templates`")));
    }
    let mut texts = Vec::new();
    let mut tracked = Vec::new();
    for file in &names {
        let Some(text) = folder.load(file) else {
            return Err(fail(format!("templates/{file} cannot be read as UTF-8")));
        };
        let path = format!("/templates/{file}");
        tracked.push(quote! {
            const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path));
        });
        texts.push(quote! { #file #text });
    }
    let statics = Folder(manifest.join("static")).names();
    // What another package would be told of is told here, where it can be mended.
    let problems: Vec<Problem> = check::check_package(&manifest)
        .into_iter()
        .filter(|problem| !problem.warning)
        .collect();
    let errors = (!problems.is_empty()).then(|| {
        let told: Vec<String> = problems.iter().map(|p| format!("template {p}")).collect();
        fail(told.join("\n\n")).to_compile_error()
    });
    // The packages further up, each with its own `$crate`: found through this one, whoever asks.
    let ways = export.extends.iter().map(|package| {
        let way = way(package);
        quote! { #[doc(hidden)] pub extern crate #package as #way; }
    });
    let further: Vec<TokenStream> = export
        .extends
        .iter()
        .map(|package| {
            let way = way(package);
            quote! { [$crate::#way::__templates] }
        })
        .collect();
    let this = quote! { { [$crate] #name [#(#texts),*] [#(#statics),*] } };
    // The first further package is called, and told of the others and of who asked.
    let body = match export.extends.first() {
        None => quote! { $($callback)*! { $($rest)* #this } },
        Some(first) => {
            let (first, rest) = (way(first), &further[1..]);
            quote! { $crate::#first::__templates! { #(#rest)* [$($callback)*] $($rest)* #this } }
        }
    };
    Ok(quote! {
        #errors
        #(#tracked)*
        #(#ways)*
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __templates {
            ([$($callback:tt)*] $($rest:tt)*) => { #body };
        }
    })
}

fn way(package: &Ident) -> Ident {
    format_ident!("__templates_of_{}", package)
}

/// Asks the packages that a page extends for their texts: the first hands over to the second, the last to us.
pub(super) fn ask(packages: &[Ident], rooted: bool, input: &DeriveInput) -> syn::Result<TokenStream> {
    let [first, rest @ ..] = packages else {
        return Ok(TokenStream::new());
    };
    if rooted {
        return Err(syn::Error::new(
            first.span(),
            "`crate = path` pages do not extend other packages' templates",
        ));
    }
    // The way back is at the macro's name, so that a package that exports nothing is told of there.
    let span = first.span();
    let call = quote::quote_spanned! {span=> ::#first::__templates! };
    let rest = rest.iter().map(|package| quote! { [::#package::__templates] });
    Ok(quote! { #call { #(#rest)* [::vauban::__private::template_with] { #input } } })
}

/// What packages handed over.
pub(super) fn packages(input: ParseStream<'_>) -> syn::Result<Vec<Package>> {
    let mut all: Vec<Package> = Vec::new();
    while !input.is_empty() {
        let one;
        syn::braced!(one in input);
        let root;
        syn::bracketed!(root in one);
        let root: TokenStream = root.parse()?;
        let name = one.parse::<LitStr>()?.value();
        let texts;
        syn::bracketed!(texts in one);
        let files = texts.call(|input| {
            let mut files = Vec::new();
            while !input.is_empty() {
                files.push((input.parse::<LitStr>()?.value(), input.parse::<LitStr>()?.value()));
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(files)
        })?;
        let names;
        syn::bracketed!(names in one);
        let statics = names.parse_terminated(|input: ParseStream<'_>| input.parse::<LitStr>(), Token![,])?;
        let package = Package {
            name,
            root,
            files,
            statics: statics.iter().map(LitStr::value).collect(),
        };
        // The same one, come by two ways.
        if let Some(known) = all.iter().find(|known| known.name == package.name) {
            if known.files == package.files {
                continue;
            }
            return Err(syn::Error::new(
                proc_macro2::Span::call_site(),
                format!(
                    "two versions of the package `{}` hand their templates over: extend one",
                    package.name
                ),
            ));
        }
        all.push(package);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::derive::{Compiled, compile};
    use crate::compiler::generate::{Known, Options};
    use crate::compiler::resolve::Loader;
    use std::collections::HashMap;

    struct Site {
        own: HashMap<String, String>,
        packages: Vec<Package>,
    }

    impl Loader for Site {
        fn load(&self, name: &str) -> Option<String> {
            self.own.load(name)
        }
        fn names(&self) -> Vec<String> {
            self.own.names()
        }
        fn packages(&self) -> &[Package] {
            &self.packages
        }
    }

    const BASE: &str = "<!doctype html><html lang=\"en\"><head><title>{% block title %}{{ heading }}{% endblock %}</title></head>\
        \n<body>{% block main %}{% endblock %}\n  <a href=\"{% url book %}\">Book</a></body></html>";

    fn package(name: &str, files: &[(&str, &str)]) -> Package {
        Package {
            name: name.to_owned(),
            root: format!("::{name}_root").parse().unwrap(),
            files: files
                .iter()
                .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
                .collect(),
            statics: vec![format!("{name}/x.css")],
        }
    }

    fn made(own: &str, packages: Vec<Package>) -> Result<Compiled, String> {
        let site = Site {
            own: HashMap::from([
                ("page.html".to_owned(), own.to_owned()),
                ("secret.html".to_owned(), "<p>ours</p>".to_owned()),
                ("book/both.html".to_owned(), "<p>ours</p>".to_owned()),
            ]),
            packages,
        };
        let options = Options {
            root: quote! { root },
            fields: ["heading", "text"]
                .map(|name| (name.to_owned(), proc_macro2::Span::call_site()))
                .into(),
            dynamic: false,
            unasked: false,
            given: &[],
            local: false,
            any: false,
            own: Known::default(),
            span: proc_macro2::Span::call_site(),
        };
        let folder = std::path::Path::new("/nowhere");
        compile(&site, "page.html", &options, false, Some(folder))
            .map_err(|problems| problems.iter().map(|p| format!("{p}\n")).collect())
    }

    fn of(base: &str, own: &str) -> Result<Compiled, String> {
        made(own, vec![package("book", &[("base.html", base)])])
    }

    fn said(result: Result<Compiled, String>) -> String {
        result.unwrap_err()
    }

    #[test]
    fn names_mean_those_of_the_files_own_crate() {
        let own = "{% extends \"book/base.html\" %}{% block main %}<a href=\"{% url home %}\">{{ text|crate::shout }}</a>{% endblock %}";
        let base = BASE.replace("{% block title", "{{ heading|crate::loud }}{% block title");
        let made = of(&base, own).unwrap();
        let body = made.body.to_string().replace(' ', "");
        for name in [
            "use::book_root::urlsasbook_templates_base_html_line_3_column_15;book_templates_base_html_line_3_column_15::book}",
            "usecrate::urlsaspage_html_line_1_column_59;page_html_line_1_column_59::home}",
            "usecrateaspage_html_line_1_column_80;page_html_line_1_column_80::shout}",
            "(::book_root::loud)",
        ] {
            assert!(body.contains(name), "{name} is not in {body}");
        }
        assert_eq!(body.matches("crate::urls").count(), 1, "{body}");
        // Only our own files are ours to watch.
        assert_eq!(made.files, ["page.html"]);
    }

    #[test]
    fn a_mistake_is_told_of_either_file() {
        let own = "{% extends \"book/base.html\" %}\n{% block main %}{{ txt }}{% endblock %}";
        assert!(
            said(of(BASE, own)).starts_with("page.html:2:20: "),
            "{}",
            said(of(BASE, own))
        );
        let wrong = BASE.replace("Book</a>", "{{ hading }}</a>");
        let told = said(of(&wrong, "{% extends \"book/base.html\" %}"));
        assert!(told.starts_with("book/templates/base.html:3:"), "{told}");
        let told = said(of(BASE, "{% extends \"book/bas.html\" %}"));
        assert!(told.contains("did you mean \"book/base.html\"?"), "{told}");
        let told = said(of(BASE, "{% extends \"book/other/file.html\" %}"));
        assert!(told.contains("has base.html"), "{told}");
        let told = said(of(
            BASE,
            "{% extends \"book/base.html\" %}{% block man %}x{% endblock %}",
        ));
        assert!(told.contains("did you mean `main`?"), "{told}");
        let told = said(made("{% include \"guests/list.html\" %}", Vec::new()));
        assert!(told.contains("extends = package"), "{told}");
    }

    /// CWE-79: contexts flow through a layout of another package as through one of this one.
    #[test]
    fn the_walls_hold_across_the_border() {
        let script = BASE.replace(
            "{% block main %}{% endblock %}",
            "<script nonce=\"{{ csp_nonce }}\">var x = {% block main %}1{% endblock %};</script>",
        );
        let same = |own: &str| {
            let here = HashMap::from([
                ("page.html".to_owned(), own.replace("book/", "")),
                ("base.html".to_owned(), script.clone()),
            ]);
            let site = Site {
                own: here,
                packages: Vec::new(),
            };
            let options = Options {
                root: quote! { root },
                fields: vec![
                    ("text".to_owned(), proc_macro2::Span::call_site()),
                    ("heading".to_owned(), proc_macro2::Span::call_site()),
                ],
                dynamic: false,
                unasked: false,
                given: &[],
                local: false,
                any: false,
                own: Known::default(),
                span: proc_macro2::Span::call_site(),
            };
            compile(&site, "page.html", &options, false, None)
        };
        for block in [
            "{{ text }}",
            "\"{{ text }}\"",
            "`{{ text }}`",
            "// {{ text }}",
            "'</script>{{ text }}",
        ] {
            let own =
                format!("{{% extends \"book/base.html\" %}}\n{{% block main %}}{block}{{% endblock %}}");
            let (across, within) = (of(&script, &own), same(&own));
            assert_eq!(across.is_ok(), within.is_ok(), "{block}: {across:?}");
            if let (Ok(across), Ok(within)) = (across, within) {
                let plain = |made: &Compiled| {
                    made.body
                        .to_string()
                        .replace("book_templates_base_html", "base_html")
                        .replace(":: book_root ::", "crate ::")
                };
                assert_eq!(plain(&across), plain(&within), "{block}");
            }
        }
        // CWE-352: a form whose start is theirs and whose fields are ours has a token.
        let form = BASE.replace(
            "{% block main %}{% endblock %}",
            "<form method=\"post\">{% block main %}{% endblock %}</form>",
        );
        let made = of(
            &form,
            "{% extends \"book/base.html\" %}{% block main %}<button>Go</button>{% endblock %}",
        )
        .unwrap();
        assert!(made.uses_token);
        assert!(made.body.to_string().contains("form_token"));
        // And what no escaper makes safe does not compile, whosever file it is.
        let handler = BASE.replace("<a href", "<a onclick=\"{{ heading }}\" href");
        let told = said(of(&handler, "{% extends \"book/base.html\" %}"));
        assert!(told.starts_with("book/templates/base.html:3:"), "{told}");
    }

    /// What another package's template says is of that package alone.
    #[test]
    fn a_template_from_elsewhere_reaches_nothing_of_ours() {
        // CWE-22, CWE-829: a file of this package by the same name is not the one that is meant.
        let include = |what: &str| BASE.replace("{% block main %}", &format!("{what}{{% block main %}}"));
        let page = "{% extends \"book/base.html\" %}";
        for what in [
            "{% include \"secret.html\" %}",
            "{% include \"page.html\" %}",
            "{% include \"../secret.html\" %}",
            "{% include \"book/../secret.html\" %}",
            "{% static \"css/ours.css\" %}",
        ] {
            let told = said(of(&include(&format!("<p>{what}</p>")), page));
            assert!(told.starts_with("book/templates/base.html:"), "{what}: {told}");
            assert!(told.contains("there is no"), "{what}: {told}");
        }
        // A path that would be ours, depending on who extends.
        for what in ["{{ text|self::own }}", "{{ text|super::own }}"] {
            let told = said(of(&include(what), page));
            assert!(told.contains("each package that extends"), "{what}: {told}");
        }
        // An exception is signed where a reviewer of that package sees it.
        let waiver = "{% waiver CrossOriginForm \"they take payments\" %}<form method=\"post\" action=\"https://pay.example/\"><button>Pay</button></form>";
        let told = said(of(&include(waiver), page));
        assert!(told.contains("signs no exception"), "{told}");
        // Two files of one name: nobody guesses.
        let told = said(made(
            "{% include \"book/both.html\" %}",
            vec![package("book", &[("both.html", "<p>theirs</p>")])],
        ));
        assert!(told.contains("the name of two templates"), "{told}");
        // Static files: theirs by their names, from their templates and from ours.
        let css = "<link rel=\"stylesheet\" href=\"{% static \"book/x.css\" %}\">";
        assert!(of(&BASE.replace("<title>", &format!("{css}<title>")), page).is_ok());
        assert!(
            said(of(
                &BASE.replace("<title>", &format!("{}<title>", css.replace("x.css", "y.css"))),
                page
            ))
            .contains("did you mean \"book/x.css\"?")
        );
    }

    #[test]
    fn a_third_package_is_reached_through_the_second() {
        let packages = || {
            vec![
                package(
                    "book",
                    &[(
                        "list.html",
                        "{% extends \"look/base.html\" %}{% block main %}<i>{% url book %}</i>{% block more %}{% endblock %}{% endblock %}",
                    )],
                ),
                package("look", &[("base.html", &BASE.replace("url book", "url home"))]),
            ]
        };
        let own = "{% extends \"book/list.html\" %}{% block more %}{{ text }}{% endblock %}";
        let body = made(own, packages()).unwrap().body.to_string().replace(' ', "");
        for (root, call) in [
            ("use::book_root::urlsasbook_", "column_53::book}"),
            ("use::look_root::urlsaslook_", "column_15::home}"),
        ] {
            assert!(body.contains(root) && body.contains(call), "{body}");
        }
        // Its file is named by the package that extends it, and does not shadow ours.
        let told = said(made("{% extends \"base.html\" %}", packages()));
        assert!(told.contains("there is no template \"base.html\""), "{told}");
    }

    #[test]
    fn what_is_handed_over_is_read_back() {
        let tokens = quote! { { [::book] "book" ["a.html" "<p>", "b.html" "x"] ["book/x.css"] } { [::book] "book" ["a.html" "<p>", "b.html" "x"] ["book/x.css"] } { [::look] "look" [] [] } };
        let read = Parser::parse2(packages, tokens).unwrap();
        // Come by two ways, it is one.
        let names: Vec<&str> = read.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["book", "look"]);
        assert_eq!(read[0].files.len(), 2);
        let tokens =
            quote! { { [::a::book] "book" ["a.html" "1"] [] } { [::b::book] "book" ["a.html" "2"] [] } };
        let told = Parser::parse2(packages, tokens).unwrap_err().to_string();
        assert!(told.contains("two versions"), "{told}");
    }
}
