//! Attacks by where something is sent, each with what only looks like it: dots in a path, verbs on any element, branches, the names
//! and texts that libraries take for an address.
#![allow(missing_docs, unreachable_pub)]
#![cfg(feature = "compiler")]

#[path = "support/refused.rs"]
mod reason;

use reason::refused;

/// Each template is refused by the class beside it; each of the others compiles.
fn judge(attacks: &[(&str, &str)], fine: &[&str]) {
    let attacks = attacks.iter().map(|(template, class)| (template, Some(*class)));
    let all = attacks.chain(fine.iter().map(|template| (template, None)));
    let wrong: Vec<_> = all
        .map(|(template, wanted)| (template, wanted, refused(template)))
        .filter(|(_, wanted, said)| wanted != said)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// CWE-22, CWE-352: browsers drop `.`, and `..` with what stands before it, so that a value behind would name any view: `x` of
/// `/./{{ x }}` is `logout`.
#[test]
fn dots_do_not_take_back_the_path_that_a_value_stands_in() {
    judge(
        &[
            (
                "<form method=\"post\" action=\"/./{{ x }}\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/a/../{{ x }}\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/%2e/{{ x }}/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/a/.%2E/{{ x }}/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"{% url a %}../{{ x }}/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/notes/{{ x }}/../../{{ y }}/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/notes/{{ x }}/..\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/notes/{{ x }}/..{% querystring %}\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/notes/{{ x }}/..{% querystring %}&amp;b=c\"></form>",
                "dot-segment",
            ),
            // One way or the other.
            (
                "<form method=\"post\" action=\"{% url a %}{% if b %}c/{% endif %}./{{ x }}\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/n/{% if a %}{{ x }}{% endif %}/../../b\"></form>",
                "dot-segment",
            ),
            // A value may be empty.
            (
                "<form method=\"post\" action=\"/notes/..{{ x }}/like/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/notes/{{ x }}../like/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/notes/{{ x }}.{{ y }}./like/\"></form>",
                "dot-segment",
            ),
            // The one behind is the first, where the one before it is empty.
            (
                "<form method=\"post\" action=\"{% url a %}.{{ x }}/{{ y }}/\"></form>",
                "dot-segment",
            ),
            // In pieces.
            (
                "<form method=\"post\" action=\"{% url a %}.{% with a=b %}&sol;{% endwith %}{{ x }}\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"/a/.{% if a %}.{% endif %}/{{ x }}\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\" action=\"{% if a %}/a/../{% else %}/b/{% endif %}{{ x }}/\"></form>",
                "dot-segment",
            ),
            (
                "<form method=\"post\"><button formaction=\"/./{{ x }}\">a</button></form>",
                "dot-segment",
            ),
            ("<button hx-post=\"/a/../{{ x }}\">a</button>", "dot-segment"),
            ("<button hx-get=\"/./{{ x }}\">a</button>", "dot-segment"),
            ("<iframe title=\"a\" src=\"/./{{ x }}\"></iframe>", "dot-segment"),
            (
                "<iframe title=\"a\" src=\"/.{{ x|urlencode }}\"></iframe>",
                "dot-segment",
            ),
            (
                "<iframe title=\"a\" src=\"/a/{{ x }}/../../{{ y }}\"></iframe>",
                "dot-segment",
            ),
            (
                "<a href=\"/./{{ x }}/\" data-turbo-method=\"delete\">a</a>",
                "form-action",
            ),
            (
                "<a href=\"/a/{{ x }}/../..\" data-turbo-method=\"delete\">a</a>",
                "form-action",
            ),
            (
                "<form method=\"post\"><input type=\"file\" name=\"f\" data-url=\"/./{{ x }}/\"></form>",
                "form-action",
            ),
            (
                "<form method=\"post\"><input type=\"file\" name=\"f\" data-url=\"{% url a %}../{{ x }}/\"></form>",
                "form-action",
            ),
        ],
        &[
            "<a href=\"../{{ x }}/\">a</a>",
            "<a href=\"/a/../{{ x }}/\">a</a>",
            "<form method=\"post\" action=\"../like/\"></form>",
            "<form method=\"post\" action=\"/a/../like/?b={{ x }}\"></form>",
            "<form method=\"post\" action=\"/notes/{{ x }}.{{ y }}\"></form>",
            "<form method=\"post\" action=\"/notes/{{ x }}.json\"></form>",
            "<form method=\"post\" action=\"/notes/.{{ x }}/like/\"></form>",
            "<form method=\"post\" action=\"{% url a %}../like/\"></form>",
            // A `.` takes nothing back, and what stands behind it is not the first.
            "<button hx-get=\"{% url report %}.{{ x }}\">a</button>",
            "<form method=\"post\" action=\"{% url export x %}.{{ y }}?q={{ z }}\"></form>",
            "<a href=\"{% url doc %}.{{ x }}\" data-method=\"post\">a</a>",
            "<form method=\"post\" action=\"/./notes/{{ x }}/\"></form>",
            "<iframe title=\"a\" src=\"./map/{{ x }}\"></iframe>",
            "<form method=\"post\" action=\"/.well-known/{{ x }}/?b=../{{ x }}/..\"></form>",
            "<iframe title=\"a\" src=\"../map/{% if a %}b{% endif %}\"></iframe>",
        ],
    );
}

/// CWE-352: a verb makes any element one that is sent, also one of two, and data names none.
#[test]
fn a_verb_is_a_verb_on_any_element() {
    judge(
        &[
            (
                "<tr data-method=\"{{ v }}\" data-href=\"{{ y }}\"></tr>",
                "form-attribute",
            ),
            (
                "<div data-ajax-method=\"{{ x }}\" data-ajax-url=\"/a/\"></div>",
                "form-attribute",
            ),
            (
                "<div data-method=\"{% if a %}post{% else %}delete{% endif %}\" data-href=\"{{ y }}\"></div>",
                "form-action",
            ),
            (
                "<div up-method=\"{% if a %}post{% else %}put{% endif %}\" up-href=\"https://evil.example/\">a</div>",
                "form-action",
            ),
            (
                "<tr data-turbo-method=\"{% if a %}b{% elif b %}c{% elif c %}d{% else %}post{% endif %}\" data-href=\"{{ y }}\"></tr>",
                "form-action",
            ),
            // Names that begin with no `data-` are a library's own.
            (
                "<a href=\"{{ u }}\" ts-req ts-req-method=\"POST\">a</a>",
                "form-action",
            ),
            (
                "<a href=\"{{ u }}\" data-remote-method=\"delete\">a</a>",
                "form-action",
            ),
            (
                "<form method=\"post\" ts-req ts-req-method=\"get\"></form>",
                "foreign-form",
            ),
            // CWE-598: on a POST form one that asks, in one branch.
            (
                "<form method=\"post\" data-http-method=\"{% if a %}get{% else %}post{% endif %}\"></form>",
                "foreign-form",
            ),
        ],
        &[
            "<tr data-method=\"{% if a %}get{% else %}head{% endif %}\" data-href=\"{{ y }}\"></tr>",
            "<form method=\"post\" data-http-method=\"{% if a %}put{% else %}post{% endif %}\"></form>",
            // What only ends so.
            "<button data-payment-method=\"{{ x }}\">a</button>",
            "<input type=\"radio\" name=\"a\" data-shipping-method=\"{{ x }}\" aria-label=\"a\">",
            "<form method=\"post\" data-two-factor-method=\"{{ m }}\"></form>",
            "<a data-contact-method=\"post\" href=\"{{ u }}\">a</a>",
            "<select name=\"a\" aria-label=\"a\"><option data-delivery-method=\"post\" data-info-url=\"{{ u }}\">a</option></select>",
            "<a data-contact-method=\"{% if a %}mail{% else %}phone{% endif %}\" href=\"{{ u }}\">a</a>",
        ],
    );
}

/// CWE-352: where a library sends a form is known on all ways through the branches, as where the form itself goes is.
#[test]
fn branches_together_do_not_name_another_site() {
    let field = |url: &str| {
        format!("<form method=\"post\"><input type=\"file\" name=\"f\" data-url=\"{url}\"></form>")
    };
    let link = |url: &str| format!("<a href=\"{url}\" data-method=\"post\">a</a>");
    for away in [
        // The route may be `/`.
        "{% if t %}{% url home %}{% endif %}/tags/",
        "{% if a %}/{% endif %}/evil.example/",
        "{% if a %}/a/{{ x }}{% endif %}//evil.example/",
        "{% if a %}https://evil.example/{% else %}/b/{% endif %}",
        "{% if a %}https{% endif %}://evil.example/",
        "{% if a %}b{% elif b %}c{% elif c %}d{% else %}//evil.example/{% endif %}",
        "{% for a in b %}/{% endfor %}evil.example/",
        "{% if a %}/x/{% else %}/{% endif %}{{ z }}/",
    ] {
        judge(
            &[(&field(away), "form-action"), (&link(away), "form-action")],
            &[],
        );
    }
    judge(
        &[
            (
                "<form method=\"post\" up-validate-url=\"{% if a %}https://evil.example/{% else %}/b/{% endif %}\"></form>",
                "form-action",
            ),
            (
                "<form method=\"post\"><select name=\"a\" {% if a %}data-url=\"/a/\"{% else %}data-url=\"//evil.example\"{% endif %}></select></form>",
                "form-action",
            ),
        ],
        &[],
    );
    for here in [
        "{% if a %}/x/{% else %}/y/{% endif %}{{ z }}/",
        "{% if e %}/a/{% else %}/b/{% endif %}",
        "{% if e %}{% url a %}{% else %}/b/{% endif %}",
        "{% if e %}/n/{{ x }}/{% else %}{% url b %}{% endif %}c/",
        "{% if e %}{% url a %}{% endif %}",
        "{% if e %}/{% else %}{% url a %}{% endif %}",
        "{% if e %}/n/{{ x }}/{% endif %}",
        "/a/{% for a in b %}{{ a }}/{% endfor %}",
    ] {
        judge(&[], &[&field(here), &link(here)]);
    }
}

/// CWE-352: what a library may take for the address of a POST form, by its name and as browsers read it.
#[test]
fn what_is_named_as_an_address_is_one_of_the_form() {
    for name in [
        "data-form-action",
        "data-submit-action",
        "data-ajax",
        "data-src",
        "data-baseurlpath",
        "data-upload-endpoint",
        "data-formaction",
        "data-action",
        "data-val-remote-url",
        "up-validate-url",
    ] {
        for url in [
            "//evil.example/",
            "\\\\evil.example\\a",
            "https://evil.example/?a->b",
            "HTTPS:evil.example",
            "ftp://evil.example/",
        ] {
            let template = format!("<form method=\"post\" {name}=\"{url}\"></form>");
            assert_eq!(refused(&template), Some("form-action"), "{template}");
        }
        if name.starts_with("data-") && name != "data-action" && name != "data-formaction" {
            let template = format!("<form method=\"post\" {name}=\"{{{{ x }}}}\"></form>");
            assert_eq!(refused(&template), Some("form-action"), "{template}");
        }
        let fine = format!("<form method=\"post\" {name}=\"/notes/{{{{ x }}}}/\"></form>");
        assert_eq!(refused(&fine), None, "{fine}");
    }
    judge(
        &[],
        &[
            "<form method=\"post\"><button type=\"button\" data-action=\"cart:add\">a</button></form>",
            "<form method=\"post\"><button data-action=\"modal:open/close\">a</button></form>",
            "<form method=\"post\"><button data-action=\"click:x#y\">a</button></form>",
            "<form method=\"post\"><button data-action=\"{% if a %}cart:add{% else %}cart:remove{% endif %}\">a</button></form>",
            // Words that hold the letters by chance.
            "<form method=\"post\"><select name=\"c\" data-courier=\"{{ c }}\" aria-label=\"a\"></select></form>",
            "<form method=\"post\" action=\"/like/\"><button data-favourite=\"{{ f }}\">a</button></form>",
            "<a href=\"/x/\" data-turbo-method=\"delete\" data-jurisdiction=\"{{ j }}\">a</a>",
            // Validators.
            "<form method=\"post\"><input name=\"a\" data-msg-url=\"Not good: no address\" aria-label=\"a\"></form>",
            "<form method=\"post\"><input name=\"a\" data-pristine-url-message=\"Please enter an address: https://…\" aria-label=\"a\"></form>",
            "<form method=\"post\"><input name=\"a\" data-fv-uri-message=\"Bad: {{ m }}\" aria-label=\"a\"></form>",
            "<form method=\"post\"><input name=\"a\" data-msg-url=\"{{ message }}\" data-url-protocols=\"http:https:ftp\" aria-label=\"a\"></form>",
            // English.
            "<form method=\"post\"><input name=\"a\" data-during=\"10:00 to {{ x }}\" data-security=\"{{ a }}{{ b }}\" aria-label=\"a\"></form>",
            "<p data-hourly=\"{{ a }}-{{ b }}\">a</p>",
        ],
    );
}

/// Unpoly's addresses and selectors take what htmx's take.
#[test]
fn unpoly_takes_addresses_and_selectors() {
    judge(
        &[
            ("<a href=\"/a/\" up-href=\"/{{ x }}\">a</a>", "form-action"),
            (
                "<a href=\"/a/\" up-href=\"https://{{ x }}/\">a</a>",
                "mixed-value",
            ),
            (
                "<form method=\"post\" up-validate-url=\"/{{ x }}\"></form>",
                "form-action",
            ),
            ("<form method=\"post\" up-target=\"{{ x }}\"></form>", "selector"),
            (
                "<form method=\"post\" up-on-loaded=\"{{ x }}\"></form>",
                "unknown-attribute",
            ),
        ],
        &[
            "<a href=\"/a/\" up-href=\"{% url a x %}\">a</a>",
            "<div up-href=\"/notes/{{ x }}/\" up-method=\"post\">a</div>",
            "<form method=\"post\" up-validate-url=\"{% url a x %}\"></form>",
            "<form method=\"post\" up-target=\"#row-{{ x }}\"></form>",
        ],
    );
}

/// JSON in an attribute that is named after the addresses in it is JSON, and adds no parameter to what is sent (CWE-235).
#[test]
fn json_is_json_whatever_it_is_named_after() {
    judge(
        &[
            (
                "<div data-gallery-urls-value='[\"{{ a }}\", {{ b }}{{ c }}]'></div>",
                "json-attribute",
            ),
            // A blank that JSON does not know.
            (
                "<div data-thumb-url=\"{% if a %}\u{a0}[]{% endif %}{{ x }}\"></div>",
                "ambiguous-url",
            ),
            (
                "<div data-x-urls-value='{% if a %}{{ b }}{% else %}[]{% endif %}'></div>",
                "branches-differ",
            ),
            (
                "<form method=\"post\" data-params=\"{{ x }}\"></form>",
                "form-attribute",
            ),
            (
                "<form method=\"post\" data-params=\"id={{ x }}\"></form>",
                "form-attribute",
            ),
            (
                "<form method=\"post\"><button data-action='[\"{{ a }}\"]/{{ x }}'>a</button></form>",
                "json-attribute",
            ),
        ],
        &[
            "<div data-x-urls-value='{% if a %}[\"/a/\"]{% endif %}'></div>",
            "<div data-gallery-urls-value='[\"{{ a }}\", \"{{ b }}\"]'></div>",
            "<div data-x-urls-value='{\"a\": \"{% url a %}\"}'></div>",
            "<form method=\"post\"><input name=\"a\" data-urls='{\"a\": \"https://a.example/\"}' aria-label=\"a\"></form>",
            "<form method=\"post\"><button data-params='{\"id\": {{ id }}}'>a</button></form>",
        ],
    );
}

/// CWE-598: `this` is a field alone, or a form that only asks and has no token.
#[test]
fn what_includes_itself_includes_no_token() {
    judge(
        &[
            (
                "<form method=\"post\" hx-post=\"/a/\" hx-include=\"this\"></form>",
                "foreign-form",
            ),
            (
                "<button hx-get=\"/a/\" hx-include=\"this\">a</button>",
                "foreign-form",
            ),
            ("<div hx-include=\"this\"></div>", "foreign-form"),
        ],
        &[
            "<select name=\"a\" hx-get=\"/a/\" hx-include=\"this\" aria-label=\"a\"></select>",
            "<form method=\"get\" hx-get=\"/a/\" hx-include=\"this\"></form>",
        ],
    );
}

/// CWE-407: what is remembered of branches is copied for each branch behind them, so it has a bound, behind which it is not known;
/// and a loop has an end.
#[test]
fn what_is_remembered_of_branches_has_a_bound() {
    let long = "a".repeat(600);
    judge(
        &[(
            &format!(
                "<form method=\"post\" data-action=\"{{% if a %}}b{{% else %}}c{{% endif %}}{long}\"></form>"
            ),
            "form-action",
        )],
        &[
            // What names no origin, whatever follows, is one and the same.
            "<form method=\"post\" data-action=\"a->b#c {% if x %}d->e#f{% endif %} {% if y %}g->h#i{% endif %}\"></form>",
            "<form method=\"post\"><button data-action=\"click->a#b{% for x in y %} click->c#d{% endfor %}\">a</button></form>",
            "<form method=\"post\"><button data-action=\"{% if a %}cart:add{% elif b %}cart:sub{% elif c %}cart:del{% else %}cart:no{% endif %}\">a</button></form>",
            "<p data-a=\"{% for a in b %}c{% if a %}d{% else %}e{% endif %}{% endfor %}\">a</p>",
            "<p data-a=\"{% for a in b %}c{% for c in d %}e{% endfor %}{% endfor %}f\">a</p>",
        ],
    );
}
