//! `#[derive(Template)]`: the struct gives the variables, the attribute names the file.

use super::error::{Error, Pos, Problem, Sources};
use super::generate::{Generator, Known, Options, PAGE_NAMES};
use super::html::ir::{Inside, Op, each};
use super::html::{Analysed, Machine, analyse};
use super::parts::{Part, parts};
use super::plain::{self, is_plain};
use super::resolve::{Folder, Loader, Package, Page, Resolver};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use syn::parse::{Parse, ParseStream};
use syn::{Data, DeriveInput, LitStr, Token};

/// What stands in `#[template(…)]`.
#[derive(Debug)]
struct Attribute {
    file: Option<LitStr>,
    source: Option<LitStr>,
    standalone: bool,
    piece: bool,
    dynamic: bool,
    root: Option<syn::Ident>,
    /// Other packages whose templates may be named.
    extends: Vec<syn::Ident>,
    /// A site may put a page of its own in this one's place.
    replaceable: bool,
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut out = Self {
            file: None,
            source: None,
            standalone: false,
            piece: false,
            dynamic: false,
            root: None,
            extends: Vec::new(),
            replaceable: false,
        };
        while !input.is_empty() {
            if input.peek(LitStr) {
                out.file = Some(input.parse()?);
            } else if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                out.root = Some(framework(input)?);
            } else {
                let name: syn::Ident = input.parse()?;
                match name.to_string().as_str() {
                    "standalone" => out.standalone = true,
                    "piece" => out.piece = true,
                    "dynamic" => out.dynamic = true,
                    "replaceable" => out.replaceable = true,
                    "extends" => {
                        input.parse::<Token![=]>()?;
                        out.extends.push(input.parse().map_err(|e| {
                            syn::Error::new(
                                e.span(),
                                "name the crate whose templates are extended: `extends = guestbook`",
                            )
                        })?);
                    }
                    "source" => {
                        input.parse::<Token![=]>()?;
                        out.source = Some(input.parse()?);
                    }
                    _ => {
                        return Err(syn::Error::new(
                            name.span(),
                            "write #[template(\"path/below/templates.html\")], with `extends = package`, `replaceable`, `standalone` or `crate = path` where needed",
                        ));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(out)
    }
}

/// What stands behind `crate =`, for Vauban's own crates. CWE-79: what is called there is taken to escape, so that it is the
/// framework's, and nothing that has its names.
pub(super) fn framework(input: ParseStream<'_>) -> syn::Result<syn::Ident> {
    let path = input.call(syn::Path::parse_mod_style)?;
    match path.get_ident() {
        Some(name) if name == "vauban_template" => Ok(name.clone()),
        _ => Err(syn::Error::new_spanned(
            path,
            "pages are written by Vauban's own functions: leave `crate = …` out, or write `crate = vauban_template`",
        )),
    }
}

/// Expands the derive. Problems become compile errors at the attribute, with the template's own place.
pub fn derive(input: TokenStream) -> TokenStream {
    read(input)
        .and_then(|input| expand(&input, Vec::new()))
        .unwrap_or_else(|error| error.to_compile_error())
}

/// The second half where other packages' templates are extended: what they handed over stands behind the struct.
pub fn derive_with(input: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| -> syn::Result<(DeriveInput, Vec<Package>)> {
        let page;
        syn::braced!(page in input);
        let page = page.parse()?;
        Ok((page, super::export::packages(input)?))
    };
    syn::parse::Parser::parse2(parse, input)
        .and_then(|(input, packages)| expand(&input, packages))
        .unwrap_or_else(|error| error.to_compile_error())
}

fn read(input: TokenStream) -> syn::Result<DeriveInput> {
    syn::parse2(input)
}

fn expand(input: &DeriveInput, packages: Vec<Package>) -> syn::Result<TokenStream> {
    let Some(attribute) = input.attrs.iter().find(|a| a.path().is_ident("template")) else {
        return Err(syn::Error::new(
            input.ident.span(),
            "name the file: #[template(\"articles/show.html\")] (a path below the folder templates/ of this package)",
        ));
    };
    let given: Attribute = attribute.parse_args()?;
    if !given.extends.is_empty() && packages.is_empty() {
        return super::export::ask(&given.extends, given.root.is_some(), input);
    }
    if given.replaceable && (given.standalone || given.root.is_some()) {
        return Err(syn::Error::new_spanned(
            attribute,
            "a page that is no answer cannot be replaced: leave out `standalone` or `replaceable`",
        ));
    }
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(
            input.ident.span(),
            "a template's variables are the fields of a struct",
        ));
    };
    let fields: Vec<(String, Span)> = data
        .fields
        .iter()
        .filter_map(|f| f.ident.as_ref())
        .map(|i| (i.to_string().trim_start_matches("r#").to_owned(), i.span()))
        .collect();
    if data.fields.iter().any(|f| f.ident.is_none()) {
        return Err(syn::Error::new(
            input.ident.span(),
            "a template's struct has named fields: they are its variables",
        ));
    }
    // CWE-863: `{% if user.is_staff %}` of a layout would ask another person than the one who is signed in.
    if !given.dynamic
        && let Some((name, span)) = fields
            .iter()
            .find(|(name, _)| PAGE_NAMES.contains(&name.as_str()))
    {
        let meant = match name.as_str() {
            "user" => "who is signed in",
            "messages" => "the messages for this visitor",
            "path" => "the path of the request",
            "cookies" => "the cookies of the request",
            _ => "whether the developer is looking",
        };
        let other = match name.as_str() {
            "user" => "person",
            "messages" => "notes",
            "path" => "address",
            "cookies" => "choices",
            _ => "details",
        };
        return Err(syn::Error::new(
            *span,
            format!(
                "in every template `{name}` is {meant}, and so in this page and its layout: call the field by another name, `{other}` say"
            ),
        ));
    }

    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let (name, span) = match (&given.file, &given.source) {
        (Some(file), None) => (file.value(), file.span()),
        (None, Some(source)) => (format!("(source of {})", input.ident), source.span()),
        _ => {
            return Err(syn::Error::new_spanned(
                attribute,
                "name one file: #[template(\"articles/show.html\")]",
            ));
        }
    };
    let folder = Folder(manifest.join("templates"));
    let loader = Source {
        name: name.clone(),
        text: given.source.as_ref().map(LitStr::value),
        folder,
        packages,
    };
    let root = match &given.root {
        Some(path) => quote! { ::#path::__private },
        None => quote! { ::vauban::__private::template },
    };
    let options = Options {
        root: root.clone(),
        fields,
        dynamic: given.dynamic,
        unasked: false,
        given: &[],
        local: false,
        any: false,
        own: Known::default(),
        span,
    };
    let compiled = compile(
        &loader,
        &name,
        &options,
        given.piece,
        given.source.is_none().then_some(manifest.as_path()),
    );
    let compiled = match compiled {
        Ok(compiled) => compiled,
        Err(problems) => {
            let text = untold(&problems, &format!("{name} of {}", input.ident));
            let error =
                (!text.is_empty()).then(|| syn::Error::new(span, text.join("\n\n")).to_compile_error());
            let nothing = Compiled::default();
            let rest = implement(input, &given, &root, &nothing, &[]);
            return Ok(quote! { #error #rest });
        }
    };

    let hints = hints(
        input,
        &given,
        span,
        super::hints::told_while_building(&manifest, &compiled.warnings),
    );
    let files: Vec<&String> = compiled
        .files
        .iter()
        .filter(|file| given.source.is_none() || **file != name)
        .collect();
    let rest = implement(input, &given, &root, &compiled, &files);
    Ok(quote! { #hints #rest })
}

/// Hints as warnings, at the name of the file. Stable Rust lets a macro warn with words of its own in two ways: by a use of
/// what is deprecated, which a site denies, and by a value that must be used and is not. Inside a tuple rustc offers no change
/// for that. A mail (`standalone`) has no policy.
fn hints(input: &DeriveInput, given: &Attribute, span: Span, hints: Vec<Problem>) -> TokenStream {
    let silent = input
        .attrs
        .iter()
        .any(|a| a.path().is_ident("allow") && quote! { #a }.to_string().contains("unused_must_use"));
    if given.standalone || silent {
        return TokenStream::new();
    }
    let hints = hints.iter().map(|hint| {
        let note = format!("template {hint}");
        let name = proc_macro2::Ident::new("html_that_the_default_policy_forbids", span);
        let unused = quote_spanned! { span => (#name,); };
        quote! {
            const _: () = {
                #[must_use = #note]
                #[allow(non_camel_case_types)]
                struct #name;
                #unused
            };
        }
    });
    quote! { #(#hints)* }
}

/// Those problems that no other page of this compilation has told of: what is wrong in a base is wrong once, however many
/// pages extend it. Whoever told of one tells of it again: an editor expands a page more often than once.
pub(super) fn untold(problems: &[Problem], page: &str) -> Vec<String> {
    static TOLD: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = problems.iter().map(|p| format!("template {p}"));
    texts
        .filter(|text| told.entry(text.clone()).or_insert_with(|| page.to_owned()) == page)
        .collect()
}

/// The implementations. After an error they write nothing, so that only the error is shown.
fn implement(
    input: &DeriveInput,
    given: &Attribute,
    root: &TokenStream,
    compiled: &Compiled,
    files: &[&String],
) -> TokenStream {
    let files = files.iter().map(|file| {
        let path = format!("/templates/{file}");
        quote! { const _: &[::core::primitive::u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)); }
    });
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let Compiled {
        body,
        fragments,
        size,
        uses_token,
        uses_nonce,
        forms_to,
        slots,
        markers,
        ..
    } = compiled;
    let fragment_names: Vec<&String> = fragments.iter().map(|(n, _, _)| n).collect();
    let fragment_bodies = fragments.iter().map(|(_, _, b)| b);
    let insides = fragments.iter().map(|(_, inside, _)| inside.markup());
    // Answered alone, a component's slots are not filled: its page shows what stands there otherwise.
    let no_slots = (!slots.is_empty()).then(|| quote! { let __slots: &dyn #root::Slots = &(); });
    // One method per slot, so that filling one that is not there does not compile.
    let slot_methods = slots.iter().map(|name| slot_method(name));
    let slot_methods = (!slots.is_empty()).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #ident #type_generics #where_clause {
                #(#[doc(hidden)] #[allow(dead_code, missing_docs)] pub fn #slot_methods(&self) {})*
            }
        }
    });
    let render = if !slots.is_empty() {
        quote! {
            fn render_into(&self, __cx: &dyn #root::RenderContext, __out: &mut ::std::string::String) {
                #root::Component::render_with(self, __cx, &(), __out);
            }
        }
    } else {
        quote! {
            #[allow(unused, clippy::all, clippy::pedantic)]
            fn render_into(&self, __cx: &dyn #root::RenderContext, __out: &mut ::std::string::String) { #body }
        }
    };
    let component = if !slots.is_empty() {
        quote! {
            #[automatically_derived]
            impl #impl_generics #root::Component for #ident #type_generics #where_clause {
                #[allow(unused, clippy::all, clippy::pedantic)]
                fn render_with(&self, __cx: &dyn #root::RenderContext, __slots: &dyn #root::Slots, __out: &mut ::std::string::String) { #body }
            }
        }
    } else {
        quote! {
            #[automatically_derived]
            impl #impl_generics #root::Component for #ident #type_generics #where_clause {
                fn render_with(&self, __cx: &dyn #root::RenderContext, _: &dyn #root::Slots, __out: &mut ::std::string::String) {
                    #root::Template::render_into(self, __cx, __out);
                }
            }
        }
    };
    let fragment_into = if fragments.is_empty() {
        quote! {}
    } else {
        quote! {
            #[allow(unused, clippy::all, clippy::pedantic)]
            fn fragment_into(&self, __name: &::core::primitive::str, __cx: &dyn #root::RenderContext, __into: &mut ::std::string::String) -> ::core::primitive::bool {
                #no_slots
                let __found = ::core::cell::Cell::new(false);
                let __part = ::core::cell::Cell::new(::std::string::String::new());
                let mut __page = ::std::string::String::new();
                let __out = &mut __page;
                match __name {
                    #(#fragment_names => { #fragment_bodies })*
                    _ => {}
                }
                #root::literal(&::core::cell::Cell::take(&__part), __into);
                ::core::cell::Cell::get(&__found)
            }
        }
    };
    let respond = if given.standalone || given.root.is_some() {
        quote! {}
    } else if given.replaceable {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::vauban::http::Replaceable for #ident #type_generics #where_clause {}

            #[automatically_derived]
            impl #impl_generics ::vauban::Respond for #ident #type_generics #where_clause {
                fn respond(self, cx: &::vauban::Request) -> ::vauban::Response {
                    ::vauban::__private::respond_replaceable(self, cx)
                }

                fn commits(&self) -> ::core::primitive::bool {
                    true
                }

                fn __forms_to() -> &'static [&'static ::core::primitive::str] {
                    <Self as #root::Template>::__FORMS_TO
                }
            }
        }
    } else {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::vauban::Respond for #ident #type_generics #where_clause {
                fn respond(self, cx: &::vauban::Request) -> ::vauban::Response {
                    ::vauban::__private::respond_template(&self, cx)
                }

                fn commits(&self) -> ::core::primitive::bool {
                    true
                }

                fn __forms_to() -> &'static [&'static ::core::primitive::str] {
                    <Self as #root::Template>::__FORMS_TO
                }
            }
        }
    };
    quote! {
        const _: () = {
            #(#files)*
            #markers
            #[automatically_derived]
            impl #impl_generics #root::Template for #ident #type_generics #where_clause {
                #[allow(deprecated)]
                const __DERIVED: #root::Ours<Self, #root::Derived> = #root::Ours::__made();
                const SIZE_HINT: ::core::primitive::usize = #size;
                const USES_TOKEN: ::core::primitive::bool = #uses_token;
                const USES_NONCE: ::core::primitive::bool = #uses_nonce;
                const FRAGMENTS: &'static [&'static ::core::primitive::str] = &[#(#fragment_names),*];
                const __INSIDE: &'static [&'static ::core::primitive::str] = &[#(#insides),*];
                const __FORMS_TO: &'static [&'static ::core::primitive::str] = &[#(#forms_to),*];
                #render
                #fragment_into
            }
            #component
            #slot_methods
            #respond
        };
    }
}

