//! Reading settings: the layers, weakest first, and every problem at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::problem::{InvalidSetting, InvalidSettings, Source, nearest};
use super::secret_file::{development_key, secret_file};
use super::table::{Row, has_password, rows};
use super::{Mode, Settings, SettingsSection};

/// Where settings are read.
#[derive(Debug, Clone)]
pub struct Places {
    /// The folder of `vauban.toml`, `.env` and relative paths.
    pub folder: PathBuf,
    /// The environment. What is not UTF-8 has `U+FFFD` in it, and is refused where it is ours.
    pub environment: BTreeMap<String, String>,
}

impl Places {
    /// The working folder and the process's environment.
    pub fn usual() -> Self {
        Self {
            folder: PathBuf::from("."),
            environment: std::env::vars_os()
                .map(|(name, value)| (lossy(&name), lossy(&value)))
                .collect(),
        }
    }
}

/// A value as it was found, before it has a type.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// One text; where a list is wanted, separated by commas.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Raw {
    /// The one text.
    pub(super) fn one(&self) -> Result<&str, String> {
        match self {
            Self::One(text) => Ok(text),
            Self::Many(_) => Err("is a list where one value is wanted".into()),
        }
    }

    /// The elements, empty ones dropped.
    pub(super) fn items(&self) -> Vec<String> {
        let items: Vec<&str> = match self {
            Self::One(text) => text.split([',', '\n']).collect(),
            Self::Many(items) => items.iter().map(String::as_str).collect(),
        };
        items
            .into_iter()
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// Variables that begin like a setting and are none: for Vauban's own tests.
const NOT_SETTINGS: &[&str] = &["VAUBAN_VECTORS"];

/// Reads all layers.
pub(super) fn load(
    mode: Mode,
    places: &Places,
    sections: &[SettingsSection],
) -> Result<Settings, InvalidSettings> {
    let clashes = clashes(sections);
    if !clashes.is_empty() {
        // Before anything is read: what is read goes to whoever asks for its name.
        return Err(InvalidSettings(clashes));
    }
    let mut settings = Settings::defaults(mode);
    settings.start(sections);
    let mut problems = Vec::new();
    toml_layer(&mut settings, &places.folder.join("vauban.toml"), &mut problems);
    if mode.is_development() {
        // Only in development: a file beside the program is no place for a real secret (CWE-538).
        dotenv_layer(&mut settings, places, &mut problems);
    } else if places.folder.join(".env").exists() {
        settings.ignored.push(
            "`.env` is not read in a release: its variables belong into the program's environment".into(),
        );
    }
    let from = |name: &str| Source::Env(name.to_owned());
    let environment = ours(&places.environment, &mut problems);
    environment_layer(&mut settings, places, &environment, &from, &mut problems);
    settings.place_database();
    if mode.is_development() && settings.secret_key.text().is_empty() {
        problems.extend(development_key(&mut settings, &places.folder).err());
    }
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(InvalidSettings(problems))
    }
}

/// Rows that read one variable: `secret.key` of a module would be given the site's `secret_key`, and print it (CWE-668,
/// CWE-522).
pub(super) fn clashes(sections: &[SettingsSection]) -> Vec<InvalidSetting> {
    let mut read_by = BTreeMap::new();
    let mut found = Vec::new();
    for row in rows(sections) {
        let file = row.secret.then(|| format!("{}_FILE", row.variable()));
        for variable in [Some(row.variable()), file].into_iter().flatten() {
            let Some(first) = read_by.insert(variable.clone(), &row.name) else {
                continue;
            };
            found.push(InvalidSetting {
                setting: row.name.clone().into_owned(),
                source: Source::Default,
                found: format!("`{first}` is read from {variable}, too"),
                write: "Rename it: a module's `SECTION` is the module's own name.".into(),
            });
        }
    }
    found
}

fn lossy(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// The environment's variables that are ours. Others are nobody's business here.
fn ours(
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<InvalidSetting>,
) -> BTreeMap<String, String> {
    let mut ours = BTreeMap::new();
    for (name, value) in variables.iter().filter(|(name, _)| looks_like_ours(name)) {
        // Never mended: a secret with another letter in it is another secret.
        if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
            problems.push(InvalidSetting {
                setting: name.escape_debug().to_string(),
                source: Source::Env(name.escape_debug().to_string()),
                found: "name or value is not UTF-8".into(),
                write: "Set it again in UTF-8; a secret with other bytes goes into Base64 first.".into(),
            });
        } else {
            ours.insert(name.clone(), value.clone());
        }
    }
    ours
}

