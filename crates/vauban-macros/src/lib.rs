//! Vauban's attributes and derives: thin, they write calls of the crates above. Use them through `vauban`.

use proc_macro::TokenStream;

mod acting;
mod choices;
mod form;
mod form_rows;
mod hook;
mod ident;
mod migrations;
mod model;
mod package;
mod role;
mod routes;
mod template;

mod static_files;
mod task;
mod user;
mod view;

/// Makes a view of an async function: `#[view(get, "/articles/{slug}/")]`.
///
/// The first parameter is the access rule; parameters named in the path are `Path<T>`; every other is a
/// `Param` of the view's kind. Optional: `body = BYTES` (largest request body), `timeout = SECONDS`.
#[proc_macro_attribute]
pub fn view(args: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = item.clone();
    let stub = view::stub(&item.clone().into());
    match view::expand(args.into(), item.into()) {
        Ok(view) => view.into(),
        Err(error) => {
            // The function stays, so that nothing but the one error is said.
            let mut out = TokenStream::from(error.to_compile_error());
            out.extend("#[allow(dead_code)]".parse::<TokenStream>().unwrap_or_default());
            out.extend(untouched);
            out.extend(TokenStream::from(stub));
            out
        }
    }
}

/// Makes a task of an async function: what is done later, in the unit of whoever asks for it.
///
/// `#[task(name = "news.digest", queue = "mail", tries = 8, timeout = 60, priority = high, secret)]`. The first parameter says as
/// whom it runs, `AsAsker` or `AsService<S>`; then there may be `Db<Write>`, `Db`, `Part<T>`, `Attempt`, and one value of the
/// task's own, which its row keeps. `secret`: that value is sealed at rest.
#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = item.clone();
    match task::expand(args.into(), item.into()) {
        Ok(task) => task.into(),
        Err(error) => {
            let mut out = TokenStream::from(error.to_compile_error());
            out.extend("#[allow(dead_code)]".parse::<TokenStream>().unwrap_or_default());
            out.extend(untouched);
            out
        }
    }
}

/// Makes a hook of an async function: what a module does when something happens, in the same unit of work.
///
/// The first parameter says as whom it acts, `AsService<S>`; then there may be `Db<Write>` or `Db`, and the event by reference. It
/// returns `Result<()>`, or `Result<(), Refused>` where the event may be refused. A module brings it: `.hook::<welcome>()`.
#[proc_macro_attribute]
pub fn hook(args: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = item.clone();
    match hook::expand(&args.into(), item.into()) {
        Ok(hook) => hook.into(),
        Err(error) => {
            let mut out = TokenStream::from(error.to_compile_error());
            out.extend("#[allow(dead_code)]".parse::<TokenStream>().unwrap_or_default());
            out.extend(untouched);
            out
        }
    }
}

