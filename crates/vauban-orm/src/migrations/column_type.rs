//! The type of a column, as files name it.

use crate::tree::value::{Kind, Storage};

/// What a column holds, as a file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A type by its name.
    Of(Kind),
    /// An older file says only how SQLite stores it.
    Stored(Storage),
}

const ALL: [ColumnType; 18] = [
    ColumnType::Of(Kind::Text),
    ColumnType::Of(Kind::Bool),
    ColumnType::Of(Kind::SmallInt),
    ColumnType::Of(Kind::Int),
    ColumnType::Of(Kind::BigInt),
    ColumnType::Of(Kind::Double),
    ColumnType::Of(Kind::Decimal),
    ColumnType::Of(Kind::Bytes),
    ColumnType::Of(Kind::Uuid),
    ColumnType::Of(Kind::DateTime),
    ColumnType::Of(Kind::Date),
    ColumnType::Of(Kind::Time),
    ColumnType::Of(Kind::Duration),
    ColumnType::Of(Kind::Json),
    ColumnType::Stored(Storage::Text),
    ColumnType::Stored(Storage::Integer),
    ColumnType::Stored(Storage::Real),
    ColumnType::Stored(Storage::Blob),
];

impl ColumnType {
    pub(super) fn named(name: &str) -> Result<Self, String> {
        ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| {
            let new = ALL.iter().filter(|known| matches!(known, Self::Of(_)));
            let known: Vec<&str> = new.map(|known| known.name()).collect();
            format!("`{name}` is no type: there are `{}`", known.join("`, `"))
        })
    }

    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Of(Kind::Text) => "string",
            Self::Of(Kind::Bool) => "boolean",
            Self::Of(Kind::SmallInt) => "smallint",
            Self::Of(Kind::Int) => "int",
            Self::Of(Kind::BigInt) => "bigint",
            Self::Of(Kind::Double) => "double",
            Self::Of(Kind::Decimal) => "decimal",
            Self::Of(Kind::Bytes) => "bytes",
            Self::Of(Kind::Uuid) => "uuid",
            Self::Of(Kind::DateTime) => "datetime",
            Self::Of(Kind::Date) => "date",
            Self::Of(Kind::Time) => "time",
            Self::Of(Kind::Duration) => "duration",
            Self::Of(Kind::Json) => "json",
            // Those of older files. Their checksums are recorded in databases: they stay as they are.
            Self::Stored(Storage::Text) => "text",
            Self::Stored(Storage::Integer) => "integer",
            Self::Stored(Storage::Real) => "real",
            Self::Stored(Storage::Blob) => "blob",
        }
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
        let number = |of| matches!(of, Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::Double);
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
        for column_type in ALL {
            assert_eq!(ColumnType::named(column_type.name()), Ok(column_type));
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