/// Whether a variable is meant for us, also if it is misspelt: `vauban_addr`, `VAUBAN-ADDR`.
fn looks_like_ours(name: &str) -> bool {
    let start: String = name
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{feff}' | '\u{200b}'))
        .take(7)
        .collect();
    start.len() == 7
        && start.to_ascii_uppercase().starts_with("VAUBAN")
        && !start.ends_with(char::is_alphanumeric)
}

/// A text file as editors write it: a byte order mark is not part of it. Other encodings are named.
pub(super) fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("is UTF-16, not UTF-8: save it as UTF-8".into());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8: save it as UTF-8".to_owned())?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// A settings file's text; nothing if there is no such file.
fn file_text(path: &Path) -> Result<Option<String>, String> {
    #[allow(clippy::disallowed_methods)] // the operator's own file, by a name that is ours
    match fs::read(path) {
        Ok(bytes) => text_of(bytes).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Sets one setting by name.
pub(super) fn set(
    settings: &mut Settings,
    name: &str,
    raw: &Raw,
    source: Source,
) -> Result<(), InvalidSetting> {
    let sections = settings.sections.clone();
    match rows(&sections).find(|row| row.name == name) {
        Some(row) => apply(settings, row, raw, source),
        None => Err(unknown(name, source, rows(&sections).map(|row| &*row.name))),
    }
}

/// Sets the setting of `row`.
fn apply(settings: &mut Settings, row: &Row, raw: &Raw, source: Source) -> Result<(), InvalidSetting> {
    match row.set(settings, raw) {
        Ok(()) => {
            settings.sources.insert(row.name.clone().into_owned(), source);
            Ok(())
        }
        Err(found) => Err(InvalidSetting {
            setting: row.name.clone().into_owned(),
            source,
            found,
            write: format!("Write {}: {}.", row.accepts, row.about),
        }),
    }
}

/// A name that no setting has.
fn unknown<'a>(name: &str, source: Source, names: impl Iterator<Item = &'a str>) -> InvalidSetting {
    InvalidSetting {
        setting: name.to_owned(),
        source,
        found: "there is no such setting".into(),
        write: match nearest(name, names) {
            Some(near) => format!("Did you mean `{near}`? The command `settings` lists all."),
            None => "Remove it. The command `settings` lists all there are.".into(),
        },
    }
}

/// A database's address is a secret if it has a password in it.
fn is_no_secret(url: Option<&Raw>) -> bool {
    match url {
        Some(Raw::One(url)) => !has_password(url),
        _ => true,
    }
}

/// `vauban.toml`: committed with the sources, so it may hold no secret.
fn toml_layer(settings: &mut Settings, path: &Path, problems: &mut Vec<InvalidSetting>) {
    let text = match file_text(path) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(error) => {
            return problems.push(unreadable("vauban.toml", Source::Toml(path.into(), 1), &error));
        }
    };
    let line_of = |offset: usize| {
        1 + text.as_bytes()[..offset.min(text.len())]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
    };
    match DeTable::parse(&text) {
        Ok(table) => {
            let sections = settings.sections.clone();
            let mut found = Vec::new();
            flatten("", table.get_ref(), &mut found);
            for (name, offset, raw) in found {
                let source = Source::Toml(path.into(), line_of(offset));
                let row = rows(&sections).find(|row| row.name == name);
                let result = match (row, raw) {
                    (Some(row), raw)
                        if row.secret && !(row.name == "database_url" && is_no_secret(raw.as_ref())) =>
                    {
                        Err(InvalidSetting {
                            setting: name,
                            source,
                            // CWE-798, CWE-540: a committed file is read by everybody who can read the sources.
                            found: "a secret stands in a file that is committed with the sources".into(),
                            write: format!(
                                "Remove it there, replace the secret, and set {} or {}_FILE.",
                                row.variable(),
                                row.variable()
                            ),
                        })
                    }
                    (Some(row), Some(raw)) => apply(settings, row, &raw, source),
                    (Some(row), None) => Err(InvalidSetting {
                        setting: name,
                        source,
                        found: "is neither text, number, truth value nor a list of them".into(),
                        write: format!("Write {}.", row.accepts),
                    }),
                    (None, _) => Err(unknown(&name, source, rows(&sections).map(|row| &*row.name))),
                };
                problems.extend(result.err());
            }
        }
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(span.start));
            let mut problem = unreadable("vauban.toml", Source::Toml(path.into(), line), error.message());
            if let Some(quoted) = text.lines().nth(line - 1).and_then(in_quotes) {
                problem.write = format!("Put it in quotes: {quoted}");
            }
            problems.push(problem);
        }
    }
}

