//! Beginners' mistakes in templates that only types show: each message has the line and the column.
#![allow(dead_code, unused_variables, unreachable_pub, missing_docs)]

mod site;
use site::*;
use vauban::prelude::*;

use site::urls;

#[derive(Template)]
#[template(source = r##"<p>{{ ticket.craeted }}</p>"##)]
pub struct Field {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{% if ticket.may_chnge() %}you may{% endif %}</p>"##)]
pub struct Method {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{% if ticket.may_change %}you may{% endif %}</p>"##)]
pub struct NotCalled {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{{ ticket.requester.name }}</p>"##)]
pub struct Key {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{{ ticket.assignee.id }}</p>"##)]
pub struct Missing {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"{% for letter in ticket.title %}<p>{{ letter }}</p>{% endfor %}"##)]
pub struct Text {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"{% for part in ticket %}<p>{{ part }}</p>{% endfor %}"##)]
pub struct Row {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"{% if ticket == form %}same{% endif %}"##)]
pub struct Compared {
    ticket: Ticket,
    form: Form<TicketForm>,
}

#[derive(Template)]
#[template(source = r##"<a href="{% url ticket ticket.title %}">open</a>"##)]
pub struct Address {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{{ ticket.assignee }}</p>"##)]
pub struct Written {
    ticket: Permitted<Ticket>,
}

fn main() {}
