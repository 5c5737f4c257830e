//! What is known of a model while compiling: one text gives its columns, its migrations and its checks.

use std::any::TypeId;

use crate::problem::Problem;
use crate::tree::bounds;
use crate::tree::expr::Expr;
use crate::tree::limits::FieldLimits;
use crate::tree::rules::CompiledRules;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// Says that a description was written by the derive, which checks its names. Deprecated from its birth is the one way to
/// it, so that rustc reports whoever else names it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Derived(());

impl Derived {
    /// For the derive.
    #[deprecated(
        note = "models are described by `#[derive(Model)]` alone: its table and its policy are reviewed by them"
    )]
    pub const fn __by_the_derive() -> Self {
        Self(())
    }

    /// Of a description that is copied.
    pub(super) const fn again(of: &Self) -> Self {
        let Self(()) = of;
        Self(())
    }

    /// Of what describes no column yet.
    pub(super) const NOTHING: Self = Self(());

    /// Asks for one where a model is used, for `todo!()` has every type.
    pub const fn is_so(&self) {}
}

/// A model: its table, columns, indexes, and the way to its rules.
#[derive(Debug)]
pub struct ModelMeta {
    /// The struct's name.
    pub name: &'static str,
    /// The table's name in the database: one model a table.
    pub table: &'static str,
    /// The package that declares it.
    pub package: &'static str,
    /// The columns in the struct's order; the first is the primary key.
    pub columns: &'static [ColumnMeta],
    /// Indexes and unique constraints over several columns.
    pub indexes: &'static [IndexMeta],
    /// Conditions that the database holds every row to: `#[model(check(…))]`.
    pub constraints: &'static [ConstraintMeta],
    /// Whether what becomes of its rows is told when a unit ends: `#[model(changes)]`, and `user` likewise.
    pub changes: bool,
    /// Whether its rows say who belongs to which tenant: `#[model(membership)]`.
    pub membership: bool,
    /// Where and why a uniqueness that could tell of hidden rows is signed.
    pub unique_oracle: Option<vauban_waiver::Place>,
    #[doc(hidden)]
    pub rules: fn() -> &'static CompiledRules,
    #[doc(hidden)]
    pub type_id: fn() -> TypeId,
    #[doc(hidden)]
    pub type_name: fn() -> &'static str,
    /// CWE-668, CWE-89: neither a table nor a type that is another's is claimed by hand.
    #[doc(hidden)]
    pub __derived: Derived,
}

/// What the derive knows of a column: its names, its type, its limits, what it carries.
#[derive(Debug)]
pub struct ColumnMeta {
    /// The field's name in the struct.
    pub field: &'static str,
    /// The column's name in the database: a foreign key's ends in `_id`.
    pub column: &'static str,
    /// What it holds, whichever database stores it.
    pub kind: Kind,
    /// Whether it may be without a value.
    pub nullable: bool,
    /// Unique by itself. The primary key is.
    pub unique: bool,
    /// Has an index of its own.
    pub index: bool,
    /// The bounds that a value has to keep, whichever way it is written.
    pub limits: FieldLimits,
    /// The value of a row that is given none.
    pub default: Option<fn() -> Value>,
    /// Set by the framework.
    pub auto: Auto,
    /// Who may write it.
    pub privilege: Privilege,
    /// Whether a change of it makes a new version of the row, so that a form that shows the old one conflicts.
    pub versioned: bool,
    /// The model a foreign key refers to.
    pub target: Option<fn() -> &'static ModelMeta>,
    /// What deleting the target does.
    pub on_delete: OnDelete,
    /// Whether the model says so itself: `on_delete = …`.
    pub states_on_delete: bool,
    /// Whether it holds a user's id without being a foreign key: its type is `UserId`.
    pub holds_user: bool,
    /// Whether the row is among the personal data of the user that the column holds: it is their `owner`, or it is `personal`.
    pub personal: bool,
    /// Whether the struct makes the field `pub`: what it keeps to itself, nobody asks for by its name.
    pub public: bool,
    /// Whether its values are sealed, or found by the index of such a column.
    pub sealed: Sealing,
    /// What the column's type does with values that come without one.
    #[doc(hidden)]
    pub untyped: Untyped,
    /// CWE-89: its name is written into SQL.
    #[doc(hidden)]
    pub __derived: Derived,
}