/// A line that would be right if its value stood in quotes: `addr = 127.0.0.1:9000`. Not one that names a secret: it is not
/// shown (CWE-532).
fn in_quotes(line: &str) -> Option<String> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let shown = !["key", "secret", "password", "token", "url"]
        .iter()
        .any(|word| name.contains(word));
    let plain = !value.is_empty() && !value.contains(['"', '\'', '\\', '#', '[', '{', '=']);
    let quoted = format!("{name} = \"{value}\"");
    (shown && plain && DeTable::parse(line).is_err() && DeTable::parse(&quoted).is_ok()).then_some(quoted)
}

/// A settings file that cannot be read.
fn unreadable(what: &str, source: Source, error: &str) -> InvalidSetting {
    InvalidSetting {
        setting: what.to_owned(),
        source,
        found: error.trim().to_owned(),
        write: "Correct the file, or remove it: every setting has a default or an environment variable."
            .into(),
    }
}

/// `[limits] body = 1` → `limits.body`. Empty tables count as names, so that a misspelt section is told.
fn flatten(prefix: &str, table: &DeTable<'_>, found: &mut Vec<(String, usize, Option<Raw>)>) {
    for (key, value) in table {
        let name = if prefix.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{prefix}.{}", key.get_ref())
        };
        let offset = key.span().start;
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => flatten(&name, inner, found),
            DeValue::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(|item| scalar(item.get_ref())).collect();
                found.push((name, offset, items.map(Raw::Many)));
            }
            other => found.push((name, offset, scalar(other).map(Raw::One))),
        }
    }
}

/// A text, number or truth value as text.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// `.env`: `NAME=value` lines, as the environment. What is not read is said.
fn dotenv_layer(settings: &mut Settings, places: &Places, problems: &mut Vec<InvalidSetting>) {
    let path = places.folder.join(".env");
    let text = match file_text(&path) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(error) => return problems.push(unreadable(".env", Source::DotEnv(path, 1), &error)),
    };
    let (mut variables, mut lines) = (BTreeMap::new(), BTreeMap::new());
    for (number, line) in text.lines().enumerate() {
        let at = Source::DotEnv(path.clone(), number + 1);
        let wrong = |found: String, write: &str| InvalidSetting {
            setting: ".env".into(),
            source: at.clone(),
            found,
            write: write.into(),
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            problems.push(wrong("the line has no `=`".into(), "Write `NAME=value`."));
            continue;
        };
        let name = name.trim();
        if !looks_like_ours(name) {
            settings.ignored.push(format!(
                "{at}: `{}` is no setting of Vauban's",
                name.escape_debug()
            ));
            continue;
        }
        let Some(value) = unquoted(value.trim()) else {
            // CWE-532: the value may be a secret.
            let found = format!("the quotation mark of `{}` is not closed", name.escape_debug());
            problems.push(wrong(
                found,
                "Write `NAME=value` or `NAME=\"value\"`, and nothing behind it.",
            ));
            continue;
        };
        if let Some(before) = lines.insert(name.to_owned(), number + 1) {
            let found = format!("`{}` was set in line {before} already", name.escape_debug());
            problems.push(wrong(found, "Remove one of them."));
        }
        variables.insert(name.to_owned(), value.to_owned());
    }
    let from = |name: &str| Source::DotEnv(path.clone(), lines.get(name).copied().unwrap_or(1));
    environment_layer(settings, places, &variables, &from, problems);
}

/// A value without its quotation marks; `None` if they are not a pair.
fn unquoted(value: &str) -> Option<&str> {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].strip_suffix(quote),
        _ => Some(value),
    }
}