/// Writes the table of a module's routes: a typed URL function per name, and `routes()`.
///
/// `routes! { article => articles::show, include accounts at "/accounts/" = vauban::accounts::urls }`
#[proc_macro]
pub fn routes(input: TokenStream) -> TokenStream {
    routes::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a form of a struct: the fields that a request may set, each with its type and its limits.
///
/// On fields `#[field(label = "…", help = "…", max_length = 200, min_length = 1, min = 0, max = 10,
/// required = true, widget = textarea, autocomplete = "email", choices = QUERY)]`; on the struct
/// `#[form(clean = function)]` for checks across fields. Text needs `max_length`.
#[proc_macro_derive(Form, attributes(form, field))]
pub fn form(item: TokenStream) -> TokenStream {
    form::expand(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes the app's own model the one whose rows sign in. It has the framework's columns beside its own:
///
/// ```ignore
/// #[derive(Model, UserAccount)]
/// #[model(user)]
/// pub struct User {
///     pub id: Id<User>,
///     #[field(unique, fixed)] pub email: Email,
///     #[field(privileged, default = true)] pub is_active: bool,
///     #[field(privileged, default = false)] pub is_staff: bool,
///     #[field(privileged, default = false)] pub is_superuser: bool,
///     #[field(auto_now_add)] pub date_joined: DateTime,
///     #[field(privileged)] pub last_login: Option<DateTime>,
///     #[field(max_length = 80)] pub name: String,   // its own: empty for a new account, shown if not
/// }
/// ```
#[proc_macro_derive(UserAccount, attributes(account))]
pub fn user_account(item: TokenStream) -> TokenStream {
    user::expand(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// The package in which it is written, with its committed locks: `App::new(vauban::package!())`.
///
/// In a release build `access.lock` and `waivers.lock` become part of the program; without `access.lock` a release
/// does not compile.
#[proc_macro]
pub fn package(input: TokenStream) -> TokenStream {
    package::expand(&input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// A package's migrations, embedded: `migrations!("migrations")`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    migrations::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a model of a struct: its table, columns, and the struct that a new row is made from.
///
/// On fields `#[field(max_length = 200, text, unique, index, default = …, auto_now_add, auto_now, owner, tenant,
/// fixed, privileged, personal, versioned = false, on_delete = restrict|cascade|cascade_owned|set_null)]`, on the id `random`; on the struct
/// `#[model(table = "…", unique(a, b), index(a, b), check(name = "SQL"), related(name: Child.field), user)]`.
#[proc_macro_derive(Model, attributes(model, field))]
pub fn model(item: TokenStream) -> TokenStream {
    model::expand(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a group of fields of a struct: models take them in by `#[field(group)] pub times: Timestamps`, and their columns
/// stand in the model's table.
///
/// On fields what stands on those of a model. On the model's field `group`, with `given` if a new row must be given values for it,
/// and with `prefix = "billing_"` if its columns' names begin so.
#[proc_macro_derive(FieldGroup, attributes(group, field))]
pub fn field_group(item: TokenStream) -> TokenStream {
    model::expand_group(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a field type of an enum without values, stored as text: `Role::Admin` as `admin`. On variants
/// `#[choice(stored = "…", label = "…")]`.
#[proc_macro_derive(Choices, attributes(choices, choice))]
pub fn choices(item: TokenStream) -> TokenStream {
    choices::expand(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes roles of an enum without values, in order, the last one the owner's: a field type as by `Choices`, stored as text, so that
/// another order changes no row. `#[role(manages)]` stands on the least role that manages members, if that is not the owner's.
#[proc_macro_derive(Role, attributes(choices, choice, role))]
pub fn role(item: TokenStream) -> TokenStream {
    role::expand(item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Makes a page of a struct: its fields are the variables of the template.
///
/// `#[template("articles/show.html")]` names a file below the package's `templates/`. The template is
/// parsed as HTML while the program is compiled; a value in a place that no escaper makes safe, an unknown
/// variable or an unbalanced element does not compile. `extends = guestbook` lets it extend and include templates that
/// the package `guestbook` exports, by `guestbook/base.html`; `replaceable` lets a site put a page of its own in this
/// one's place; `standalone` leaves out `impl Respond`.
#[proc_macro_derive(Template, attributes(template))]
pub fn template(item: TokenStream) -> TokenStream {
    template::derive(item.into()).into()
}

/// Makes a mail of a struct: its fields are the variables of its templates.
///
/// `#[mail(subject = "{{ org }} invites you", template = "mail/invite")]` names `templates/mail/invite.txt` and
/// `templates/mail/invite.html`, which are compiled and checked as pages are. `bulk = "digest"` makes it a kind that whoever
/// gets it can leave; its templates then say where, with `{{ unsubscribe }}`.
#[proc_macro_derive(Mail, attributes(mail))]
pub fn mail(item: TokenStream) -> TokenStream {
    template::mail(item.into()).into()
}

/// Lets other packages extend this package's templates: `vauban::export_templates!("templates");`, once, at the root of
/// the crate.
///
/// A page elsewhere says `#[template("thanks.html", extends = guestbook)]`, and its file
/// `{% extends "guestbook/base.html" %}`. `{% url %}`, filters, calls and components in a template mean its own package's,
/// which therefore are public. The page's struct has the variables of all files. Where a template of this package
/// extends another package's in turn, name that: `export_templates!("templates", extends = other)`.
#[proc_macro]
pub fn export_templates(input: TokenStream) -> TokenStream {
    template::export(input.into()).into()
}

/// What an exporting package's macro calls. Not part of the public API.
#[doc(hidden)]
#[proc_macro]
pub fn __template_with(input: TokenStream) -> TokenStream {
    template::derive_with(input.into()).into()
}

/// Embeds every file below a folder of the package: `App::new(…).static_files(vauban::static_files!("static"))`.
///
/// A file that is new is found in development at once. For a release the list is made while the crate is compiled, and Cargo
/// does not notice a file that was added to a folder unless the crate's `build.rs` asks for it; without that a release
/// does not compile, and the message says which two lines to write.
#[proc_macro]
pub fn static_files(input: TokenStream) -> TokenStream {
    static_files::expand(input.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Markup from a literal whose arguments are escaped for the place they stand in: `safe_html!("<b>{}</b>", name)`.
/// Only a string literal will do, so that data never becomes markup.
#[proc_macro]
pub fn safe_html(input: TokenStream) -> TokenStream {
    template::safe_html(input.into()).into()
}
