//! `cargo vauban add model NAME FIELD:TYPE …`: a model with all that belongs to it, in the folder of a site.

use std::path::Path;
use std::process::ExitCode;

use crate::arguments::{NewModel, Outcome};
use crate::edit;
use crate::field::{self, Field, Holds};
use crate::model::{Model, Target};
use crate::names;
use crate::say;
use crate::scaffold::Kind;
use crate::site::Site;
use crate::write::{self, Change, NewFile};

/// Writes the model, and says what to do next.
pub(crate) fn run(wanted: &NewModel) -> Outcome {
    let site = Site::read(Path::new("."))?;
    let model = read(wanted)?;
    what_is_built_upon(&site)?;
    refuse_what_is_there(&site, &model)?;
    let files = model.files(site.kind, &site.crate_name, |name| target(&site, name));
    for file in &files {
        if write::is_there(&site.root.join(&file.path)) {
            return Err(format!(
                "`{}` is there already: choose another name, or move it away.",
                file.path
            ));
        }
    }
    let (changes, by_hand) = changes(&site, &model)?;
    write::into_site(&site.root, &files, &changes)
        .map_err(|error| format!("It cannot be written: {error}."))?;
    tell(&site, &model, &files, &changes, by_hand.as_deref());
    Ok(ExitCode::SUCCESS)
}

/// A model of the site that another one refers to.
fn target(site: &Site, name: &str) -> Target {
    let module = site.models.get(name).cloned().unwrap_or_default();
    let within = match site.kind {
        Kind::Organisations => site.tenants.filter(name),
        Kind::Accounts | Kind::Plain => None,
    };
    let many = module.rsplit("::").next().unwrap_or_default();
    let test = format!("tests/site/{many}.rs");
    let samples = match name {
        "User" => Some(["w.dan.id", "w.ben.id"].map(str::to_owned)),
        _ if site
            .file(&test)
            .is_ok_and(|text| text.contains("pub(crate) async fn one_of(")) =>
        {
            let one = |of: &str| format!("crate::{many}::one_of(&w, {of}).await.id");
            Some([one("&w.lighthouse"), one("&square")])
        }
        _ => None,
    };
    Target {
        module,
        within,
        samples,
    }
}

/// The model as it was asked for.
fn read(wanted: &NewModel) -> Result<Model, String> {
    let name = &wanted.name;
    let Some(one) = names::snake(name) else {
        return Err(format!(
            "`{name}` is no model's name: letters, digits and `_`, beginning with a letter. Write \
             `cargo vauban add model product …`."
        ));
    };
    if is_taken(&one) {
        return Err(format!(
            "`{name}` stands for something else in Rust, in Vauban or in what is written: choose another, such as \
             `cargo vauban add model the_{one} …`."
        ));
    }
    // Who says what several are has thought of it.
    if let (Some(single), None) = (names::one_of(&one), &wanted.plural) {
        return Err(format!(
            "`{name}` looks like several, and a model is called by one of its rows: `cargo vauban add model {single} …` \
             writes `src/{}/`. If `{name}` is one, say what several are: `--plural {one}_list`.",
            names::plural(&single)
        ));
    }
    let many = match &wanted.plural {
        None => names::plural(&one),
        Some(plural) => names::snake(plural)
            .filter(|many| many == plural)
            .ok_or_else(|| {
                format!("`{plural}` is no plural: small letters, digits and `_`. Write `--plural people`.")
            })?,
    };
    if is_taken(&many) || many == one {
        return Err(format!(
            "`{many}` cannot be the plural of `{one}`: name a word of its own, `--plural {one}_list`."
        ));
    }
    let mut fields: Vec<Field> = Vec::new();
    for text in &wanted.fields {
        let field = field::parse(text)?;
        if fields.iter().any(|before| before.name == field.name) {
            return Err(format!("There are two fields `{}`: leave one out.", field.name));
        }
        fields.push(field);
    }
    if fields.is_empty() {
        let all = field::all();
        return Err(format!(
            "What does it have? `cargo vauban add model {one} name:string`. {all}"
        ));
    }
    Ok(Model { one, many, fields })
}

