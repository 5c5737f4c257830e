//! What stands after `cargo vauban`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::scaffold::Kind;

/// What a task ends with: `Err` has the reason and what to write instead.
pub(crate) type Outcome = Result<ExitCode, String>;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// To say what there is.
    Help,
    /// A site.
    New(NewSite),
    /// A model in a site.
    AddModel(NewModel),
    /// The templates of a package.
    Templates {
        /// The package's folder.
        folder: PathBuf,
        /// Whether a hint is an error.
        deny_hints: bool,
    },
}

/// A site as it is asked for; what is `None` is asked on a terminal, or is the default.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NewSite {
    /// Its folder, whose last part is the crate's name.
    pub(crate) name: Option<String>,
    /// What it has.
    pub(crate) kind: Option<Kind>,
    /// The clone of Vauban.
    pub(crate) vauban: Option<PathBuf>,
}

/// A model as it is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NewModel {
    /// `product`, `OrderLine`, `order_line`.
    pub(crate) name: String,
    /// Several of it, where a rule of thumb does not find the word.
    pub(crate) plural: Option<String>,
    /// `name:string`.
    pub(crate) fields: Vec<String>,
}

/// Reads the words.
///
/// # Errors
/// What cannot be understood.
pub(crate) fn parse(words: &[String]) -> Result<Task, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.is_empty() || words.iter().any(|word| matches!(*word, "--help" | "-h")) || words == ["help"] {
        return Ok(Task::Help);
    }
    match words.as_slice() {
        ["new", rest @ ..] => new_site(rest),
        ["add", "model", rest @ ..] => new_model(rest),
        ["templates", "check", rest @ ..] => templates(rest),
        _ => Err(format!("`cargo vauban {}` is no command.", words.join(" "))),
    }
}

fn new_site(words: &[&str]) -> Result<Task, String> {
    let mut site = NewSite::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(kind) = word.strip_prefix("--").and_then(Kind::named) {
            if site.kind.replace(kind).is_some_and(|before| before != kind) {
                return Err(
                    "A site is of one kind: give one of --accounts, --organisations, --plain.".into(),
                );
            }
        } else if *word == "--vauban" {
            let folder = words
                .next()
                .ok_or("--vauban needs a folder: --vauban ../vauban")?;
            site.vauban = Some(PathBuf::from(folder));
        } else if let Some(folder) = word.strip_prefix("--vauban=") {
            site.vauban = Some(PathBuf::from(folder));
        } else if word.starts_with('-') {
            return Err(format!("`new` knows no `{word}`."));
        } else if site.name.replace((*word).to_owned()).is_some() {
            return Err(format!("One name is enough: what is `{word}`?"));
        }
    }
    Ok(Task::New(site))
}

fn new_model(words: &[&str]) -> Result<Task, String> {
    let mut model = NewModel::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--plural" {
            let plural = words.next().ok_or("--plural needs a word: --plural people")?;
            model.plural = Some((*plural).to_owned());
        } else if let Some(plural) = word.strip_prefix("--plural=") {
            model.plural = Some(plural.to_owned());
        } else if word.starts_with('-') {
            return Err(format!("`add model` knows no `{word}`."));
        } else if model.name.is_empty() {
            model.name = (*word).to_owned();
        } else {
            model.fields.push((*word).to_owned());
        }
    }
    if model.name.is_empty() {
        return Err("Which model? `cargo vauban add model product name:string`".into());
    }
    Ok(Task::AddModel(model))
}

fn templates(words: &[&str]) -> Result<Task, String> {
    let deny_hints = words.contains(&"--deny-hints");
    let rest: Vec<&&str> = words.iter().filter(|word| **word != "--deny-hints").collect();
    let folder = match rest.as_slice() {
        [] => PathBuf::from("."),
        [folder] => PathBuf::from(folder),
        _ => return Err("`templates check` takes one folder.".into()),
    };
    Ok(Task::Templates { folder, deny_hints })
}
