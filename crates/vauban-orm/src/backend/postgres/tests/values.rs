//! Values are read as they were written, and compared as what they are.

use super::*;
use crate::tree::value::Clock;
use uuid::Uuid;

const EVERY: [(Kind, &str); 14] = [
    (Kind::Text, "text"),
    (Kind::Bool, "boolean"),
    (Kind::SmallInt, "smallint"),
    (Kind::Int, "integer"),
    (Kind::BigInt, "bigint"),
    (Kind::Double, "double precision"),
    (Kind::Decimal, "bigint"),
    (Kind::Bytes, "bytea"),
    (Kind::Uuid, "uuid"),
    (Kind::DateTime, "timestamp with time zone"),
    (Kind::Date, "date"),
    (Kind::Time, "time without time zone"),
    (Kind::Duration, "bigint"),
    (Kind::Json, "jsonb"),
];

fn samples(kind: Kind) -> Vec<Value> {
    let integers = |all: &[i64]| all.iter().map(|i| Value::Integer(*i)).collect();
    match kind {
        Kind::Text => ["", "a", "Ä\u{10ffff}", "it's \\ \"so\"", "{a,b}", "NULL"]
            .map(text)
            .to_vec(),
        Kind::Bool => integers(&[0, 1]),
        Kind::SmallInt => integers(&[0, -1, i64::from(i16::MIN), i64::from(i16::MAX)]),
        Kind::Int => integers(&[0, -1, i64::from(i32::MIN), i64::from(i32::MAX)]),
        Kind::BigInt | Kind::Decimal | Kind::Duration => integers(&[0, -1, i64::MIN, i64::MAX]),
        Kind::Double => [
            0.0,
            -0.0,
            1.5,
            f64::MIN,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
        ]
        .map(Value::Real)
        .to_vec(),
        Kind::Bytes => [&b""[..], &[0, 1, 255], b"\\x00"]
            .map(|b| Value::Blob(b.to_vec()))
            .to_vec(),
        Kind::Uuid => vec![Value::Blob(vec![7; 16]), Value::Blob(vec![0; 16])],
        // 1970, 2000, one microsecond before each, 0001-01-01, 9999-12-31
        Kind::DateTime => integers(&[
            0,
            -1,
            946_684_800_000_000,
            946_684_799_999_999,
            -62_135_596_800_000_000,
            253_402_300_799_999_999,
        ]),
        Kind::Date => [
            "0001-01-01",
            "1582-10-10",
            "1999-12-31",
            "2000-01-01",
            "2024-02-29",
            "9999-12-31",
        ]
        .map(text)
        .to_vec(),
        Kind::Time => integers(&[0, 1, 86_399_999_999]),
        // As PostgreSQL writes it.
        Kind::Json => ["null", "{\"a\": [1, \"é\"]}", "1.50", "\"\\\\u0000\""]
            .map(text)
            .to_vec(),
    }
}

#[tokio::test]
async fn every_kind_comes_back_as_it_went_and_has_its_type() {
    let site = site();
    let connection = site.writing().await;
    for (kind, name) in EVERY {
        for value in samples(kind).into_iter().chain([Value::Null]) {
            let read = rows(
                &connection,
                "SELECT $1, pg_typeof($1)::text",
                &[(kind, value.clone())],
            )
            .await;
            assert_eq!(read.unwrap(), [[value, text(name)]], "{kind:?}");
        }
        let all = samples(kind);
        let parameters = [Parameter::List(kind)];
        let mut read = Vec::new();
        let sql = "SELECT v FROM unnest($1) WITH ORDINALITY AS u (v, n) ORDER BY n";
        let each = |row: &Row| {
            read.push(owned(row.value(0).unwrap()));
            Ok::<_, Failure>(())
        };
        connection
            .fetch(sql, &parameters, [Bind::List(&all)].into_iter(), each)
            .await
            .unwrap();
        assert_eq!(read, all, "{kind:?}");
    }
    // An id may be either form.
    let id = Uuid::from_bytes([9; 16]);
    let both = [
        (Kind::Uuid, Value::Uuid(id)),
        (Kind::Uuid, Value::Blob(vec![9; 16])),
    ];
    let read = rows(&connection, "SELECT $1 = $2", &both).await;
    assert_eq!(read.unwrap(), [[Value::Integer(1)]]);
}

#[tokio::test]
async fn a_list_may_be_empty_or_have_nothing_in_it() {
    let site = site();
    let connection = site.writing().await;
    for (list, found) in [
        (vec![], Value::Integer(0)),
        (vec![text("b"), text("a")], Value::Integer(1)),
        (vec![Value::Null], Value::Null),
        (vec![Value::Null, text("a")], Value::Integer(1)),
    ] {
        let mut read = Vec::new();
        let parameters = [Parameter::List(Kind::Text)];
        let each = |row: &Row| {
            read.push(owned(row.value(0).unwrap()));
            Ok::<_, Failure>(())
        };
        let values = [Bind::List(&list)].into_iter();
        connection
            .fetch("SELECT 'a' = ANY ($1)", &parameters, values, each)
            .await
            .unwrap();
        assert_eq!(read, [found], "{list:?}");
    }
}

