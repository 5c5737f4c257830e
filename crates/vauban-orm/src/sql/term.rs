//! Values as SQL text: nothing in it is an error, whatever the rows hold, and both databases mean the same by it.

use crate::error::{Error, Result};
use crate::sql::dialect::Dialect;
use crate::sql::relation::target_of;
use crate::sql::render::{Cond, Place, Renderer, Row, Scope};
use crate::sql::source::Which;
use crate::tree::bounds;
use crate::tree::expr::Expr;
use crate::tree::folding::folded_on_postgres;
use crate::tree::meta::ColumnMeta;
use crate::tree::row::Open;
use crate::tree::term::{Fold, Part, Related, SortKey, Term, TextFunction, Whole};
use crate::tree::value::Kind;

impl Renderer<'_> {
    /// A value of a row that the statement is about.
    pub(crate) fn term(&mut self, term: &Term, row: Row<'_>, scope: Scope) -> Result<String> {
        let open = Open::root(row);
        self.term_at(
            term,
            Place {
                row,
                open: &open,
                scope,
            },
        )
    }

    /// The same, and what holds where a number in it is beyond 64 bits, so that it is the end of them and not what it says.
    pub(crate) fn exact_term(&mut self, term: &Term, row: Row<'_>) -> Result<(String, Vec<String>)> {
        self.beyond = Some(Vec::new());
        let sql = self.term(term, row, Scope::Query);
        let beyond = self.beyond.take().unwrap_or_default();
        Ok((sql?, beyond))
    }

    /// Notes a number that is an end where it is beyond it.
    fn note_ends(&mut self, sql: &str, least: &str, most: &str) {
        if let Some(beyond) = &mut self.beyond {
            beyond.push(format!("({sql}) IN ({least}, {most})"));
        }
    }

    /// What is computed of other rows, or to decide, is no part of the value.
    fn apart<T>(&mut self, write: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let beyond = self.beyond.take();
        let written = write(self);
        self.beyond = beyond;
        written
    }

    /// A part of a value, where it is not always one, and what holds where a number in that part is beyond 64 bits.
    fn part_of(&mut self, term: &Term, at: Place<'_, '_>) -> Result<(String, String)> {
        let before = self.beyond.as_mut().map(std::mem::take);
        let sql = self.term_at(term, at);
        let mine = std::mem::replace(&mut self.beyond, before).unwrap_or_default();
        Ok((sql?, any_of(&mine)))
    }

    /// Notes what holds where a number in one of two parts is beyond 64 bits, of which the first is taken where `first` holds.
    fn note_either(&mut self, first: &str, beyond: (&str, &str)) {
        if beyond != ("FALSE", "FALSE")
            && let Some(all) = &mut self.beyond
        {
            let (then, otherwise) = beyond;
            all.push(format!("CASE WHEN {first} THEN {then} ELSE {otherwise} END"));
        }
    }

    /// By what rows are ordered, with the way.
    pub(crate) fn sort_key(&mut self, key: &SortKey, row: Row<'_>) -> Result<String> {
        let by = self.term(&key.term, row, Scope::Query)?;
        Ok(format!("{by}{}", self.way(key)))
    }

    /// The way of an order.
    pub(crate) fn way(&self, key: &SortKey) -> &'static str {
        self.dialect()
            .way(key.term.may_be_null(), key.descending, key.nulls_first)
    }

    pub(super) fn term_at(&mut self, term: &Term, at: Place<'_, '_>) -> Result<String> {
        // CWE-674, CWE-400: what is computed counts as conditions do.
        self.count()?;
        let sql = self.one_term(term, at)?;
        self.uncount();
        Ok(sql)
    }

    fn one_term(&mut self, term: &Term, at: Place<'_, '_>) -> Result<String> {
        let dialect = self.dialect();
        Ok(match term {
            Term::Column(far) => {
                let from = self.row_of(far.row, at)?;
                // A rule of a row on the way computes for itself.
                self.apart(|it| it.scalar(&far.keys, far.meta, from, at.scope))?
            }
            Term::Value(kind, value, _) => dialect.constant(*kind, self.bound(*kind, value, at.scope)?),
            Term::Whole(whole, two) => {
                let (a, b) = (self.term_at(&two.0, at)?, self.term_at(&two.1, at)?);
                let sql = match term.digits() {
                    Some(digits) => {
                        // CWE-190, CWE-682: one unit more than it can be stands for all that is more, and is no amount.
                        let end = 10_i64.saturating_pow(digits);
                        let (least, most) = (format!("-{end}"), end.to_string());
                        let sql = dialect.within_ends(&dialect.whole(*whole, &a, &b), &least, &most);
                        self.note_ends(&sql, &least, &most);
                        return Ok(format!("nullif(nullif({sql}, {least}), {most})"));
                    }
                    None => dialect.whole(*whole, &a, &b),
                };
                if *whole != Whole::Modulo {
                    self.note_ends(&sql, LEAST, MOST);
                }
                sql
            }
            Term::Coalesce(two) => {
                let (a, of_a) = self.part_of(&two.0, at)?;
                let (b, of_b) = self.part_of(&two.1, at)?;
                match term.digits() {
                    // An amount with too many digits is none, and yet no reason to keep the other one.
                    Some(_) => {
                        self.note_either(&format!("({of_a}) IS TRUE"), ("TRUE", "FALSE"));
                        self.note_either(&format!("{a} IS NOT NULL"), ("FALSE", &of_b));
                    }
                    None => self.note_either(&format!("{a} IS NOT NULL"), (&of_a, &of_b)),
                }
                format!("coalesce({a}, {b})")
            }
            Term::Concat(two) => {
                let (a, b) = (self.term_at(&two.0, at)?, self.term_at(&two.1, at)?);
                format!("({a} || {b})")
            }
            Term::Case(case) => {
                let holds = self.apart(|it| it.turned(&case.0, at))?;
                let (then, of_then) = self.part_of(&case.1, at)?;
                match &case.2 {
                    None => {
                        self.note_either(&holds.sql(), (&of_then, "FALSE"));
                        format!("(CASE WHEN {} THEN {then} END)", holds.sql())
                    }
                    Some(rest) => {
                        let (rest, of_rest) = self.part_of(rest, at)?;
                        self.note_either(&holds.sql(), (&of_then, &of_rest));
                        format!("(CASE WHEN {} THEN {then} ELSE {rest} END)", holds.sql())
                    }
                }
            }
            Term::Text(function, of) => {
                let of = self.term_at(of, at)?;
                dialect.text(*function, &of)
            }
            Term::Part(part, of) => {
                let (kind, of) = (of.kind(), self.term_at(of, at)?);
                dialect.part(*part, kind, &of)
            }
            Term::Fold(fold, of) => {
                let (kind, sql) = (of.0.kind(), self.term_at(&of.0, at)?);
                let filter = match &of.1 {
                    Expr::True => String::new(),
                    filter => format!(" FILTER (WHERE {})", self.within(filter, at)?.sql()),
                };
                dialect.fold(*fold, kind, &sql, &filter)
            }
            Term::Related(of) => {
                let from = self.row_of(of.row, at)?;
                let sql = self.apart(|it| it.related_rows(of, &of.steps, from, at))?;
                match (of.fold, of.of.kind()) {
                    (Fold::Sum, Kind::Decimal) => self.note_ends(&sql, LEAST_DIGITS, DIGITS),
                    (Fold::Sum, _) => self.note_ends(&sql, LEAST, MOST),
                    _ => {}
                }
                sql
            }
            Term::TooLarge(why) => return Err(Error::TooLarge(why)),
        })
    }

    /// Something over the rows that refer to the row that these foreign keys lead to; NULL where that is absent.
    fn related_rows(
        &mut self,
        of: &Related,
        steps: &[&'static ColumnMeta],
        from: Row<'_>,
        at: Place<'_, '_>,
    ) -> Result<String> {
        if steps.len() > bounds::MAX_STEPS {
            return Err(Error::TooLarge(bounds::STEPS));
        }
        if let Some((key, rest)) = steps.split_first() {
            let target = target_of(key)?;
            let source = self.source(target, Which::Related(at.scope))?;
            let inner = self.related_rows(of, rest, source.row(), at)?;
            let of_key = from.column(key);
            return Ok(format!(
                "({})",
                source.select_where(&inner, target.id(), &of_key, Cond::True)
            ));
        }
        let own = from.column(target_of(of.key)?.id());
        if at.scope == Scope::Policy {
            self.opens((of.model)());
        }
        let source = self.source((of.model)(), Which::Folded(at.scope))?;
        let row = source.row();
        let open = at.open.inside(of.number, row);
        let inside = Place {
            row,
            open: &open,
            ..at
        };
        let (kind, value) = (of.of.kind(), self.term_at(&of.of, inside)?);
        let filter = self.within(&of.filter, inside)?;
        let folded = self.dialect().fold(of.fold, kind, &value, "");
        Ok(format!(
            "({})",
            source.select_where(&folded, of.key, &own, filter)
        ))
    }
}

