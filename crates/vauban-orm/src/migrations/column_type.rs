//! The type of a column, as files name it.

use crate::tree::meta::{ColumnMeta, Encoding};
use crate::tree::value::{Kind, Storage};

/// What a column holds, as a file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A type by its name. `decimal` alone is of older files: with how many places its rows were written, nobody said.
    Of(Kind),
    /// A decimal number, stored as a whole number of its smallest unit.
    Decimal {
        /// How many of its digits are behind the point.
        places: u32,
        /// How many digits it has in all.
        digits: u32,
    },
    /// Ciphertexts, which name their key.
    Encrypted,
    /// An older file says only how SQLite stores it.
    Stored(Storage),
}

const ALL: [ColumnType; 19] = [
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
    ColumnType::Encrypted,
    ColumnType::Stored(Storage::Text),
    ColumnType::Stored(Storage::Integer),
    ColumnType::Stored(Storage::Real),
    ColumnType::Stored(Storage::Blob),
];

impl ColumnType {
    /// What a model's column holds.
    pub(super) fn of_model(column: &ColumnMeta) -> Self {
        match column.untyped.encoding {
            Encoding::OfKind => Self::Of(column.kind),
            Encoding::Decimal { places, digits } => Self::Decimal { places, digits },
            Encoding::Encrypted => Self::Encrypted,
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, String> {
        if let Some(inside) = name.strip_prefix("decimal(") {
            return decimal(inside).ok_or_else(|| {
                format!(
                    "`{name}` is no type: a decimal says its digits, at most 18, and how many of them are behind the point, \
                     like `decimal(15, 2)`"
                )
            });
        }
        ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| {
            let new = ALL
                .iter()
                .filter(|known| matches!(known, Self::Of(_) | Self::Encrypted));
            let known: Vec<String> = new.map(|known| known.example()).collect();
            format!("`{name}` is no type: there are `{}`", known.join("`, `"))
        })
    }

    /// As files say it.
    pub(super) fn written(self) -> String {
        match self {
            Self::Decimal { places, digits } => format!("decimal({digits}, {places})"),
            other => other.name().to_owned(),
        }
    }

    fn example(self) -> String {
        match self {
            Self::Of(Kind::Decimal) => "decimal(15, 2)".to_owned(),
            other => other.written(),
        }
    }

    /// Its name in files, without what stands in brackets behind it.
    fn name(self) -> &'static str {
        match self {
            Self::Of(Kind::Text) => "string",
            Self::Of(Kind::Bool) => "boolean",
            Self::Of(Kind::SmallInt) => "smallint",
            Self::Of(Kind::Int) => "int",
            Self::Of(Kind::BigInt) => "bigint",
            Self::Of(Kind::Double) => "double",
            Self::Of(Kind::Decimal) | Self::Decimal { .. } => "decimal",
            Self::Of(Kind::Bytes) => "bytes",
            Self::Of(Kind::Uuid) => "uuid",
            Self::Of(Kind::DateTime) => "datetime",
            Self::Of(Kind::Date) => "date",
            Self::Of(Kind::Time) => "time",
            Self::Of(Kind::Duration) => "duration",
            Self::Of(Kind::Json) => "json",
            Self::Encrypted => "encrypted",
            // Those of older files. Their checksums are recorded in databases: they stay as they are.
            Self::Stored(Storage::Text) => "text",
            Self::Stored(Storage::Integer) => "integer",
            Self::Stored(Storage::Real) => "real",
            Self::Stored(Storage::Blob) => "blob",
        }
    }

    /// What its values are on a server; an older file's column is settled by the models before.
    #[cfg(feature = "postgres")]
    pub(super) fn on_a_server(self) -> Kind {
        match self {
            Self::Of(kind) => kind,
            Self::Decimal { .. } => Kind::Decimal,
            Self::Stored(Storage::Text) => Kind::Text,
            Self::Stored(Storage::Integer) => Kind::BigInt,
            Self::Stored(Storage::Real) => Kind::Double,
            Self::Encrypted | Self::Stored(Storage::Blob) => Kind::Bytes,
        }
    }

    pub(super) fn storage(self) -> Storage {
        match self {
            Self::Of(kind) => kind.storage(),
            Self::Decimal { .. } => Kind::Decimal.storage(),
            Self::Encrypted => Storage::Blob,
            Self::Stored(storage) => storage,
        }
    }

