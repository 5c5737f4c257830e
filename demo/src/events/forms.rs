//! What people may send about events, and how they search for them.

use vauban::forms::FormErrors;
use vauban::prelude::*;

use super::{Event, Kind};
use crate::organisations::Organisation;
use crate::users::User;

/// Adding and changing. It depends on the organisation: one of its members is the host. In which organisation it takes place
/// is no field: the view gives it.
#[derive(Form)]
#[form(
    edits = Event,
    creates = Event,
    given(organisation: Id<Organisation>),
    context = Id<Organisation>,
    clean = booking_closes_in_time
)]
pub struct EventForm {
    #[field(max_length = 200)]
    pub title: String,
    #[field(widget = radio)]
    pub kind: Kind,
    pub day: Date,
    #[field(label = "Begins at")]
    pub begins: Option<Time>,
    #[field(min = 0, max = 10_000, help = "In euros; 0 if it is free.")]
    pub price: Decimal,
    #[field(
        choices = |organisation| User::objects()
            .filter(|u| u.memberships.any(|m| m.organisation.eq(*organisation)))
            .order_by(|u| u.name.asc()),
        help = "A member of the organisation, whom people can ask."
    )]
    pub host: Option<Id<User>>,
    #[field(label = "Booking closes", help = "Leave it empty if nobody has to book.")]
    pub book_until: Option<DateTime>,
    #[field(label = "What happens there", max_length = 2_000, widget = textarea, required = false)]
    pub about: String,
}

fn booking_closes_in_time(event: &EventForm, _: &Id<Organisation>, errors: &mut FormErrors<'_, EventForm>) {
    if event
        .book_until
        .is_some_and(|until| until.date_in_utc() > event.day)
    {
        errors.field(|f| &mut f.book_until, "Booking closes before the event is over.");
    }
}

/// Looking for events. It is sent in the address, so that what one has found can be passed on.
#[derive(Form)]
#[form(get)]
pub struct EventFilter {
    #[field(label = "In the title", max_length = 100, required = false)]
    pub title: String,
    #[field(label = "From")]
    pub from: Option<Date>,
    #[field(label = "Euros at most", min = 0)]
    pub price: Option<Decimal>,
    #[field(label = "Kinds")]
    pub kinds: Vec<Kind>,
}
