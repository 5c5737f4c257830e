//! Beginners' mistakes in templates that only types show: each message has the line and the column.
#![allow(dead_code, unused_variables, unreachable_pub, missing_docs)]

mod site;
use site::*;
use vauban::prelude::*;

use site::urls;

#[derive(Template)]
#[template(source = r##"<p>{{ ticket.created }}</p>"##)]
pub struct Field {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{% if ticket.may_change() %}you may{% endif %}</p>"##)]
pub struct Method {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{% if ticket.may_change() %}you may{% endif %}</p>"##)]
pub struct NotCalled {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(
    source = r##"<p>{% if ticket.requester.get() %}{{ ticket.requester.get().name }}{% endif %}</p>"##
)]
pub struct Key {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{% if ticket.assignee %}{{ ticket.assignee.id() }}{% endif %}</p>"##)]
pub struct Missing {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"{% for letter in ticket.title|make_list %}<p>{{ letter }}</p>{% endfor %}"##)]
pub struct Text {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(
    source = r##"{% for ticket in page %}<p>{{ ticket.title }}</p>{% endfor %}{% for field in form %}<p>{{ field }}</p>{% endfor %}"##
)]
pub struct Row {
    page: Page<Ticket>,
    form: Form<TicketForm>,
}

#[derive(Template)]
#[template(
    source = r##"{% if ticket.state == wanted %}same{% endif %}{% if wanted == ticket.state %}same{% endif %}{% if ticket.id == id %}same{% endif %}"##
)]
pub struct Compared {
    ticket: Ticket,
    wanted: Option<State>,
    id: Id<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<a href="{% url ticket ticket.id %}">open</a>"##)]
pub struct Address {
    ticket: Permitted<Ticket>,
}

#[derive(Template)]
#[template(source = r##"<p>{% if ticket.assignee %}{{ ticket.assignee }}{% endif %}</p>"##)]
pub struct Written {
    ticket: Permitted<Ticket>,
}

fn main() {}
