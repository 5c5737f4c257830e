//! The published ways round contextual engines, each by its name, each stopped.
//!
//! A way is stopped if the template does not compile, or if the hostile value ends up inert: judged by
//! html5ever's view of the page, as in `structure.rs`.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/skeleton.rs"]
mod skeleton;

use interpret::{Way, ops, walk_way};
use skeleton::skeleton;

/// Name, template, the value that did it, and whether it must be refused (otherwise: inert).
const WAYS: &[(&str, &str, &str, bool)] = &[
    // Go html/template.
    (
        "CVE-2023-24538 backticks",
        "<script>var a = `{{ x }}`</script>",
        "${alert(1)}",
        true,
    ),
    (
        "CVE-2023-24539 angle brackets in CSS",
        "<style>a{b:{{ x }}}</style>",
        "</style><script>",
        true,
    ),
    (
        "CVE-2023-24540 whitespace in JavaScript",
        "<script>var a\u{b}={{ x }}</script>",
        "1;alert(1)",
        false,
    ),
    (
        "CVE-2023-29400 empty unquoted attribute",
        "<p title={{ x }} onx=1>t</p>",
        "",
        true,
    ),
    (
        "CVE-2023-39318 HTML-like comments in scripts",
        "<script>var a = 1 <!-- {{ x }}\n</script>",
        "\nalert(1)",
        true,
    ),
    (
        "CVE-2023-39318 hashbang",
        "<script>#! {{ x }}\n</script>",
        "\nalert(1)",
        true,
    ),
    (
        "CVE-2023-39319 script tags in script strings",
        "<script>var a = \"<script>{{ x }}\"</script>",
        "x",
        true,
    ),
    (
        "CVE-2024-24785 errors of marshalling",
        "<script>var a = {{ x }}</script>",
        "*/</script><script>alert(1)",
        false,
    ),
    (
        "CVE-2026-56858 slash after a brace",
        "<script>x = {} /{{ x }}/ 1</script>",
        "/;alert(1)//",
        true,
    ),
    (
        "CVE-2026-56858 inside ${}",
        "<script>`${ {{ x }} }`</script>",
        "1}`;alert(1)//",
        true,
    ),
    (
        "golang 81823 yield as a property",
        "<script>p = b.yield / 100; u = {{ x }}; // s\n</script>",
        "1;pwned=1;0",
        false,
    ),
    (
        "golang: = in an unquoted value",
        "<input value=1+1={{ x }}>",
        "x onx=1",
        true,
    ),
    (
        "golang: meta refresh, space before =",
        "<meta http-equiv=refresh content=\"0;url ={{ x }}\">",
        "javascript:alert(1)",
        true,
    ),
    (
        "golang: srcdoc is only attribute-escaped",
        "<iframe srcdoc=\"{{ x }}\"></iframe>",
        "<script>alert(1)</script>",
        true,
    ),
    (
        "golang: scheme from data",
        "<a href=\"{{ x }}://h\">t</a>",
        "javascript",
        true,
    ),
    (
        "golang: scheme from two values",
        "<a href=\"{{ x }}{{ y }}\">t</a>",
        "java",
        true,
    ),
    (
        "golang: host from data",
        "<a href=\"https://{{ x }}/\">t</a>",
        "evil.example",
        true,
    ),
    ("golang: base", "<base href=\"{{ x }}\">", "//evil.example", true),
    (
        "golang: content security policy in meta",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{{ x }}\">",
        "script-src *",
        true,
    ),
    (
        "modules: specifier of import",
        "<script type=\"module\">import a from \"{{ x }}\"</script>",
        "data:text/javascript,alert(1)",
        true,
    ),
    (
        "modules: specifier of export",
        "<script type=\"module\">export * from '{{ x }}'</script>",
        "data:text/javascript,alert(1)",
        true,
    ),
    (
        "modules: import()",
        "<script>import({{ x }})</script>",
        "data:text/javascript,alert(1)",
        true,
    ),
    (
        "workers: importScripts",
        "<script>importScripts(\"/a/\" + {{ x }})</script>",
        "../../evil.js",
        true,
    ),
    (
        "workers: new Worker",
        "<script>new Worker(\"{{ x }}\")</script>",
        "data:text/javascript,alert(1)",
        true,
    ),
    ("eval", "<script>eval(\"{{ x }}\")</script>", "alert(1)", true),
    (
        "new Function",
        "<script>new Function({{ x }})()</script>",
        "alert(1)",
        true,
    ),
    (
        "RequireJS: data-main from two pieces",
        "<script data-main=\"/a/{{ x }}\" src=\"/require.js\"></script>",
        "../../evil",
        true,
    ),
    (
        "referrer policy in meta",
        "<meta name=\"Referrer\" content=\"{{ x }}\">",
        "unsafe-url",
        true,
    ),
    (
        "third slash: browsers skip it before the host",
        "<a href=\"https:///{{ x }}\">t</a>",
        "evil.example",
        true,
    ),
    (
        "third slash without a scheme",
        "<a href=\"/\\\\/{{ x }}\">t</a>",
        "evil.example",
        true,
    ),
    (
        "script: a value completes <!--",
        "<script>var a = \"<!{{ x }}\"</script>",
        "--",
        true,
    ),
    (
        "script: a value completes <script",
        "<script>var a = \"<s{{ x }}\"</script>",
        "cript ",
        true,
    ),
    (
        "script: a comment of the template hides <!--",
        "<script>var a = \"<!{# #}--\"; var b = {{ x }}</script>",
        "x",
        true,
    ),
    (
        "golang: import map",
        "<script type=\"importmap\">{{ x }}</script>",
        "{}",
        true,
    ),
    (
        "golang: speculation rules",
        "<script type=\"speculationrules\">{{ x }}</script>",
        "{}",
        true,
    ),
    (
        "golang: raw text, noscript",
        "<noscript>{{ x }}</noscript>",
        "</noscript><script>",
        true,
    ),
    (
        "golang: raw text, xmp",
        "<xmp>{{ x }}</xmp>",
        "</xmp><script>",
        true,
    ),
    ("golang: raw text, plaintext", "<plaintext>{{ x }}", "x", true),
    // Closure Templates and Angular.
    (
        "Closure: attribute name from data",
        "<p {{ x }}=\"1\">t</p>",
        "onclick",
        true,
    ),
    (
        "Closure: element name from data",
        "<{{ x }}>t</{{ x }}>",
        "script",
        true,
    ),
    (
        "Closure: srcset second candidate",
        "<img alt=\"\" srcset=\"{{ x }}\">",
        "/a, javascript:alert(1) 2x",
        false,
    ),
    (
        "Angular NG05201: object data, embed src",
        "<object data=\"{{ x }}\"></object>",
        "javascript:alert(1)",
        true,
    ),
    (
        "Angular: SVG animation of href",
        "<svg><a><animate attributeName=\"href\" values=\"{{ x }}\"/></a></svg>",
        "javascript:alert(1)",
        true,
    ),
    (
        "Angular: SVG set",
        "<svg><set to=\"{{ x }}\"/></svg>",
        "javascript:alert(1)",
        true,
    ),
    (
        "Angular CVE-2025-66412: MathML href",
        "<math href=\"{{ x }}\"></math>",
        "javascript:alert(1)",
        false,
    ),
    (
        "Angular: ngNonBindable, framework attributes",
        "<p ng-init=\"{{ x }}\">t</p>",
        "constructor.constructor('alert(1)')()",
        true,
    ),
    (
        "Vue, Alpine, htmx: evaluated attributes",
        "<p x-data=\"{{ x }}\">t</p>",
        "alert(1)",
        true,
    ),
    (
        "Vue: shorthand handler",
        "<p @click=\"{{ x }}\">t</p>",
        "alert(1)",
        true,
    ),
    // march-language #311.
    (
        "march #311: event handler",
        "<p onclick=\"f('{{ x }}')\">t</p>",
        "');alert(1)//",
        true,
    ),
    (
        "march #311: event handler, character reference",
        "<p onclick=\"f('{{ x }}')\">t</p>",
        "&#39;);alert(1)//",
        true,
    ),
    (
        "march #311: xlink:href",
        "<svg><a xlink:href=\"{{ x }}\"><path d=\"\"/></a></svg>",
        "javascript:alert(1)",
        false,
    ),
    (
        "march #311: ping",
        "<a href=\"/\" ping=\"/a{{ x }}\">t</a>",
        "//evil.example",
        true,
    ),
    (
        "march #311: formaction",
        "<form><button formaction=\"{{ x }}\">t</button></form>",
        "javascript:alert(1)",
        false,
    ),
    (
        "march #311: raw JavaScript",
        "<script>{{ x }}; f()</script>",
        "alert(1)",
        false,
    ),
    // Others.
    (
        "javascript: with a newline",
        "<a href=\"{{ x }}\">t</a>",
        "java\nscript:alert(1)",
        false,
    ),
    (
        "javascript: with a control character",
        "<a href=\"{{ x }}\">t</a>",
        "\u{1}javascript:alert(1)",
        false,
    ),
    (
        "javascript: by character reference",
        "<a href=\"{{ x }}\">t</a>",
        "&#106;avascript:alert(1)",
        false,
    ),
    (
        "data: document",
        "<a href=\"{{ x }}\">t</a>",
        "data:text/html,<script>alert(1)</script>",
        false,
    ),
    (
        "second slash after a literal one",
        "<map name=m><area alt=\"\" href=\"/{{ x }}\"></map>",
        "/evil.example",
        false,
    ),
    (
        "backslash after a literal slash",
        "<map name=m><area alt=\"\" href=\"/{{ x }}\"></map>",
        "\\evil.example",
        false,
    ),
    (
        "reference completed by a value",
        "<p title=\"&{{ x }}\">t</p>",
        "quot; onx=1",
        false,
    ),
    (
        "NUL before a bracket",
        "<p>{{ x }}</p>",
        "\0<script>alert(1)</script>",
        false,
    ),
    (
        "line separator in a script",
        "<script>var a = {{ x }};</script>",
        "\u{2028}alert(1)//",
        false,
    ),
    (
        "JSON in script, end tag",
        "<script type=\"application/json\">{{ x }}</script>",
        "</script><script>alert(1)</script>",
        false,
    ),
    (
        "branches: quote opened in one",
        "<p {% if f %}title='{% endif %}>{{ x }}</p>",
        "x",
        true,
    ),
    (
        "branches: script opened in one",
        "{% if f %}<script>{% endif %}{{ x }}",
        "alert(1)",
        true,
    ),
    (
        "loop: context drifts",
        "<script>{% for i in l %}'{% endfor %}{{ x }}</script>",
        "alert(1)",
        true,
    ),
    (
        "svg style is markup, html style is not",
        "<svg><style>{{ x }}</style></svg>",
        "<img src=x onerror=alert(1)>",
        true,
    ),
    (
        "svg title is no RCDATA",
        "<svg><title>{{ x }}</title></svg>",
        "<img src=x onerror=alert(1)>",
        false,
    ),
    (
        "shadow root from data",
        "<template shadowrootmode=\"{{ x }}\"></template>",
        "open",
        true,
    ),
    (
        "customized built-in from data",
        "<p is=\"{{ x }}\">t</p>",
        "x-evil",
        true,
    ),
    (
        "form to elsewhere",
        "<form method=\"post\" action=\"//evil.example/\"></form>{{ x }}",
        "x",
        true,
    ),
    (
        "form method from data",
        "<form method=\"{{ x }}\"></form>",
        "post",
        true,
    ),
    (
        "a backslash before CR LF in a string",
        "<script>\r\nvar s = \"a, \\\r\n b, {{ x }}!\";\r\n</script>",
        "-(alert(1))-",
        false,
    ),
    (
        "a combining mark in a name",
        "<script>let cafe\u{301} = 4; let a = cafe\u{301} / 2 + \"/\"; let s = {{ x }};</script>",
        "alert(1)",
        true,
    ),
    (
        "an ideographic space before a slash",
        "<script>let b = 4; let a = b\u{3000}/ 2 + \"/\"; let s = {{ x }};</script>",
        "alert(1)",
        false,
    ),
    (
        "a regular expression after a statement that ends with its line",
        "<script>for(;;){ if (0) break\n/\"/.test({{ x }});break }\n</script>",
        "alert(1)",
        true,
    ),
    (
        "a comment that the second branch starts",
        "<script>let y = 4, x = y {% if a %}{% else %}/{% endif %}* {{ x }};</script>",
        "*/;alert(1)/*",
        true,
    ),
    (
        "a comment between a loop and what follows",
        "<script>let x = {% for a in l %}1 /{% endfor %}* {{ x }};</script>",
        "*/;alert(1)/*",
        true,
    ),
    (
        "a keyword in two pieces",
        "<script>typ{% if a %}eof{% endif %} /\"/.test({{ x }})</script>",
        "alert(1)",
        true,
    ),
    (
        "a callee in two pieces",
        "<script>ev{% if a %}al{% endif %}(\"{{ x }}\")</script>",
        "alert(1)",
        true,
    ),
    (
        "eval behind a comma",
        "<script>(0, eval)(\"{{ x }}\")</script>",
        "alert(1)",
        true,
    ),
    (
        "eval.call",
        "<script>eval.call(null, \"{{ x }}\")</script>",
        "alert(1)",
        true,
    ),
    (
        "the text of a timer",
        "<script>setTimeout(\"f('{{ x }}')\", 10)</script>",
        "');alert(1)//",
        true,
    ),
    (
        "a timer's text put together",
        "<script>setTimeout('f(' + {{ x }} + ')', 10)</script>",
        "alert(1)",
        true,
    ),
    (
        "an audio worklet's module",
        "<script>c.audioWorklet.addModule(\"{{ x }}\")</script>",
        "data:text/javascript,alert(1)",
        true,
    ),
    (
        "a POST form that one branch sends elsewhere",
        "<form method=\"post\" action=\"{% if a %}https://other.example/{% else %}/x/{% endif %}\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "a POST form elsewhere whose address goes on in a branch",
        "<form method=\"post\" action=\"https://other.example{% if a %}/a{% endif %}\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "a button that one branch sends elsewhere",
        "<form method=\"post\" action=\"/\"><button formaction=\"https://other.example{% if a %}/a{% endif %}\">{{ x }}</button></form>",
        "x",
        true,
    ),
    (
        "a waiver for a button",
        "<form method=\"post\" action=\"/\">{% waiver CrossOriginForm \"the partner asks for it\" %}<button formaction=\"https://other.example/\">{{ x }}</button></form>",
        "x",
        true,
    ),
    (
        "a waiver that waits for a later form",
        "{% waiver CrossOriginForm \"the partner asks for it\" %}<p>{{ x }}</p>",
        "x",
        true,
    ),
    (
        "a slash behind the address of a view, in a form",
        "<form method=\"post\" action=\"{% url home %}/evil\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "a slash behind the address of a view, in a branch of a form",
        "<form method=\"post\" action=\"{% url home %}{% if a %}/evil{% endif %}\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "a value behind a slash behind the address of a view",
        "<a href=\"{% url home %}/{{ x }}\">t</a>",
        "evil.example",
        true,
    ),
    (
        "a scheme in one branch, the colon behind",
        "<a href=\"{% if s %}{{ x }}{% endif %}:alert(1)\">t</a>",
        "javascript",
        true,
    ),
    (
        "a scheme in one branch, the host behind",
        "<a href=\"{% if s %}{{ x }}{% else %}https{% endif %}://example.com/\">t</a>",
        "javascript",
        true,
    ),
    (
        "a control character before the first slash",
        "<map name=\"m\"><area alt=\"\" href=\"\u{b}/{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "<meta> that is a policy in one branch",
        "<meta name=\"{% if a %}referrer{% else %}robots{% endif %}\" content=\"{{ x }}\">",
        "unsafe-url",
        true,
    ),
    (
        "<meta name=htmx-config>",
        "<meta name=\"htmx-config\" content=\"{{ x }}\">",
        "{\"allowEval\":true}",
        true,
    ),
    (
        "MathML: mglyph is no text",
        "<math><mi><mglyph><title><b><script>{{ x }}</script></b></title></mglyph></mi></math>",
        "alert(1)",
        true,
    ),
    (
        "MathML: annotation-xml without an encoding",
        "<math><annotation-xml><title>{{ x }}</title></annotation-xml></math>",
        "<img src=x onerror=alert(1)>",
        true,
    ),
    (
        "MathML: <title> is no integration point",
        "<math><title><p>{{ x }}</p></title></math>",
        "x",
        true,
    ),
    (
        "SVG: <mi> is no integration point",
        "<svg><mi><style><img title=\"</style>{{ x }}\"></style></mi></svg>",
        "x",
        true,
    ),
    (
        "<title> in a <select>",
        "<select><option><title><script>{{ x }}</script></title></option></select>",
        "alert(1)",
        true,
    ),
    (
        "AngularJS with a colon",
        "<p data-ng:init=\"{{ x }}\">t</p>",
        "alert(1)",
        true,
    ),
    (
        "Datastar effects",
        "<p data-effect=\"{{ x }}\">t</p>",
        "alert(1)",
        true,
    ),
    (
        "content of an element that a script defines",
        "<my-html content=\"{{ x }}\"></my-html>",
        "<img src=x onerror=alert(1)>",
        true,
    ),
    (
        "a line break ends a statement: break with a label",
        "<script>a: for (;;) { if (0) break a\n/\"/.test({{ x }} + /\"/g); break }</script>",
        "alert(1)",
        true,
    ),
    (
        "a line break ends a statement: a name that gets no value",
        "<script>let a\n/\"/.test({{ x }} + /\"/g)</script>",
        "alert(1)",
        true,
    ),
    (
        "a line break ends a statement: import",
        "<script type=\"module\">import \"/a.js\"\n/\"/.test({{ x }} + /\"/g)</script>",
        "alert(1)",
        true,
    ),
    (
        "a line break ends a statement: inside of a comment",
        "<script type=\"module\">export * from \"/a.js\" /*\n*/ /\"/.test({{ x }} + /\"/g)</script>",
        "alert(1)",
        true,
    ),
    (
        "an empty object is a block at the start of a statement",
        "<script>f(); {{ x }}\n/\"/.test({{ y }} + /\"/g)</script>",
        "alert(1)",
        true,
    ),
    (
        "an empty object is the body of an arrow function",
        "<script>f = () => {{ x }}\n/\"/.test({{ y }} + /\"/g)</script>",
        "alert(1)",
        true,
    ),
    (
        "a dot on one way makes a keyword a name",
        "<script>s = a {% if a %}.{% endif %}typeof /\"/ + \"{{ x }}\" + /\"/ + 1</script>",
        " + alert(1) + ",
        true,
    ),
    (
        "branches that load in different ways",
        "<script type=\"module\">{% if a %}setTimeout{% else %}import{% endif %} \"{{ x }}\"</script>",
        "data:text/javascript,alert(1)",
        true,
    ),
    (
        "a drawing round a component",
        "<svg>{% component Card %}{% endcomponent %}</svg>{{ x }}",
        "x",
        true,
    ),
    (
        "a query behind a foreign action",
        "<form method=\"post\" action=\"https://evil.example/p{% querystring page=2 %}\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "a query behind a foreign formaction",
        "<form method=\"post\" action=\"/\"><button formaction=\"https://evil.example/p{% querystring page=2 %}\">{{ x }}</button></form>",
        "x",
        true,
    ),
    (
        "a query behind the address of another site's script",
        "<script src=\"https://evil.example/jsonp{% querystring page=2 %}&amp;b={{ x }}\"></script>",
        "x",
        true,
    ),
    (
        "a query behind a foreign link that is sent",
        "<map name=\"m\"><area alt=\"\" data-method=\"post\" href=\"https://evil.example/{{ x }}{% querystring page=2 %}\"></map>",
        "x",
        true,
    ),
    (
        "a silent cycle before a value in a path",
        "<map name=\"m\"><area alt=\"\" href=\"/{% cycle 'a' 'b' as c silent %}{{ x }}\"></map>",
        "/evil.example",
        false,
    ),
    (
        "a silent cycle that goes on before a value in a script",
        "<script>{% cycle 'a' as c silent %}let s = {% cycle c %} /\"/ + {{ x }} + \"/\";</script>",
        "alert(1)",
        false,
    ),
    (
        "content twice, once in a branch",
        "<meta http-equiv=\"refresh\"{% if a %} content=\"5\"{% endif %} content=\"{{ x }}\">",
        "0;url=https://evil.example",
        true,
    ),
    (
        "& before a tag of the template",
        "<map name=\"m\"><area alt=\"\" href=\"/&{% with y=x %}{{ y }}{% endwith %}\"></map>",
        "sol;evil.example",
        false,
    ),
    (
        "& at the end of a branch",
        "<map name=\"m\"><area alt=\"\" href=\"{% if a %}/&{% else %}/x{% endif %}{{ x }}\"></map>",
        "sol;evil.example",
        false,
    ),
    (
        "& before a tag of the template, in text",
        "<p>&{% if a %}{{ x }}{% endif %}</p>",
        "lt;script>",
        false,
    ),
    (
        "a method that is none",
        "<form method=\" post\" action=\"/\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "a button that sends the token as GET",
        "<form method=\"post\" action=\"/\"><button formmethod=\"get\">{{ x }}</button></form>",
        "x",
        true,
    ),
    (
        "a slash before a static file",
        "<img alt=\"{{ x }}\" src=\"/{% static 'a.png' %}\">",
        "x",
        true,
    ),
    (
        "<base> of another origin",
        "<base href=\"https://other.example/\"><p>{{ x }}</p>",
        "x",
        true,
    ),
    (
        "a reference for the first slash",
        "<map name=\"m\"><area alt=\"\" href=\"&#47;{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a backslash for the first slash",
        "<map name=\"m\"><area alt=\"\" href=\"\\{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a reference for the slash behind a value",
        "<map name=\"m\"><area alt=\"\" href=\"/{{ x }}&#47;{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a tab before the slash behind a value",
        "<map name=\"m\"><area alt=\"\" href=\"/{{ x }}\t/{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "two slashes behind a value",
        "<map name=\"m\"><area alt=\"\" href=\"/{{ x }}//{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a host and a value in a form's address",
        "<form method=\"post\" action=\"//evil.example/{{ x }}\">{{ q }}</form>",
        "a",
        true,
    ),
    (
        "a host behind a backslash in a form's address",
        "<form method=\"post\" action=\"/\\evil.example/{{ x }}\">{{ q }}</form>",
        "a",
        true,
    ),
    (
        "a host and a query in a form's address",
        "<form method=\"post\" action=\"//evil.example/p{% querystring page=2 %}\">{{ q }}</form>",
        "a",
        true,
    ),
    (
        "a host in one branch of a form's address",
        "<form method=\"post\" action=\"{% if a %}//evil.example/x{% else %}/y{% endif %}\">{{ q }}</form>",
        "a",
        true,
    ),
    (
        "a host put together from branches in a form's address",
        "<form method=\"post\" action=\"/{% if a %}/evil.example/{% else %}y/{% endif %}{{ x }}\">{{ q }}</form>",
        "a",
        true,
    ),
    (
        "a literal address in one branch, data in the other",
        "<form method=\"post\" {% if a %}action=\"https://evil.example/\"{% else %}action=\"{{ x }}\"{% endif %}>t</form>",
        "a",
        true,
    ),
    (
        "a line break before the address of a view",
        "<map name=\"m\"><area alt=\"\" href=\"\n{% url home %}{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a space before a slash in a part of its own",
        "<map name=\"m\"><area alt=\"\" href=\" {% with z=x %}/{{ z }}{% endwith %}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a space in a branch before a slash",
        "<map name=\"m\"><area alt=\"\" href=\"{% if a %} {% endif %}/{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "a tab behind the address of a view",
        "<map name=\"m\"><area alt=\"\" href=\"{% url home %}&Tab;{{ x }}\"></map>",
        "/evil.example",
        true,
    ),
    (
        "two slashes and text behind a value",
        "<map name=\"m\"><area alt=\"\" href=\"/{{ x }}//a{{ x }}\"></map>",
        ".evil.example",
        true,
    ),
    (
        "a slash as a reference and text behind a value",
        "<map name=\"m\"><area alt=\"\" href=\"/{{ x }}&#47;a{{ x }}\"></map>",
        ".evil.example",
        true,
    ),
    (
        "two slashes behind a value in a form's address",
        "<form method=\"post\" action=\"{% url home %}{{ x }}//evil.example\">{{ q }}</form>",
        "a",
        true,
    ),
    (
        "<base> that goes on in a branch",
        "<base href=\"https://evil.example/{% if a %}a{% endif %}\"><p>{{ x }}</p>",
        "x",
        true,
    ),
    (
        "a button for a form elsewhere that sends it as GET",
        "<form id=\"f\" method=\"post\" action=\"/\"></form><button form=\"f\" formmethod=\"get\">{{ x }}</button>",
        "x",
        true,
    ),
    (
        "a button in a component that sends its form as GET",
        "<form method=\"post\" action=\"/\">{% component Card %}<button formmethod=\"get\">{{ x }}</button>{% endcomponent %}</form>",
        "x",
        true,
    ),
    (
        "a long numeric reference that a value completes",
        "<map name=\"m\"><area alt=\"\" href=\"/&#0000000000000000000000000000000000000000{{ x }}\"></map>",
        "47;evil.example",
        true,
    ),
    (
        "a branch behind a boolean value",
        "<p hidden=\"{{ x }}{% if a %}\"{% else %}\"{% endif %} title=\"{{ x }}\">t</p>",
        "x",
        true,
    ),
    (
        "a long literal before a host in a form's address",
        "<form method=\"post\" action=\"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        {# #}//evil.example/\">{{ x }}</form>",
        "x",
        true,
    ),
    (
        "spaces between tags that end a comment in a script",
        "{% spaceless %}<script>let a = 1 //>\n< \"abc \\\n{{ x }} //\";\n</script>{% endspaceless %}",
        "alert(1)",
        false,
    ),
    (
        "a boolean attribute that is not written, before a slash",
        "<svg class=a hidden=\"{{ f }}\"/><textarea aria-label=c><script>w({{ x }})</script></textarea>",
        "alert(1)",
        false,
    ),
    (
        "a key of an object",
        "<script>let o = {\"{{ x }}\": 1};</script>",
        "__proto__",
        true,
    ),
    (
        "a key of an object, in a loop",
        "<script>let o = { {% for a in l %}\"{{ a }}\": {{ x }},{% endfor %} };</script>",
        "__proto__",
        true,
    ),
    (
        "a part of a key of an object",
        "<script>let o = {a: 1, '__pro{{ x }}': 1};</script>",
        "to__",
        true,
    ),
];

