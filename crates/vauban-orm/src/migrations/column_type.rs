//! The type of a column, as files name it.

use crate::value::{Kind, Storage};

/// What a column holds, as a file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A type by its name.
    Of(Kind),
    /// An older file says only how SQLite stores it.
    Stored(Storage),
}

/// Every type with its name in files.
const NAMES: [(&str, ColumnType); 15] = [
    ("string", ColumnType::Of(Kind::Text)),
    ("boolean", ColumnType::Of(Kind::Bool)),
    ("int", ColumnType::Of(Kind::Int)),
    ("bigint", ColumnType::Of(Kind::BigInt)),
    ("double", ColumnType::Of(Kind::Double)),
    ("decimal", ColumnType::Of(Kind::Decimal)),
    ("bytes", ColumnType::Of(Kind::Bytes)),
    ("uuid", ColumnType::Of(Kind::Uuid)),
    ("datetime", ColumnType::Of(Kind::DateTime)),
    ("date", ColumnType::Of(Kind::Date)),
    ("time", ColumnType::Of(Kind::Time)),
    // Those of older files. Their checksums are recorded in databases: they stay as they are.
    ("text", ColumnType::Stored(Storage::Text)),
    ("integer", ColumnType::Stored(Storage::Integer)),
    ("real", ColumnType::Stored(Storage::Real)),
    ("blob", ColumnType::Stored(Storage::Blob)),
];

impl ColumnType {
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, column_type)| *column_type).ok_or_else(|| {
            let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).take(11).collect();
            format!("`{name}` is no type: there are `{}`", known.join("`, `"))
        })
    }

    pub(super) fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(_, column_type)| *column_type == self);
        found.map_or("string", |(name, _)| name)
    }

    pub(super) fn storage(self) -> Storage {
        match self {
            Self::Of(kind) => kind.storage(),
            Self::Stored(storage) => storage,
        }
    }

    /// Whether it may be the type that is wanted.
    pub(super) fn fits(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Stored(storage), wanted) | (wanted, Self::Stored(storage)) => storage == wanted.storage(),
            _ => self == wanted,
        }
    }

    /// Whether every value of it that can be one of `to` becomes it by itself, and every other stops the migration.
    pub(super) fn converts(self, to: Self) -> bool {
        let number = |of| matches!(of, Kind::Int | Kind::BigInt | Kind::Double);
        match (self, to) {
            (Self::Of(from), Self::Of(to)) => {
                from == to
                    || (number(from) && (number(to) || to == Kind::Text))
                    || (from == Kind::Text && number(to))
            }
            _ => self.fits(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_of_its_own() {
        for (name, column_type) in NAMES {
            assert_eq!(ColumnType::named(name), Ok(column_type));
            assert_eq!(column_type.name(), name);
        }
        assert!(
            ColumnType::named("varchar")
                .unwrap_err()
                .contains("`string`, `boolean`")
        );
    }

    #[test]
    fn an_older_file_says_less() {
        let stored = ColumnType::Stored(Storage::Integer);
        assert!(stored.fits(ColumnType::Of(Kind::Bool)) && stored.fits(ColumnType::Of(Kind::DateTime)));
        assert!(!stored.fits(ColumnType::Of(Kind::Text)));
        assert!(!ColumnType::Of(Kind::Bool).fits(ColumnType::Of(Kind::DateTime)));
    }
}