/// What the prelude has: a struct of this name would stand in its place.
const PRELUDE: &[&str] = &[
    "App",
    "AsAsker",
    "AsService",
    "Changeable",
    "Choices",
    "ClientIp",
    "Columns",
    "Csp",
    "CurrentUser",
    "DateTime",
    "Db",
    "Deletable",
    "Duration",
    "Email",
    "Encrypted",
    "Error",
    "FieldGroup",
    "Filter",
    "ForeignKey",
    "Form",
    "HasPerm",
    "HasRole",
    "Id",
    "IpAddress",
    "Json",
    "Mail",
    "Messages",
    "Model",
    "Module",
    "One",
    "OneToOne",
    "Page",
    "Part",
    "Password",
    "Path",
    "PathText",
    "Permitted",
    "Place",
    "Policy",
    "Public",
    "Query",
    "Redirect",
    "Response",
    "Result",
    "Rules",
    "SignedIn",
    "Slug",
    "Staff",
    "Status",
    "Superuser",
    "Template",
    "Text",
    "UserAccount",
    "UserId",
    "Version",
    "Who",
    "With",
    "Write",
];

/// What Rust, and what we write, call so: types, locals of views and templates, modules of every site, crates.
const OURS: &[&str] = &[
    "Option",
    "Some",
    "None",
    "Ok",
    "Err",
    "String",
    "Vec",
    "Box",
    "ListPage",
    "ShowPage",
    "NewPage",
    "FormPage",
    "DeletePage",
    "Date",
    "Time",
    "Decimal",
    "Paging",
    "User",
    "Organisation",
    "Membership",
    "Role",
    "World",
    "Prober",
    "Expected",
    "TestApp",
    "Clean",
    "New",
    "Row",
    "Account",
    "Accounts",
    "Errors",
    "Pages",
    "People",
    "Urls",
    "Users",
    "Organisations",
    "Forms",
    "Views",
    "Tests",
    "Site",
    "Lib",
    "Main",
    "Mod",
    "Vauban",
    "Std",
    "Core",
    "Alloc",
    "Test",
    "Serde",
    "Tokio",
    "Debug",
    "Cookies",
    "Block",
    "Heading",
    "Forloop",
    "Crate",
    "Static",
    "Healthz",
    "Home",
    "Profile",
    "Member",
    "Of",
    "Client",
    "Field",
    "Fields",
    "Credential",
    "SessionRow",
    "ThrottleRow",
    "Kept",
    "KeptForm",
];

fn is_taken(snake: &str) -> bool {
    let camel = names::camel(snake);
    names::is_keyword(snake)
        || PRELUDE.iter().chain(OURS).any(|name| *name == camel)
        || snake.starts_with("vauban")
        || snake.starts_with("sqlite")
}

/// What the sources that are written stand on.
fn what_is_built_upon(site: &Site) -> Result<(), String> {
    let common: &[&str] = &["src/paging.rs", "templates/pages.html"];
    let (files, models): (&[&str], &[(&str, &str)]) = match site.kind {
        Kind::Plain => (&[], &[]),
        Kind::Accounts => (
            &["templates/form.html", "tests/site/world.rs"],
            &[("User", "crate::people")],
        ),
        Kind::Organisations => (
            &["templates/form.html", "tests/site/world.rs"],
            &[
                ("User", "crate::people"),
                ("Organisation", "crate::organisations"),
            ],
        ),
    };
    for file in common.iter().chain(files) {
        site.file(file)?;
    }
    for (model, module) in models {
        if site.models.get(*model).is_none_or(|found| found != module) {
            return Err(format!(
                "`add model` builds on a model `{model}` in `{module}`, as `cargo vauban new` writes it."
            ));
        }
    }
    Ok(())
}

