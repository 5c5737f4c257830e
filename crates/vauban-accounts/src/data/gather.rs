//! What is in a person's data: their own row, and every row that refers to them by a column that is theirs (`owner`, `personal`), of each
//! the columns that are told to who asks by metadata: no hash, no token, nothing that its model keeps to itself (CWE-200).

use serde_json::{Map, Value, json};
use vauban::http::Result;
use vauban::orm::field;
use vauban::orm::untyped::{AnyColumn, AnyRow, AnyTable, Given};
use vauban::orm::{self, ColumnMeta, DateTime, Db, ModelMeta, UserId};
use vauban_mail::preferences;

use crate::accounts::Accounts;
use crate::people::Account;

/// Rows of one model (CWE-770).
const MOST_ROWS: usize = 10_000;
/// Bytes of all of it, about.
const MOST_BYTES: usize = 16 << 20;
/// Rows that are read at once.
const AT_ONCE: u32 = 200;

/// What was gathered of the rows.
pub(super) struct Gathered {
    you: Value,
    rows: Map<String, Value>,
    incomplete: Vec<String>,
    room: usize,
    /// The kinds of mails that their address has left.
    left: Vec<String>,
    /// Since when they have an authenticator app. Its secret is in no file (CWE-522).
    app: Option<DateTime>,
    /// How many passkeys they have. What verifies them is in no file.
    passkeys: u64,
}

/// Every row. What is beyond the bounds is left out, and `incomplete` says of which models.
pub(super) async fn gather(accounts: &Accounts, db: &Db, person: &Account) -> Result<Gathered> {
    let user = person.user;
    let users = accounts.users.model();
    let mut room = MOST_BYTES;
    let (mut you, mut rows, mut incomplete) = (Value::Null, Map::new(), Vec::new());
    for table in db.tables() {
        let keys: Vec<AnyColumn> = match std::ptr::eq(table.meta(), users) {
            true => vec![table.id()],
            false => table
                .columns()
                .filter(|column| is_theirs(column.meta(), users))
                .collect(),
        };
        let found = read(db, &table, &keys, user, &mut room).await?;
        // What is theirs by a column that its model keeps to itself cannot be looked for, and is not passed over in silence.
        let by_any = table
            .meta()
            .columns
            .iter()
            .filter(|column| is_theirs(column, users));
        let by_hidden = !std::ptr::eq(table.meta(), users) && by_any.count() > keys.len();
        if by_hidden || !found.is_whole {
            incomplete.push(table.name().to_owned());
        }
        if std::ptr::eq(table.meta(), users) {
            you = found.rows.into_iter().next().unwrap_or_default();
        } else if !found.rows.is_empty() {
            rows.insert(table.name().to_owned(), Value::Array(found.rows));
        }
    }
    Ok(Gathered {
        you,
        rows,
        incomplete,
        room,
        left: preferences::left(db, &person.email).await?,
        app: accounts.factors.app_since(db, user.uuid()).await?,
        passkeys: accounts.factors.passkeys_of(db, user.uuid()).await?,
    })
}

impl Gathered {
    /// As JSON, with what hooks add.
    pub(super) fn with(mut self, accounts: &Accounts, mut more: Map<String, Value>) -> orm::Result<Vec<u8>> {
        self.incomplete.extend(without_room(&mut more, self.room));
        let all = json!({
            "site": accounts.site,
            "made": accounts.sessions.clock().now().to_string(),
            "you": self.you,
            "passkeys": self.passkeys,
            "authenticator_app_since": self.app.map(|since| since.to_string()),
            "mails_left": self.left,
            "rows": self.rows,
            "more": more,
            "incomplete": self.incomplete,
        });
        serde_json::to_vec(&all).map_err(|error| orm::Error::Internal(error.to_string()))
    }
}

/// CWE-770: of what hooks add only as much as there is room for; gives the names of the rest.
fn without_room(more: &mut Map<String, Value>, mut room: usize) -> Vec<String> {
    let mut left_out = Vec::new();
    more.retain(|name, value| {
        let bytes = value.to_string().len();
        let fits = bytes <= room;
        match fits {
            true => room -= bytes,
            false => left_out.push(name.clone()),
        }
        fits
    });
    left_out
}

fn is_theirs(column: &ColumnMeta, users: &'static ModelMeta) -> bool {
    let refers = column.target.is_some_and(|target| std::ptr::eq(target(), users));
    column.personal && (refers || column.holds_user)
}

#[derive(Default)]
struct Found {
    rows: Vec<Value>,
    is_whole: bool,
}

async fn read(
    db: &Db,
    table: &AnyTable,
    keys: &[AnyColumn],
    user: UserId,
    room: &mut usize,
) -> orm::Result<Found> {
    let mut found = Found {
        is_whole: true,
        ..Found::default()
    };
    let theirs: Vec<_> = keys
        .iter()
        .map(|key| key.eq(Given::new(&user.uuid())))
        .collect::<orm::Result<_>>()?;
    let Some(theirs) = theirs.into_iter().reduce(|a, b| a | b) else {
        return Ok(found);
    };
    let columns: Vec<AnyColumn> = table.columns().collect();
    let mut after = None;
    loop {
        let query = table.objects().filter(theirs.clone())?.per_page(AT_ONCE);
        let page = query.page_after(db, after.as_ref()).await?;
        for row in &page.rows {
            let row = object(row, &columns)?;
            let bytes = row.to_string().len();
            if found.rows.len() >= MOST_ROWS || bytes > *room {
                found.is_whole = false;
                return Ok(found);
            }
            *room -= bytes;
            found.rows.push(row);
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

fn object(row: &AnyRow, columns: &[AnyColumn]) -> orm::Result<Value> {
    let values = columns
        .iter()
        .map(|column| Ok((column.field().to_owned(), value(row, column)?)));
    Ok(Value::Object(values.collect::<orm::Result<_>>()?))
}

/// A value as JSON has it; what JSON has no kind of, as its column writes it.
fn value(row: &AnyRow, column: &AnyColumn) -> orm::Result<Value> {
    use field::{Kind, Value as Stored};
    Ok(match (column.meta().kind, row.value(column)?) {
        (_, Stored::Null) => Value::Null,
        (Kind::Bool, Stored::Integer(truth)) => Value::Bool(*truth != 0),
        (Kind::SmallInt | Kind::Int | Kind::BigInt, Stored::Integer(number)) => json!(number),
        (Kind::Double, Stored::Real(number)) => json!(number),
        (Kind::Json, _) => {
            let text = row.text(column)?;
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        _ => Value::String(row.text(column)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-770. Attack: a module's part of the data, which others write, is as large as they like.
    #[test]
    fn cwe_770_what_hooks_add_has_a_bound() {
        let added = [
            ("a", json!("x".repeat(40))),
            ("b", json!("y".repeat(80))),
            ("c", json!("z")),
        ];
        let mut more: Map<String, Value> = added
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        assert_eq!(without_room(&mut more, 60), ["b"]);
        assert_eq!(more.keys().collect::<Vec<_>>(), ["a", "c"]);
    }
}
