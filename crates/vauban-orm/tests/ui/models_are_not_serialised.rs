mod site;
use site::*;

#[derive(serde::Serialize)]
pub struct Answer {
    article: Article,
}

fn main() {
    let _unused: Option<(Answer, Article)> = None;
}
