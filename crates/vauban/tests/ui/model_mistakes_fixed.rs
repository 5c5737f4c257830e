//! Beginners' mistakes in models: one error each, though a policy and queries name the model.
#![allow(dead_code, unused_variables)]

mod site;
use site::*;
use vauban::prelude::*;

#[derive(Model)]
pub struct Note {
    id: Id<Self>,
    #[field(max_length = 100)]
    title: String,
}

impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules { view: n.title.eq("a"), ..Rules::none() }
    }
}

#[derive(Model)]
pub struct Tagged {
    id: Id<Self>,
    title: Slug,
}

impl Policy for Tagged {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Counted {
    id: Id<Self>,
    count: i64,
}

impl Policy for Counted {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Borrowed {
    id: Id<Self>,
    #[field(max_length = 100)]
    name: String,
}

impl Policy for Borrowed {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Emptied {
    id: Id<Self>,
    #[field(on_delete = set_null)]
    author: Option<ForeignKey<User>>,
}

impl Policy for Emptied {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Removed {
    id: Id<Self>,
    #[field(on_delete = cascade)]
    author: ForeignKey<User>,
}

impl Policy for Removed {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Badge {
    id: Id<Self>,
    #[field(privileged, default = false)]
    verified: bool,
}

impl Policy for Badge {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Measured {
    id: Id<Self>,
    #[field(max_length = 5000)]
    name: String,
}

impl Policy for Measured {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model)]
pub struct Keyless {
    id: Id<Self>,
    #[field(max_length = 100)]
    title: String,
    stage: Stage,
}

impl Policy for Keyless {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules { view: n.title.eq("a"), ..Rules::none() }
    }
}

#[derive(Model)]
#[model(table = "numbered")]
pub struct Numbered {
    id: Id<Self>,
    number: i64,
}

impl Policy for Numbered {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules { view: n.number.eq(1), ..Rules::none() }
    }
}

#[derive(Choices, Clone, PartialEq, Debug)]
pub enum Stage {
    #[choice(label = "Only begun")]
    Begun,
    Done,
}

async fn titles(db: &Db) -> Result<Vec<Keyless>> {
    let numbered = Numbered::objects().count(db).await?;
    Ok(Keyless::objects().filter(|k| k.stage.eq(Stage::Begun)).all(db).await?)
}

fn main() {}
