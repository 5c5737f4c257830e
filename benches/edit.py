#!/usr/bin/env python3
"""From saving a file to seeing it: edits a template and a view of the demo, builds, starts, and asks for the page.

usage: benches/edit.py FILE OLD NEW PAGE [--rounds N]
   e.g. benches/edit.py demo/templates/base.html '</footer>' 'MARK</footer>' /

Each round writes another marker in place of MARK in NEW, and stops the clock when PAGE shows it. The file is
put back at the end. The database is made before the clock starts.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def page(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")
    except OSError:
        return ""


def once(folder, path, marker):
    """Builds, serves, and waits until the marker is on the page. Returns seconds for both steps."""
    begun = time.perf_counter()
    subprocess.run(["cargo", "build", "-q", "-p", "demo"], cwd=ROOT, check=True)
    built = time.perf_counter()
    port = free_port()
    env = {**os.environ, "VAUBAN_DATABASE_URL": f"sqlite://{folder}/db.sqlite3"}
    server = subprocess.Popen([ROOT / "target/debug/demo", "serve", "--addr", f"127.0.0.1:{port}"], cwd=folder,
                              env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while marker not in page(f"http://127.0.0.1:{port}{path}"):
            if server.poll() is not None or time.perf_counter() - built > 60:
                sys.exit(f"{marker!r} is not on {path}")
            time.sleep(0.005)
        return built - begun, time.perf_counter() - built
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("page")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    file = ROOT / args.file
    source = file.read_text()
    if args.old not in source or "MARK" not in args.new:
        sys.exit("OLD must be in the file, and MARK in NEW")
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            once(folder, args.page, "")  # what is not built yet, and the database
            for number in range(args.rounds):
                marker = f"edit number {number} {os.getpid()}"
                file.write_text(source.replace(args.old, args.new.replace("MARK", marker), 1))
                rounds.append(once(folder, args.page, marker))
        finally:
            file.write_text(source)
    total = [build + serve for build, serve in rounds]
    print(f"{args.file}: edit to served {statistics.median(total):.2f} s (build "
          f"{statistics.median(b for b, _ in rounds):.2f}, start and answer "
          f"{statistics.median(s for _, s in rounds):.2f}; {min(total):.2f}–{max(total):.2f}, {len(rounds)} rounds)")


if __name__ == "__main__":
    main()