    /// Whether it may be the type that is wanted. An older file's decimal may be of any places: that is settled once, by a
    /// migration (CWE-681: else 12.34 of two places would be read as 0.1234 by a model of four).
    pub(super) fn fits(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Stored(_), Self::Decimal { .. } | Self::Encrypted)
            | (Self::Decimal { .. } | Self::Encrypted, Self::Stored(_)) => false,
            (Self::Stored(storage), wanted) | (wanted, Self::Stored(storage)) => storage == wanted.storage(),
            _ => self == wanted,
        }
    }

    /// Whether the values stay as they are stored, whatever they are.
    pub(super) fn stays(self, to: Self) -> bool {
        match (self, to) {
            (
                Self::Decimal { places, digits },
                Self::Decimal {
                    places: as_many,
                    digits: more,
                },
            ) => places == as_many && digits <= more,
            _ => self.settles(to) || to.settles(self) || self == to,
        }
    }

    /// Whether `to` only says what an older file left open.
    pub(super) fn settles(self, to: Self) -> bool {
        let open = matches!(self, Self::Of(Kind::Decimal) | Self::Stored(Storage::Integer));
        open && matches!(to, Self::Decimal { .. })
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
            (Self::Decimal { .. }, Self::Decimal { .. }) => true,
            _ => self.fits(to) || self.stays(to),
        }
    }

    /// Whether the database would take the value as it is, and it would mean something else: a number of seconds as a moment,
    /// of cents as a whole number.
    pub(super) fn is_misread_as(self, to: Self) -> bool {
        let (Some(from), Some(into)) = (self.kind(), to.kind()) else {
            return false;
        };
        // A truth value is 0 or 1, a day is written; an older file's decimal was of whatever places the model had.
        let as_is = (from == Kind::Bool && matches!(into, Kind::SmallInt | Kind::Int | Kind::BigInt))
            || (matches!(from, Kind::Date | Kind::Json) && into == Kind::Text)
            || [self, to].contains(&Self::Of(Kind::Decimal));
        self.storage() == to.storage() && !self.converts(to) && !as_is
    }

    fn kind(self) -> Option<Kind> {
        match self {
            Self::Of(kind) => Some(kind),
            Self::Decimal { .. } => Some(Kind::Decimal),
            Self::Encrypted => Some(Kind::Bytes),
            Self::Stored(_) => None,
        }
    }
}

/// How a decimal becomes one of other places or digits, as SQL that both databases read alike: the condition under which it
/// does so exactly, and what is stored then.
pub(super) fn rescaled(name: &str, from: ColumnType, to: ColumnType) -> Option<(String, String)> {
    let (ColumnType::Decimal { places: had, .. }, ColumnType::Decimal { places, digits }) = (from, to) else {
        return None;
    };
    let ten = |power: u32| 10_i64.checked_pow(power);
    let most = ten(digits)? - 1;
    let more = ten(places.saturating_sub(had))?;
    let fewer = ten(had.saturating_sub(places))?;
    Some(if more > 1 {
        // CWE-190: judged before it is multiplied.
        let most = most / more;
        (
            format!("\"{name}\" BETWEEN -{most} AND {most}"),
            format!("\"{name}\" * {more}"),
        )
    } else {
        (
            format!("\"{name}\" % {fewer} = 0 AND \"{name}\" / {fewer} BETWEEN -{most} AND {most}"),
            format!("\"{name}\" / {fewer}"),
        )
    })
}

/// Behind `decimal(`.
fn decimal(inside: &str) -> Option<ColumnType> {
    let (digits, places) = inside.strip_suffix(')')?.split_once(',')?;
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let (digits, places) = (number(digits)?, number(places)?);
    (digits <= 18 && places <= digits).then_some(ColumnType::Decimal { places, digits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_of_its_own() {
        for column_type in ALL {
            assert_eq!(ColumnType::named(&column_type.written()), Ok(column_type));
        }
        let price = ColumnType::Decimal {
            places: 2,
            digits: 15,
        };
        assert_eq!(price.written(), "decimal(15, 2)");
        assert_eq!(ColumnType::named("decimal(15,2)"), Ok(price));
        for none in [
            "decimal(4)",
            "decimal(19, 2)",
            "decimal(2, 4)",
            "decimal(-1, 0)",
            "decimal(1, 1) x",
        ] {
            assert!(
                ColumnType::named(none)
                    .unwrap_err()
                    .contains("like `decimal(15, 2)`"),
                "{none}"
            );
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
        // What it leaves open of a decimal is said once.
        let price = ColumnType::Decimal {
            places: 2,
            digits: 15,
        };
        for older in [stored, ColumnType::Of(Kind::Decimal)] {
            assert!(
                !older.fits(price) && older.settles(price) && older.converts(price) && price.converts(older)
            );
        }
    }
}
