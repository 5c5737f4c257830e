//! Notes: everybody reads what is published; a draft is its author's.

use vauban::prelude::*;

use crate::people::User;
use crate::urls;

/// A note.
#[derive(Model)]
pub struct Note {
    pub id: Id<Self>,
    #[field(max_length = 200)]
    pub title: String,
    #[field(max_length = 10_000)]
    pub text: String,
    #[field(owner, on_delete = cascade)]
    pub author: ForeignKey<User>,
    pub published: bool,
    #[field(auto_now_add)]
    pub created: DateTime,
}

impl Policy for Note {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        let mine = n.author.is(who);
        Rules { view: n.published.eq(true) | mine.clone(), ..Rules::owner(mine) }
    }
}

/// What people may send: each field is the note's column of its name. The author is not among it: the view gives it.
#[derive(Form)]
#[form(edits = Note, creates = Note, given(author: Id<User>))]
pub struct NoteForm {
    #[field(max_length = 200)]
    pub title: String,
    #[field(max_length = 10_000, widget = textarea)]
    pub text: String,
    #[field(help = "Everybody may read it. Until then it is yours alone.")]
    pub published: bool,
}

#[derive(Template)]
#[template("notes/list.html")]
pub struct ListPage {
    notes: Vec<Note>,
}

#[derive(Template)]
#[template("notes/show.html")]
pub struct ShowPage {
    note: Permitted<Note>,
}

#[derive(Template)]
#[template("notes/form.html")]
pub struct FormPage {
    heading: &'static str,
    form: Form<NoteForm>,
}

/// The newest notes that the reader may see.
#[view(get, "/")]
pub async fn list(_: Public, db: Db) -> Result<ListPage> {
    let notes = Note::objects().order_by(|n| n.created.desc()).limit(20).all(&db).await?;
    Ok(ListPage { notes })
}

/// One note. If the reader may not see it, it is not there: 404.
#[view(get, "/notes/{id}/")]
pub async fn show(_: Public, db: Db, id: Path<Id<Note>>) -> Result<ShowPage> {
    let note = Note::objects().with_may().get(&db, |n| n.id.eq(*id)).await?;
    Ok(ShowPage { note })
}

/// The empty form.
#[view(get, "/notes/new/")]
pub async fn new(_: SignedIn) -> FormPage {
    FormPage { heading: "Write a note", form: Form::empty() }
}

/// Adds what was written.
#[view(post, "/notes/new/")]
pub async fn create(_: SignedIn, user: CurrentUser<User>, db: Db<Write>, form: Form<NoteForm>) -> Result<Redirect> {
    let page = |form| FormPage { heading: "Write a note", form };
    let clean = form.clean(&db).await?.or_show(page)?;
    let note = clean.create(&db, NoteFormGiven { author: user.id }, page).await?;
    Ok(Redirect::to(urls::note(&note.id)))
}

/// The form, filled. Who may read the note but not change it gets 403.
#[view(get, "/notes/{id}/edit/")]
pub async fn edit(_: SignedIn, db: Db, id: Path<Id<Note>>) -> Result<FormPage> {
    let note = Note::objects().get_to_change(&db, |n| n.id.eq(*id)).await?;
    Ok(FormPage { heading: "Edit the note", form: Form::edit(&db, &note).await? })
}

/// Keeps what was changed, unless somebody else was faster: then it shows both texts.
#[view(post, "/notes/{id}/edit/")]
pub async fn save(_: SignedIn, db: Db<Write>, id: Path<Id<Note>>, form: Form<NoteForm>) -> Result<Redirect> {
    let note = Note::objects().get_to_change(&db, |n| n.id.eq(*id)).await?;
    let page = |form| FormPage { heading: "Edit the note", form };
    let clean = form.clean(&db).await?.or_show(page)?;
    clean.save(&db, note, page).await?;
    Ok(Redirect::to(urls::note(&id)))
}

/// The model; its addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("notes").routes(urls::routes()).model::<Note>()
}
