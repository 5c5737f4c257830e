//! What the names of attributes say to script libraries: one list for what a value may be, and for what is sent.

/// `data-` attributes that name the verb of a request: of UJS, Turbo, unobtrusive AJAX, Select2. `data-payment-method` is none.
const VERBS: [&str; 14] = [
    "data-ajax--method",
    "data-ajax-method",
    "data-api-method",
    "data-fetch-method",
    "data-form-method",
    "data-http-method",
    "data-link-method",
    "data-method",
    "data-remote-method",
    "data-req-method",
    "data-request-method",
    "data-submit-method",
    "data-turbo-method",
    "data-xhr-method",
];

/// What a `data-` attribute that holds an address is called: attributes of HTML, and what a form goes by.
const ADDRESSES: [&str; 14] = [
    "action",
    "ajax",
    "archive",
    "background",
    "cite",
    "codebase",
    "form-action",
    "formaction",
    "longdesc",
    "manifest",
    "ping",
    "poster",
    "submit-action",
    "usemap",
];

/// After Go: what in a name speaks of an address, wherever it stands (`data-baseurlpath`).
const PARTS: [&str; 5] = ["endpoint", "href", "src", "uri", "url"];

/// How English words begin that hold one of these by chance: during, security, hourly.
const CHANCE: [&str; 10] = [
    "centuri", "curli", "curly", "during", "hourly", "injuri", "maturi", "securi", "tourin", "touris",
];

/// Validators' rules and messages about an address.
const VALIDATORS: [&str; 4] = ["msg-url", "rule-url", "url-protocols", "val-url"];

/// Whether an attribute names the verb of a request.
pub fn names_verb(name: &str) -> bool {
    let name = library_name(name);
    // Of HTML's own none ends so: it is a library's (`hx-method`, `up-method`, `ts-req-method`).
    VERBS.contains(&name) || !name.starts_with("data-") && name.ends_with("-method")
}

/// Whether what is in a `data-` or `up-` attribute is read as an address; what follows the prefix is given.
pub fn names_address(rest: &str) -> bool {
    is_address(rest, |word, part| word.contains(part))
}

/// Whether a library may take from such an attribute where something is sent to. A courier is no address of it.
pub fn names_destination(rest: &str) -> bool {
    is_address(rest, |word, part| match part {
        "uri" => word.starts_with("uri") || word.ends_with("uri") || word.ends_with("uris"),
        _ => word.contains(part),
    })
}

fn is_address(rest: &str, holds: impl Fn(&str, &str) -> bool) -> bool {
    let by_chance = |word| CHANCE.iter().find_map(|it| str::strip_prefix(word, it));
    let speaks = |word| {
        let word = by_chance(word).unwrap_or(word);
        PARTS.iter().any(|part| holds(word, part))
    };
    ADDRESSES.contains(&rest)
        || rest.split('-').any(speaks) && !VALIDATORS.contains(&rest) && !rest.ends_with("-message")
}

/// The name as htmx reads it: `data-hx-vars` is `hx-vars`, and since its version 4 `hx-vars:inherited` and `hx-vars:append` are
/// (CWE-79). A name of another library is as it is.
pub fn library_name(name: &str) -> &str {
    let plain = name.strip_prefix("data-").unwrap_or(name);
    if !["hx-", "sse-", "ws-"].iter().any(|own| plain.starts_with(own)) {
        return name;
    }
    match plain.split_once(':') {
        Some((attribute, _)) if !plain.starts_with("hx-on") => attribute,
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-79: and with what its version 4 writes behind.
    #[test]
    fn a_name_of_htmx_ends_at_its_first_colon() {
        assert_eq!(library_name("data-hx-include:inherited:append"), "hx-include");
        assert_eq!(library_name("data-sse-connect"), "sse-connect");
        assert_eq!(library_name("hx-on::after-swap"), "hx-on::after-swap");
        for name in ["xlink:href", "data-url", "data-x:y", ":href"] {
            assert_eq!(library_name(name), name);
        }
    }

    /// CWE-79, CWE-352: whatever a name holds of an address counts, unless it is a word of another meaning.
    #[test]
    fn a_name_speaks_of_an_address_or_of_something_else() {
        for name in [
            "url",
            "my-url",
            "urls",
            "baseurlpath",
            "imagesrc",
            "endpoint",
            "ajax",
            "form-action",
            "securityurl",
            "val-remote-url",
            "message-url",
            "touri",
            "curl",
        ] {
            assert!(names_address(name), "{name}");
        }
        for name in [
            "during",
            "security-level",
            "hourly-rate",
            "tourist-kind",
            "msg-url",
            "fv-uri-message",
            "bulk-action",
            "name",
        ] {
            assert!(!names_address(name), "{name}");
        }
    }

    /// CWE-352: what only holds the letters of one says nothing of where something is sent.
    #[test]
    fn a_courier_is_no_destination() {
        for name in [
            "url",
            "my-uri",
            "uris",
            "urilist",
            "ajax",
            "baseurlpath",
            "imagesrc",
        ] {
            assert!(names_destination(name), "{name}");
        }
        for name in ["courier", "favourite", "jurisdiction", "curious", "msg-url"] {
            assert!(!names_destination(name), "{name}");
        }
    }

    /// CWE-352: what libraries send by; a way to pay is no verb.
    #[test]
    fn a_verb_is_one_that_a_library_reads() {
        for name in [
            "data-method",
            "data-turbo-method",
            "up-watch-method",
            "data-hx-method:inherited",
            "data-remote-method",
            "ts-req-method",
            "fx-method",
        ] {
            assert!(names_verb(name), "{name}");
        }
        for name in ["data-payment-method", "data-contact-method", "method"] {
            assert!(!names_verb(name), "{name}");
        }
    }
}
