//! The one door for tables: a table comes into a statement together with the rule for its rows, and nothing else of the ORM
//! writes `FROM`, `JOIN` or what is changed (a test of the repository looks for it). So no statement kind can forget the
//! rule (CWE-862).

use std::fmt::Write;

use crate::error::Result;
use crate::policy::actor::Action;
use crate::sabotage::{Control, removed};
use crate::sql::cond::{Asks, Class, Cond};
use crate::sql::dialect::{Dialect, Wait};
use crate::sql::render::{Renderer, Row, Scope};
use crate::tree::meta::{ColumnMeta, ModelMeta};

/// A table in a statement, under a name of its own, and what has to hold of each of its rows.
pub(crate) struct Source {
    model: &'static ModelMeta,
    alias: String,
    rule: Cond,
    /// The same, looked up by key, where the database may ask it after what takes longer: it guesses what a condition costs, and of
    /// what stands in a row it knows nothing.
    guard: Option<Cond>,
}

/// Which rows of a table a statement has.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    /// Those that the statement is about: whoever asks may see them.
    Asked,
    /// Those that are related to a row. In a query one that may not be seen is absent (CWE-203: no filter is an oracle);
    /// rules read them in full.
    Related(Scope),
    /// The same, where something is counted or added up over them.
    Folded(Scope),
    /// Those that whoever asks may see, in a rule as well: what a foreign key is set to, and `visible(who)`.
    Visible,
    /// Those that a statement under the policy has found, and those that refer to them: what a deletion takes along is judged
    /// row by row, beside this.
    Found,
}

impl Renderer<'_> {
    /// The only way to a [`Source`].
    pub(crate) fn source(&mut self, model: &'static ModelMeta, rows: Which) -> Result<Source> {
        self.listed(model)?;
        self.asks(model);
        if let Which::Found = rows {
            self.step_aside(&[Action::View], model);
        }
        let alias = match rows {
            Which::Asked | Which::Found => "t".to_owned(),
            Which::Related(_) | Which::Folded(_) | Which::Visible => self.alias(),
        };
        let rule = match rows {
            Which::Related(Scope::Policy) | Which::Folded(Scope::Policy) | Which::Found => Cond::True,
            Which::Related(Scope::Query) if removed(Control::Related) => Cond::True,
            Which::Folded(Scope::Query) if removed(Control::Folded) => Cond::True,
            Which::Asked | Which::Related(Scope::Query) | Which::Folded(Scope::Query) | Which::Visible => {
                self.rule(Action::View, model, Row::old(&alias))?
            }
        };
        let guard = match rows {
            Which::Asked | Which::Related(Scope::Query) | Which::Folded(Scope::Query) => {
                self.guard(model, &alias, &rule)?
            }
            // Rules have nothing in them that whoever asks has made long.
            Which::Related(Scope::Policy) | Which::Folded(Scope::Policy) | Which::Visible | Which::Found => {
                None
            }
        };
        Ok(Source {
            model,
            alias,
            rule,
            guard,
        })
    }
}

