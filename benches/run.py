#!/usr/bin/env python3
"""CPU time per request: Vauban's site against the same site on bare hyper and written by hand on axum.

usage: benches/run.py [--rounds N] [--secs S] [--workloads a,b] [--peers FOLDER] [--json FILE] [--skip-build]

The servers run pinned to core 0, the load (wrk, one thread, 64 keep-alive connections) to core 1; all servers
are up at once, and every workload goes round all of them in turn, so that a slow minute of the machine hits all
alike. A cell is the median of the rounds. Read the ratios: the absolute numbers belong to the machine.

FOLDER holds the peers' sources (default: ../shared/bench beside this repository): `raw` is one program that
serves hyper or hand-written axum + rusqlite + askama. Needs wrk, taskset and a C compiler.
"""
import argparse
import html
import http.client
import http.cookies
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
ROUTES = {"plaintext": "/plaintext", "json": "/json", "fortunes": "/fortunes", "list": "/list",
          "auth-get": "/auth", "auth-post": "/auth"}
NOTE = {"title": "A title of a note", "body": "The body of the note, a little longer than its title."}
# DESIGN's budgets for this slice, as ratios to the hand-written program.
BUDGET = {"plaintext": 1.4, "auth-get": 2.0, "auth-post": 2.0}


class Server:
    """One program under load, started pinned to core 0 and stopped by its process id."""

    def __init__(self, name, command, port, env=None, workloads=ROUTES):
        self.name, self.command, self.port = name, command, port
        self.env, self.workloads = env or {}, workloads
        self.process = None
        self.origin = f"http://127.0.0.1:{port}"

    def start(self, folder):
        self.log = open(folder / f"{self.name}.log", "w")
        started = time.perf_counter()
        self.process = subprocess.Popen(["taskset", "-c", "0", *map(str, self.command)], cwd=folder,
                                        env={**os.environ, **self.env}, stdout=self.log, stderr=subprocess.STDOUT)
        while True:
            try:
                if self.ask("/plaintext")[0] == 200:
                    return (time.perf_counter() - started) * 1e3
            except OSError:
                pass
            if self.process.poll() is not None or time.perf_counter() - started > 60:
                self.stop()
                sys.exit(f"{self.name} did not start:\n{(folder / (self.name + '.log')).read_text()[-3000:]}")
            time.sleep(0.001)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(8)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def ask(self, path, headers=None, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        fields = answer.getheaders()
        connection.close()
        return answer.status, fields, text

    def cpu(self):
        """User and system time of all threads so far, in seconds."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def sign_in(self):
        """Headers for GET /auth, headers and body for POST /auth; a forged token must be refused."""
        if self.name.startswith("vauban"):
            jar = {}
            status, _ = self.browse(jar, "/accounts/login/", {"email": "bench@example.com",
                                                               "password": "nine lanterns over the harbour"})
            assert status in (302, 303), f"{self.name}: signing in gave {status}"
            cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        else:
            cookie = "sessionid=sess" + "7".rjust(28, "0")
        status, _, page = self.ask("/auth", {"Cookie": cookie})
        assert status == 200 and "<form" in page, (self.name, status, page[:500])
        form = page[page.index('action="/auth"') if 'action="/auth"' in page else 0:]
        token = html.unescape(re.search(r'csrfmiddlewaretoken" value="([^"]+)"', form).group(1))
        body = urllib.parse.urlencode({**NOTE, "csrfmiddlewaretoken": token})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded",
                   "Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        status, _, page = self.ask("/auth", headers, "POST", body)
        assert status in (302, 303), (self.name, status, page[:500])
        forged = body.replace("csrfmiddlewaretoken=", "csrfmiddlewaretoken=x")
        status, _, _ = self.ask("/auth", headers, "POST", forged)
        assert status == 403, f"{self.name} took a forged token: {status}"
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        return f"Cookie: {cookie}", lines, body

    def browse(self, jar, path, form):
        """Gets a form and posts it, as a browser would."""
        def cookies():
            return {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())} if jar else {}

        def keep(fields):
            for name, value in fields:
                if name.lower() == "set-cookie":
                    for morsel in http.cookies.SimpleCookie(value).values():
                        jar[morsel.key] = morsel.value

        status, fields, page = self.ask(path, cookies())
        keep(fields)
        forms = [one for one in page.split("<form")[1:] if 'name="password"' in one]
        token = html.unescape(re.search(r'csrfmiddlewaretoken" value="([^"]+)"', forms[0]).group(1))
        status, fields, page = self.ask(
            path, {**cookies(), "Content-Type": "application/x-www-form-urlencoded",
                   "Origin": self.origin, "Sec-Fetch-Site": "same-origin"},
            "POST", urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}))
        keep(fields)
        return status, page

    def load(self, workload, seconds):
        env = dict(os.environ)
        if workload == "auth-get":
            env["W_HEADERS"] = self.credentials[0]
        if workload == "auth-post":
            env.update(W_METHOD="POST", W_HEADERS=self.credentials[1], W_BODY=self.credentials[2])
        before = self.cpu()
        out = subprocess.run(
            ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", "-s",
             ROOT / "benches/wrk.lua", f"http://127.0.0.1:{self.port}{ROUTES[workload]}"],
            env=env, capture_output=True, text=True, check=True).stdout
        spent = self.cpu() - before
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        return {"us": spent / max(requests, 1) * 1e6, "rps": requests / seconds,
                "p99": milliseconds(re.search(r" 99%\s+(\S+)", out).group(1)),
                "bad": int(refused.group(1)) if refused else 0}


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def build(peers, target):
    """Both programs with the same profile: fat LTO, one codegen unit."""
    subprocess.run(["cargo", "build", "--locked", "--profile", "fat", "-p", "site"], cwd=ROOT, check=True)
    source = target / "raw"
    shutil.copytree(peers / "raw", source, dirs_exist_ok=True)
    subprocess.run(["cargo", "build", "--profile", "fat"], cwd=source, check=True,
                   env={**os.environ, "CARGO_TARGET_DIR": str(target)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--secs", type=int, default=3)
    parser.add_argument("--workloads", default=",".join(ROUTES))
    parser.add_argument("--peers", type=pathlib.Path, default=ROOT.parent / "shared/bench")
    parser.add_argument("--target", type=pathlib.Path, default=ROOT / "target/peers")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--servers", help="only these, as in hyper,hand-written")
    parser.add_argument("--skip-build", action="store_true")
    args = parser.parse_args()
    if not args.skip_build:
        build(args.peers, args.target)
    raw, site = args.target / "fat/raw", ROOT / "target/fat/site"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vauban-bench-"))
    (folder / "full").mkdir()

    def vauban(name, port, mode):
        return Server(name, [site, "--addr", f"127.0.0.1:{port}"], port,
                      {"VAUBAN_DATABASE_URL": f"sqlite://{folder}/{name}.db", "VAUBAN_SQLITE_SYNCHRONOUS": mode})

    servers = [
        Server("hyper", [raw, "hyper", "8101"], 8101, workloads=("plaintext", "json")),
        Server("hand-written", [raw, "axum", "8102", folder / "raw.db"], 8102, {"DBMODE": "direct"}),
        vauban("vauban", 8103, "normal"),
        vauban("vauban-full", 8104, "full"),
    ]
    # Durability costs only where something is written.
    servers[3].workloads = ("auth-post",)
    if args.servers:
        servers = [server for server in servers if server.name in args.servers.split(",")]
    results, starts, idle = {}, {}, {}
    try:
        for server in servers:
            server.start(folder)  # makes the rows
            server.stop()
            starts[server.name] = server.start(folder)
            idle[server.name] = server.memory()
            if server.name != "hyper":
                server.credentials = server.sign_in()
        for workload in args.workloads.split(","):
            ready = [server for server in servers if workload in server.workloads]
            for server in ready:
                server.load(workload, 1)
            for _ in range(args.rounds):
                for server in ready:
                    results.setdefault(workload, {}).setdefault(server.name, []).append(
                        server.load(workload, args.secs))
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder)

    print("\nCPU-µs per request, median of", args.rounds, "rounds of", args.secs, "s (lowest–highest)\n")
    print("| work | hyper | hand-written | Vauban (NORMAL) | Vauban (FULL) | Vauban / hand-written | budget |")
    print("|---|---|---|---|---|---|---|")
    late = []
    for workload, by_server in results.items():
        def cell(name):
            rounds = [one["us"] for one in by_server.get(name, [])]
            return f"{statistics.median(rounds):.1f} ({min(rounds):.1f}–{max(rounds):.1f})" if rounds else ""
        # The ratio is taken round by round: both sides of it saw the same minute of the machine.
        pairs = list(zip(by_server.get("vauban", []), by_server.get("hand-written", [])))
        ratio = statistics.median(ours["us"] / theirs["us"] for ours, theirs in pairs) if pairs else 0
        budget = BUDGET.get(workload)
        if budget and ratio > budget:
            late.append(f"{workload}: {ratio:.2f} > {budget}")
        print(f"| {workload} | {cell('hyper')} | {cell('hand-written')} | {cell('vauban')} | {cell('vauban-full')} "
              f"| {ratio:.2f} | {budget or ''} |")
        bad = {name: sum(one["bad"] for one in rounds) for name, rounds in by_server.items()}
        assert not any(bad.values()), f"{workload}: refused requests: {bad}"
    print("\nStart to first answer, ms:", {name: round(ms) for name, ms in starts.items()})
    print("Resident memory after the start, MB:", {name: round(mb) for name, mb in idle.items()})
    if args.json:
        args.json.write_text(json.dumps({"results": results, "start_ms": starts, "idle_mb": idle}, indent=1))
    sys.exit("over budget: " + "; ".join(late) if late else 0)


if __name__ == "__main__":
    main()