/// A column's type, for those who know the column by its metadata alone. Of a value that is none there are no questions here.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Untyped {
    /// As the type writes it; with limits, only what may be saved (CWE-20).
    pub accepted: fn(ValueRef<'_>, Option<&FieldLimits>) -> Result<Value, Problem>,
    /// From text, as `Field::from_text` reads it.
    pub parsed: fn(&str) -> Result<Value, Problem>,
    /// As text, as `Field::to_text` writes it.
    pub shown: fn(ValueRef<'_>) -> Result<String, Mismatch>,
    /// What a stored value means.
    pub encoding: Encoding,
    /// Of an encrypted column, what is sealed in it.
    pub inside: Option<Inside>,
    /// Bytes of a text that the type can be, if it says so.
    pub max_bytes: Option<usize>,
    /// The texts that it is one of, if there are but these: `Field::CHOICES`.
    pub choices: &'static [&'static str],
    /// What is shown for each of them: `Field::CHOICE_LABELS`.
    pub labels: &'static [&'static str],
    /// Whether its values are told to nobody: `Field::SECRET`.
    pub secret: bool,
    /// Whether it is a `WholeNumber`, which takes any number that its bounds do. A type of the site's own has a kind as well, and
    /// may refuse what is computed (CWE-20).
    pub whole: fn() -> bool,
}

/// What is sealed in an encrypted column.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Inside {
    /// What it is.
    pub kind: Kind,
    /// A value that may be saved, to be sealed.
    pub unsealed: fn(ValueRef<'_>, &FieldLimits) -> Result<Value, Problem>,
}

/// What besides its [`Kind`] decides what a stored value means. Migrations say it and convert by it (CWE-681).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The kind says all.
    OfKind,
    /// A decimal number, stored as a whole number of its smallest unit.
    Decimal {
        /// How many of its digits are behind the point.
        places: u32,
        /// How many digits it has in all.
        digits: u32,
    },
    /// A ciphertext, which names its key.
    Encrypted,
}

impl Encoding {
    /// Of a type whose kind is `kind`: that of a decimal is said.
    pub(crate) const fn of(self, kind: Kind) -> Self {
        assert!(
            matches!(self, Self::Decimal { .. }) == matches!(kind, Kind::Decimal),
            "a type of the kind `Decimal` says its places: `const ENCODING: Encoding = Decimal::<2, 15>::ENCODING;`, and no other does"
        );
        self
    }
}

/// Values that the framework sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auto {
    /// None.
    No,
    /// The primary key, ordered by time.
    Id,
    /// The primary key, random.
    RandomId,
    /// The moment of creation.
    NowAdd,
    /// The moment of the last change.
    Now,
}

/// Whether a column holds what is sealed: `#[field(encrypted = "person.tax_id", index = blind)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// It holds what it is said to.
    No,
    /// Ciphertexts, under this label, which stays when the column is renamed.
    Encrypted {
        /// What its keys are derived for.
        label: &'static str,
    },
    /// By what the values of the encrypted column with this label are found: `index = blind`.
    Index {
        /// The label of the encrypted column.
        label: &'static str,
    },
}

impl Sealing {
    /// Of what is sealed.
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Encrypted { label } | Self::Index { label } => Some(label),
        }
    }
}

/// Columns that carry privilege, and who may write them (CWE-915, CWE-269).
///
/// * [`Open`](Self::Open): whoever may add or change the row.
/// * [`Owner`](Self::Owner), [`Tenant`](Self::Tenant), [`Fixed`](Self::Fixed): given when the row is made, judged by the add
///   rule; fixed from then on.
/// * [`Privileged`](Self::Privileged) (staff flags, permissions, hashes): a new row starts with the default.
///
/// All but `Open` are written in other ways only where the model's rules name them
/// ([`Rules::may_set`](crate::Rules::may_set)) or by a service that lists [`Grant`](crate::actions::Grant).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// Carries none.
    Open,
    /// `#[field(owner)]`
    Owner,
    /// `#[field(tenant)]`
    Tenant,
    /// `#[field(fixed)]`: what a change must first prove something for, such as an address.
    Fixed,
    /// `#[field(privileged)]`
    Privileged,
}

/// What deleting a row does to the rows that refer to it. The database itself always restricts; the
/// rest is done by the ORM, with the policies of the referring rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    /// Refuse while there are such rows (default).
    Restrict,
    /// Delete them too; refused unless the actor may delete every one of them.
    Cascade,
    /// Delete them too, by the right to delete the row they belong to.
    CascadeOwned,
    /// Empty the reference; refused unless the actor may change every one of them so.
    SetNull,
}

