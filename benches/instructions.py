#!/usr/bin/env python3
"""Where the instructions of a request go: callgrind on the benchmark's site, by part of the program.

usage: benches/instructions.py [--workload plaintext|auth-get|auth-post|…] [--requests N] [--functions N]

Counts only while the requests run. Instructions are the same from run to run, whatever else the machine does.
Needs valgrind, and target/fat/site as built by run.py.
"""
import argparse
import collections
import http.client
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

# The first that matches a function's name says what part it belongs to.
PARTS = [
    ("SQLite", r"sqlite|pcache|btree|pager|vdbe|Vdbe|wal|memdb|unixRead|sha1|yy_"),
    ("database driver (rusqlite)", r"rusqlite"),
    ("HTTP (hyper, http)", r"hyper|httparse|\bhttp::|http_body"),
    ("run time (tokio, mio)", r"tokio|mio::"),
    ("cryptography", r"hmac|sha2|subtle|chacha|rand|digest|getrandom|base64"),
    ("Vauban: pipeline", r"vauban_core::(pipeline|http|routing|server|site)"),
    ("Vauban: sessions, accounts", r"vauban_accounts::"),
    ("Vauban: forms", r"vauban_core::forms"),
    ("Vauban: other", r"vauban(_core)?::"),
    ("ORM", r"vauban_orm"),
    ("templates", r"vauban_template|site::.*render"),
    ("the site itself", r"site::"),
    ("allocation", r"malloc|free|realloc|calloc|_int_"),
    ("copies and comparisons", r"memcpy|memmove|memset|memcmp|memchr|strlen|bcmp"),
    ("logging", r"tracing"),
    ("serde", r"serde"),
    ("standard library", r"^<?(alloc|core|std)::|as core::|as alloc::|core::fmt"),
]


def part(function):
    return next((name for name, pattern in PARTS if re.search(pattern, function)), "system calls, loader, rest")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", default="plaintext", choices=list(run.ROUTES))
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--functions", type=int, default=15)
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vauban-callgrind-"))
    env = {"VAUBAN_DATABASE_URL": f"sqlite://{folder}/site.db", "VAUBAN_SQLITE_SYNCHRONOUS": "normal",
           "VAUBAN_SECRET_KEY": os.urandom(32).hex(), "VAUBAN_ALLOWED_HOSTS": "127.0.0.1",
           "VAUBAN_TRUSTED_PROXIES": "127.0.0.9", "VAUBAN_LOG_FILTER": "warn"}
    site = run.ROOT / "target/fat/site"
    # The rows are made at full speed; then the same database is served under callgrind.
    first = run.Server("vauban", [site, "--addr", "127.0.0.1:8111"], 8111, env)
    # (`site --addr` ends in another program, which callgrind would lose.)
    first.start(folder)
    first.stop()
    server = run.Server("vauban", ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=out",
                                   site, "serve", "--addr", "127.0.0.1:8111"], 8111, env)
    try:
        server.start(folder)
        headers, body, method = {}, None, "GET"
        if args.workload.startswith("auth"):
            get, post, form = server.sign_in()
            lines = (post if args.workload == "auth-post" else get).split("\n")
            headers = dict(line.split(": ", 1) for line in lines)
            if args.workload == "auth-post":
                method, body = "POST", form
        connection = http.client.HTTPConnection("127.0.0.1", 8111, timeout=60)

        def ask(times):
            for _ in range(times):
                connection.request(method, run.ROUTES[args.workload], body, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status < 400, answer.status

        ask(300)
        control = ["callgrind_control", str(server.process.pid)]
        subprocess.run([*control, "-i", "on"], check=True, stdout=subprocess.DEVNULL)
        ask(args.requests)
        subprocess.run([*control, "-i", "off"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*control, "-d"], check=True, stdout=subprocess.DEVNULL)
        time.sleep(1)
    finally:
        server.stop()
    dumps = sorted(folder.glob("out*"), key=lambda file: file.stat().st_size)
    text = subprocess.run(["callgrind_annotate", "--threshold=100", dumps[-1]], check=True, capture_output=True,
                          text=True).stdout
    functions = collections.Counter()
    for count, name in re.findall(r"^\s*([\d,]+) \([^)]*\)\s+\S*?:(.+?)(?: \[[^\]]*\])?$", text, re.MULTILINE):
        functions[name.strip()] += int(count.replace(",", ""))
    total = sum(functions.values())
    parts = collections.Counter()
    for name, count in functions.items():
        parts[part(name)] += count
    print(f"\n{args.workload}: {total / args.requests:,.0f} instructions a request (user space)\n")
    print("| part | instructions | share |\n|---|---|---|")
    for name, count in parts.most_common():
        print(f"| {name} | {count / args.requests:,.0f} | {count / total:.0%} |")
    print("\n| function | instructions | share |\n|---|---|---|")
    for name, count in functions.most_common(args.functions):
        print(f"| `{name[:90]}` | {count / args.requests:,.0f} | {count / total:.1%} |")


if __name__ == "__main__":
    main()
