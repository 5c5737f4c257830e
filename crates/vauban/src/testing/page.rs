//! What a browser reads from a page before it sends a form: the form's hidden fields.

/// The field that carries the token.
pub(super) const TOKEN: &str = "csrfmiddlewaretoken";

/// The hidden fields of the form on the page at `path` that posts to `path`; the first that does.
pub(super) fn form(html: &str, path: &str) -> Option<Vec<(String, String)>> {
    let own = path.split(['?', '#']).next().unwrap_or(path);
    let mut rest = html;
    while let Some(start) = rest.find("<form") {
        let tag_end = tag_end(&rest[start..])? + start;
        let attributes = attributes(&rest[start + 5..tag_end]);
        let end = rest[tag_end..]
            .find("</form")
            .map_or(rest.len(), |end| tag_end + end);
        let of = |name: &str| {
            attributes
                .iter()
                .find(|(known, _)| known == name)
                .map_or("", |(_, value)| value)
        };
        let action = of("action").split(['?', '#']).next().unwrap_or("");
        if of("method").eq_ignore_ascii_case("post") && (action.is_empty() || action == own) {
            return Some(hidden(&rest[tag_end..end]));
        }
        rest = &rest[end..];
    }
    None
}

/// The hidden inputs in a piece of HTML.
fn hidden(html: &str) -> Vec<(String, String)> {
    let (mut found, mut rest) = (Vec::new(), html);
    while let Some(start) = rest.find("<input") {
        let Some(end) = tag_end(&rest[start..]).map(|end| end + start) else {
            break;
        };
        let attributes = attributes(&rest[start + 6..end]);
        let of = |name: &str| {
            attributes
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        if of("type").as_deref() == Some("hidden")
            && let Some(name) = of("name")
        {
            found.push((name, of("value").unwrap_or_default()));
        }
        rest = &rest[end..];
    }
    found
}

/// Where a tag ends: the first `>` outside quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, c)| match (quote, c) {
        (None, '>') => Some(at),
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (Some(open), c) if c == open => {
            quote = None;
            None
        }
        _ => None,
    })
}

/// `name="value"` pairs of a tag, entities resolved.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let (mut found, mut rest) = (Vec::new(), tag);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest
            .find(|c: char| c == '=' || c == '/' || c.is_whitespace())
            .unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let value = match rest.strip_prefix('=') {
            None => String::new(),
            Some(after) => {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (value, next) = match quote {
                    Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                    None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
                };
                rest = next;
                unescape(value)
            }
        };
        found.push((name, value));
    }
}

/// The entities that escapers write.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').unwrap_or(0);
        let entity = rest.get(1..end).unwrap_or("");
        let number = entity
            .strip_prefix('#')
            .map(|n| match n.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => n.parse().ok(),
            });
        let meant = match (entity, number) {
            ("amp", _) => Some('&'),
            ("lt", _) => Some('<'),
            ("gt", _) => Some('>'),
            ("quot", _) => Some('"'),
            (_, Some(code)) => code.and_then(char::from_u32),
            _ => None,
        };
        match meant {
            Some(c) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// `application/x-www-form-urlencoded` (WHATWG URL §5.2).
pub(super) fn encode(fields: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        if !out.is_empty() {
            out.push('&');
        }
        for (index, part) in [name, value].into_iter().enumerate() {
            if index == 1 {
                out.push('=');
            }
            for byte in part.bytes() {
                match byte {
                    b' ' => out.push('+'),
                    b if b.is_ascii_alphanumeric() || b"*-._".contains(&b) => out.push(b as char),
                    b => out.push_str(&format!("%{b:02X}")),
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_posts_here_is_found() {
        let html = r#"<form action="/search/" method="get"><input type="hidden" name="a" value="1"></form>
            <form method="post" action="/theme/"><input type="hidden" name="csrfmiddlewaretoken" value="other"></form>
            <form class="x > y" method=post action="/here/?q=1"><input type="hidden" name="csrfmiddlewaretoken" value="a&amp;b&#39;">
            <input name="title" value="t"><input value='2' type='hidden' name='version'/></form>"#;
        let found = form(html, "/here/").unwrap();
        assert_eq!(
            found,
            [
                (TOKEN.to_owned(), "a&b'".to_owned()),
                ("version".to_owned(), "2".to_owned())
            ]
        );
        assert_eq!(form(html, "/elsewhere/"), None);
    }

    #[test]
    fn forms_are_encoded() {
        let fields = [
            ("a b".to_owned(), "ü&=+".to_owned()),
            ("c".to_owned(), String::new()),
        ];
        assert_eq!(encode(&fields), "a+b=%C3%BC%26%3D%2B&c=");
    }
}
