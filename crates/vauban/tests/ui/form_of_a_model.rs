// CWE-915: a model bound to a request would let it set every column.
use vauban::prelude::*;

#[derive(Model)]
struct Note {
    id: Id<Self>,
    #[field(max_length = 100)]
    title: String,
    pinned_by_staff: bool,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)
    }
}

#[view(post, "/notes/")]
async fn add(_: Public, db: Db<Write>, form: Form<Note>) -> Result<Text> {
    let _ = form.clean(&db).await?;
    Ok(Text::new("ok"))
}

fn main() {}
