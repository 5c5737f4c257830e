//! What one field of a form is: its name, its words for people, its widget and its limits.
//!
//! `#[derive(Form)]` writes one constant [`FieldSpec`] for each field of the struct.

/// The HTML control that asks for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Widget {
    /// One line of text.
    Text,
    /// Several lines of text.
    Textarea,
    /// A secret: hidden while it is typed, never written back into a page (CWE-549).
    Password,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// A whole number.
    Number,
    /// A number that may have a point.
    Decimal,
    /// A day of the calendar.
    Date,
    /// A time of day.
    Time,
    /// A moment: a day and a time of day, in UTC.
    DateTime,
    /// A list to choose one entry from.
    Select,
    /// A button for each entry of a list, of which one is chosen.
    Radio,
    /// Yes or no.
    Checkbox,
    /// A box to tick for each entry of a list.
    Checkboxes,
    /// A list to choose several entries from.
    MultiSelect,
    /// Not shown; still the client's word, and cleaned like any other field.
    Hidden,
}

impl Widget {
    /// The `type` of the `<input>`, or `None` for elements of their own.
    pub(super) const fn input_type(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("text"),
            Self::Password => Some("password"),
            Self::Email => Some("email"),
            Self::Url => Some("url"),
            Self::Number | Self::Decimal => Some("number"),
            Self::Date => Some("date"),
            Self::Time => Some("time"),
            Self::DateTime => Some("datetime-local"),
            Self::Checkbox => Some("checkbox"),
            Self::Hidden => Some("hidden"),
            Self::Textarea | Self::Select | Self::Radio | Self::Checkboxes | Self::MultiSelect => None,
        }
    }

    /// Whether its values are entries of a list that the page shows.
    #[doc(hidden)]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::Select | Self::Radio | Self::Checkboxes | Self::MultiSelect
        )
    }

    /// Whether it is a control for each entry, in a group with a name of its own.
    pub(super) const fn is_group(self) -> bool {
        matches!(self, Self::Radio | Self::Checkboxes)
    }

    /// Whether several values can be entered.
    #[doc(hidden)]
    pub const fn takes_many(self) -> bool {
        matches!(self, Self::Checkboxes | Self::MultiSelect)
    }

    /// Whether nobody may read what is entered.
    #[doc(hidden)]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Password)
    }
}

/// One field, as `#[derive(Form)]` wrote it down.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// The name in the request and in the struct.
    pub name: &'static str,
    /// What people read beside the control.
    pub label: &'static str,
    /// A sentence of help below the label, or nothing.
    pub help: &'static str,
    /// The control.
    pub widget: Widget,
    /// Whether something must be entered. `Option` and `bool` fields need nothing.
    pub required: bool,
    /// The fewest characters (Unicode scalar values) of a text.
    pub min_length: usize,
    /// The most characters (Unicode scalar values) of a text. Every text has such a bound (ASVS 2.2.1, CWE-770).
    pub max_length: usize,
    /// The smallest number.
    pub min: Option<i64>,
    /// The largest number.
    pub max: Option<i64>,
    /// The fewest values of a field that has many.
    pub min_items: usize,
    /// The most values of a field that has many (CWE-770).
    pub max_items: usize,
    /// Whether some requests do not have this field: `when = …`.
    pub conditional: bool,
    /// Whether blank space around a text is taken off: of one line at both ends, of several the blank lines.
    pub strip: bool,
    /// Whether its form looks for something (`#[form(get)]`): nothing entered then is anything.
    pub searches: bool,
    /// The `autocomplete` token (WHATWG HTML; WCAG 1.3.5), or nothing.
    pub autocomplete: &'static str,
}

impl FieldSpec {
    /// The length that a value of a type without text gets: a number, an id, a choice.
    pub const SHORT: usize = 100;
    /// How many values a field that has many takes, where it says nothing else.
    pub const ITEMS: usize = 100;

    /// A required field with nothing else said; the derive fills in the rest.
    pub const fn new(name: &'static str, label: &'static str, widget: Widget) -> Self {
        Self {
            name,
            label,
            help: "",
            widget,
            required: true,
            min_length: 0,
            max_length: Self::SHORT,
            min: None,
            max: None,
            min_items: 0,
            max_items: Self::ITEMS,
            conditional: false,
            strip: true,
            searches: false,
            autocomplete: "",
        }
    }
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// An entry: what is sent, and what people read.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}
