//! What the lexer knows, and where it gives up.

use super::*;

fn after(text: &str) -> Js {
    let mut js = Js::default();
    js.advance(text, Pos::default());
    js.end_word();
    js
}

#[test]
fn modes() {
    assert_eq!(after("var a = \"x").mode, Mode::Double);
    assert_eq!(after("var a = 'x\\'").mode, Mode::Single);
    assert_eq!(after("a = /[/]/.test(").mode, Mode::Code);
    assert_eq!(after("a = /[/").mode, Mode::Regex(true));
    assert_eq!(after("`${`}").mode, Mode::Template);
    assert_eq!(after("`${1}").mode, Mode::Template);
    assert_eq!(after("`${ {a:1}").mode, Mode::Code);
    assert_eq!(after("// x").mode, Mode::LineComment);
    assert_eq!(after("/* x").mode, Mode::BlockComment);
}

#[test]
fn knows_what_names_code() {
    for loads in [
        "import '",
        "import a, { b as from } from \"/x/",
        "export * from /* c */ '",
        "import(",
        "import (\"/a/\" + ",
        "import(f(1), ",
        "import.defer(",
        "new Worker(",
        "self.importScripts('a', ",
        "eval?.(",
        "new Function('a', '",
        "(0, eval)('",
        "eval.call(null, '",
        "setTimeout('",
        "self.setInterval(\"f('\" + ",
        "setTimeout(",
        "x.audioWorklet.addModule('",
    ] {
        assert!(after(loads).loads_code(), "{loads}");
    }
    for harmless in [
        "import 'a'; b = '",
        "import a from 'a'\nb = '",
        "import('a').then(",
        "import.meta.url + '",
        "a.import('",
        "from = '",
        "x.from('",
        "export const a = '",
        "class Worker { a = '",
        "Function.prototype.a = '",
        "b = evaluate('",
        "setTimeout(f, ",
        "setTimeout(() => show('",
        "setTimeout('f()', ",
    ] {
        assert!(!after(harmless).loads_code(), "{harmless}");
    }
}

/// Go's bugs by name: after `}`, after `yield` and `in` as property names, inside `${}`.
#[test]
fn gives_up_where_go_guessed() {
    assert!(after("x = {} / 2").unclear.is_some());
    assert!(after("if (a) /re/.test(b)").unclear.is_some());
    assert!(after("yield / 2").unclear.is_some());
    assert!(after("x++ / 2").unclear.is_some());
    assert!(
        after("a = b.yield / 100; c = d.in / 2; e = this.#yield / 3;")
            .unclear
            .is_none()
    );
    assert!(after("a = b / c / d").unclear.is_none());
    assert!(after("x-->0").unclear.is_some());
    for statement in [
        "break",
        "continue",
        "debugger",
        "export default",
        "class A extends",
    ] {
        assert!(
            after(&format!("{statement}\n/\"/")).unclear.is_some(),
            "{statement}"
        );
    }
}

/// CWE-1321: as a key, `__proto__` sets the prototype.
#[test]
fn knows_keys_of_objects() {
    let keyed = |before: &str, behind: &str| {
        let mut js = after(before);
        if js.mode == Mode::Code {
            js.value();
        } else {
            js.hold();
        }
        js.advance(behind, Pos::default());
        js.keyed.is_some()
    };
    for (before, behind) in [
        ("o = {", ": 1"),
        ("o = { \"", "\": 1"),
        ("o = {a: 1, '", "' /* c */ : 1"),
        ("o = {a,\n\"__pro", "\":"),
    ] {
        assert!(keyed(before, behind), "{before}");
    }
    for (before, behind) in [
        ("a = b ? ", " : c"),
        ("a = b ? '", "' : c"),
        ("o = {a: ", ", b: 1}"),
        ("o = {[", "]: 1}"),
        ("case ", ": f()"),
        ("f(a, ", ")"),
        ("a = [b, '", "', c ? d : e]"),
    ] {
        assert!(!keyed(before, behind), "{before}");
    }
}

/// What stands before a parenthesis says what follows it.
#[test]
fn parentheses() {
    for division in [
        "(a + b) / 2 + '",
        "Math.round(a) / 100 + '",
        "$('#a').width() / 2 + '",
        "a.if (b) / 2 + '",
        "return (a) / '",
        "if (a) (b) / '",
        "f((a), (b)) / '",
        "while /* c */ (a) (b) / '",
    ] {
        let js = after(division);
        assert!(js.unclear.is_none() && js.mode == Mode::Single, "{division}");
    }
    for either in [
        "if (a) /'/",
        "while (f(a)) /'/",
        "for (;;) /'/",
        "for await (a of b) /'/",
        "with /* c */ (a) /'/",
        "do; while\n(a) /'/",
        "(a)\n/'/",
        ") /'/",
    ] {
        assert!(after(either).unclear.is_some(), "{either}");
    }
    // The ends of two branches.
    let ends = |a: &str, b: &str, behind: &str| {
        let mut js = after(a).join(after(b)).unwrap();
        js.advance(behind, Pos::default());
        js.unclear.is_some()
    };
    assert!(ends("if", "f", " (a) /'/") && ends("if (a", "f(a", ") /'/") && ends("f(a", "f((a", ") /'/"));
    assert!(!ends("f(a", "g(a", ") /'"));
}