/// Everything that was made of one template.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Statements that write the page.
    pub body: TokenStream,
    /// Statements per named part.
    pub fragments: Vec<(String, Inside, TokenStream)>,
    /// About how many bytes.
    pub size: usize,
    /// A token is written.
    pub uses_token: bool,
    /// A nonce is written.
    pub uses_nonce: bool,
    /// The other origins that its POST forms go to.
    pub forms_to: Vec<String>,
    /// Types named after the files, for messages.
    pub markers: TokenStream,
    /// The names of its slots.
    pub slots: Vec<String>,
    /// Files of this package that were read.
    pub files: Vec<String>,
    /// The variables that it names.
    pub names: plain::Roots,
    /// What compiles and may still be a mistake.
    pub warnings: Vec<Problem>,
}

/// Compiles one template.
///
/// # Errors
/// Every problem that was found.
pub fn compile<L: Loader>(
    loader: &L,
    name: &str,
    options: &Options,
    piece: bool,
    package: Option<&Path>,
) -> Result<Compiled, Vec<Problem>> {
    let mut resolver = Resolver::new(loader);
    let page = match resolver.page(name) {
        Ok(page) => page,
        Err(error) => return Err(vec![resolver.sources.problem(*error)]),
    };
    let sources = std::mem::take(&mut resolver.sources);
    if is_plain(name) {
        return compile_plain(&page, &sources, options);
    }
    let (analysed, parts, machine) = analyse_all(&page, &sources, piece)?;
    let mut errors: Vec<Error> = Vec::new();
    let mut warnings = Vec::new();
    for problem in machine.problems {
        if problem.warning {
            warnings.push(problem);
        } else {
            errors.push(problem);
        }
    }
    if options.unasked {
        errors.extend(super::misplaced::misplaced(&analysed.ops, &page.nodes, &warnings));
    }
    if let Some(package) = package {
        missing_files(
            &analysed.ops,
            &package.join("static"),
            loader,
            &sources,
            &mut errors,
        );
    }
    let body = Generator::new(options, &sources).function(&analysed.ops);
    let mut size = 0;
    let mut tokens = TokenStream::new();
    match body {
        Ok((body, bytes)) => {
            tokens = body;
            size = bytes;
        }
        Err(found) => errors.extend(found),
    }
    let mut fragments = Vec::new();
    for part in parts {
        match Generator::new(options, &sources).part(&part.name, &part.ops) {
            Ok(body) => fragments.push((part.name, part.inside, body)),
            // They are those of the page.
            Err(found) if errors.is_empty() => errors.extend(found),
            Err(_) => {}
        }
    }
    if !errors.is_empty() {
        return Err(errors.into_iter().map(|e| sources.problem(e)).collect());
    }
    Ok(Compiled {
        body: tokens,
        fragments,
        size,
        uses_token: analysed.uses_token,
        uses_nonce: analysed.uses_nonce,
        forms_to: analysed.forms_to,
        slots: slots(&analysed.ops),
        markers: sources.markers(),
        files: sources.own_names(),
        names: plain::roots(&analysed.ops),
        warnings: warnings.into_iter().map(|hint| sources.problem(hint)).collect(),
    })
}

