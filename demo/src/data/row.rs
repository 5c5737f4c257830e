//! One row of whichever table: what stands in it, what it is linked to, what refers to it, what was done to it.

use vauban::orm;
use vauban::orm::Related;
use vauban::orm::untyped::{AnyColumn, AnyRow};
use vauban::prelude::*;

use super::{row_url, table_url};
use crate::history::{self, HistoryEntry};

/// What is counted of rows that refer to this one, at most.
const COUNTED: u32 = 100;

/// A column and what stands in it.
pub struct Cell {
    field: &'static str,
    text: String,
    /// The page of the row that it refers to.
    url: Option<vauban::Url>,
}

/// Rows that belong to this one.
pub struct Belonging {
    name: String,
    /// How many there are, or that there are many.
    count: String,
    /// The first of them.
    rows: Vec<Cell>,
}

#[derive(Template)]
#[template("data/row.html")]
pub struct RowPage {
    name: &'static str,
    table: vauban::Url,
    label: String,
    cells: Vec<Cell>,
    belonging: Vec<Belonging>,
    history: Vec<HistoryEntry>,
}

/// A row that one may see.
#[view(get, "/data/{table}/{id}/")]
pub async fn row(_: Staff, db: Db, table: Path<String>, id: Path<String>) -> Result<RowPage> {
    let table = db.table(&table).ok_or(orm::Error::NotFound)?;
    let columns: Vec<_> = table.columns().collect();
    let mut query = table.objects();
    for key in columns.iter().filter(|column| column.target().is_some()) {
        query = query.related(key)?;
    }
    let row = query.get(&db, table.key(&id)?).await?;
    let mut belonging = Vec::new();
    let linked = table.linked(&db);
    for tags in &linked {
        let rows = tags.rows(&db, row.key())?.slice(0, COUNTED)?.all(&db).await?;
        belonging.push(Belonging {
            name: format!("{} ({})", tags.to().name, tags.far().field()),
            count: counted(rows.len() as u64),
            rows: rows.iter().map(short).collect(),
        });
    }
    // What only links this row to another was shown above.
    let links = |key: &AnyColumn| {
        linked
            .iter()
            .any(|one| std::ptr::eq(one.near().meta(), key.meta()))
    };
    for key in table.referred_by(&db).iter().filter(|key| !links(key)) {
        let theirs = db.table_of(key.model())?;
        let rows = theirs.objects().filter(key.eq(row.key())?)?;
        let count = rows.clone().count_up_to(&db, COUNTED).await?;
        let first = rows.slice(0, 5)?.all(&db).await?;
        belonging.push(Belonging {
            name: format!("{} ({})", theirs.name(), key.field()),
            count: counted(count),
            rows: first.iter().map(short).collect(),
        });
    }
    Ok(RowPage {
        name: table.name(),
        table: table_url(table).ok_or(orm::Error::NotFound)?,
        label: row.label(),
        cells: columns
            .iter()
            .map(|column| cell(&row, column))
            .collect::<orm::Result<_>>()?,
        belonging,
        history: history::of(&db, table.table(), row.key().uuid()).await?,
    })
}

fn counted(rows: u64) -> String {
    if rows >= COUNTED.into() {
        format!("{COUNTED} or more")
    } else {
        rows.to_string()
    }
}

/// A row in a list of some.
fn short(row: &AnyRow) -> Cell {
    Cell {
        field: row.model().name,
        text: row.label(),
        url: row_url(row),
    }
}

fn cell(row: &AnyRow, column: &AnyColumn) -> orm::Result<Cell> {
    let (text, url) = match row.related(column)? {
        Related::Row(related) => (related.label(), row_url(related)),
        Related::Hidden => ("(hidden)".to_owned(), None),
        Related::NotLoaded => (row.text(column)?, None),
    };
    let field = column.field();
    Ok(Cell { field, text, url })
}
