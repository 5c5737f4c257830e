//! CWE-352, CWE-20: a body that no wall has seen.

use std::collections::HashMap;

use vauban::{Json, Public, Result, Text, view};

#[view(post, "/")]
async fn home(_: Public, _form: Json<HashMap<String, String>>) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