/// Compiles a plain text.
fn compile_plain(page: &Page, sources: &Sources, options: &Options) -> Result<Compiled, Vec<Problem>> {
    let ops = plain::analyse(&page.nodes).map_err(|error| vec![sources.problem(*error)])?;
    let made = Generator::new(options, sources).function(&ops);
    let (body, size) = made.map_err(|found| {
        let told = found.into_iter().map(|error| sources.problem(error));
        told.collect::<Vec<_>>()
    })?;
    Ok(Compiled {
        body,
        size,
        markers: sources.markers(),
        files: sources.own_names(),
        names: plain::roots(&ops),
        ..Compiled::default()
    })
}

type Analysis = (Analysed, Vec<Part>, Machine);

/// Runs the context machine over the page and over each of its parts.
pub fn analyse_all(page: &Page, sources: &Sources, piece: bool) -> Result<Analysis, Vec<Problem>> {
    let end = Pos {
        file: 0,
        offset: sources.text(0).len() as u32,
    };
    let mut machine = Machine::new(piece);
    let analysed = match analyse(&mut machine, &page.nodes, end) {
        Ok(analysed) => analysed,
        Err(error) => {
            let mut all: Vec<Problem> = machine
                .problems
                .into_iter()
                .filter(|p| !p.warning)
                .map(|p| sources.problem(p))
                .collect();
            all.push(sources.problem(*error));
            return Err(all);
        }
    };
    let (parts, problems) = parts(&analysed.ops);
    machine.problems.extend(problems);
    for (_, nodes, pos) in &page.partials {
        let mut part = Machine::new(true);
        if let Err(error) = analyse(&mut part, nodes, *pos) {
            return Err(vec![sources.problem(*error)]);
        }
        machine
            .problems
            .extend(part.problems.into_iter().filter(|p| !p.warning));
    }
    Ok((analysed, parts, machine))
}

