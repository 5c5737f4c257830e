//! A model's columns with those of the groups that it takes in: one list, made while the program is compiled.
//!
//! A group's columns are the model's own in everything but where they are written, so what is made here is what the derive writes
//! for a model without groups: no place that reads a model's columns knows of groups.

use crate::problem::Problem;
use crate::tree::identifier;
use crate::tree::limits::FieldLimits;
use crate::tree::meta::{Auto, ColumnMeta, Derived, Encoding, OnDelete, Privilege, Sealing, Untyped};
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// Some columns in a row: the model's own, or a group's.
#[derive(Debug)]
pub struct Part<'a> {
    /// As they are described where they are written.
    pub columns: &'a [ColumnMeta],
    /// What [`names`] says, of a group with a prefix; else nothing.
    pub names: &'static [u8],
    /// Whether the model makes the field `pub` that takes the group in.
    pub public: bool,
}

/// All columns of the parts, in their order; `derived` says that the derive asks (CWE-668).
pub const fn columns<const N: usize>(derived: &Derived, parts: &[Part<'_>]) -> [ColumnMeta; N] {
    derived.is_so();
    let mut all = [const { NOTHING }; N];
    let (mut part, mut nth) = (0, 0);
    while part < parts.len() {
        let Part {
            columns,
            names,
            public,
        } = &parts[part];
        let (mut column, mut rest) = (0, *names);
        while column < columns.len() {
            let as_written = &columns[column];
            let named = !rest.is_empty();
            let mut copy = copy(as_written);
            if named {
                (copy.field, rest) = next(rest);
                (copy.column, rest) = next(rest);
                identifier::checked(copy.column);
            }
            copy.public = copy.public && *public;
            all[nth] = copy;
            nth += 1;
            column += 1;
        }
        part += 1;
    }
    all
}

/// How many bytes [`names`] are.
pub const fn names_length(prefix: &str, columns: &[ColumnMeta]) -> usize {
    let (mut nth, mut length) = (0, 0);
    while nth < columns.len() {
        length += 2 * prefix.len() + columns[nth].field.len() + columns[nth].column.len() + 2;
        nth += 1;
    }
    length
}

/// The names of a group's columns behind a prefix, field and column, each with its end.
pub const fn names<const N: usize>(prefix: &str, columns: &[ColumnMeta]) -> [u8; N] {
    let mut text = [END; N];
    let (mut nth, mut at) = (0, 0);
    while nth < columns.len() {
        at = put(&mut text, at, prefix);
        at = put(&mut text, at, columns[nth].field) + 1;
        at = put(&mut text, at, prefix);
        at = put(&mut text, at, columns[nth].column) + 1;
        nth += 1;
    }
    text
}

/// Refuses a column from `first` on, `count` of them, that has the name of another one, as a field or in the database, or of the
/// framework's: the name, and `what` is wrong with it.
#[track_caller]
pub const fn apart(columns: &[ColumnMeta], first: usize, count: usize, what: &str) {
    let mut nth = first;
    while nth < first + count {
        assert!(
            !same(columns[nth].column, "row_version"),
            "`row_version` is the framework's column: give the group another prefix"
        );
        let mut other = 0;
        while other < columns.len() {
            let (a, b) = (&columns[nth], &columns[other]);
            if nth != other && same(a.column, b.column) {
                refuse(a.column, what);
            }
            if nth != other && same(a.field, b.field) {
                refuse(a.field, what);
            }
            other += 1;
        }
        nth += 1;
    }
}

#[track_caller]
const fn refuse(name: &str, what: &str) {
    let mut text = [b'`'; 1000];
    let end = put(&mut text, 1, name) + 1;
    let end = put(&mut text, end, what);
    match std::str::from_utf8(text.split_at(end).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("names are ASCII"),
    }
}

/// The name in the database of the field `field` of a group, which is described by `group` and stands in the model's columns from
/// `first` on.
pub const fn column_of(
    columns: &'static [ColumnMeta],
    first: usize,
    group: &[ColumnMeta],
    field: &str,
) -> &'static str {
    let mut nth = 0;
    while nth < group.len() {
        if same(group[nth].field, field) {
            return columns[first + nth].column;
        }
        nth += 1;
    }
    // Rustc tells of it where the derive asks the group's columns for the field.
    ""
}

