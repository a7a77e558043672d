#!/usr/bin/env python3
"""Runs the comparison that bench/run.sh describes and prints it as Markdown; raw figures go to build/bench/results.json."""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import report
from processes import LOAD_CORE, Proxy, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
KEY = "sk-pulse-" + "b" * 40

# `requests` are for a full round; --quick takes a tenth. A case without a `per` is about latency.
Case = namedtuple("Case", "name title per requests arguments")
CASES = [
    Case("buffered", "1 KB request, 600 B answer", "request", 20_000, ["--connections", "32"]),
    Case("large", "100 KB request, 600 B answer", "request", 4_000, ["--connections", "32", "--body-bytes", "102400"]),
    Case("stream", "stream of 60 events, no pauses", "event", 1_500, ["--connections", "32", "--stream"]),
    Case("paced", "stream of 60 events, 5 ms apart", "event", 640, ["--connections", "64", "--stream", "--pause-ms", "5"]),
    Case("open", "1000 requests/s, open loop", None, 5_000, ["--connections", "128", "--rate", "1000"]),
]


def contestants():
    proxies = [
        Proxy("nginx", ["nginx", "-p", "@DIR@", "-c", "@DIR@/nginx.conf"], ROOT / "bench/nginx.conf"),
        Proxy("HAProxy", ["haproxy", "-db", "-f", "@DIR@/haproxy.cfg"], ROOT / "bench/haproxy.cfg"),
    ]
    relay = next((path for path in (ROOT / "build/bench").rglob("pulse_bare_relay") if path.is_file()), None)
    if relay:
        proxies.append(Proxy("bare relay", [str(relay), "127.0.0.1:@PORT@", "127.0.0.1:@UPSTREAM@"]))
    proxies.append(
        Proxy("Pulse", [str(ROOT / "build/release/pulse"), "serve", "--config", "@DIR@/pulse.yaml"],
              ROOT / "bench/pulse.yaml", {"KEY": KEY}, KEY))
    return proxies


class Direct:
    """No proxy at all: what the load generator sees of the fake provider itself. Added latency is counted from here."""

    name = "direct"
    key = "none"

    def __init__(self, port):
        self.port = self.stream_port = port

    def settled_thread_ns(self):
        return {}


def run_load(proxy, case, requests):
    port = proxy.stream_port if "--stream" in case.arguments else proxy.port
    command = ["taskset", "-c", LOAD_CORE, str(ROOT / "build/bench/pulse_bench_loadgen"), "--port", str(port),
               "--key", proxy.key, "--requests", str(requests), *case.arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise RuntimeError(f"{proxy.name}, {case.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def measure(proxy, case, requests):
    before = proxy.settled_thread_ns()
    result = run_load(proxy, case, requests)
    after = proxy.settled_thread_ns()
    result["threads_ns"] = {name: spent - before.get(name, 0) for name, spent in after.items()}
    return result


def run_rounds(options, proxies, cases):
    """samples[case][proxy] = [result of each round]; one round lets every proxy do a case before the next case begins."""
    samples = {case.name: {} for case in cases}
    for number in range(-1, options.rounds):  # the first round warms up and is not kept
        for case in cases:
            requests = max(case.requests // (10 if options.quick or number < 0 else 1), 100)
            for proxy in proxies:
                if isinstance(proxy, Direct) and case.per:
                    continue
                result = measure(proxy, case, requests)
                if result["answered"] != requests:
                    print(f"warning: {proxy.name}, {case.name}: {result}", file=sys.stderr)
                if number >= 0:
                    samples[case.name].setdefault(proxy.name, []).append(result)
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    return samples


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests: for trying things, not for figures")
    parser.add_argument("--cases", default=",".join(case.name for case in CASES))
    parser.add_argument("--only", help="proxies to run, by name; nginx is always among them")
    return parser.parse_args()


def main():
    options = parse_options()
    cases = [case for case in CASES if case.name in options.cases.split(",")]
    proxies = contestants()
    if options.only:
        proxies = [proxy for proxy in proxies if proxy.name in ["nginx", *options.only.split(",")]]
    directory = Path(tempfile.mkdtemp(prefix="pulse-bench-"))
    # nginx gives its worker to an unprivileged user when root starts it; that one must reach its folder.
    directory.chmod(0o755)
    provider = subprocess.Popen(
        ["taskset", "-c", LOAD_CORE, str(ROOT / "build/bench/pulse_bench_upstream")], stdout=subprocess.PIPE, text=True)
    try:
        upstream_port = int(provider.stdout.readline().split()[-1])
        wait_for_port(upstream_port, provider)
        for proxy in proxies:
            proxy.start(upstream_port, directory)
        samples = run_rounds(options, [Direct(upstream_port), *proxies], cases)
        memory = {proxy.name: proxy.peak_rss_kb() for proxy in proxies}
    finally:
        for proxy in proxies:
            proxy.stop()
        provider.terminate()
        provider.wait(10)
    rows = report.count_rows(directory / "pulse.db")
    (ROOT / "build/bench/results.json").write_text(json.dumps({"samples": samples, "memory_kb": memory}, indent=1))
    report.print_markdown(options, cases, samples, memory, rows)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
