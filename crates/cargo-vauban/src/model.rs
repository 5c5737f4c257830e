//! The files of a model: the sources in `scaffold/model/`, with lines for each field.

use crate::field::{Field, Holds};
use crate::names;
use crate::scaffold::{Kind, Words};
use crate::write::NewFile;

/// A model as it is to be written.
#[derive(Debug)]
pub(crate) struct Model {
    /// `order_line`: in addresses, routes and templates.
    pub(crate) one: String,
    /// `order_lines`: the module.
    pub(crate) many: String,
    /// What its rows have, beside id, owner and moment of creation.
    pub(crate) fields: Vec<Field>,
}

/// Sources for a kind of site: where each goes, its text.
type Sources = &'static [(&'static str, &'static str)];

macro_rules! sources {
    ($($file:literal => $target:literal),+ $(,)?) => {
        &[$(($target, include_str!(concat!("../scaffold/model/", $file)))),+]
    };
}

const OWNED: Sources = sources!(
    "owned/mod.rs" => "src/__models__/mod.rs",
    "owned/forms.rs" => "src/__models__/forms.rs",
    "owned/views.rs" => "src/__models__/views.rs",
    "owned/test.rs" => "tests/site/__models__.rs",
    "shared/list.html" => "templates/__models__/list.html",
    "shared/show.html" => "templates/__models__/show.html",
    "shared/form.html" => "templates/__models__/form.html",
    "shared/delete.html" => "templates/__models__/delete.html",
);

const TENANT: Sources = sources!(
    "tenant/mod.rs" => "src/__models__/mod.rs",
    "tenant/forms.rs" => "src/__models__/forms.rs",
    "tenant/views.rs" => "src/__models__/views.rs",
    "tenant/test.rs" => "tests/site/__models__.rs",
    "tenant/list.html" => "templates/__models__/list.html",
    "tenant/show.html" => "templates/__models__/show.html",
    "shared/form.html" => "templates/__models__/form.html",
    "shared/delete.html" => "templates/__models__/delete.html",
);

const PLAIN: Sources = sources!(
    "plain/mod.rs" => "src/__models__/mod.rs",
    "plain/views.rs" => "src/__models__/views.rs",
    "plain/test.rs" => "tests/site/__models__.rs",
    "plain/list.html" => "templates/__models__/list.html",
    "plain/show.html" => "templates/__models__/show.html",
);

/// The test of a model whose rows refer to others that belong to organisations.
const FOREIGN: &str = include_str!("../scaffold/model/tenant/foreign.rs");

/// What a model refers to, as the site has it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Its module, `crate::queues`.
    pub(crate) module: String,
    /// What narrows a query of it to those of one organisation: [`crate::tenant::Tenants::filter`].
    pub(crate) within: Option<String>,
    /// In tests, one of the Lighthouse's and one of the Square's: expressions of their ids.
    pub(crate) samples: Option<[String; 2]>,
}

impl Model {
    /// The models that its rows refer to, each once.
    pub(crate) fn references(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for field in &self.fields {
            if let Holds::Reference(target) = &field.holds
                && !all.contains(&target.as_str())
            {
                all.push(target);
            }
        }
        all
    }

    /// The name in Rust: `OrderLine`.
    pub(crate) fn rust(&self) -> String {
        names::camel(&self.one)
    }

    /// The routes' lines: name and view.
    pub(crate) fn routes(&self, kind: Kind) -> Vec<String> {
        let (one, many) = (&self.one, &self.many);
        let reading = [(many.clone(), "list"), (one.clone(), "show")];
        let writing = [
            ("new", "new"),
            ("create", "create"),
            ("edit", "edit"),
            ("save", "save"),
            ("delete", "confirm_delete"),
            ("remove", "delete"),
        ];
        let writing = writing.map(|(route, view)| (format!("{one}_{route}"), view));
        let writing = writing.into_iter().filter(|_| kind != Kind::Plain);
        reading
            .into_iter()
            .chain(writing)
            .map(|(route, view)| format!("    {route} => {many}::views::{view},"))
            .collect()
    }

