//! Values in an attribute of text, which may hold JSON.

use super::ir::Context;
use super::json::Json;
use super::state::Value;
use crate::compiler::error::{Pos, Result, fail};

/// Moves over the literal text since the last value.
pub(super) fn flush(value: &mut Value, pos: Pos) -> Result<()> {
    super::entities::whole(&value.pending, pos)?;
    let data = value.name.starts_with("data-");
    let text = super::entities::decode(&value.pending);
    value.json = text.chars().fold(value.json, |json, c| json.advance(c, data));
    value.pending.clear();
    Ok(())
}

/// The context of a value in an attribute of text.
pub(super) fn place(value: &mut Value, pos: Pos) -> Result<Context> {
    flush(value, pos)?;
    let data = value.name.starts_with("data-");
    let (json, context) = match value.json {
        Json::Brackets(n) if data => (Json::Between(n, false), Context::JsonAttribute),
        Json::Between(n, true) => (Json::Between(n, false), Context::JsonAttribute),
        json @ Json::Quoted(_, 0) => (json, Context::JsonString),
        // The value may be empty.
        Json::Start => (Json::Perhaps(false), Context::Attribute),
        json @ Json::Perhaps(_) => (json, Context::Attribute),
        Json::Brackets(_) => (Json::Perhaps(true), Context::Attribute),
        Json::Text => (Json::Text, Context::Attribute),
        Json::Between(..) | Json::Quoted(..) | Json::Done | Json::Lost => return no_json(value, pos),
    };
    value.json_values |= context != Context::Attribute;
    value.json = json;
    Ok(context)
}

/// The end of the value: what was written as JSON has to be JSON.
pub(super) fn finish(value: &mut Value, pos: Pos) -> Result<()> {
    flush(value, pos)?;
    if value.json_values && value.json != Json::Done {
        return no_json(value, pos);
    }
    Ok(())
}

fn no_json<T>(value: &Value, pos: Pos) -> Result<T> {
    fail(
        pos,
        "json-attribute",
        format!("`{}` begins as JSON, and is none with a value here", value.name),
        format!(
            "write values as JSON values or in its strings, or {}=\"{{{{ json }}}}\" with JSON that the view made; a text that begins with a bracket, or with what may be empty and a bracket: &#8203; before it",
            value.name
        ),
    )
}