/// What ends with its line if a slash follows, and what `{}` makes a block.
#[test]
fn gives_up_where_a_statement_may_end() {
    for end in [
        "a: for (;;) { break a",
        "a: for (;;) { continue a",
        "let a, b",
        "var a",
        "import 'a'",
        "import a from 'a'",
        "export * from 'a'",
    ] {
        for line in [
            "\n",
            "\r",
            "\u{2028}",
            "\u{2029}",
            "/*\n*/",
            "// c\n",
            " /* c\r\n c */ ",
        ] {
            assert!(
                after(&format!("{end}{line}/'/")).unclear.is_some(),
                "{end}{line:?}"
            );
        }
    }
    assert!(after("a = b /* c */ / 2").unclear.is_none());
    assert!(after("a = b /\n 2").unclear.is_none());
    let value = |before: &str, behind: &str| {
        let mut js = after(before);
        assert!(js.expects_value(), "{before}");
        js.value();
        js.advance(behind, Pos::default());
        js.unclear.is_some()
    };
    for block in [
        "",
        "a; ",
        "{ ",
        "case 1: ",
        "f = () => ",
        "if (a) b; else ",
        "do ",
    ] {
        assert!(value(block, " / 2"), "{block}");
    }
    for contextual in ["for (const a of ", "export default ", "await ", "yield "] {
        assert!(value(contextual, " / 2"), "{contextual}");
        assert!(after(&format!("{contextual}/ 2")).unclear.is_some());
    }
    for operand in ["a = ", "f(", "[1, ", "return ", "a + "] {
        assert!(!value(operand, " / 2"), "{operand}");
        assert!(value(operand, "\n/ 2"), "{operand}");
    }
}

#[test]
fn a_spread_is_no_property() {
    let js = after("f(...typeof /\"/, ");
    assert!(js.mode == Mode::Code && js.unclear.is_none() && js.expects_value());
    assert!(after("[...").expects_value());
    assert_eq!(after("a?.typeof / '").mode, Mode::Single);
    assert_eq!(after("1..typeof / '").mode, Mode::Single);
}

#[test]
fn greater_is_no_comment() {
    for compared in ["f(a) > ", "a-- > ", "a\n> ", "get > ", "(a) => "] {
        let js = after(compared);
        assert!(js.unclear.is_none() && js.expects_value(), "{compared}");
    }
    for comment in ["-->", "f(a)-->", "/* \n */ -->"] {
        assert!(after(comment).unclear.is_some(), "{comment}");
    }
}

/// Names and spaces are Unicode's.
#[test]
fn gives_up_at_characters_it_cannot_place() {
    for name in ["cafe\u{301}", "ก\u{e48}", "a\u{b7}", "ア\u{30fb}", "a\u{200b}"] {
        assert!(after(&format!("{name} / 2 + \"/\"")).unclear.is_some(), "{name}");
    }
    for space in ["\u{a0}", "\u{3000}", "\u{202f}", "\u{2003}", "\u{feff}"] {
        let js = after(&format!("b{space}/ 2 + \"/"));
        assert!(js.unclear.is_none() && js.mode == Mode::Double, "{space:?}");
    }
    assert_eq!(after("é / 2 + '").mode, Mode::Single);
}

/// A token that tags or branches cut.
#[test]
fn gives_up_at_cut_tokens() {
    let pieces = |parts: &[&str]| {
        let mut js = Js::default();
        for part in parts {
            js.advance(part, Pos::default());
            js.end_word();
        }
        js.unclear.is_some()
    };
    for parts in [
        ["typ", "eof x"],
        ["x /", "* y"],
        ["x = /", "* y"],
        ["x = /", "/ y"],
        ["/* *", "/ x"],
        ["`$", "{x"],
        ["x = [.", "..typeof /x/"],
        ["x = [..", ".typeof /x/"],
        ["x--", ">"],
        ["x-", "->"],
    ] {
        assert!(pieces(&parts), "{parts:?}");
    }
    for parts in [
        ["\"item", "s\""],
        ["\"a/", "/b\""],
        ["x", " y"],
        ["let x", " = 1"],
    ] {
        assert!(!pieces(&parts), "{parts:?}");
    }
    let ends = |a: &str, b: &str| {
        let (a, b) = (after(a), after(b));
        let mut js = a.join(b).unwrap();
        js.advance("* y", Pos::default());
        js.unclear.is_some()
    };
    assert!(ends("x ", "x /") && ends("x /", "x ") && ends("x", "x /") && !ends("x ", "y "));
    assert!(!ends("1", "2") && !ends("1", "f(2);"));
    // A dot on one way only.
    let mut js = after("x .").join(after("x ")).unwrap();
    js.advance(" typeof ", Pos::default());
    js.end_word();
    assert!(js.before == Before::Either);
    js.advance("/'/", Pos::default());
    assert!(js.unclear.is_some());
    assert!(after("import").join(after("setTimeout")).is_none());
    assert!(after("import").join(after("x")).unwrap().loads == Loads::Import);
}

#[test]
fn a_line_break_ends_no_string() {
    assert!(after("s = 'x\n, y").unclear.is_some());
    assert_eq!(after("s = 'x\\\n, y").mode, Mode::Single);
    assert!(after("a = /x\\\n").unclear.is_some());
}