    /// The new files in a site of this kind. `target` tells about a model that it refers to.
    pub(crate) fn files(
        &self,
        kind: Kind,
        crate_name: &str,
        target: impl Fn(&str) -> Target,
    ) -> Vec<NewFile> {
        let sources = match kind {
            Kind::Accounts => OWNED,
            Kind::Organisations => TENANT,
            Kind::Plain => PLAIN,
        };
        let lines = Lines::of(self, &target);
        let (spoken, spoken_many) = (self.one.replace('_', " "), self.many.replace('_', " "));
        let article = names::with_article(&spoken);
        // What every file of the kind uses anyway.
        let used = match kind {
            Kind::Accounts => "User",
            Kind::Organisations => "Organisation",
            Kind::Plain => "",
        };
        let uses: String = self
            .references()
            .into_iter()
            .filter(|model| *model != used)
            .map(|model| format!("use {}::{model};\n", target(model).module))
            .collect();
        let within = lines.within;
        let [empty, edit, clean_new, clean] = match within {
            true => [
                "Form::empty_for(&db, &organisation.id).await?",
                "Form::edit_for(&db, &row.organisation.id(), &row).await?",
                "form.clean_for(&db, &organisation.id)",
                "form.clean_for(&db, &row.organisation.id())",
            ],
            false => [
                "Form::empty_with(&db).await?",
                "Form::edit(&db, &row).await?",
                "form.clean(&db)",
                "form.clean(&db)",
            ],
        };
        let when = |within: bool, text: &'static str| if within { text } else { "" };
        let foreign = Words(&[("__model__", &self.one), ("__foreign_fields__\n", &lines.foreign)])
            .fill(when(!lines.foreign.is_empty(), FOREIGN));
        let words = [
            ("__crate__", crate_name),
            ("__Model__", &self.rust()),
            ("__model__", &self.one),
            ("__models__", &self.many),
            ("__one__", &spoken),
            ("__many__", &spoken_many),
            ("__Many__", &names::sentence(&self.many)),
            ("__a_one__", &article),
            ("__A_one__", &names::sentence(&article)),
            ("__label__", &lines.label),
            ("__uses__", &uses),
            ("__form_uses__", &uses),
            (
                "__within__",
                when(
                    within,
                    " It is the context, so that\n/// a row refers to what \
                     belongs to the same organisation: who belongs to two sees more than that.",
                ),
            ),
            ("__context__", when(within, ", context = Id<Organisation>")),
            ("__place__", when(within, "let organisation = ")),
            ("__empty__", empty),
            ("__edit__", edit),
            ("__clean_new__", clean_new),
            ("__clean__", clean),
            ("__foreign__", &foreign),
            ("__model_fields__\n", &lines.model),
            ("__form_fields__\n", &lines.form),
            ("__related__\n", &lines.related),
            ("__sent_fields__\n", &lines.sent),
            ("__sent_others__\n", &lines.others),
            ("__heads__", &lines.heads),
            ("__cells__\n", &lines.cells),
            ("__rows__\n", &lines.rows),
        ];
        let words = Words(&words);
        sources
            .iter()
            .map(|(path, text)| NewFile {
                path: words.fill(path),
                text: words.fill(text),
                executable: false,
            })
            .collect()
    }
}

/// How many columns a list shows; the page of a row shows all.
const COLUMNS: usize = 4;

/// What each field adds to the sources, a line or some each.
#[derive(Default)]
struct Lines {
    label: String,
    /// Whether something is chosen within an organisation.
    within: bool,
    foreign: String,
    model: String,
    form: String,
    related: String,
    sent: String,
    others: String,
    heads: String,
    cells: String,
    rows: String,
}

