//! A whole site.

use vauban::{Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Text> {
    Ok(Text::new("Hello"))
}

#[view(get, "/hello/{name}/")]
async fn hello(_: Public, name: vauban::Path<String>) -> Result<Text> {
    Ok(Text::new(format!("Hello, {}", *name)))
}

mod urls {
    vauban::routes! { home => super::home, hello => super::hello }
}

fn main() -> std::process::ExitCode {
    let app = vauban::App::new(vauban::package!());
    vauban::main(app.module(vauban::Module::new("hello").routes(urls::routes())))
}
