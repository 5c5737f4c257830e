//! A whole site: a page, a form that posts, and a path parameter.

use std::process::ExitCode;

use vauban::prelude::*;

#[derive(Template)]
#[template("home.html")]
struct Home {
    form: Form<Greeting>,
}

#[derive(Template)]
#[template("hello.html")]
struct Hello {
    name: String,
}

/// What a request may set, and nothing else.
#[derive(Form)]
struct Greeting {
    #[field(label = "Your name", max_length = 40)]
    name: PathText,
}

/// Everybody may see it: the first parameter of a view says who may call it.
#[view(get, "/")]
async fn home(_: Public) -> Result<Home> {
    Ok(Home { form: Form::empty() })
}

#[view(post, "/")]
async fn greet(_: Public, db: Db, form: Form<Greeting>, messages: Messages) -> Result<Redirect> {
    let greeting = form.clean(&db).await?.or_show(|form| Home { form })?;
    messages.success("How do you do?");
    Ok(Redirect::to(urls::hello(&greeting.name)))
}

#[view(get, "/hello/{name}/")]
async fn hello(_: Public, name: Path<String>) -> Result<Hello> {
    Ok(Hello {
        name: name.into_inner(),
    })
}

mod urls {
    vauban::routes! { home => super::home, greet => super::greet, hello => super::hello }
}

fn main() -> ExitCode {
    let site = Module::new("hello").routes(urls::routes());
    vauban::main(App::new(vauban::package!()).module(site))
}