impl Lines {
    fn of(model: &Model, target: &impl Fn(&str) -> Target) -> Self {
        let mut lines = Self {
            label: label(&model.fields),
            ..Self::default()
        };
        for field in &model.fields {
            lines.values(field, target);
        }
        let text = |field: &&Field| matches!(&field.holds, Holds::Value(kind) if kind.name != "text");
        let columns: Vec<&Field> = model.fields.iter().filter(text).take(COLUMNS).collect();
        for (nth, field) in columns.iter().enumerate() {
            lines.column(model, field, nth == 0);
        }
        if columns.is_empty() {
            let link = link(model, "{{ row.id }}");
            lines.heads.push_str("<th scope=\"col\">Id</th>");
            lines.cells.push_str(&format!("      <td>{link}</td>\n"));
        }
        for field in &model.fields {
            lines.row(model, field);
        }
        lines
    }

    /// A field in Rust: model, form, views and tests.
    fn values(&mut self, field: &Field, known: &impl Fn(&str) -> Target) {
        let name = &field.name;
        match &field.holds {
            Holds::Value(kind) => {
                let [in_model, in_form] = kind.attributes;
                let rust = kind.rust;
                add(&mut self.model, "    ", &attributed(in_model, name, rust));
                add(&mut self.form, "    ", &attributed(in_form, name, rust));
                let [first, other] = kind.typed;
                let sent = |value: &str| match value {
                    "" => Vec::new(),
                    value => vec![format!("(\"{name}\", \"{value}\"),")],
                };
                add(&mut self.sent, "    ", &sent(first));
                add(&mut self.others, "    ", &sent(other));
            }
            Holds::Reference(target) => {
                let Target { within, samples, .. } = known(target);
                let rust = format!("Option<ForeignKey<{target}>>");
                // What becomes of the row when an account is deleted is stated, or `check` says so.
                let gone = match target.as_str() {
                    "User" => "on_delete = set_null",
                    _ => "",
                };
                add(&mut self.model, "    ", &attributed(gone, name, &rust));
                let choices = match &within {
                    // CWE-639: who belongs to two organisations sees the rows of both.
                    Some(filter) => format!("choices = |organisation| {target}::objects().filter({filter})"),
                    None => format!("choices = {target}::objects()"),
                };
                self.within |= within.is_some();
                if let (Some(_), Some([own, foreign])) = (within, samples) {
                    let line = format!("(\"{name}\", {own}.to_string(), {foreign}.to_string()),");
                    add(&mut self.foreign, "        ", &[line]);
                }
                let rust = format!("Option<Id<{target}>>");
                add(&mut self.form, "    ", &attributed(&choices, name, &rust));
                add(
                    &mut self.related,
                    "        ",
                    &[format!(".related(|r| &r.{name})")],
                );
            }
        }
    }

    /// A field in the list's table.
    fn column(&mut self, model: &Model, field: &Field, first: bool) {
        let head = names::sentence(&field.name);
        self.heads.push_str(&format!("<th scope=\"col\">{head}</th>"));
        let value = shown("row", field);
        let cell = if first { link(model, &value) } else { value };
        add(&mut self.cells, "      ", &[format!("<td>{cell}</td>")]);
    }

    /// A field on the page of one row.
    fn row(&mut self, model: &Model, field: &Field) {
        let (head, value) = (names::sentence(&field.name), shown(&model.one, field));
        let line = match &field.holds {
            Holds::Value(_) => format!("<dt>{head}</dt><dd>{value}</dd>"),
            Holds::Reference(_) => {
                let row = format!("{}.{}", model.one, field.name);
                format!(
                    "{{% if {row} %}}{{% if {row}.get() %}}<dt>{head}</dt><dd>{value}</dd>{{% endif %}}{{% endif %}}"
                )
            }
        };
        add(&mut self.rows, "  ", &[line]);
    }
}

