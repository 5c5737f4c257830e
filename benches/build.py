#!/usr/bin/env python3
"""What a cold build costs: seconds from an empty target folder, and the number of crates.

usage: benches/build.py [PACKAGE] [--release]      (default package: hello)
"""
import argparse
import os
import pathlib
import resource
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", nargs="?", default="hello")
    parser.add_argument("--release", action="store_true")
    args = parser.parse_args()
    tree = subprocess.run(["cargo", "tree", "--locked", "-p", args.package, "-e", "normal,build", "--prefix", "none",
                           "--no-dedupe", "-f", "{p}"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    crates = {" ".join(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    subprocess.run(["cargo", "fetch", "--locked"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as target:
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["cargo", "build", "-q", "--locked", "--offline", "-p", args.package,
                        *(["--release"] if args.release else [])],
                       cwd=ROOT, check=True, env={**os.environ, "CARGO_TARGET_DIR": target})
        seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    kind = "release" if args.release else "debug"
    print(f"{args.package}: {len(crates)} crates, cold {kind} build {seconds:.0f} s on {os.cpu_count()} cores, "
          f"{spent:.0f} s of CPU time, at a load of {os.getloadavg()[1]:.1f}")


if __name__ == "__main__":
    main()
