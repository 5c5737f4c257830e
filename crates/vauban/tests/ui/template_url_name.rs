//! A typo in `{% url %}`: the module that rustc names says where it stands.
#![allow(dead_code, unused_variables, unreachable_pub, missing_docs)]

mod site;
use site::*;
use vauban::prelude::*;

use site::urls;

#[derive(Template)]
#[template(source = r##"<a href="{% url tickt ticket.id %}">open</a>"##)]
pub struct Show {
    ticket: Permitted<Ticket>,
}

fn main() {}
