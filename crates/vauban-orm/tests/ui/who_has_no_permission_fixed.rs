mod site;
use site::*;
use vauban_orm::{Columns, Policy, Rules, Who};

vauban_orm::permission!(pub EditNotes = "notes.edit", "may edit notes of others");

#[derive(vauban_macros::Model)]
#[model(crate = vauban_orm)]
pub struct Note {
    pub id: vauban_orm::Id<Note>,
    pub author: vauban_orm::ForeignKey<User>,
}

impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::owner(n.author.is(who) | who.has::<EditNotes>())
    }
}

fn main() {}
