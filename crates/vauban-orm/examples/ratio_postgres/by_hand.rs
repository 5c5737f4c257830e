//! The same work with tokio-postgres alone.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

pub const ROW: &str = "SELECT id, title, score, published, created, author_id, row_version FROM post WHERE id = $1 AND published";
pub const FIFTY: &str = "SELECT p.id, p.title, p.score, p.published, p.created, p.author_id, u.id, u.name FROM post p \
     LEFT JOIN \"user\" u ON u.id = p.author_id WHERE p.published ORDER BY p.created DESC, p.id DESC LIMIT 50";
pub const NAME: &str = "SELECT id, name FROM \"user\" WHERE id = $1";
pub const NEWEST: &str = "SELECT id, title, score, published, created, author_id FROM post WHERE published ORDER BY created DESC, id DESC LIMIT 5";
pub const ALL: &str =
    "SELECT id, title, score, published, created, author_id FROM post WHERE published ORDER BY id";
pub const INSERT: &str = "INSERT INTO post (id, title, score, published, created, author_id, row_version) VALUES ($1, $2, $3, $4, $5, $6, 1)";
pub const UPDATE: &str = "UPDATE post SET score = $1, row_version = row_version + 1 WHERE id = $2 AND row_version = $3 AND published";
pub const BULK: &str = "INSERT INTO post (id, title, score, published, created, author_id, row_version) \
     SELECT *, 1 FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::bool[], $5::timestamptz[], $6::uuid[])";

/// Microseconds from 1970 to 2000, from which PostgreSQL counts.
const EPOCH: i64 = 946_684_800_000_000;

/// A UUID in the binary format.
#[derive(Debug)]
pub struct Uid(pub uuid::Uuid);

/// A moment, in microseconds since 1970.
#[derive(Debug)]
pub struct Micros(pub i64);

impl ToSql for Uid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
    fn accepts(kind: &Type) -> bool {
        *kind == Type::UUID
    }
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Uid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(uuid::Uuid::from_slice(raw)?))
    }
    fn accepts(kind: &Type) -> bool {
        *kind == Type::UUID
    }
}

impl ToSql for Micros {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&(self.0 - EPOCH).to_be_bytes());
        Ok(IsNull::No)
    }
    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMPTZ
    }
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?) + EPOCH))
    }
    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMPTZ
    }
}

/// A row as a struct, with a moment that knows its calendar.
#[allow(dead_code)]
pub struct Post {
    pub id: uuid::Uuid,
    pub title: String,
    pub score: i64,
    pub published: bool,
    pub created: jiff::Timestamp,
    pub author: uuid::Uuid,
}

pub fn post_of(row: &Row) -> Post {
    Post {
        id: row.get::<_, Uid>(0).0,
        title: row.get(1),
        score: row.get(2),
        published: row.get(3),
        created: jiff::Timestamp::from_microsecond(row.get::<_, Micros>(4).0).unwrap(),
        author: row.get::<_, Uid>(5).0,
    }
}