/// One of these holds.
fn any_of(conditions: &[String]) -> String {
    match conditions {
        [] => "FALSE".to_owned(),
        all => format!("({})", all.join(" OR ")),
    }
}

/// The ends of 64 bits, as PostgreSQL's `numeric` holds them.
const LEAST: &str = "-9223372036854775808";
const MOST: &str = "9223372036854775807";

/// The greatest number that a decimal of 18 digits has units.
const DIGITS: &str = "999999999999999999";
const LEAST_DIGITS: &str = "-999999999999999999";

impl Dialect {
    /// A value that is bound and stands for a column or alone: PostgreSQL's order of texts is that of their code points, as in
    /// columns. CWE-863: what a rule says of a new row would be another thing in the server's language.
    pub(crate) fn constant(self, kind: Kind, parameter: String) -> String {
        match (self, kind) {
            (Self::Postgres, Kind::Text) => format!("({parameter} COLLATE \"C\")"),
            _ => parameter,
        }
    }

    /// What an order says besides.
    fn way(self, may_be_null: bool, descending: bool, nulls_first: Option<bool>) -> &'static str {
        match (nulls_first, descending) {
            (None, _) => self.order(may_be_null, descending),
            (Some(true), false) => " NULLS FIRST",
            (Some(true), true) => " DESC NULLS FIRST",
            (Some(false), false) => " NULLS LAST",
            (Some(false), true) => " DESC NULLS LAST",
        }
    }

    /// A whole number of 64 bits: beyond its ends it is the end, divided by nothing it is none (CWE-190, CWE-369, CWE-209).
    fn whole(self, whole: Whole, a: &str, b: &str) -> String {
        match (self, whole) {
            // Ours: SQLite's own `+` goes on as a float.
            (Self::Sqlite, Whole::Plus) => format!("vauban_plus({a}, {b})"),
            (Self::Sqlite, Whole::Minus) => format!("vauban_minus({a}, {b})"),
            (Self::Sqlite, Whole::Times) => format!("vauban_times({a}, {b})"),
            (Self::Sqlite, Whole::DividedBy) => format!("vauban_divided({a}, {b})"),
            (Self::Sqlite, Whole::Modulo) => format!("vauban_modulo({a}, {b})"),
            (Self::Postgres, Whole::Plus) => within(&format!("({a})::numeric + ({b})::numeric")),
            (Self::Postgres, Whole::Minus) => within(&format!("({a})::numeric - ({b})::numeric")),
            (Self::Postgres, Whole::Times) => within(&format!("({a})::numeric * ({b})::numeric")),
            (Self::Postgres, Whole::DividedBy) => {
                within(&format!("div(({a})::numeric, nullif(({b})::numeric, 0))"))
            }
            (Self::Postgres, Whole::Modulo) => {
                format!("mod(({a})::numeric, nullif(({b})::numeric, 0))::bigint")
            }
        }
    }

    /// A whole number, or the end that it is beyond.
    fn within_ends(self, whole: &str, least: &str, most: &str) -> String {
        match self {
            Self::Sqlite => format!("min(max({whole}, {least}), {most})"),
            Self::Postgres => format!(
                "pg_catalog.numeric_smaller(pg_catalog.numeric_larger(({whole})::numeric, {least}), {most})::bigint"
            ),
        }
    }

    /// ASCII letters' case alone is folded, and spaces alone are trimmed.
    fn text(self, function: TextFunction, of: &str) -> String {
        match (self, function) {
            (Self::Sqlite, TextFunction::Lower) => format!("lower({of})"),
            (Self::Sqlite, TextFunction::Upper) => format!("upper({of})"),
            (Self::Sqlite, TextFunction::Length) => format!("length({of})"),
            (Self::Sqlite, TextFunction::Trim) => format!("trim({of})"),
            (Self::Sqlite, TextFunction::Folded) => format!("vauban_folded({of})"),
            (Self::Postgres, TextFunction::Folded) => folded_on_postgres(of),
            (Self::Postgres, TextFunction::Lower) => format!("lower({of} COLLATE \"C\")"),
            (Self::Postgres, TextFunction::Upper) => format!("upper({of} COLLATE \"C\")"),
            (Self::Postgres, TextFunction::Length) => format!("length({of})::bigint"),
            (Self::Postgres, TextFunction::Trim) => format!("btrim({of} COLLATE \"C\")"),
        }
    }

    fn part(self, part: Part, kind: Kind, of: &str) -> String {
        let name = match (self, part) {
            (_, Part::Year) => "year",
            (_, Part::Month) => "month",
            (_, Part::Day) => "day",
            (Self::Sqlite, Part::Weekday) => "weekday",
            (Self::Postgres, Part::Weekday) => "isodow",
            (_, Part::Hour) => "hour",
            (_, Part::Minute) => "minute",
            (_, Part::Second) => "second",
        };
        match (self, kind) {
            (Self::Sqlite, _) => format!("vauban_part('{name}', {of})"),
            // Whoever wrote `infinity` past the ORM has written nothing.
            (Self::Postgres, Kind::Date) => {
                format!("date_part('{name}', nullif(nullif({of}, 'infinity'), '-infinity'))::bigint")
            }
            (Self::Postgres, _) => format!(
                "trunc(date_part('{name}', nullif(nullif({of}, 'infinity'), '-infinity') AT TIME ZONE 'UTC'))::bigint"
            ),
        }
    }

    /// What many rows become. A sum is exact, and beyond the ends of 64 bits it is the end; SQLite's own is an error there,
    /// when the statement ends, whatever stands round it.
    fn fold(self, fold: Fold, kind: Kind, of: &str, filter: &str) -> String {
        match (self, fold) {
            (_, Fold::Count) => format!("count({of}){filter}"),
            (_, Fold::Min) => format!("min({of}){filter}"),
            (_, Fold::Max) => format!("max({of}){filter}"),
            // As many digits as a decimal has.
            (Self::Sqlite, Fold::Sum) if kind == Kind::Decimal => {
                format!("min(max(vauban_sum({of}){filter}, -{DIGITS}), {DIGITS})")
            }
            (Self::Sqlite, Fold::Sum) => format!("vauban_sum({of}){filter}"),
            (Self::Sqlite, Fold::Avg) => format!("vauban_avg({of}){filter}"),
            (Self::Postgres, Fold::Sum) if kind == Kind::Decimal => format!(
                "pg_catalog.numeric_smaller(pg_catalog.numeric_larger((sum({of}){filter})::numeric, -{DIGITS}), {DIGITS})::bigint"
            ),
            (Self::Postgres, Fold::Sum) => within(&format!("(sum({of}){filter})::numeric")),
            (Self::Postgres, Fold::Avg) => {
                format!("((sum({of}){filter})::numeric::float8 / nullif((count({of}){filter})::float8, 0))")
            }
        }
    }
}

/// Within 64 bits, NULL where it is NULL: these functions are strict, which `LEAST` and `GREATEST` are not.
fn within(numeric: &str) -> String {
    format!("pg_catalog.numeric_smaller(pg_catalog.numeric_larger({numeric}, {LEAST}), {MOST})::bigint")
}
