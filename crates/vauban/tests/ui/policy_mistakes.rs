//! Beginners' mistakes in policies.
#![allow(dead_code, unused_variables)]

mod site;
use site::*;
use vauban::prelude::*;

#[derive(Model)]
pub struct Mine {
    id: Id<Self>,
    author: ForeignKey<User>,
}

impl Policy for Mine {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::owner(n.author.eq(who))
    }
}

#[derive(Model)]
pub struct Open {
    id: Id<Self>,
    author: ForeignKey<User>,
}

impl Policy for Open {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules { view: true, ..Rules::none() }
    }
}

#[derive(Model)]
pub struct Half {
    id: Id<Self>,
    author: ForeignKey<User>,
}

impl Policy for Half {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules { view: who.is_staff(), change: n.author.is(who) }
    }
}

#[derive(Model)]
pub struct Either {
    id: Id<Self>,
    author: ForeignKey<User>,
}

impl Policy for Either {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules::owner(n.author.is(who) || who.is_staff())
    }
}

fn main() {}
