//! What stands in the book, and who may do what to it.

use vauban::prelude::*;

/// A line that somebody left.
///
/// Its table is named after the package, so that a site's own `Entry` is another.
#[derive(Model)]
#[model(module)]
pub struct Entry {
    pub id: Id<Self>,
    /// How they sign: not the account behind it.
    #[field(max_length = 80)]
    pub name: String,
    #[field(max_length = 1_000)]
    pub text: String,
    /// Whose it is. The site's user is the site's model, which this package cannot name: hence no `ForeignKey`.
    #[field(owner, on_delete = cascade)]
    pub author: UserId,
    #[field(auto_now_add, index)]
    pub created: DateTime,
}

impl Policy for Entry {
    /// Everybody reads; one writes in one's own name; the writer and staff take it out again.
    fn rules(who: Who<Self>, e: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: e.author.is(who),
            delete: e.author.is(who) | who.is_staff(),
            ..Rules::public()
        }
    }
}

/// What a guest may send. `author` is no field, so no request sets it.
#[derive(Form)]
pub struct EntryForm {
    #[field(label = "Your name", max_length = 80, autocomplete = "name")]
    pub name: String,
    #[field(label = "Your words", max_length = 1_000, widget = textarea)]
    pub text: String,
}