/// A model, a module or a route of this name; a reference to what is not there.
fn refuse_what_is_there(site: &Site, model: &Model) -> Result<(), String> {
    let (name, one) = (model.rust(), &model.one);
    if let Some(module) = site.models.get(&name) {
        return Err(format!(
            "There is a model `{name}` in `{module}`: change it there, or choose another name, \
             `cargo vauban add model other_{one} …`."
        ));
    }
    let new = format!("New{name}");
    if site.models.contains_key(&new)
        || name
            .strip_prefix("New")
            .is_some_and(|rest| site.models.contains_key(rest))
    {
        return Err(format!(
            "`{name}` would be the struct of another model's new rows: choose another name."
        ));
    }
    let many = &model.many;
    for file in [
        format!("src/{many}.rs"),
        format!("src/{many}"),
        format!("templates/{many}"),
    ] {
        if write::is_there(&site.root.join(&file)) {
            return Err(format!(
                "`{file}` is there already: choose another word for several, `--plural {one}_list`."
            ));
        }
    }
    let urls = site.file("src/urls.rs")?;
    for route in model.routes(site.kind) {
        let route = route.split(" =>").next().unwrap_or_default().trim().to_owned();
        if urls
            .lines()
            .any(|line| line.trim_start().starts_with(&format!("{route} =>")))
        {
            return Err(format!(
                "There is a route `{route}` in src/urls.rs already: choose another name."
            ));
        }
    }
    for field in &model.fields {
        let Holds::Reference(target) = &field.holds else {
            continue;
        };
        if !site.models.contains_key(target) {
            let known: Vec<&str> = site.models.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "none yet".to_owned()
            } else {
                known.join(", ")
            };
            return Err(format!(
                "There is no model `{target}` that `{}` could refer to; there is {known}. Add it first.",
                field.name
            ));
        }
        if site.kind != Kind::Plain && !site.shown.contains(target) {
            return Err(format!(
                "`{target}` cannot be chosen from a list: write `impl std::fmt::Display for {target}` beside the model, \
                 which says how a row is called."
            ));
        }
    }
    Ok(())
}

/// The lines in files that are there; and what to write by hand where a page was rebuilt.
fn changes(site: &Site, model: &Model) -> Result<(Vec<Change>, Option<String>), String> {
    let (many, routes) = (model.many.as_str(), model.routes(site.kind));
    let routes: Vec<&str> = routes.iter().map(String::as_str).collect();
    let argument = if site.kind == Kind::Plain { "&site" } else { "&w" };
    let probe = format!("    let prober = {many}::probe(prober, {argument}).await;");
    let module = format!("        .module({many}::module())");

    let lib = site.file("src/lib.rs")?;
    let with_module = edit::in_order("src/lib.rs", &lib, "pub mod ", many, ";")?;
    let is_module = |line: &str| line.starts_with(".module(") && line.ends_with(')');
    let with_module = edit::below_last("src/lib.rs", &with_module, "`.module(…)`", is_module, &[&module])?;
    let urls = site.file("src/urls.rs")?;
    let with_routes = edit::in_order("src/urls.rs", &urls, "use crate::", many, ";")?;
    let with_routes = edit::routes("src/urls.rs", &with_routes, &routes)?;
    let tests = site.file("tests/site/main.rs")?;
    let with_test = edit::in_order("tests/site/main.rs", &tests, "mod ", many, ";")?;
    let is_probe = |line: &str| line.starts_with("let prober = ");
    let with_test = edit::below_last(
        "tests/site/main.rs",
        &with_test,
        "`let prober = …`",
        is_probe,
        &[&probe],
    )?;
    let mut changes = vec![
        change("src/lib.rs", lib, with_module),
        change("src/urls.rs", urls, with_routes),
        change("tests/site/main.rs", tests, with_test),
    ];

    let link = format!(
        "        <li><a href=\"{{% url {many} %}}\"{{% if path == \"/{many}/\" %}} aria-current=\"page\"{{% endif %}}>{}</a></li>",
        names::sentence(many)
    );
    let base = site.file("templates/base.html")?;
    let is_item = |line: &str| line.starts_with("<li><a href=\"{% url ") && line.ends_with("</a></li>");
    // How people find it is their design: a frame without a list is no reason to stop.
    let by_hand = match edit::below_last("templates/base.html", &base, "", is_item, &[&link]) {
        Ok(with_link) => {
            changes.push(change("templates/base.html", base, with_link));
            None
        }
        Err(_) => Some(link.trim().to_owned()),
    };
    Ok((changes, by_hand))
}

