//! Settings of modules: rows of their own, read and listed like the framework's.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Settings;
use super::raw::Raw;
use super::secret::Secret;
use super::table::{Row, Set, Show};
use super::values::{boolean, duration, show_duration};
use crate::checks::Finding;

/// A module's settings, as one type: its default is what is in force where nobody says anything.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::checks::Finding;
/// use vauban::settings::{ModuleSettings, SettingRow};
///
/// #[derive(Clone)]
/// struct GuestBook { per_page: usize }
///
/// impl Default for GuestBook {
///     fn default() -> Self { Self { per_page: 20 } }
/// }
///
/// impl ModuleSettings for GuestBook {
///     const SECTION: &'static str = "guestbook"; // `guestbook.per_page`, VAUBAN_GUESTBOOK_PER_PAGE
///     fn rows() -> Vec<SettingRow<Self>> {
///         vec![SettingRow::new("per_page", "entries on a page", |s| &mut s.per_page)]
///     }
///     fn check(&self) -> Vec<Finding> {
///         match self.per_page {
///             1..=200 => Vec::new(),
///             n => vec![Finding::error("guestbook.per_page", format!("{n} entries a page"), "Write 1 to 200.")],
///         }
///     }
/// }
/// ```
pub trait ModuleSettings: Default + Clone + Send + Sync + 'static {
    /// The section of `vauban.toml`: the module's name.
    const SECTION: &'static str;

    /// Its rows.
    fn rows() -> Vec<SettingRow<Self>>;

    /// What is wrong with the values in force. Runs at every start, and in the command `check`.
    fn check(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Puts what was said into the section.
type Setter<S> = dyn Fn(&mut S, &Raw) -> Result<(), String> + Send + Sync;

/// One setting of a module.
pub struct SettingRow<S> {
    name: &'static str,
    about: &'static str,
    accepts: &'static str,
    check: &'static str,
    secret: bool,
    set: Arc<Setter<S>>,
    show: Arc<dyn Fn(&S) -> String + Send + Sync>,
}

impl<S: Clone + 'static> SettingRow<S> {
    /// A setting with its name in the section, what it is for, and where its value is kept.
    pub fn new<T: SettingValue>(
        name: &'static str,
        about: &'static str,
        field: fn(&mut S) -> &mut T,
    ) -> Self {
        Self {
            name,
            about,
            accepts: T::ACCEPTS,
            check: "",
            secret: T::SECRET,
            set: Arc::new(move |s, raw| {
                *field(s) = T::read(raw.one()?)?;
                Ok(())
            }),
            show: Arc::new(move |s| field(&mut s.clone()).show()),
        }
    }

    /// Says what start checks about it, for the list of settings.
    #[must_use]
    pub fn checked(mut self, check: &'static str) -> Self {
        self.check = check;
        self
    }
}

impl<S> fmt::Debug for SettingRow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SettingRow").field(&self.name).finish()
    }
}

/// A type of settings' values.
#[diagnostic::on_unimplemented(
    message = "no setting is a `{Self}`",
    label = "not a type that a setting can have",
    note = "settings are `bool`, `usize`, `String` and the like (see the guide, \"Settings\"), or a type of yours with `impl SettingValue`"
)]
pub trait SettingValue: Clone + 'static {
    /// What may be written, in words.
    const ACCEPTS: &'static str;
    /// Whether it is hidden where settings are shown, and may stand in no committed file (CWE-798).
    const SECRET: bool = false;
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the text; never the text of a secret.
    fn read(text: &str) -> Result<Self, String>;
    /// Writes it as it is read.
    fn show(&self) -> String;
}

impl SettingValue for usize {
    const ACCEPTS: &'static str = "a whole number";
    fn read(text: &str) -> Result<Self, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("`{text}` is not a whole number"))
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for bool {
    const ACCEPTS: &'static str = "`true` or `false`";
    fn read(text: &str) -> Result<Self, String> {
        boolean(text)
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for String {
    const ACCEPTS: &'static str = "text";
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl SettingValue for Duration {
    const ACCEPTS: &'static str = "`90s`, `15m`, `12h`, `14d`";
    fn read(text: &str) -> Result<Self, String> {
        match duration(text)? {
            none if none.is_zero() => Err("0 would refuse everything; write at least `1s`".into()),
            time => Ok(time),
        }
    }
    fn show(&self) -> String {
        show_duration(*self)
    }
}

impl SettingValue for Secret<String> {
    const ACCEPTS: &'static str = "a secret text";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self::new(text.to_owned()))
    }
    fn show(&self) -> String {
        // CWE-532
        if self.expose().is_empty() {
            String::new()
        } else {
            super::secret::HIDDEN.to_owned()
        }
    }
}

/// A module's section without its type.
#[derive(Clone)]
pub struct SettingsSection {
    pub(super) name: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) start: fn(&mut Settings),
    check: fn(&Settings) -> Vec<Finding>,
}

impl SettingsSection {
    /// That of `S`.
    pub(crate) fn of<S: ModuleSettings>() -> Self {
        Self {
            name: S::SECTION,
            rows: S::rows().into_iter().map(erase).collect(),
            start: |settings| {
                settings.modules.insert(S::default());
            },
            check: |settings| settings.of::<S>().check(),
        }
    }

    /// What is wrong with the values in force.
    pub fn check(&self, settings: &Settings) -> Vec<Finding> {
        (self.check)(settings)
    }
}

impl fmt::Debug for SettingsSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SettingsSection").field(&self.name).finish()
    }
}

fn erase<S: ModuleSettings>(row: SettingRow<S>) -> Row {
    let (set, show) = (row.set, row.show);
    Row {
        name: format!("{}.{}", S::SECTION, row.name).into(),
        about: row.about,
        accepts: row.accepts,
        check: if row.check.is_empty() {
            "is of its form"
        } else {
            row.check
        },
        secret: row.secret,
        set: Set::Module(Arc::new(move |settings: &mut Settings, raw: &Raw| {
            let mut own: S = settings.of();
            set(&mut own, raw)?;
            settings.modules.replace(own);
            Ok(())
        })),
        show: Show::Module(Arc::new(move |settings: &Settings| show(&settings.of::<S>()))),
    }
}

/// The values of modules' sections, by type.
#[derive(Default)]
pub(crate) struct Sections(Vec<Box<dyn Any + Send + Sync>>);

impl Sections {
    fn get<S: Any>(&self) -> Option<&S> {
        self.0.iter().find_map(|section| section.downcast_ref())
    }

    fn insert<S: Any + Send + Sync>(&mut self, section: S) {
        if self.get::<S>().is_none() {
            self.0.push(Box::new(section));
        }
    }

    fn replace<S: Any + Send + Sync>(&mut self, section: S) {
        self.0.retain(|known| !known.is::<S>());
        self.0.push(Box::new(section));
    }
}

impl Settings {
    /// A module's settings in force; its defaults where the program does not have the module.
    pub fn of<S: ModuleSettings>(&self) -> S {
        self.modules.get::<S>().cloned().unwrap_or_default()
    }
}
