//! Every table of the site for its staff, by metadata alone: this file names no model. Which rows somebody sees their policies
//! say, here as everywhere.

use serde::Deserialize;
use vauban::orm;
use vauban::orm::Related;
use vauban::orm::untyped::{AnyColumn, AnyFilter, AnyRow, AnyTable};
use vauban::prelude::*;

use crate::urls;

/// A table, as the list names it.
pub struct TableLine {
    name: &'static str,
    url: vauban::Url,
    columns: String,
}

#[derive(Template)]
#[template("data/list.html")]
pub struct ListPage {
    tables: Vec<TableLine>,
}

/// A column, as the head of the table and the filter name it.
pub struct Head {
    field: &'static str,
    /// What `?sort=` says to sort by it, or the other way round if it is so already.
    sort: String,
    direction: &'static str,
    is_looked_in: bool,
}

/// A row's texts, in the columns' order.
pub struct Line {
    cells: Vec<String>,
}

#[derive(Template)]
#[template("data/table.html")]
pub struct TablePage {
    name: &'static str,
    heads: Vec<Head>,
    lines: Page<Line>,
    sort: String,
    text: String,
    /// What is wrong with what is looked for.
    problem: Option<String>,
}

/// `?sort=-created&field=title&text=wall&page=2`. Names of columns are looked up and never written anywhere (CWE-89).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Looking {
    sort: String,
    field: String,
    text: String,
    page: Option<u32>,
}

/// The site's tables.
#[view(get, "/data/")]
pub async fn list(_: Staff, db: Db) -> ListPage {
    let line = |table: AnyTable| {
        let fields: Vec<_> = table.columns().map(|column| column.field()).collect();
        Some(TableLine {
            name: table.name(),
            url: urls::data_table(&PathText::parse(table.table()).ok()?),
            columns: fields.join(", "),
        })
    };
    ListPage {
        tables: db.tables().into_iter().filter_map(line).collect(),
    }
}

/// A table's rows: those that one may see.
#[view(get, "/data/{table}/")]
pub async fn table(_: Staff, db: Db, table: Path<String>, looking: Query<Looking>) -> Result<TablePage> {
    let table = db.table(&table).ok_or(orm::Error::NotFound)?;
    let columns: Vec<_> = table.columns().collect();
    let mut query = table.objects().per_page(20);
    for key in columns.iter().filter(|column| column.target().is_some()) {
        query = query.related(key)?;
    }
    let (sorted, down) = match looking.sort.strip_prefix('-') {
        Some(field) => (field, true),
        None => (looking.sort.as_str(), false),
    };
    if !sorted.is_empty() {
        let column = table.column(sorted).ok_or(orm::Error::NotFound)?;
        query = query.order_by([if down { column.desc() } else { column.asc() }])?;
    }
    let mut problem = None;
    if !looking.text.is_empty() {
        let column = table.column(&looking.field).ok_or(orm::Error::NotFound)?;
        match looked_for(&column, &looking.text) {
            Ok(filter) => query = query.filter(filter)?,
            // What was typed is no value of the column: said, and no row has it.
            Err(error) => problem = error.problems().first().map(|wrong| wrong.problem.to_string()),
        }
    }
    let page = match problem {
        None => query.page(&db, looking.page.unwrap_or(1)).await?,
        Some(_) => Page {
            rows: Vec::new(),
            number: 1,
            has_next: false,
            per_page: 20,
        },
    };
    let lines = page
        .rows
        .iter()
        .map(|row| line(row, &columns))
        .collect::<orm::Result<_>>()?;
    let head = |column: &AnyColumn| {
        let field = column.field();
        let (here, direction) = match (field == sorted, down) {
            (false, _) => (false, "none"),
            (true, false) => (true, "ascending"),
            (true, true) => (false, "descending"),
        };
        Head {
            field,
            sort: format!("{}{field}", if here { "-" } else { "" }),
            direction,
            is_looked_in: field == looking.field,
        }
    };
    Ok(TablePage {
        name: table.name(),
        heads: columns.iter().map(head).collect(),
        lines: Page {
            rows: lines,
            number: page.number,
            has_next: page.has_next,
            per_page: page.per_page,
        },
        sort: looking.sort.clone(),
        text: looking.text.clone(),
        problem,
    })
}

/// In texts what is typed is looked for, of other columns it is the value.
fn looked_for(column: &AnyColumn, text: &str) -> orm::Result<AnyFilter> {
    if column.is_text() {
        column.icontains(text)
    } else {
        column.eq(column.parse(text)?)
    }
}

fn line(row: &AnyRow, columns: &[AnyColumn]) -> orm::Result<Line> {
    let cell = |column: &AnyColumn| match row.related(column)? {
        Related::Row(related) => Ok(related.label()),
        Related::Hidden => Ok("(hidden)".to_owned()),
        Related::NotLoaded => row.text(column),
    };
    Ok(Line {
        cells: columns.iter().map(cell).collect::<orm::Result<_>>()?,
    })
}