#[test]
fn every_published_way_is_stopped() {
    let mut failures = Vec::new();
    for (name, template, hostile, must_refuse) in WAYS {
        match ops(template) {
            Err(_) if *must_refuse => {}
            Err(why) => failures.push(format!(
                "{name}: refused ({why}), which is stricter than this test says"
            )),
            Ok(_) if *must_refuse => failures.push(format!("{name}: compiles")),
            Ok(ops) => {
                for way in 0..8 {
                    let (mut good, mut bad) = (String::new(), String::new());
                    walk_way(&ops, "harmless", None, &mut Way(way), &mut good);
                    walk_way(&ops, hostile, None, &mut Way(way), &mut bad);
                    if skeleton(&good) != skeleton(&bad) {
                        failures.push(format!("{name}: {bad}"));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Reading is linear: four times the text takes at most some six times as long, whatever the text is.
#[test]
fn the_compiler_is_linear() {
    use std::time::{Duration, Instant};
    for unit in [
        "<",
        "<!--",
        "{{ x }}",
        "<p>",
        "<b></b>",
        "{%",
        "{# ",
        "&",
        "<a href=\"",
        "</",
        "'",
        "<script>",
        "<textarea>",
        "a=",
        "<p title=\"{{ x }}\">t</p>",
        "{% if x %}a{% endif %}",
        "{% verbatim %}",
    ] {
        let time = |n: usize| {
            let text = unit.repeat(n);
            let start = Instant::now();
            drop(ops(&text));
            start.elapsed()
        };
        let (short, long) = (time(2_000), time(8_000));
        // A generous bound against noise, and none below what a clock can tell.
        assert!(
            long < short * 16 + Duration::from_millis(400),
            "{unit}: {short:?} {long:?}"
        );
    }
}

/// CWE-79: of two ways through a tag one drops a quote, and the other must not lose one of its own for it.
#[test]
fn a_way_through_a_tag_drops_no_quote_of_another() {
    let x = " onmouseover=alert(1) ";
    for template in [
        "<p {% if a %}hidden=\"{{ f }}{% else %}title=\"b\" class=\"{{ x }}\" hidden=\"{{ f }}{% endif %}\">t</p>",
        "<p {% if a %}title='b'{% elif b %}title='c' hidden=\"{{ f }}\"{% else %}lang='{{ x }}'{% endif %} class='{{ x }}'>t</p>",
        "<p {% for i in l %}{% empty %}hidden='{{ f }}' title='{{ x }}'{% endfor %} lang='{{ x }}'>t</p>",
        "<p {% with y=x %}hidden=\"{{ f }}{% endwith %}\" title=\"{{ x }}\">t</p>",
    ] {
        let Ok(ops) = ops(template) else { continue };
        for way in 0..16 {
            let (mut good, mut bad) = (String::new(), String::new());
            walk_way(&ops, "harmless", None, &mut Way(way), &mut good);
            walk_way(&ops, x, None, &mut Way(way), &mut bad);
            assert_eq!(skeleton(&good), skeleton(&bad), "{template}\n{bad}");
            assert!(!skeleton(&bad).contains(" onmouseover"), "{template}\n{bad}");
        }
    }
}

/// CWE-829: a module that a trusted script imports is trusted (`'strict-dynamic'`), `data:` included. The value comes there
/// by a name, in this script or another.
#[test]
fn a_module_is_named_by_a_literal() {
    for script in [
        "const u = \"{{ x }}\"; import(u)",
        "let u = '/m/' + {{ x }}; import(`${u}.js`).then(f)",
        "import(u)",
        "import /* c */ ( /* d */ u )",
        "import(\"/a\" + u)",
        "import(\"/a\", u, v); import(w)",
        "import(document.body.dataset.module)",
        "CSS.paintWorklet.addModule(u)",
        "import.defer(u)",
        "{% if a %}import({% endif %}u)",
        "a = b\n/c\"/d; import(u)",
        "import({% if a %}\"/a\"{% else %}u{% endif %})",
    ] {
        assert!(ops(&format!("<script>{script}</script>")).is_err(), "{script}");
    }
    for script in [
        "import(\"/a.js\", { with: { type: 'json' } }).then(f); g(u)",
        "import('/a.js'); const a = {{ x }}",
        "import a, { b } from '/a.js'; f(u)",
        "import '/a.js'\nf(u)",
        "const u = import.meta.url; f(u)",
        "import(/* a */ `/a.js`)",
        "import({% if a %}\"/a\"{% else %}'/b'{% endif %})",
        "a.import(u)",
    ] {
        assert!(
            ops(&format!("<script>{script}</script>")).is_ok(),
            "{script}: {:?}",
            ops(&format!("<script>{script}</script>")).err()
        );
    }
}

/// What real sites write, and what stays refused beside it.
#[test]
fn addresses_that_stay_on_this_site() {
    for (template, compiles) in [
        ("<svg><use href=\"{% static \"i.svg\" %}#home\"/></svg>", true),
        ("<script src=\"{% static \"a.js\" %}?v=1\"></script>", true),
        ("<script src=\"{% static \"a.js\" %}.evil\"></script>", false),
        ("<script src=\"{% static \"a.js\" %}/{{ x }}\"></script>", false),
        ("<script src=\"/a/{{ x }}.js\"></script>", false),
        (
            "<div hx-get=\"/items/{{ id }}/\" hx-confirm=\"Delete {{ name }}?\"></div>",
            true,
        ),
        ("<div data-hx-delete=\"{% url a %}?page={{ n }}\"></div>", true),
        ("<div hx-get=\"/{{ x }}/\"></div>", false),
        ("<div hx-get=\"//{{ x }}/\"></div>", false),
        ("<div hx-get=\"items/{{ x }}\"></div>", false),
        ("<div hx-get=\"https://a.example/{{ x }}\"></div>", false),
        ("<div hx-vals=\"{{ x }}\"></div>", false),
        ("<div data-style=\"{{ x }}\"></div>", false),
    ] {
        assert_eq!(
            ops(template).is_ok(),
            compiles,
            "{template}: {:?}",
            ops(template).err()
        );
    }
    // CWE-601: the value is a part of the path.
    for x in ["//evil.example", "/\\evil", "..//evil", "?a#b"] {
        let html = interpret::render("<div hx-get=\"/items/{{ x }}/\"></div>", x, None);
        assert!(html.starts_with("<div hx-get=\"/items/"), "{html}");
    }
}

/// A signature counts for the form right behind it, and for none that another way leads to (CWE-352).
#[test]
fn a_waiver_does_not_leave_its_branch() {
    const FORM: &str = "<form method=\"post\" action=\"https://other.example/\"></form>";
    const WAIVER: &str = "{% waiver CrossOriginForm \"a reason that is long enough\" %}";
    assert!(ops(&format!("{WAIVER}{FORM}")).is_ok());
    for template in [
        format!("{{% if a %}}{WAIVER}{{% endif %}}{FORM}"),
        format!("{{% if a %}}{WAIVER}{{% else %}}{FORM}{{% endif %}}"),
        format!("{WAIVER}{{% if a %}}{FORM}{{% endif %}}"),
        format!("{{% for a in l %}}{WAIVER}{{% endfor %}}{FORM}"),
        format!("{{% with a=b %}}{WAIVER}{{% endwith %}}{FORM}"),
        format!("{WAIVER}{{% component Card %}}{FORM}{{% endcomponent %}}"),
    ] {
        assert!(ops(&template).is_err(), "{template}");
    }
}

/// Builds at least so many bytes of one unit.
fn many(bytes: usize, unit: &dyn Fn(usize) -> String) -> String {
    let mut out = String::new();
    for i in 0.. {
        if out.len() >= bytes {
            break;
        }
        out.push_str(&unit(i));
    }
    out
}

/// What stands before, what is written again and again, and what stands behind.
type Unit = (&'static str, fn(usize) -> String, &'static str);

/// CWE-400, CWE-407: sizes in every direction that a template can grow in.
const UNITS: &[Unit] = &[
    (
        "<p ",
        |i| format!("{{% if x %}}a{i}=\"\"{{% endif %}} "),
        ">t</p>",
    ),
    ("<p ", |_| "{% if x %}a=\"\"{% endif %} ".into(), ">t</p>"),
    ("", |_| "<div>{% if x %}a{% endif %}".into(), ""),
    (
        "<p title=\"",
        |_| "{% if x %}abcdefgh{% else %}abcdefgh{% endif %}".into(),
        "\">t</p>",
    ),
    ("", |_| "{{ x }} ".into(), ""),
    ("", |_| "{{ x }}\n".into(), ""),
    ("", |i| format!("{{% cycle 'a' 'b' as c{i} %}}{{{{ x }}}}"), ""),
    (
        "",
        |i| format!("{{% cycle 'a' 'b' as c{i} silent %}}{{% if x %}}{{% endif %}}"),
        "",
    ),
    ("", |i| format!("{{% block b{i} %}}{{% endblock %}}"), ""),
    (
        "",
        |i| format!("{{% partialdef p{i} %}}x{{% endpartialdef %}}"),
        "",
    ),
    ("", |i| format!("{{% fragment p{i} %}}x{{% endfragment %}}"), ""),
    ("", |i| format!("{{% url a as b{i} %}}"), ""),
    ("<script>", |_| "(x,{% if x %} 1 {% endif %}".into(), "</script>"),
    (
        "<script>",
        |_| "`${{% if x %}1{% endif %}+".replace("${{%", "${ {%"),
        "</script>",
    ),
    ("<script>", |_| "f({{ x }});".into(), "</script>"),
    ("{% if x %}", |_| "{% elif x %}a".into(), "{% endif %}"),
    ("{% if x", |_| " or x".into(), " %}a{% endif %}"),
    ("{% if ", |_| "not ".into(), "x %}a{% endif %}"),
    ("{{ x", |_| ".y".into(), " }}"),
    ("{{ x", |_| "|upper".into(), " }}"),
    ("", |_| "{% for a in x %}<img src=\"/a\">{% endfor %}".into(), ""),
    (
        "",
        |i| format!("<label for=\"a{i}\">x</label><input id=\"b{i}\">"),
        "",
    ),
    ("", |i| format!("{{{{ unknown{i} }}}}"), ""),
    ("{% with ", |i| format!("a{i}=x "), "%}{{ a1 }}{% endwith %}"),
    ("{% cycle ", |_| "x ".into(), "%}"),
    ("{% firstof ", |_| "x ".into(), "%}"),
    ("{% url a ", |_| "x ".into(), "%}"),
    ("", |_| "{% include 'big' %}".into(), ""),
    ("", |_| "{% include 'blocks#p' %}".into(), ""),
    (
        "{% extends 'base' %}{% block a %}",
        |_| "{{ block.super }}".into(),
        "{% endblock %}",
    ),
    ("", |_| "{% component Card %}x{% endcomponent %}".into(), ""),
    (
        "<p {% for a in x %}{% for a in x %}{% for a in x %}{% for a in x %}{% for a in x %}{% for a in x %}{% for a in x %}{% for a in x %}",
        |i| format!("{{% if x %}}a{}=\"\"{{% endif %}} ", i % 50),
        "{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}>t</p>",
    ),
];

/// Compiling takes time and memory in proportion to the bytes, or ends early with a message that names a bound.
#[test]
fn compiling_is_linear_in_bytes_or_refused() {
    use std::time::{Duration, Instant};
    use vauban_template::compiler::derive::compile;
    use vauban_template::compiler::generate::Options;
    let blocks: String = (0..3_000)
        .map(|i| format!("{{% block b{i} %}}xxxxxxx{{% endblock %}}"))
        .collect();
    for (before, unit, after) in UNITS {
        let time = |bytes| {
            let files = std::collections::HashMap::from([
                ("t".to_owned(), format!("{before}{}{after}", many(bytes, unit))),
                ("big".to_owned(), "x".repeat(100_000)),
                (
                    "base".to_owned(),
                    format!("{{% block a %}}{}{{% endblock %}}", "x".repeat(100_000)),
                ),
                (
                    "blocks".to_owned(),
                    format!("{{% partialdef p %}}x{{% endpartialdef %}}{blocks}"),
                ),
            ]);
            let options = Options {
                root: proc_macro2::TokenStream::new(),
                fields: vec![("x".to_owned(), proc_macro2::Span::call_site())],
                dynamic: true,
                unasked: false,
                given: &[],
                local: true,
                any: false,
                own: std::collections::BTreeMap::new(),
                span: proc_macro2::Span::call_site(),
            };
            let start = Instant::now();
            let result = compile(&files, "t", &options, true, None);
            if let Err(problems) = &result {
                assert!(problems.len() <= 300, "{before}{}: {}", unit(0), problems.len());
            }
            (start.elapsed(), result.err().map(|p| p[0].found.clone()))
        };
        let ((short, _), (long, told)) = (time(20_000), time(160_000));
        // A generous bound against noise, and none below what a clock can tell.
        assert!(
            long < short * 32 + Duration::from_millis(1_500),
            "{before}{}: {short:?} {long:?} {told:?}",
            unit(0)
        );
    }
}

/// CWE-674: what nests by includes nests too.
#[test]
fn includes_do_not_nest_without_end() {
    let mut files = std::collections::HashMap::new();
    let (open, close) = ("{% if x %}".repeat(90), "{% endif %}".repeat(90));
    for i in 0..30 {
        files.insert(
            format!("f{i}"),
            format!("{open}{{% include 'f{}' %}}{close}", i + 1),
        );
    }
    files.insert("f30".to_owned(), "x".to_owned());
    let found = vauban_template::compiler::check::check(&files, None);
    assert!(
        found
            .iter()
            .any(|p| p.found.contains("deep once everything is included")),
        "{found:?}"
    );
}
