#!/usr/bin/env python3
"""The page with layout and 100 rows of 5 escaped columns, and the fortunes page, in every engine, in one run.

Rounds of the Rust engines (src/main.rs) and of Jinja2 and Django (python_engines.py) take turns on one core; the medians are
compared with askama's. Then callgrind counts the instructions of the Rust engines. Prints a table for RESULTS.md.

usage: benches/templates/run.py [--rounds 5] [--core 1]
Needs valgrind, taskset, and a Python that can make a venv (Jinja2 and Django are installed there by pip).
"""
import argparse
import collections
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target/bench-templates"
PROGRAM = TARGET / "release/bench-templates"
RUST = ["vauban", "askama", "maud", "minijinja"]


def output(*command):
    return subprocess.run([str(c) for c in command], check=True, text=True, capture_output=True).stdout


def lines(text):
    return [line.split("\t") for line in text.splitlines()]


def python_with_peers(folder):
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    output(python, "-m", "pip", "install", "-q", "Jinja2", "Django")
    return python


def instructions(engine, page, folder):
    """Instructions of one page: what a run of 120 has more than one of 20, so that the start does not count."""
    counts = []
    for times in (20, 120):
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind'}", PROGRAM, "only", engine, page, times]
        done = subprocess.run([str(c) for c in command], check=True, text=True, capture_output=True)
        counts.append(int(re.search(r"Collected : (\d+)", done.stderr)[1]))
    return (counts[1] - counts[0]) / 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", default="1")
    args = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--locked", "--target-dir", TARGET], cwd=HERE, check=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        python = python_with_peers(folder / "venv")
        versions = output(python, "-c", "import jinja2, django; print(jinja2.__version__, django.__version__)").split()
        times, sizes = collections.defaultdict(list), {}
        for number in range(args.rounds):
            print(f"round {number + 1} of {args.rounds}", file=sys.stderr)
            rounds = output("taskset", "-c", args.core, PROGRAM) + output("taskset", "-c", args.core, python, HERE / "python_engines.py")
            for page, engine, microseconds, size in lines(rounds):
                times[page, engine].append(float(microseconds))
                sizes[page, engine] = int(size)
        print(f"Jinja2 {versions[0]}, Django {versions[1]}; medians of {args.rounds} rounds (lowest–highest)\n")
        print("| page | engine | µs | × askama | bytes | instructions | per byte |\n|---|---|---|---|---|---|---|")
        for (page, engine), all_times in sorted(times.items(), key=lambda t: (t[0][0], statistics.median(t[1]))):
            # Round by round: what slows the machine slows both.
            ratio = statistics.median(a / b for a, b in zip(all_times, times[page, "askama"]))
            row = [page, engine, f"{statistics.median(all_times):.2f} ({min(all_times):.2f}–{max(all_times):.2f})", f"{ratio:.2f}"]
            size = sizes[page, engine]
            row.append(f"{size:,}")
            if engine in RUST:
                count = instructions(engine, page, folder)
                row += [f"{count:,.0f}", f"{count / size:.1f}"]
            else:
                row += ["", ""]
            print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
