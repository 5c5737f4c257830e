//! The functions of a program that data migrations run, and what each may do.

use std::any::type_name;
use std::fmt;

use vauban_waiver::Place;

use super::row::OldRow;
use crate::error::Result;
use crate::policy::actor::Proof;

/// What becomes of one row, where a migration's file says `run = "…"` with this type's name. Declared by
/// [`data_migration!`](crate::data_migration), listed by a module (`Module::data_migration`).
///
/// ```
/// use vauban_orm::migrations::{DataMigration, OldRow};
/// use vauban_orm::{Result, data_migration};
///
/// data_migration! {
///     /// Counts the words of articles that were there before they were counted.
///     pub CountWords: View<article(body)>, Change<article(words)>;
///     waiver!(ServiceRights, "the articles of before are nobody's to change one by one")
/// }
///
/// impl DataMigration for CountWords {
///     fn row(row: &mut OldRow<'_>) -> Result<()> {
///         let words = row.get::<String>("body")?.split_whitespace().count();
///         row.set("words", &i64::try_from(words).unwrap_or(i64::MAX))
///     }
/// }
/// # fn main() {}
/// ```
///
/// The file that runs it is read in review, as every migration is:
///
/// ```toml
/// [[operations]]
/// run = "CountWords"
/// table = "article"
/// reads = ["body"]
/// writes = ["words"]
/// back = "nothing"      # the next migration back drops the column
/// ```
///
/// It is a service: no policy is asked, and it may what its rights name and nothing else. Tables and columns are named as the
/// migrations before it leave them, and values are asked for by the types that such a column has: no model of today is in it, so that it
/// goes on working when the models change. It sees one row at a time, reads no other, and what it gives depends on that row
/// alone: killed anywhere, the next `migrate` goes on with the rows that are not done.
pub trait DataMigration: Named {
    /// Sets what the row's columns become.
    ///
    /// # Errors
    /// Then its batch of rows is undone, and `migrate` stops there and says which row it was.
    fn row(row: &mut OldRow<'_>) -> Result<()>;
}

/// A data migration's name and rights, written by [`data_migration!`](crate::data_migration).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rights as a data migration",
    note = "write `data_migration! {{ /// What it does. pub {Self}: View<table(column)>, Change<table(column)>; waiver!(ServiceRights, \"why it may\") }}`"
)]
pub trait Named: Sized + Send + Sync + 'static {
    /// Its name in the files.
    const NAME: &'static str;
    /// Its rights.
    const RIGHTS: &'static [DataRight];
    #[doc(hidden)]
    const SIGNED: Proof<Self>;
    /// Signed once for all its rights.
    fn waiver() -> Place;
}

/// One right of a data migration, on columns as they are called when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRight {
    /// `View` or `Change`; to change a column is also to see it.
    pub action: &'static str,
    /// The table as it is called then.
    pub table: &'static str,
    /// The table's columns that it goes for.
    pub columns: &'static [&'static str],
}

/// `view article(body, title)`, as the access matrix has it.
impl fmt::Display for DataRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.to_ascii_lowercase();
        write!(f, "{action} {}({})", self.table, self.columns.join(", "))
    }
}

/// What is known of a data migration.
#[derive(Clone, Copy)]
pub struct DataMigrationMeta {
    pub(super) name: &'static str,
    type_name: &'static str,
    rights: &'static [DataRight],
    waiver: fn() -> Place,
    pub(super) row: fn(&mut OldRow<'_>) -> Result<()>,
}

impl DataMigrationMeta {
    /// Of a data migration.
    pub fn of<D: DataMigration>() -> Self {
        // CWE-441: signed by the macro, and not with another's signature.
        const { D::SIGNED.holds() };
        Self {
            name: D::NAME,
            type_name: type_name::<D>(),
            rights: D::RIGHTS,
            waiver: D::waiver,
            row: D::row,
        }
    }

    /// Its name in the files.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The path of its type.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Its rights.
    pub fn rights(&self) -> &'static [DataRight] {
        self.rights
    }

    /// Why it may what no policy lets it.
    pub fn reason(&self) -> &'static str {
        (self.waiver)().reason()
    }

    /// CWE-862: whether one of its rights names this column.
    pub(super) fn may(&self, write: bool, table: &str, column: &str) -> bool {
        self.rights.iter().any(|right| {
            right.table == table && right.columns.contains(&column) && (!write || right.action == "Change")
        })
    }
}

impl fmt::Debug for DataMigrationMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataMigrationMeta").field(&self.name).finish()
    }
}

/// Declares a data migration: its name, which columns it may see and change, its signed reason. See
/// [`DataMigration`](crate::migrations::DataMigration).
#[macro_export]
macro_rules! data_migration {
    (
        $(#[$doc:meta])* $vis:vis $name:ident : $($action:ident<$table:ident($($column:ident),+ $(,)?)>),+ $(,)? ;
        waiver!(ServiceRights, $reason:literal) $(;)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        $vis enum $name {}
        impl $crate::migrations::Named for $name {
            const NAME: &'static str = ::core::stringify!($name);
            const RIGHTS: &'static [$crate::migrations::DataRight] = &[$(
                $crate::__data_right!($action, $table, $($column),+)
            ),+];
            #[allow(deprecated)]
            const SIGNED: $crate::actor::Proof<Self> = $crate::actor::Proof::__by_macro();
            fn waiver() -> $crate::__private::Place {
                $crate::__private::__place!(ServiceRights, $reason)
            }
        }
    };
    // CWE-441: whatever else stands in the waiver's place signs nothing.
    ($($other:tt)*) => {
        ::std::compile_error!(
            "a data migration is written `pub Name: View<table(column)>, Change<table(column)>; waiver!(ServiceRights, \"why it may\")`, \
             its reason written out here"
        );
    };
}

/// For [`data_migration!`](crate::data_migration).
#[doc(hidden)]
#[macro_export]
macro_rules! __data_right {
    (View, $table:ident, $($column:ident),+) => { $crate::__data_right!(@ View, $table, $($column),+) };
    (Change, $table:ident, $($column:ident),+) => { $crate::__data_right!(@ Change, $table, $($column),+) };
    (@ $action:ident, $table:ident, $($column:ident),+) => {
        $crate::migrations::DataRight {
            action: ::core::stringify!($action),
            table: ::core::stringify!($table),
            columns: &[$(::core::stringify!($column)),+],
        }
    };
    ($($other:tt)*) => {
        ::std::compile_error!("a data migration may `View` and `Change` columns of rows that are there")
    };
}