impl Source {
    /// Its rows, for conditions on them.
    pub(crate) fn row(&self) -> Row<'_> {
        Row::old(&self.alias)
    }

    /// What has to hold of its rows, for what is said of them in the statement's other places.
    pub(crate) fn rule(&self) -> &Cond {
        &self.rule
    }

    /// One of its columns.
    pub(crate) fn column(&self, column: &ColumnMeta) -> String {
        format!("{}.\"{}\"", self.alias, column.column)
    }

    pub(crate) fn id(&self) -> String {
        self.column(self.model.id())
    }

    /// A row's key, and whether `may` holds of it.
    pub(crate) fn id_and(&self, may: &Cond) -> String {
        format!("{}, ({}) IS TRUE", self.id(), may.sql())
    }

    /// All of its columns, in the model's order.
    pub(crate) fn columns(&self) -> String {
        let all: Vec<_> = self.model.columns.iter().map(|one| self.column(one)).collect();
        all.join(", ")
    }

    /// `condition`, so that what may fail or take long is asked of no row that the rule hides.
    pub(crate) fn behind_the_rule(&self, condition: Cond) -> Cond {
        match &self.guard {
            Some(guard) => condition.behind_late(guard),
            None => condition.behind(&self.rule),
        }
    }

    /// What it has to hold, and `condition`, [behind](Self::behind_the_rule) it.
    pub(crate) fn under_the_rule(&self, condition: Cond) -> Cond {
        self.rule.clone().and(self.behind_the_rule(condition))
    }

    /// `SELECT … FROM …`, of the rows for which `condition` holds.
    pub(crate) fn select(&self, what: &str, condition: Cond) -> String {
        self.select_joined(what, "", condition)
    }

    /// As [`select`](Self::select), with what [`join`](Self::join) has made of other sources.
    pub(crate) fn select_joined(&self, what: &str, joins: &str, condition: Cond) -> String {
        let mut out = format!(
            "SELECT {what} FROM \"{}\" AS {}{joins}",
            self.model.table, self.alias
        );
        where_(&mut out, &self.under_the_rule(condition));
        out
    }

    /// `SELECT … FROM …`, of the rows that `chosen` gives the ids of: a statement that this source has made, so that what is not
    /// the rule's is not among them.
    pub(crate) fn select_chosen(&self, what: &str, joins: &str, chosen: &str) -> String {
        format!(
            "SELECT {what} FROM \"{}\" AS {}{joins} WHERE {} IN ({chosen})",
            self.model.table,
            self.alias,
            self.id()
        )
    }

    /// The rows whose `column` is `key`, for which `condition` holds.
    pub(crate) fn select_where(&self, what: &str, column: &ColumnMeta, key: &str, condition: Cond) -> String {
        let of_key = Cond::safe(format!("{} = {key}", self.column(column)));
        let mut out = format!("SELECT {what} FROM \"{}\" AS {}", self.model.table, self.alias);
        where_(&mut out, &of_key.and(self.under_the_rule(condition)));
        out
    }

    /// There is such a row; `class` is what it takes to look for it.
    pub(crate) fn exists(&self, column: &ColumnMeta, key: &str, condition: Cond, class: Class) -> Cond {
        let class = class.max(condition.class()).max(self.rule.class());
        let inner = self.select_where("1", column, key, condition);
        Cond::new(format!("EXISTS ({inner})"), class, Asks::RowsOfEach)
    }

    /// The value of `column` is that of such a row, all of which are gathered first.
    pub(crate) fn has(&self, column: &ColumnMeta, key: &str, condition: Cond) -> Cond {
        let class = condition.class().max(self.rule.class());
        let asks = condition.asks().max(self.rule.asks()).max(Asks::Rows);
        let inner = self.select(&self.column(column), condition);
        Cond::new(format!("{key} IN ({inner})"), class, asks)
    }

    /// ` LEFT JOIN …` of the row whose primary key is `key`, if `outside` holds of the row that refers to it: one that may not
    /// be seen is absent.
    pub(crate) fn join(&self, key: &str, outside: &Cond) -> String {
        let mut out = format!(
            " LEFT JOIN \"{}\" AS {} ON {} = {key}",
            self.model.table,
            self.alias,
            self.id()
        );
        let rule = self.rule.clone().behind(outside);
        if rule != Cond::True {
            let _ = write!(out, " AND {}", rule.sql());
        }
        out
    }

    /// ` JOIN …` of the rows whose `column` is `key`, for a row of which `outside` holds: without one that may be seen, it is none.
    pub(crate) fn join_all(&self, column: &ColumnMeta, key: &str, outside: &Cond) -> String {
        let mut out = format!(
            " JOIN \"{}\" AS {} ON {} = {key}",
            self.model.table,
            self.alias,
            self.column(column)
        );
        let rule = self.rule.clone().behind(outside);
        if rule != Cond::True {
            let _ = write!(out, " AND {}", rule.sql());
        }
        out
    }

    /// ` UNION SELECT …` of the rows that refer to a key of `down` by one of these columns, for a walk from parents to children.
    pub(crate) fn descend(&self, columns: &[&ColumnMeta]) -> String {
        let keys = columns
            .iter()
            .map(|column| format!("{} = down.id", self.column(column)));
        let keys: Vec<_> = keys.collect();
        format!(
            " UNION SELECT {} FROM \"{}\" AS {}, down WHERE {}",
            self.id(),
            self.model.table,
            self.alias,
            keys.join(" OR ")
        )
    }

    /// `UPDATE …` of the rows for which `condition` holds.
    pub(crate) fn update(&self, set: &str, condition: Cond) -> String {
        let mut out = format!("UPDATE \"{}\" AS {} SET {set}", self.model.table, self.alias);
        where_(&mut out, &self.under_the_rule(condition));
        out
    }

    /// As [`update`](Self::update), of many rows, each read as it was before the first is written: SQLite reads what stands in
    /// `SET` as it writes, row by row, unless there is something to be joined.
    pub(crate) fn update_as_read(&self, dialect: Dialect, set: &str, condition: Cond) -> String {
        let joined = match dialect {
            Dialect::Sqlite if removed(Control::AsRead) => "",
            Dialect::Sqlite => " FROM (SELECT 1) AS once",
            Dialect::Postgres => "",
        };
        self.update(&format!("{set}{joined}"), condition)
    }

    /// As [`select`](Self::select), of the rows to which `pair` leads from values that travel as lists, one for each column, on a server:
    /// each behind the place of its values, from 1. Without lists they are the statement's own.
    pub(crate) fn select_of_lists(
        &self,
        what: &str,
        lists: &[String],
        pair: Cond,
        condition: Cond,
    ) -> String {
        let (mut joined, mut place) = (String::new(), "");
        if !lists.is_empty() {
            joined.push_str(", ");
            each_of_lists(&mut joined, lists);
            place = "n.at, ";
        }
        let mut out = format!(
            "SELECT {place}{what} FROM \"{}\" AS {}{joined}",
            self.model.table, self.alias
        );
        where_(&mut out, &pair.and(self.under_the_rule(condition)));
        out
    }

    /// `UPDATE …` of such rows. Says of each what it holds then.
    pub(crate) fn update_of_lists(&self, set: &str, lists: &[String], pair: Cond) -> String {
        let (mut joined, mut place) = (String::new(), "");
        if !lists.is_empty() {
            joined.push_str(" FROM ");
            each_of_lists(&mut joined, lists);
            place = "n.at, ";
        }
        let mut out = format!(
            "UPDATE \"{}\" AS {} SET {set}{joined}",
            self.model.table, self.alias
        );
        where_(&mut out, &self.under_the_rule(pair));
        // SQLite knows no alias there.
        let all = self.model.columns.iter();
        let columns: Vec<_> = match place {
            "" => all.map(|one| format!("\"{}\"", one.column)).collect(),
            _ => all.map(|one| self.column(one)).collect(),
        };
        let _ = write!(out, " RETURNING {place}{}", columns.join(", "));
        out
    }

    /// As [`select`](Self::select), of rows that are kept as they are until the transaction ends: what is read of one is what it
    /// holds once it is locked.
    pub(crate) fn select_locked(&self, renderer: &mut Renderer<'_>, what: &str, condition: Cond) -> String {
        let mut out = self.select(what, condition);
        self.lock(renderer, &mut out, Wait::ForThem);
        out
    }

    /// Ends a query whose rows of this source are locked until the transaction ends. On SQLite only one writes.
    pub(crate) fn lock(&self, renderer: &mut Renderer<'_>, query: &mut String, wait: Wait) {
        if renderer.dialect() == Dialect::Sqlite {
            return;
        }
        // What may be seen and not changed is refused, and not left out as by PostgreSQL's own policies.
        renderer.step_aside(&[Action::Change], self.model);
        let wait = match wait {
            Wait::ForThem => "",
            Wait::Never => " NOWAIT",
            Wait::Skip => " SKIP LOCKED",
        };
        let _ = write!(query, " FOR UPDATE OF {}{wait}", self.alias);
    }

    /// `DELETE …` of the rows for which `condition` holds.
    pub(crate) fn delete(&self, condition: Cond) -> String {
        let mut out = format!("DELETE FROM \"{}\" AS {}", self.model.table, self.alias);
        where_(&mut out, &self.under_the_rule(condition));
        out
    }
}

