//! Tables as they were found, whichever database has them.

/// A table that was found.
#[derive(Debug, Default)]
pub(super) struct Inspected {
    pub(super) name: String,
    pub(super) columns: Vec<InspectedColumn>,
    /// The columns of its primary key.
    pub(super) key: Vec<String>,
    pub(super) indexes: Vec<InspectedIndex>,
}

#[derive(Debug, Default)]
pub(super) struct InspectedColumn {
    pub(super) name: String,
    /// As the database calls it.
    pub(super) sql_type: String,
    pub(super) null: bool,
    /// The table and the column that it refers to.
    pub(super) refers: Option<(String, String)>,
}

/// An index over whole columns and all rows.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InspectedIndex {
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
}