/// The field by which a row is called: the first short text, else the first value, else the id.
fn label(fields: &[Field]) -> String {
    let is = |field: &&Field, short: bool| match &field.holds {
        Holds::Value(kind) => !short || kind.name == "string",
        Holds::Reference(_) => false,
    };
    let found = fields.iter().find(|field| is(field, true));
    let found = found.or_else(|| fields.iter().find(|field| is(field, false)));
    found.map_or_else(|| "id".to_owned(), |field| field.name.clone())
}

/// A value in a template.
fn shown(row: &str, field: &Field) -> String {
    let name = &field.name;
    match &field.holds {
        Holds::Value(kind) if kind.name == "boolean" => format!("{{{{ {row}.{name}|yesno:\"yes,no\" }}}}"),
        Holds::Value(kind) if kind.name == "url" => {
            format!("<a href=\"{{{{ {row}.{name}.as_str() }}}}\" rel=\"noopener\">{{{{ {row}.{name} }}}}</a>")
        }
        Holds::Value(kind) if kind.name == "time" => format!("{{{{ {row}.{name}|time:\"H:i\" }}}}"),
        Holds::Value(kind) if kind.name == "datetime" => {
            format!("{{{{ {row}.{name}|date:\"j F Y, H:i\" }}}} (UTC)")
        }
        Holds::Value(_) => format!("{{{{ {row}.{name} }}}}"),
        Holds::Reference(_) => format!("{{{{ {row}.{name}.get() }}}}"),
    }
}

/// The way from the list to one row. An address within an address is no link.
fn link(model: &Model, value: &str) -> String {
    let text = match value.split_once("\">") {
        Some((_, rest)) => rest.trim_end_matches("</a>"),
        None => value,
    };
    format!("<a href=\"{{% url {} row.id %}}\">{text}</a>", model.one)
}

/// `#[field(…)]` if there is something in it, and the field.
fn attributed(attributes: &str, name: &str, rust: &str) -> Vec<String> {
    let field = format!("pub {name}: {rust},");
    match attributes {
        "" => vec![field],
        attributes => vec![format!("#[field({attributes})]"), field],
    }
}

fn add(to: &mut String, indent: &str, lines: &[String]) {
    for line in lines {
        to.push_str(indent);
        to.push_str(line);
        to.push('\n');
    }
}

#[cfg(test)]
pub(crate) fn sources_of_every_kind() -> impl Iterator<Item = (&'static str, &'static str)> {
    [OWNED, TENANT, PLAIN].into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::field;

    #[test]
    fn every_source_is_written_by_some_kind() {
        let known: usize = [OWNED, TENANT, PLAIN].iter().map(|sources| sources.len()).sum();
        // `shared/form.html` and `shared/delete.html` serve two kinds, `tenant/foreign.rs` is part of another file.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scaffold/model");
        let mut files = 0;
        for folder in std::fs::read_dir(root).unwrap() {
            files += std::fs::read_dir(folder.unwrap().path()).unwrap().count();
        }
        assert_eq!(known - 2, files - 1);
    }

    #[test]
    fn nothing_of_ours_is_left_in_what_is_written() {
        let mut fields = vec![field::parse("maker:reference:Maker").unwrap()];
        for kind in field::KINDS {
            fields.push(field::parse(&format!("a_{0}:{0}", kind.name)).unwrap());
        }
        let model = Model {
            one: "order_line".to_owned(),
            many: "order_lines".to_owned(),
            fields,
        };
        for kind in [Kind::Accounts, Kind::Organisations, Kind::Plain] {
            let maker = |_: &str| Target {
                module: "crate::makers".to_owned(),
                within: Some("|r| r.organisation.eq(*organisation)".to_owned()),
                samples: Some(["own".to_owned(), "foreign".to_owned()]),
            };
            for file in model.files(kind, "shop", maker) {
                assert!(!file.text.contains("__"), "{}:\n{}", file.path, file.text);
                assert!(!file.path.contains("__"), "{}", file.path);
            }
        }
    }
}