/// `INSERT …` of one row, which is not there yet, so that there is no row to be seen: it is none unless `condition` holds.
pub(crate) fn insert(
    dialect: Dialect,
    model: &ModelMeta,
    columns: &str,
    (id, rest): (&str, &str),
    condition: &Cond,
) -> String {
    let into = format!("INSERT INTO \"{}\" ({columns})", model.table);
    match dialect {
        // Without the right there is no id, and a row without one is no row: NOT NULL is judged before anything that could
        // tell of other rows. One row of values needs no journal of its own, which `INSERT … SELECT` does.
        Dialect::Sqlite => format!(
            "{into} VALUES (CASE WHEN {} THEN {id} END, {rest})",
            condition.sql()
        ),
        // A statement that fails would spoil the transaction, in which it is asked next why.
        Dialect::Postgres => format!("{into} SELECT {id}, {rest} WHERE {}", condition.sql()),
    }
}

/// `INSERT …` of many rows that travel as lists, one for each column, on a server: those for which `condition` holds. Says the
/// ids of those that were added.
pub(crate) fn insert_lists(
    model: &ModelMeta,
    columns: &str,
    values: &str,
    lists: &[String],
    condition: &Cond,
) -> String {
    let mut out = format!("INSERT INTO \"{}\" ({columns}) SELECT {values}, 1", model.table);
    from_lists(&mut out, lists);
    where_(&mut out, condition);
    let _ = write!(out, " ORDER BY n.at RETURNING \"{}\"", model.id().column);
    out
}

