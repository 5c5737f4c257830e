mod site;
use site::*;

#[derive(serde::Serialize)]
pub struct Answer {
    article: String,
}

fn main() {
    let _unused: Option<(Answer, Article)> = None;
}
