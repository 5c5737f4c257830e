use vauban_macros::Template;

mod urls {
    pub struct Url;
    impl vauban_template::UrlTo for Url {
        #[allow(deprecated)]
        const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
        fn __write_url(&self, _: &dyn vauban_template::RenderContext, _: &mut String) {}
    }
    pub fn article(_slug: &str) -> Url {
        Url
    }
}

#[derive(Template)]
#[template(source = r##"<a href="{% url article x %}">{{ x }}</a>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