fn change(path: &str, before: String, after: String) -> Change {
    Change {
        path: path.to_owned(),
        before,
        after,
    }
}

fn tell(site: &Site, model: &Model, files: &[NewFile], changes: &[Change], by_hand: Option<&str>) {
    say::line("Wrote:");
    for file in files {
        say::line(format_args!("  {}", file.path));
    }
    say::line("Added lines to:");
    for change in changes {
        say::line(format_args!("  {}", change.path));
    }
    if let Some(link) = by_hand {
        say::line(format_args!(
            "templates/base.html has no list of links. Where people shall find it, write:\n  {link}"
        ));
    }
    let who = match site.kind {
        Kind::Accounts => "each is its owner's, and for everybody else not there",
        Kind::Organisations => "an organisation's members see them, its editors and admins change them",
        Kind::Plain => {
            "everybody reads them; nobody signs in on this site, so there is no form, and nobody writes"
        }
    };
    for name in model.references() {
        let known = target(site, name);
        if site.kind == Kind::Organisations && known.within.is_none() && name != "Organisation" {
            say::line(format_args!(
                "Nothing in `{name}` says which organisation a row belongs to, so the form offers every `{name}` that one \
                 may see: narrow `choices` in src/{}/forms.rs if that is too many.",
                model.many
            ));
        } else if known.within.is_some() && known.samples.is_none() {
            say::line(format_args!(
                "The form offers those of the same organisation. Write the test that a `{name}` of another one is refused \
                 (422): tests/site/{}.rs.",
                model.many
            ));
        }
    }
    say::line(format_args!(
        "\nWho may do what stands in src/{}/mod.rs: {who}. Next:\n",
        model.many
    ));
    say::line("  cargo fmt && cargo run -- makemigrations");
    say::line("  cargo run -- access --accept     # read what it shows, and commit it");
    say::line("  cargo test");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str, plural: Option<&str>) -> NewModel {
        NewModel {
            name: name.to_owned(),
            plural: plural.map(str::to_owned),
            fields: vec!["name:string".to_owned()],
        }
    }

    #[test]
    fn what_is_no_model_is_refused() {
        for name in [
            "form",
            "Page",
            "type",
            "user",
            "2nd",
            "a b",
            "vauban_thing",
            "option",
            "db",
            "é",
        ] {
            let told = read(&wanted(name, None)).map(|_| ()).unwrap_err();
            assert!(told.contains("cargo vauban add model"), "{told}");
        }
        for (name, plural) in [
            ("person", "people!"),
            ("fish", "fish"),
            ("url", "urls"),
            ("person", "People"),
        ] {
            assert!(read(&wanted(name, Some(plural))).is_err(), "{name}, {plural}");
        }
        let twice = NewModel {
            fields: vec!["a:string".into(), "a:text".into()],
            ..wanted("product", None)
        };
        assert!(read(&twice).is_err());
        let empty = NewModel {
            fields: Vec::new(),
            ..wanted("product", None)
        };
        assert!(read(&empty).unwrap_err().contains("name:string"));
        assert_eq!(read(&wanted("Person", Some("folks"))).unwrap().many, "folks");
    }

    /// A model called like something of the prelude would take its place in the files that are written.
    #[test]
    fn no_model_takes_a_name_of_the_prelude() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut known = 0;
        for file in ["vauban-core/src/prelude.rs", "vauban/src/prelude.rs"] {
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            let code: String = text.lines().filter(|line| !line.starts_with("//")).collect();
            let names = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            for name in names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())) {
                let snake = names::snake(name).unwrap();
                assert!(is_taken(&snake), "{name}");
                known += 1;
            }
        }
        assert!(known > 30, "{known}");
    }
}