/// `{% static %}` of a file that is not there. A template names its own package's files, and those of packages that it
/// extends.
pub(super) fn missing_files<L: Loader>(
    ops: &[Op],
    folder: &Path,
    loader: &L,
    sources: &Sources,
    errors: &mut Vec<Error>,
) {
    let packages = loader.packages();
    each(ops, &mut |op| {
        if let Op::Static(path, _, pos) = op {
            // Every site serves what the framework ships.
            if [crate::FRAGMENTS_PATH, crate::TYPED_PATH].contains(&path.as_str())
                || packages.iter().any(|p| p.statics.contains(path))
            {
                return;
            }
            let climbs = path.split('/').any(|part| part == ".." || part.is_empty());
            // A file of this package is not what another package's template means.
            let mine = !climbs && !sources.is_foreign(*pos) && folder.join(path).is_file();
            if !mine && !loader.is_elsewhere(path) {
                let mut names = Folder(folder.to_path_buf()).names();
                names.extend(packages.iter().flat_map(|p| p.statics.iter().cloned()));
                let help = match super::error::nearest(path, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => "the path is exact and relative to the folder static/; another package's files are named with #[template(…, extends = package)]".to_owned(),
                };
                errors.push(Error::new(
                    *pos,
                    "no-such-file",
                    format!("there is no static file \"{path}\""),
                    help,
                ));
            }
        }
    });
}

/// The method that says that a component has a slot.
pub(super) fn slot_method(name: &str) -> proc_macro2::Ident {
    format_ident!("__slot_{name}")
}

fn slots(ops: &[Op]) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    each(ops, &mut |op| {
        if let Op::Slot(name, ..) = op {
            found.insert(name.clone());
        }
    });
    found.into_iter().collect()
}

/// The template itself may be given as text; everything else comes from the folder.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: Option<String>,
    pub(super) folder: Folder,
    pub(super) packages: Vec<Package>,
}

impl Loader for Source {
    fn load(&self, name: &str) -> Option<String> {
        match &self.text {
            Some(text) if name == self.name => Some(text.clone()),
            _ => self.folder.load(name),
        }
    }

    fn names(&self) -> Vec<String> {
        self.folder.names()
    }

    fn packages(&self) -> &[Package] {
        &self.packages
    }
}
