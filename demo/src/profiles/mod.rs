//! Profiles: how an organisation is reached. Each has one at most; its members read it and its admins write it.

pub mod views;

use std::collections::BTreeMap;

use vauban::forms::HttpUrl;
use vauban::prelude::*;

use crate::organisations::{Organisation, Role};

/// When somebody is there, by the day: `{"Monday": "9 to 17"}`.
pub type Hours = BTreeMap<String, String>;

/// How an organisation is reached.
#[derive(Model)]
#[model(check(reachable = |p| !(p.website.is_null() & p.contact.is_null())))]
pub struct Profile {
    pub id: Id<Self>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: OneToOne<Organisation>,
    pub website: Option<HttpUrl>,
    pub contact: Option<Email>,
    /// How long an answer takes, a fortnight at most.
    #[field(min = 0, max = 1_209_600)]
    pub answers_within: Option<Duration>,
    /// Where the office's network comes from.
    pub network: Option<IpAddress>,
    #[field(min = 1, max = 10_000)]
    pub desks: u16,
    #[field(max_length = 2_000)]
    pub hours: Json<Hours>,
}

impl Policy for Profile {
    fn rules(who: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        let admin = who.has_role(&p.organisation, Role::Admin);
        Rules {
            view: who.is_member(&p.organisation),
            add: admin.clone(),
            change: admin.clone(),
            delete: admin,
            ..Rules::none()
        }
    }
}

/// What an admin may say about it. Whose it is stands in the address.
#[derive(Form)]
#[form(edits = Profile, creates = Profile, given(organisation: Id<Organisation>))]
pub struct ProfileForm {
    #[field(label = "Web page")]
    pub website: Option<HttpUrl>,
    #[field(label = "E-mail", help = "One of both is needed.", autocomplete = "email")]
    pub contact: Option<Email>,
    #[field(label = "Answers within", help = "In hours and minutes: 48:00.")]
    pub answers_within: Option<Duration>,
    #[field(label = "Network", help = "The IP address of the office.")]
    pub network: Option<IpAddress>,
    #[field(min = 1, max = 10_000)]
    pub desks: u16,
    #[field(
        label = "Opening hours",
        help = "As JSON, by the day: {\"Monday\": \"9 to 17\"}"
    )]
    pub hours: Json<Hours>,
}

/// The model; its addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("profiles").model::<Profile>()
}