/// An index over several columns.
#[derive(Debug)]
pub struct IndexMeta {
    /// The names of its columns, in the order in which they count.
    pub columns: &'static [&'static str],
    /// Whether no two rows may agree in all of them.
    pub unique: bool,
    /// Those of them that are compared without the case of ASCII letters: `lower(email)`.
    pub ignores_case: &'static [&'static str],
    /// The rows that it is of, if not of all: `where = |a| …`.
    #[doc(hidden)]
    pub only: Option<fn() -> Stated>,
}

/// A condition that a model states for its own rows.
#[doc(hidden)]
#[derive(Debug)]
pub struct Stated(pub(crate) Expr);

/// A check constraint: a typed condition, or SQL written in the source as a literal.
#[derive(Debug)]
pub struct ConstraintMeta {
    /// Its name.
    pub name: &'static str,
    /// The condition on the row's columns in SQL; empty where it is typed.
    pub sql: &'static str,
    #[doc(hidden)]
    pub typed: Option<fn() -> Stated>,
}

impl ModelMeta {
    /// The column of a field.
    pub fn column(&self, field: &str) -> Option<&'static ColumnMeta> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// The place of a column of this model.
    pub(crate) fn position(&self, column: &ColumnMeta) -> Option<usize> {
        self.columns.iter().position(|mine| std::ptr::eq(mine, column))
    }

    /// The path of the model's type.
    pub fn type_name(&self) -> &'static str {
        (self.type_name)()
    }

    pub(crate) fn id(&self) -> &'static ColumnMeta {
        &self.columns[0]
    }

    /// Whether some of its columns hold what is sealed.
    pub(crate) fn has_sealed(&self) -> bool {
        self.columns.iter().any(|column| column.sealed != Sealing::No)
    }

    pub(crate) fn is(&self, other: &ModelMeta) -> bool {
        std::ptr::eq(self, other)
    }

    /// Whether a row may refer to another of them.
    pub(crate) fn refers_to_itself(&self) -> bool {
        let mut targets = self.columns.iter().filter_map(|column| column.target);
        targets.any(|target| target().is(self))
    }
}

impl ColumnMeta {
    /// Whether a row goes with the one that it refers to by this column.
    pub fn cascades(&self) -> bool {
        matches!(self.on_delete, OnDelete::Cascade | OnDelete::CascadeOwned)
    }

    /// Bytes of a text or of bytes that it may hold, if its model or its type says so.
    pub(crate) fn max_bytes(&self) -> Option<usize> {
        // CWE-20: as many characters as the model says, of up to four bytes.
        let stated = self.limits.max_length.map(|max| (max as usize).saturating_mul(4));
        match (stated, self.untyped.max_bytes) {
            (Some(stated), Some(own)) => Some(stated.min(own)),
            (stated, own) => stated.or(own),
        }
    }

    /// Whether it may hold so much that looking at it takes long.
    pub(crate) fn is_long(&self) -> bool {
        let has_length = matches!(self.kind, Kind::Text | Kind::Bytes | Kind::Json);
        has_length && self.max_bytes().is_none_or(|bytes| bytes > bounds::MAX_TEXT)
    }

    /// Whether its values are told to nobody who asks by metadata alone: the struct keeps the field to its module, or its type says
    /// that it is secret (CWE-200).
    pub const fn is_secret(&self) -> bool {
        !self.public || self.untyped.secret
    }

    /// A stored value, as the column's type writes it.
    ///
    /// # Errors
    /// If it is none of the type's.
    pub(crate) fn read(&self, value: ValueRef<'_>) -> Result<Value, Mismatch> {
        match value {
            ValueRef::Null if self.nullable => Ok(Value::Null),
            value => (self.untyped.accepted)(value, None).map_err(|_| Mismatch),
        }
    }

    #[doc(hidden)]
    pub const fn checked(self, needs_length: bool) -> Self {
        assert!(
            matches!(self.sealed, Sealing::Encrypted { .. })
                == matches!(self.untyped.encoding, Encoding::Encrypted),
            "an `Encrypted` field says under which label, `#[field(encrypted = \"person.tax_id\")]`, and no other field does"
        );
        assert!(
            !needs_length || self.limits.max_length.is_some(),
            "a text says how long it may be: `#[field(max_length = 200)]`, or `#[field(text)]` for up to 1,000,000"
        );
        assert!(
            self.kind.is_number() || !self.limits.is_range(),
            "`min` and `max` are for numbers: a text has `max_length`, and what else holds is `#[model(check(…))]`"
        );
        assert!(
            !matches!(self.kind, Kind::Json) || !(self.unique || self.index),
            "JSON is neither unique nor indexed: what is looked up is a field of its own"
        );
        self
    }
}