/// CWE-158, CWE-190: what the column cannot hold is an error with a name, and the connection is as good as before.
#[tokio::test]
async fn a_value_that_does_not_fit_is_not_sent() {
    let site = site();
    let connection = site.writing().await;
    for (kind, value, failure) in [
        (Kind::Text, text("a\0b"), Failure::NulInText),
        (Kind::SmallInt, Value::Integer(1 << 15), Failure::OutOfRange),
        (Kind::Int, Value::Integer(1 << 31), Failure::OutOfRange),
        (Kind::Int, Value::Integer(i64::MIN), Failure::OutOfRange),
        (Kind::DateTime, Value::Integer(i64::MIN), Failure::OutOfRange),
        (Kind::Time, Value::Integer(86_400_000_000), Failure::OutOfRange),
        (Kind::Time, Value::Integer(-1), Failure::OutOfRange),
        (Kind::Date, text("2026-02-30"), Failure::OutOfRange),
        (Kind::Bool, Value::Integer(2), Failure::Mismatch),
        (Kind::Uuid, Value::Blob(vec![1]), Failure::Mismatch),
        (Kind::BigInt, text("1"), Failure::Mismatch),
    ] {
        let failed = rows(&connection, "SELECT $1", &[(kind, value.clone())]).await;
        assert_eq!(failed.unwrap_err(), failure, "{kind:?} {value:?}");
        let list = [text("a"), text("\0")];
        let parameters = [Parameter::List(Kind::Text)];
        let failed = connection
            .execute("SELECT $1", &parameters, [Bind::List(&list)].into_iter())
            .await;
        assert_eq!(failed, Err(Failure::NulInText));
        assert_eq!(
            rows(&connection, "SELECT 1", &[]).await.unwrap(),
            [[Value::Integer(1)]]
        );
    }
    // A value for each parameter.
    let failed = connection
        .execute("SELECT $1", &[Parameter::One(Kind::Text)], [].into_iter())
        .await;
    assert_eq!(failed, Err(Failure::Mismatch));
}

/// A rule's clock is compared, wherever it leads.
#[tokio::test]
async fn a_clock_beyond_the_calendar_is_its_end() {
    let site = site();
    let connection = site.writing().await;
    for (micros, later) in [(i64::MIN, 0), (-1_000_000, 0), (60_000_000, 1), (i64::MAX, 1)] {
        let value = Value::Clock(Clock::Moment { micros });
        let read = rows(&connection, "SELECT $1 > now()", &[(Kind::DateTime, value)]).await;
        assert_eq!(read.unwrap(), [[Value::Integer(later)]], "{micros}");
    }
    let day = Value::Clock(Clock::Day { micros: 0, days: 1 });
    let read = rows(
        &connection,
        "SELECT $1 - (now() AT TIME ZONE 'UTC')::date",
        &[(Kind::Date, day)],
    )
    .await;
    assert_eq!(read.unwrap(), [[Value::Integer(1)]]);
}

/// Sums and other programs' types: read if the ORM has such a value, and else an error of that column alone.
#[tokio::test]
async fn what_others_wrote_is_read_or_refused() {
    let site = site();
    let connection = site.writing().await;
    for (sql, value) in [
        (
            "sum(n) FROM (VALUES (9223372036854775807::bigint), (-7)) AS v (n)",
            Value::Integer(i64::MAX - 7),
        ),
        ("1.00::numeric", Value::Integer(1)),
        ("7::smallint", Value::Integer(7)),
        ("1.5::real", Value::Real(1.5)),
        ("'a'::varchar(3)", text("a")),
        ("''::text", text("")),
    ] {
        assert_eq!(
            rows(&connection, &format!("SELECT {sql}"), &[]).await.unwrap(),
            [[value]],
            "{sql}"
        );
    }
    for sql in [
        "1.5::numeric",
        "'NaN'::numeric",
        "9223372036854775808::numeric",
        "'infinity'::timestamptz",
        "'-infinity'::timestamptz",
        "'infinity'::date",
        "'0044-03-15 BC'::date",
        "'10000-01-01'::date",
        "'{}'::json",
        "'1 day'::interval",
        "now()::timestamp",
    ] {
        let failed = rows(&connection, &format!("SELECT {sql}"), &[]).await;
        assert_eq!(failed.unwrap_err(), Failure::Mismatch, "{sql}");
    }
}
