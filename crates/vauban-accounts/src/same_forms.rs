//! Whether a page of the site's own has what ours has of forms. Not in a release: pages are looked at while they are written.

use std::collections::BTreeSet;

/// A form that is sent by POST: where to, and the fields that must be filled in or are hidden.
#[derive(Debug, Default)]
struct PostForm {
    action: String,
    needed: BTreeSet<String>,
    all: BTreeSet<String>,
}

/// What a page of the site's lacks of ours, as the rest of a sentence. More it may have.
pub(crate) fn lacking(ours: &str, theirs: &[u8]) -> Option<String> {
    let theirs = forms(&String::from_utf8_lossy(theirs));
    forms(ours).into_iter().find_map(|our| {
        let same: Vec<_> = theirs.iter().filter(|their| their.action == our.action).collect();
        if same.is_empty() {
            return Some(match our.action.as_str() {
                "" => "has no form that is sent to its own address: write <form method=\"post\"> without `action`".to_owned(),
                action => format!("has no form that is sent to {action} by POST, as ours has"),
            });
        }
        let missing = |their: &&PostForm| our.needed.difference(&their.all).next().cloned();
        // One of them has all.
        let missing: Option<Vec<String>> = same.iter().map(missing).collect();
        let field = missing?.into_iter().next()?;
        Some(format!("has a form without the field `{field}`: write {{{{ page.form }}}} into it, or each of its fields"))
    })
}

fn forms(html: &str) -> Vec<PostForm> {
    let mut found: Vec<PostForm> = Vec::new();
    let mut is_in_form = false;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            continue;
        }
        let (name, attributes, behind) = tag(rest);
        rest = behind;
        let of = |wanted: &str| {
            attributes
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        match name.as_str() {
            "script" | "style" => rest = rest.find(&format!("</{name}")).map_or("", |end| &rest[end..]),
            "form" => {
                is_in_form = of("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                if is_in_form {
                    found.push(PostForm {
                        action: of("action").unwrap_or_default().to_owned(),
                        ..PostForm::default()
                    });
                }
            }
            "/form" => is_in_form = false,
            "input" | "select" | "textarea" | "button" if is_in_form => {
                if let (Some(form), Some(field)) = (found.last_mut(), of("name")) {
                    let is_needed = of("required").is_some() || of("type") == Some("hidden");
                    if is_needed {
                        form.needed.insert(field.to_owned());
                    }
                    form.all.insert(field.to_owned());
                }
            }
            _ => {}
        }
    }
    found
}

/// A tag from its name on: its name, its attributes, and what stands behind it.
fn tag(text: &str) -> (String, Vec<(String, String)>, &str) {
    let is_end = |c: char| c.is_ascii_whitespace() || c == '>';
    let (name, mut rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(behind) = rest.strip_prefix('>') {
            return (name.to_ascii_lowercase(), attributes, behind);
        }
        if rest.is_empty() {
            return (name.to_ascii_lowercase(), attributes, rest);
        }
        let end = rest
            .find(|c: char| is_end(c) || c == '=' || c == '/')
            .filter(|end| *end > 0);
        let (key, behind) = rest.split_at(end.unwrap_or(1).min(rest.len()));
        rest = behind;
        let mut value = "";
        if let Some(behind) = rest.trim_start().strip_prefix('=') {
            let behind = behind.trim_start();
            let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => behind[1..].split_once(quote).unwrap_or((&behind[1..], "")),
                None => behind.split_at(behind.find(is_end).unwrap_or(behind.len())),
            };
        }
        attributes.push((key.to_ascii_lowercase(), value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"<h1>Sign in</h1><form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="x">
        <input type="email" name="email" required><input type=password name=password required><input type="checkbox" name="remember">
        </form><form method="post" action="/accounts/sessions/7/"></form>"#;

    fn told(theirs: &str) -> String {
        lacking(OURS, theirs.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn what_a_page_lacks_is_told() {
        assert_eq!(told(OURS), "");
        // What need not be filled in may be left out, and more may be there.
        let other = r#"<script>if (a < b && c == "<form>") {}</script><!-- <form method="post"> -->
            <form action="/search/"><input name="q"></form><form METHOD='POST' ><input name=csrfmiddlewaretoken type=hidden>
            <input required name='email'/><select name="password"></select></form><form method="post" action="/accounts/sessions/7/"></form>"#;
        assert_eq!(told(other), "");
        let elsewhere = OURS.replace(
            "<form method=\"post\"><",
            "<form method=\"post\" action=\"/accounts/login/\"><",
        );
        assert!(told(&elsewhere).starts_with("has no form that is sent to its own address"));
        assert!(told(&OURS.replace("sessions/7", "sessions/8")).contains("/accounts/sessions/7/"));
        assert!(told(&OURS.replace("name=password", "name=pass")).contains("`password`"));
        // A field beside its form is not sent.
        assert!(
            told(&OURS.replace("<input type=password", "</form><input type=password")).contains("`password`")
        );
        assert!(told("<form method=\"post\"").starts_with("has a form without"));
        assert!(told("").starts_with("has no form"));
    }
}
