//! The module's rows: letters that wait, and what people do not want. Nobody reaches them but its services.

use vauban::orm::{Columns, DateTime, Encrypted, Id, Policy, Rules, Who};
use vauban::{Email, Model};

/// A letter that was sent by a unit and has not left yet. Sealed: links in mails open accounts (CWE-312).
#[derive(Model, Clone)]
#[model(table = "vauban_mail_letter")]
pub(crate) struct LetterRow {
    #[field(random)]
    pub(crate) id: Id<LetterRow>,
    #[field(unique, max_length = 320)]
    pub(crate) message_id: String,
    /// As releases before `0002` sealed it; nothing since.
    pub(crate) sealed: Vec<u8>,
    /// It cannot be put into another row, and says its `Message-ID` itself (CWE-345).
    #[field(encrypted = "vauban.mail.letter")]
    pub(crate) letter: Option<Encrypted<Vec<u8>>>,
    /// How often a server may have had all of it: it gets it twice at most.
    #[field(default = 0)]
    pub(crate) handed: i64,
    #[field(index, auto_now_add)]
    pub(crate) written: DateTime,
}

impl Policy for LetterRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the services only.
        Rules::none()
    }
}

/// A bulk kind that an address has left.
#[derive(Model, Clone)]
#[model(table = "vauban_mail_left", unique(email, kind))]
pub(crate) struct LeftRow {
    #[field(random)]
    pub(crate) id: Id<LeftRow>,
    pub(crate) email: Email,
    #[field(max_length = 40)]
    pub(crate) kind: String,
    #[field(auto_now_add)]
    pub(crate) since: DateTime,
}

impl Policy for LeftRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-359: who has left what is theirs to know.
        Rules::none()
    }
}

vauban::orm::service! {
    /// Puts letters into the unit of whoever sends them, and asks who has left their kind.
    pub(crate) Sending: View<LetterRow>, Add<LetterRow>, View<LeftRow>;
    waiver!(ServiceRights, "whoever sends a mail reads no letters and no choices of others")
}

vauban::orm::service! {
    /// Takes letters to the mail server.
    pub(crate) Delivery: View<LetterRow>, Change<LetterRow>, Delete<LetterRow>, View<LeftRow>;
    waiver!(ServiceRights, "letters leave when nobody asks")
}

vauban::orm::service! {
    /// Keeps who has left which bulk kind.
    pub(crate) Leaving: View<LeftRow>, Add<LeftRow>, Delete<LeftRow>;
    waiver!(ServiceRights, "whoever has the link of a mail leaves its kind, without an account")
}