/// The place, from 1, of the first of such rows for which `condition` does not hold.
pub(crate) fn first_refused(lists: &[String], condition: &Cond) -> String {
    let mut out = "SELECT n.at".to_owned();
    from_lists(&mut out, lists);
    let _ = write!(
        out,
        " WHERE ({}) IS NOT TRUE ORDER BY n.at LIMIT 1",
        condition.sql()
    );
    out
}

/// The column of the list with this number, from 0, of [`insert_lists`] and [`first_refused`].
pub(crate) fn of_list(number: usize) -> String {
    format!("n.c{number}")
}

fn from_lists(out: &mut String, lists: &[String]) {
    out.push_str(" FROM ");
    each_of_lists(out, lists);
}

fn each_of_lists(out: &mut String, lists: &[String]) {
    let names: Vec<_> = (0..lists.len()).map(|number| format!("c{number}")).collect();
    let _ = write!(
        out,
        "unnest({}) WITH ORDINALITY AS n({}, at)",
        lists.join(", "),
        names.join(", ")
    );
}

/// A column that numbers the rows of each `key`, from 1, in this order. No model's column has its name.
pub(crate) fn number(key: &str, order: &str) -> String {
    format!("row_number() OVER (PARTITION BY {key} ORDER BY {order}) AS \"#\"")
}

/// Of rows that have a [`number`], the first so many of each key, in their order.
pub(crate) fn numbered(rows: &str, at_most: &str) -> String {
    format!("SELECT * FROM ({rows}) AS numbered WHERE \"#\" <= {at_most} ORDER BY \"#\"")
}

fn where_(out: &mut String, condition: &Cond) {
    if *condition != Cond::True {
        let _ = write!(out, " WHERE {}", condition.sql());
    }
}
