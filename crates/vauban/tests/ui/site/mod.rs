//! The models and addresses that the cases use.
#![allow(dead_code)]

use vauban::prelude::*;

#[derive(Model, UserAccount, Clone)]
#[model(user)]
pub struct User {
    pub id: Id<User>,
    #[field(unique, fixed)]
    pub email: Email,
    #[field(max_length = 100)]
    pub name: String,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(privileged, default = false)]
    pub is_staff: bool,
    #[field(privileged, default = false)]
    pub is_superuser: bool,
    #[field(auto_now_add)]
    pub date_joined: DateTime,
    #[field(privileged)]
    pub last_login: Option<DateTime>,
}

impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: u.id.is(who),
            ..Rules::none()
        }
    }
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub enum State {
    Open,
    Closed,
}

#[derive(Model)]
pub struct Ticket {
    pub id: Id<Ticket>,
    #[field(max_length = 200)]
    pub title: String,
    #[field(default = State::Open)]
    pub state: State,
    #[field(owner)]
    pub requester: ForeignKey<User>,
    pub assignee: Option<ForeignKey<User>>,
    #[field(auto_now_add)]
    pub created: DateTime,
}

impl Policy for Ticket {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        Rules::owner(t.requester.is(who))
    }
}

#[derive(Form)]
pub struct TicketForm {
    #[field(max_length = 200)]
    pub title: String,
}

pub mod views {
    use super::Ticket;
    use vauban::prelude::*;

    #[view(get, "/tickets/{id}/")]
    pub async fn ticket(_: SignedIn, id: Path<Id<Ticket>>) -> Text {
        Text::new(id.to_string())
    }
}

pub mod urls {
    vauban::routes! { ticket => super::views::ticket }
}
