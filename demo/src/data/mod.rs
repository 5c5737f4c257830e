//! Every table of the site for its staff, by metadata alone: this file names no model. Which rows somebody sees their policies
//! say, here as everywhere.

pub mod row;

use std::collections::BTreeMap;

use serde::Deserialize;
use vauban::orm;
use vauban::orm::Related;
use vauban::orm::field::Kind;
use vauban::orm::untyped::{AnyColumn, AnyFilter, AnyQuerySet, AnyRow, AnyTable};
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
    /// Rows are counted by it: not by documents, which are compared nowhere.
    can_count: bool,
    is_counted: bool,
}

/// A row's texts, in the columns' order, and its own page.
pub struct Line {
    url: Option<vauban::Url>,
    cells: Vec<String>,
}

/// A value that may be looked for, where there are but some.
pub struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

/// How many rows have a value.
pub struct Count {
    /// What is looked for to see them; nothing, where they have no value.
    value: String,
    label: String,
    rows: i64,
}

#[derive(Template)]
#[template("data/table.html")]
pub struct TablePage {
    name: &'static str,
    heads: Vec<Head>,
    lines: Page<Line>,
    sort: String,
    text: String,
    choices: Vec<Choice>,
    counted: String,
    counts: Vec<Count>,
    /// What is wrong with what is looked for.
    problem: Option<String>,
}

/// `?sort=-created&field=title&text=wall&by=author&page=2`. Names of columns are looked up and never written anywhere (CWE-89).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Looking {
    sort: String,
    field: String,
    text: String,
    /// By which column rows are counted.
    by: String,
    page: Option<u32>,
}

/// The site's tables.
#[view(get, "/data/")]
pub async fn list(_: Staff, db: Db) -> ListPage {
    let line = |table: AnyTable| {
        let fields: Vec<_> = table.columns().map(|column| column.field()).collect();
        Some(TableLine {
            name: table.name(),
            url: table_url(table)?,
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
    let (mut problem, mut choices) = (None, Vec::new());
    if let Some(column) = table.column(&looking.field) {
        choices = choices_of(&db, &column, &looking.text).await?;
    }
    if !looking.text.is_empty() {
        let column = table.column(&looking.field).ok_or(orm::Error::NotFound)?;
        match looked_for(&db, &column, &looking.text).await {
            Ok(filter) => query = query.filter(filter)?,
            // What was typed is no value of the column: said, and no row has it.
            Err(error) => problem = error.problems().first().map(|wrong| wrong.problem.to_string()),
        }
    }
    let counts = match &problem {
        None if !looking.by.is_empty() => {
            let column = table.column(&looking.by).ok_or(orm::Error::NotFound)?;
            counts(&db, query.clone(), table, &column).await?
        }
        _ => Vec::new(),
    };
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
            can_count: column.meta().kind != Kind::Json,
            is_counted: field == looking.by,
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
        choices,
        counted: looking.by.clone(),
        counts,
        problem,
    })
}

/// In texts what is typed is looked for, of other columns it is the value: of a foreign key the row's id, or what is in its texts.
async fn looked_for(db: &Db, column: &AnyColumn, text: &str) -> orm::Result<AnyFilter> {
    if column.is_text() {
        return column.icontains(text);
    }
    match column.parse(text) {
        Err(_) if column.target().is_some() => {
            let named = column.options(db, text).await?;
            column.is_in(named.iter().map(AnyRow::key))
        }
        value => column.eq(value?),
    }
}

/// The values of a column that are few: an enum's, yes and no, the rows that a foreign key may refer to, as far as one may see them.
async fn choices_of(db: &Db, column: &AnyColumn, chosen: &str) -> orm::Result<Vec<Choice>> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == chosen,
    };
    if column.target().is_some() {
        let rows = column.options(db, "").await?;
        return Ok(match rows.has_next {
            // Too many to choose from.
            true => Vec::new(),
            false => rows
                .iter()
                .map(|row| choice(&row.key().to_string(), &row.label()))
                .collect(),
        });
    }
    if column.meta().kind == Kind::Bool {
        return Ok(vec![choice("true", "Yes"), choice("false", "No")]);
    }
    Ok(column
        .choices()
        .map(|(stored, label)| choice(stored, label))
        .collect())
}

/// How many of the rows have each value of a column: the most first, and twenty of them.
async fn counts(db: &Db, query: AnyQuerySet, table: AnyTable, column: &AnyColumn) -> orm::Result<Vec<Count>> {
    let count = table.id().count();
    // CWE-203: by the row that a foreign key refers to, so that what may not be seen is one line with what is not there, and no ids.
    let by = match column.target() {
        Some(_) => column.through("id").ok_or(orm::Error::NotFound)?,
        None => column.clone(),
    };
    let groups = query.group_by([by], [count.clone()])?;
    let groups = groups.order_by([count.desc()])?.limit(20).all(db).await?;
    let mut counts = Vec::new();
    for group in &groups {
        let value = group.texts()?.concat();
        let label = match (value.is_empty(), column.target()) {
            (false, _) => value.clone(),
            (true, None) => "(nothing)".to_owned(),
            (true, Some(_)) => "(nothing that you may see)".to_owned(),
        };
        counts.push(Count {
            label,
            value,
            rows: group.whole(0).unwrap_or(0),
        });
    }
    // The rows that a foreign key refers to are called what their labels say.
    if let Some(target) = column.target() {
        let target = db.table_of(target)?;
        let keys = counts.iter().filter_map(|count| target.key(&count.value).ok());
        let rows = target.objects().filter(target.id().is_in(keys)?)?.all(db).await?;
        let labels = rows.iter().map(|row| (row.key().to_string(), row.label()));
        let labels: BTreeMap<_, _> = labels.collect();
        for count in &mut counts {
            if let Some(label) = labels.get(&count.value) {
                count.label.clone_from(label);
            }
        }
    }
    Ok(counts)
}

fn table_url(table: AnyTable) -> Option<vauban::Url> {
    Some(urls::data_table(&PathText::parse(table.table()).ok()?))
}

fn row_url(row: &AnyRow) -> Option<vauban::Url> {
    let table = PathText::parse(row.model().table).ok()?;
    let id = PathText::parse(&row.key().to_string()).ok()?;
    Some(urls::data_row(&table, &id))
}

fn line(row: &AnyRow, columns: &[AnyColumn]) -> orm::Result<Line> {
    let cell = |column: &AnyColumn| match row.related(column)? {
        Related::Row(related) => Ok(related.label()),
        Related::Hidden => Ok("(hidden)".to_owned()),
        Related::NotLoaded => row.text(column),
    };
    Ok(Line {
        url: row_url(row),
        cells: columns.iter().map(cell).collect::<orm::Result<_>>()?,
    })
}