/// How many columns a new row must be given.
pub const fn count_given(columns: &[ColumnMeta]) -> usize {
    let (mut nth, mut count) = (0, 0);
    while nth < columns.len() {
        count += columns[nth].is_given() as usize;
        nth += 1;
    }
    count
}

/// The fields that a new row must be given.
pub const fn given<const N: usize>(columns: &'static [ColumnMeta]) -> [&'static str; N] {
    let mut all = [""; N];
    let (mut nth, mut count) = (0, 0);
    while nth < columns.len() {
        if columns[nth].is_given() {
            all[count] = columns[nth].field;
            count += 1;
        }
        nth += 1;
    }
    all
}

/// Whether one of the columns has a value, and another one in each row.
pub const fn has_unique(columns: &[ColumnMeta]) -> bool {
    let mut nth = 0;
    while nth < columns.len() {
        if columns[nth].unique && !columns[nth].nullable {
            return true;
        }
        nth += 1;
    }
    false
}

impl ColumnMeta {
    /// Whether a new row is given a value for it by whoever makes it.
    pub(crate) const fn is_given(&self) -> bool {
        matches!(self.auto, Auto::No)
            && !matches!(self.sealed, Sealing::Index { .. })
            && self.default.is_none()
            && !matches!(self.privilege, Privilege::Privileged)
    }
}

/// What ends a name, and is in none.
const END: u8 = 0;

const fn put(text: &mut [u8], at: usize, word: &str) -> usize {
    let bytes = word.as_bytes();
    let mut nth = 0;
    while nth < bytes.len() {
        text[at + nth] = bytes[nth];
        nth += 1;
    }
    at + bytes.len()
}

/// The first name, and the rest.
const fn next(text: &'static [u8]) -> (&'static str, &'static [u8]) {
    let mut length = 0;
    while text[length] != END {
        length += 1;
    }
    let (name, rest) = text.split_at(length);
    match std::str::from_utf8(name) {
        Ok(name) => (name, rest.split_at(1).1),
        Err(_) => panic!("names are ASCII"),
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut nth = 0;
    while nth < a.len() && nth < b.len() && a[nth] == b[nth] {
        nth += 1;
    }
    nth == a.len() && nth == b.len()
}

const fn copy(of: &ColumnMeta) -> ColumnMeta {
    ColumnMeta {
        field: of.field,
        column: of.column,
        kind: of.kind,
        nullable: of.nullable,
        unique: of.unique,
        index: of.index,
        limits: of.limits,
        default: of.default,
        auto: of.auto,
        privilege: of.privilege,
        versioned: of.versioned,
        target: of.target,
        on_delete: of.on_delete,
        states_on_delete: of.states_on_delete,
        holds_user: of.holds_user,
        personal: of.personal,
        public: of.public,
        sealed: of.sealed,
        untyped: of.untyped,
        __derived: Derived::again(&of.__derived),
    }
}

/// Stands where a column will be.
const NOTHING: ColumnMeta = ColumnMeta {
    field: "",
    column: "",
    kind: Kind::Bool,
    nullable: true,
    unique: false,
    index: false,
    limits: FieldLimits::NONE,
    default: None,
    auto: Auto::No,
    privilege: Privilege::Privileged,
    versioned: true,
    target: None,
    on_delete: OnDelete::Restrict,
    states_on_delete: false,
    holds_user: false,
    personal: false,
    public: false,
    sealed: Sealing::No,
    untyped: Untyped {
        accepted,
        parsed,
        shown,
        encoding: Encoding::OfKind,
        inside: None,
        max_bytes: None,
        choices: &[],
        labels: &[],
        secret: true,
        whole: || false,
    },
    __derived: Derived::NOTHING,
};

fn accepted(_: ValueRef<'_>, _: Option<&FieldLimits>) -> Result<Value, Problem> {
    Ok(Value::Null)
}

fn parsed(_: &str) -> Result<Value, Problem> {
    Ok(Value::Null)
}

fn shown(_: ValueRef<'_>) -> Result<String, Mismatch> {
    Err(Mismatch)
}
