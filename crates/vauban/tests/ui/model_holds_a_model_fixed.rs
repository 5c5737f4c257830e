//! A model as a column's type: Django's habit of a class as a field.
#![allow(dead_code, unused_variables)]

mod site;
use site::*;
use vauban::prelude::*;

#[derive(Model)]
pub struct Note {
    id: Id<Self>,
    author: ForeignKey<User>,
    #[field(max_length = 100)]
    title: String,
}

impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn main() {}