/// `VAUBAN_…` variables, and `…_FILE` for secrets.
fn environment_layer(
    settings: &mut Settings,
    places: &Places,
    variables: &BTreeMap<String, String>,
    source: &dyn Fn(&str) -> Source,
    problems: &mut Vec<InvalidSetting>,
) {
    let mut known = BTreeSet::new();
    let sections = settings.sections.clone();
    for row in rows(&sections) {
        let (variable, file_variable) = (row.variable(), format!("{}_FILE", row.variable()));
        let (value, file) = (
            variables.get(&variable),
            variables.get(&file_variable).filter(|_| row.secret),
        );
        let result = match (value, file) {
            (Some(_), Some(_)) => Err(InvalidSetting {
                setting: row.name.clone().into_owned(),
                source: source(&variable),
                found: format!("{variable} and {file_variable} are both set"),
                write: "Remove one of them.".into(),
            }),
            (Some(value), None) => apply(settings, row, &Raw::One(value.clone()), source(&variable)),
            (None, Some(file)) => {
                let path = places.folder.join(file);
                let source = Source::SecretFile(file_variable.clone(), path.clone());
                match secret_file(&path) {
                    Ok(text) => apply(settings, row, &Raw::One(text), source),
                    Err((found, write)) => Err(InvalidSetting {
                        setting: row.name.clone().into_owned(),
                        source,
                        found,
                        write,
                    }),
                }
            }
            (None, None) => Ok(()),
        };
        problems.extend(result.err());
        known.insert(variable);
        if row.secret {
            known.insert(file_variable);
        }
    }
    for name in variables.keys().filter(|name| looks_like_ours(name)) {
        if !known.contains(name) && !NOT_SETTINGS.contains(&name.as_str()) {
            problems.push(unknown(name, source(name), known.iter().map(String::as_str)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HostPattern, SecretKey};
    use super::*;

    fn places(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let environment = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let places = Places {
            folder: folder.path().to_owned(),
            environment,
        };
        (folder, places)
    }

    #[test]
    fn the_environment_beats_dotenv_beats_toml_beats_defaults() {
        let (_folder, places) = places(
            &[
                (
                    "vauban.toml",
                    "addr = \"127.0.0.1:1\"\nallowed_hosts = [\"a.example\"]\n[limits]\nbody = 10\n",
                ),
                (
                    ".env",
                    "VAUBAN_ADDR=127.0.0.1:2\nexport VAUBAN_LIMITS_FIELDS=\"7\"\n",
                ),
            ],
            &[("VAUBAN_ADDR", "127.0.0.1:3")],
        );
        let settings = load(Mode::Development, &places, &[]).unwrap();
        assert_eq!(settings.addr.port(), 3);
        assert_eq!(settings.source("addr"), Source::Env("VAUBAN_ADDR".into()));
        assert_eq!(settings.allowed_hosts, [HostPattern::Exact("a.example".into())]);
        assert_eq!(settings.limits.body, 10);
        assert_eq!(
            settings.source("limits.body"),
            Source::Toml(places.folder.join("vauban.toml"), 4)
        );
        assert_eq!(settings.limits.fields, 7);
        assert_eq!(
            settings.source("limits.fields"),
            Source::DotEnv(places.folder.join(".env"), 2)
        );
        assert_eq!(settings.source("limits.headers"), Source::Default);
    }

    /// Editors begin a file with a byte order mark and end lines with CR and LF; both mean nothing.
    #[test]
    fn a_byte_order_mark_hides_no_line() {
        let (_folder, places) = places(
            &[
                (
                    ".env",
                    "\u{feff}VAUBAN_LIMITS_BODY=7\r\nVAUBAN_LIMITS_FIELDS=8\r\n",
                ),
                (
                    "vauban.toml",
                    "\u{feff}limits.headers = 9\r\nlimits.target = 99\r\n",
                ),
            ],
            &[],
        );
        let limits = load(Mode::Development, &places, &[]).unwrap().limits;
        assert_eq!(
            (limits.body, limits.fields, limits.headers, limits.target),
            (7, 8, 9, 99)
        );
    }

    #[test]
    fn what_is_not_read_is_said() {
        let (_folder, places) = places(
            &[(".env", "POSTGRES_PASSWORD=hunter2\nVAUBAN_LIMITS_BODY=7\n")],
            &[("PATH", "/bin"), ("VAUBANESQUE", "1")],
        );
        let settings = load(Mode::Development, &places, &[]).unwrap();
        assert_eq!(settings.ignored().len(), 1);
        let told = &settings.ignored()[0];
        // CWE-532: its name, never its value.
        assert!(
            told.contains(".env:1") && told.contains("POSTGRES_PASSWORD") && !told.contains("hunter2"),
            "{told}"
        );
        let release = load(Mode::Release, &places, &[]).unwrap();
        assert!(release.ignored()[0].contains("`.env` is not read in a release"));
    }

    #[test]
    fn nothing_of_ours_is_skipped_silently() {
        for (file, part) in [
            ("vauban_addr=127.0.0.1:1", "Did you mean `VAUBAN_ADDR`?"),
            ("VAUBAN-ADDR=127.0.0.1:1", "Did you mean `VAUBAN_ADDR`?"),
            ("\u{200b}VAUBAN_ADDR=127.0.0.1:1", "there is no such setting"),
            (
                "VAUBAN_ADDR=127.0.0.1:1\nVAUBAN_ADDR=127.0.0.1:2",
                "was set in line 1 already",
            ),
            ("VAUBAN_ADDR=\"127.0.0.1:1", "is not closed"),
            ("VAUBAN_ADDR='127.0.0.1:1' # mine", "is not closed"),
            ("VAUBAN_ADDR 127.0.0.1:1", "has no `=`"),
        ] {
            let (_folder, places) = places(&[(".env", file)], &[]);
            let text = load(Mode::Development, &places, &[]).unwrap_err().to_string();
            assert!(text.contains(part), "{file}: {text}");
        }
        let (_folder, places) = places(&[], &[("Vauban_Addr", "127.0.0.1:1")]);
        assert!(load(Mode::Release, &places, &[]).is_err());
    }

    #[test]
    fn other_encodings_are_named() {
        let (folder, places) = places(&[], &[]);
        fs::write(folder.path().join(".env"), b"\xff\xfeV\0A\0").unwrap();
        let text = load(Mode::Development, &places, &[]).unwrap_err().to_string();
        assert!(text.contains("UTF-16"), "{text}");
        fs::write(folder.path().join(".env"), b"VAUBAN_ADDR=\xff").unwrap();
        let text = load(Mode::Development, &places, &[]).unwrap_err().to_string();
        assert!(text.contains("not UTF-8"), "{text}");
    }

    /// A secret that is not text is refused, not mended into another one.
    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_text_is_told() {
        use std::os::unix::ffi::OsStrExt as _;
        let bytes = |bytes: &[u8]| lossy(OsStr::from_bytes(bytes));
        let (_folder, mut places) = places(&[], &[]);
        places.environment.extend([
            (bytes(b"VAUBAN_SECRET_KEY"), bytes(b"hunter2\xff")),
            (bytes(b"VAUBAN_ADDR\xff"), bytes(b"127.0.0.1:1")),
            (bytes(b"OTHER\xff"), bytes(b"\xff")),
        ]);
        let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
        assert!(
            text.contains("2 problems") && text.contains("VAUBAN_SECRET_KEY") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn release_does_not_read_dotenv() {
        // CWE-538.
        let (_folder, places) = places(&[(".env", "VAUBAN_ADDR=127.0.0.1:2\n")], &[]);
        assert_eq!(load(Mode::Release, &places, &[]).unwrap().addr.port(), 8000);
    }

    #[test]
    fn every_problem_is_told_at_once_with_what_to_write() {
        let (_folder, places) = places(
            &[(
                "vauban.toml",
                "alowed_hosts = []\nsecret_key = \"abc\"\n[limit]\n",
            )],
            &[
                ("VAUBAN_ADDR", "8000"),
                ("VAUBAN_SECRETKEY", "x"),
                ("VAUBAN_LIMITS_BODY", "lots"),
            ],
        );
        let problems = load(Mode::Release, &places, &[]).unwrap_err();
        let text = problems.to_string();
        assert_eq!(problems.0.len(), 6, "{text}");
        for part in [
            "alowed_hosts",
            "vauban.toml:1",
            "Did you mean `allowed_hosts`?",
            "a secret stands in a file that is committed",
            "`8000` is not `ADDRESS:PORT`",
            "Did you mean `VAUBAN_SECRET_KEY`?",
            "`lots` is not a size",
        ] {
            assert!(text.contains(part), "{part} missing in {text}");
        }
    }

    #[test]
    fn a_bad_secret_is_never_quoted() {
        // CWE-532.
        let (_folder, places) = places(&[], &[("VAUBAN_DATABASE_URL", "mysql://me:hunter2@db/x")]);
        let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
        assert!(
            text.contains("database_url") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn broken_toml_names_its_line() {
        let (_folder, places) = places(&[("vauban.toml", "addr = \"127.0.0.1:1\"\nlimits = = 3\n")], &[]);
        let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
        assert!(
            text.contains("vauban.toml:2") && !text.contains("quotes"),
            "{text}"
        );
    }

    #[test]
    fn a_toml_value_without_its_quotes_is_told_with_them() {
        for (line, told) in [
            (
                "addr = 127.0.0.1:9000",
                "Put it in quotes: addr = \"127.0.0.1:9000\"",
            ),
            ("allowed_hosts = example.com", "allowed_hosts = \"example.com\""),
        ] {
            let (_folder, places) = places(&[("vauban.toml", &format!("# mine\n{line}\n"))], &[]);
            let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
            assert!(text.contains("vauban.toml:2") && text.contains(told), "{text}");
        }
        // CWE-532: what may be a secret is not repeated.
        let (_folder, places) = places(&[("vauban.toml", "secret_key = hunter2\n")], &[]);
        let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_file_that_others_can_read_is_refused() {
        // CWE-732, ASVS v5.0.0-13.3.2.
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, places) = places(
            &[("key", "from the file\n")],
            &[("VAUBAN_SECRET_KEY_FILE", "key")],
        );
        let path = folder.path().join("key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let text = load(Mode::Release, &places, &[]).unwrap_err().to_string();
        assert!(text.contains("0644") && text.contains("chmod 600"), "{text}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let settings = load(Mode::Release, &places, &[]).unwrap();
        assert_eq!(settings.secret_key.text(), "from the file");
    }

    #[test]
    fn the_default_database_lies_in_the_data_folder() {
        let url = |environment: &[(&str, &str)]| {
            let key = ("VAUBAN_SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyzABCDEF");
            let (_folder, places) = places(&[], &[environment, &[key]].concat());
            load(Mode::Development, &places, &[])
                .unwrap()
                .database_url
                .expose()
                .clone()
        };
        assert_eq!(url(&[]), "sqlite:var/db.sqlite3");
        assert_eq!(url(&[("VAUBAN_DATA_DIR", "data")]), "sqlite:data/db.sqlite3");
        assert_eq!(
            url(&[("VAUBAN_DATA_DIR", "/srv/data")]),
            "sqlite:///srv/data/db.sqlite3"
        );
        let own = [
            ("VAUBAN_DATA_DIR", "data"),
            ("VAUBAN_DATABASE_URL", "sqlite:own.sqlite3"),
        ];
        assert_eq!(url(&own), "sqlite:own.sqlite3");
    }

    /// CWE-668, CWE-522. Attack: a module's `secret.key` is read from VAUBAN_SECRET_KEY, and `settings` prints it.
    #[test]
    fn no_module_reads_a_variable_of_somebody_else() {
        #[derive(Clone, Default)]
        struct Thief(String);
        impl super::super::ModuleSettings for Thief {
            const SECTION: &'static str = "secret";
            fn rows() -> Vec<super::super::SettingRow<Self>> {
                vec![super::super::SettingRow::new(
                    "key",
                    "the site's",
                    |s: &mut Self| &mut s.0,
                )]
            }
        }
        let (_folder, places) = places(&[], &[]);
        let sections = [SettingsSection::of::<Thief>()];
        let refused = load(Mode::Development, &places, &sections)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("secret.key") && refused.contains("VAUBAN_SECRET_KEY, too"),
            "{refused}"
        );
        let twice = [SettingsSection::of::<Thief>(), SettingsSection::of::<Thief>()];
        assert!(load(Mode::Development, &places, &twice).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_development_key_is_made_once_and_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, places) = places(&[], &[]);
        let first = load(Mode::Development, &places, &[]).unwrap();
        let again = load(Mode::Development, &places, &[]).unwrap();
        assert_eq!(first.secret_key.text(), again.secret_key.text());
        let path = folder.path().join("var/secret_key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(folder.path().join("var/.gitignore").exists());
        assert!(
            load(Mode::Release, &places, &[])
                .unwrap()
                .secret_key
                .text()
                .is_empty(),
            "not used in release"
        );
    }

    #[test]
    fn the_list_hides_secrets() {
        // CWE-532, CWE-200.
        let mut settings = Settings::defaults(Mode::Development);
        settings.secret_key = SecretKey::new("top-secret-value".into());
        settings.secret_key_fallbacks = vec![SecretKey::new("old-secret-value".into())];
        let shown = format!("{settings:?} {:?}", settings.list());
        assert!(!shown.contains("secret-value"), "{shown}");
    }
}
