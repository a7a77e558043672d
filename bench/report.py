"""Samples in, Markdown out: medians over the rounds, ratios to nginx taken within each round."""

import sqlite3
import statistics
import subprocess

from processes import machine

BASELINE = "nginx"
# Threads of Pulse whose work a request's target counts; the rest is shown beside it.
LEDGER_THREADS = ("ledger",)


def units(case, result):
    return max(result["events"] if case.per == "event" else result["answered"], 1)


def cpu_us(case, result, threads=None, leave_out=()):
    spent = sum(
        ns for name, ns in result["threads_ns"].items() if name not in leave_out and (threads is None or name in threads))
    return spent / 1000 / units(case, result)


def ratio_to_baseline(values, baseline):
    return statistics.median(value / base for value, base in zip(values, baseline) if base > 0)


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(header, rows):
    print(row(*header))
    print(row(*["---"] + ["---:"] * (len(header) - 1)))
    for cells in rows:
        print(row(*cells))
    print()


def cell(values, baseline):
    return f"{statistics.median(values):.1f} ({ratio_to_baseline(values, baseline):.2f})"


def print_cpu(cases, samples):
    names = list(next(iter(samples[case.name] for case in cases)))
    print("CPU-µs per request or event, and its ratio to nginx; Pulse without its ledger writer, which stands beside it:\n")
    header = ["work", "per", *names] + (["Pulse's ledger writer"] if "Pulse" in names else [])
    lines = []
    for case in cases:
        runs = samples[case.name]
        per_proxy = {name: [cpu_us(case, result, leave_out=LEDGER_THREADS) for result in runs[name]] for name in names}
        cells = [case.title, case.per] + [cell(per_proxy[name], per_proxy[BASELINE]) for name in names]
        if "Pulse" in names:
            cells.append(f"{statistics.median(cpu_us(case, result, LEDGER_THREADS) for result in runs['Pulse']):.1f}")
        lines.append(cells)
    table(header, lines)


def print_threads(cases, samples):
    print("The same by thread, CPU-µs:\n")
    lines = []
    for case in cases:
        for name, runs in samples[case.name].items():
            threads = sorted({thread for result in runs for thread in result["threads_ns"]})
            if len(threads) < 2:
                continue
            spent = {thread: statistics.median(cpu_us(case, result, (thread,)) for result in runs) for thread in threads}
            lines.append([case.title, name, ", ".join(f"{thread} {us:.2f}" for thread, us in spent.items() if us >= 0.005)])
    table(["work", "process", "threads"], lines)


def print_latency(case, samples):
    print(f"Added latency, {case.title}, µs from the moment when each request was due, less what the provider alone takes; "
          "ratio to nginx:\n")
    runs = samples[case.name]
    direct = runs["direct"]
    lines = []
    for name in (name for name in runs if name != "direct"):
        cells = [name]
        for percentile in ("p50_ns", "p90_ns", "p99_ns", "p999_ns"):
            def added(proxy):
                return [(run[percentile] - base[percentile]) / 1000 for run, base in zip(runs[proxy], direct)]
            cells.append(cell(added(name), added(BASELINE)))
        lines.append(cells)
    table(["", "p50", "p90", "p99", "p99.9"], lines)
    print("The provider alone: " + ", ".join(
        f"{label} {statistics.median(run[key] for run in direct) / 1000:.0f} µs"
        for label, key in (("p50", "p50_ns"), ("p99", "p99_ns"), ("p99.9", "p999_ns"))) + ".\n")


def print_throughput(cases, samples):
    print("Answers a second with the proxy on one core and the load generator and provider together on the other:\n")
    names = list(next(iter(samples[case.name] for case in cases)))
    lines = []
    for case in cases:
        rates = {name: [run["answered"] * 1e9 / run["elapsed_ns"] for run in samples[case.name][name]] for name in names}
        lines.append([case.title] + [f"{statistics.median(rates[name]):.0f}" for name in names])
    table(["work", *names], lines)


def count_rows(database):
    """Rows of the request log, None when there is no such database."""
    if not database.exists():
        return None
    with sqlite3.connect(database) as connection:
        return connection.execute("select count(*) from ai_request_log").fetchone()[0]


def version(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()[0].strip()


def print_markdown(options, cases, samples, memory, rows):
    print(f"Machine: {machine()}. {version('nginx', '-v')}; {version('haproxy', '-v').split(' - ')[0]}. "
          f"{options.rounds} interleaved rounds, medians; each proxy alone on one core with one worker, load generator and "
          "provider on the other, loopback, keep-alive.\n")
    busy = [case for case in cases if case.per]
    if busy:
        print_cpu(busy, samples)
        print_threads(busy, samples)
        print_throughput(busy, samples)
    for case in cases:
        if not case.per:
            print_latency(case, samples)
    table(["peak memory", *memory], [["MiB"] + [f"{kb / 1024:.1f} ({kb / memory[BASELINE]:.1f})" for kb in memory.values()]])
    wrong = sum(run["wrong"] + run["cut"] for proxies in samples.values() for runs in proxies.values() for run in runs)
    print(f"Wrong or cut answers: {wrong}." + (f" Rows in Pulse's ledger, warm-up included: {rows}." if rows is not None else ""))
