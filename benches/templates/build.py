#!/usr/bin/env python3
"""What the template compiler adds to a debug build, per 100 templates.

Makes three packages: 100 pages (a layout, a loop, a condition, a link, a form) as templates; the same pages as Rust
written by hand, which calls the same escapers; and nothing. Dependencies are built before; then each package is built
anew in turn (its own crate only), and the medians are compared.

usage: benches/templates/build.py [--pages 100] [--rounds 5]
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

BASE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{% block title %}Pages{% endblock %}</title>
</head>
<body>
<header><nav><a href="/">Home</a> <a href="/list">Posts</a></nav></header>
<main>
{% block content %}{% endblock %}
</main>
<footer><p>Footer text of the site, the same on every page.</p></footer>
</body>
</html>
"""

PAGE = """{% extends "base.html" %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
<h1 title="Page NUMBER: {{ title }}">{{ title }}</h1>
<table>
{% for row in rows %}<tr{% if row.hot %} class="hot"{% endif %}><td>{{ row.id }}</td><td><a href="/post/{{ row.id }}">{{ row.title }}</a></td><td>{{ row.author }}</td></tr>
{% endfor %}</table>
<form action="/search"><input name="q" value="{{ title }}" aria-label="Search"><button>Search page NUMBER</button></form>
{% endblock %}
"""

ROW = """pub struct Row { pub id: i64, pub title: String, pub author: String, pub hot: bool }
"""

TEMPLATE = """#[derive(vauban_macros::Template)]
#[template("page_NUMBER.html", crate = vauban_template, standalone)]
pub struct PageNUMBER { pub title: String, pub rows: Vec<Row> }
"""

# The page's text in the pieces between its values.
HAND = """pub struct PageNUMBER { pub title: String, pub rows: Vec<Row> }
impl vauban_template::Template for PageNUMBER {
    const SIZE_HINT: usize = 1024;
    const USES_TOKEN: bool = false;
    const USES_NONCE: bool = false;
    fn render_into(&self, _cx: &dyn vauban_template::RenderContext, out: &mut String) {
        use vauban_template::escape::{Attribute, Escape, Text};
        out.push_str(P0);
        Text::escape(&self.title, out);
        out.push_str(P1);
        Attribute::escape(&self.title, out);
        out.push_str(P2);
        Text::escape(&self.title, out);
        out.push_str(P3);
        for row in &self.rows {
            out.push_str("<tr");
            if row.hot { out.push_str(" class=\\"hot\\""); }
            out.push_str("><td>");
            out.push_str(&row.id.to_string());
            out.push_str("</td><td><a href=\\"/post/");
            out.push_str(&row.id.to_string());
            out.push_str("\\">");
            Text::escape(&row.title, out);
            out.push_str("</a></td><td>");
            Text::escape(&row.author, out);
            out.push_str("</td></tr>\\n");
        }
        out.push_str(P4);
        Attribute::escape(&self.title, out);
        out.push_str(P5);
    }
}
"""


def by_hand(number):
    """The page's Rust, with its fixed text as literals."""
    page = BASE.replace("{% block title %}Pages{% endblock %}", "{{ title }}")
    content = PAGE.split("{% block content %}")[1].removesuffix("{% endblock %}\n").replace("NUMBER", str(number))
    page = page.replace("{% block content %}{% endblock %}", content)
    before, rest = page.split("{% for row in rows %}")
    after = rest.split("{% endfor %}")[1]
    pieces = before.split("{{ title }}") + after.split("{{ title }}")
    rust = HAND.replace("NUMBER", str(number))
    for index, piece in enumerate(pieces):
        text = piece.replace("\\", "\\\\").replace('"', '\\"')
        rust = rust.replace(f"push_str(P{index})", f'push_str("{text}")')
    return rust


def package(folder, name, source, templates=()):
    place = folder / name
    (place / "src").mkdir(parents=True)
    (place / "templates").mkdir()
    (place / "Cargo.toml").write_text(f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
                                      f'vauban-template = {{ path = "{ROOT}/crates/vauban-template" }}\n'
                                      f'vauban-macros = {{ path = "{ROOT}/crates/vauban-macros" }}\n')
    (place / "src/lib.rs").write_text(source)
    for file, text in templates:
        (place / "templates" / file).write_text(text)


def build(folder, name, target):
    """Wall-clock and CPU seconds of building one package again."""
    (folder / name / "src/lib.rs").touch()
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["cargo", "build", "-q", "--offline", "-p", name], cwd=folder, check=True,
                   env={**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_INCREMENTAL": "0"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target", type=pathlib.Path, help="a target folder that holds the dependencies already")
    args = parser.parse_args()
    numbers = range(args.pages)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "Cargo.toml").write_text('[workspace]\nmembers = ["*"]\nexclude = ["target"]\nresolver = "3"\n'
                                           '[profile.dev]\ndebug = "line-tables-only"\n')
        (folder / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
        pages = [("base.html", BASE)] + [(f"page_{n}.html", PAGE.replace("NUMBER", str(n))) for n in numbers]
        package(folder, "as-templates", ROW + "".join(TEMPLATE.replace("NUMBER", str(n)) for n in numbers), pages)
        package(folder, "by-hand", ROW + "".join(by_hand(n) for n in numbers))
        package(folder, "nothing", ROW)
        target = args.target or folder / "target"
        names = ["as-templates", "by-hand", "nothing"]
        for package_name in names:
            build(folder, package_name, target)
        times = {package_name: [] for package_name in names}
        for _ in range(args.rounds):
            for package_name in names:
                times[package_name].append(build(folder, package_name, target))
    wall, cpu = ({n: statistics.median(t[i] for t in times[n]) for n in names} for i in (0, 1))
    for package_name in names:
        print(f"{package_name:14} {wall[package_name]:6.2f} s, {cpu[package_name]:6.2f} s of CPU time")
    per = 100 / args.pages
    print(f"per 100 templates: {(wall['as-templates'] - wall['by-hand']) * per:.2f} s more than by hand, "
          f"{(cpu['as-templates'] - cpu['by-hand']) * per:.2f} s of CPU time; {(cpu['as-templates'] - cpu['nothing']) * per:.2f} s "
          f"of CPU time in all; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
