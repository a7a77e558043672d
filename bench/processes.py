"""Proxies as processes: starting them on one core, reading what their threads burnt, stopping them."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

PROXY_CORE = "0"
LOAD_CORE = "1"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for_port(port, process, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{process.args} does not listen on {port}")


class Proxy:
    """One contestant. `command` and `config` may name @PORT@, @STREAM_PORT@, @UPSTREAM@, @DIR@ and what `values` adds."""

    def __init__(self, name, command, config=None, values=None, key="none"):
        self.name = name
        self.key = key
        self.process = None
        self.port = self.stream_port = 0
        self._command = command
        self._config = config
        self._values = values or {}

    def start(self, upstream_port, directory):
        self.port, self.stream_port, *more = free_ports(4)
        if "@STREAM_PORT@" not in " ".join(self._command) + (self._config.read_text() if self._config else ""):
            self.stream_port = self.port
        values = {
            "PORT": self.port, "STREAM_PORT": self.stream_port, "CONSOLE_PORT": more[0], "METRICS_PORT": more[1],
            "UPSTREAM": upstream_port, "DIR": directory, **self._values,
        }

        def fill(text):
            return re.sub(r"@([A-Z_]+)@", lambda match: str(values[match[1]]), text)

        if self._config:
            (directory / self._config.name).write_text(fill(self._config.read_text()))
        log = open(directory / f"{self.name.replace(' ', '-')}.log", "wb")
        command = ["taskset", "-c", PROXY_CORE] + [fill(word) for word in self._command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for_port(self.port, self.process)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def pids(self):
        found = [self.process.pid]
        for pid in found:
            for task in task_folders(pid):
                found += [int(child) for child in read(task / "children").split()]
        return found

    def thread_ns(self):
        """Thread name -> nanoseconds on a CPU so far; threads that differ by a number only are added up."""
        total = {}
        for pid in self.pids():
            for task in task_folders(pid):
                spent = read(task / "schedstat").split()
                if spent:
                    name = re.sub(r"[-_ ]?\d+$", "", read(task / "comm").strip()) or "thread"
                    total[name] = total.get(name, 0) + int(spent[0])
        return total

    def settled_thread_ns(self):
        """As thread_ns(), once nothing of the last load is being worked off any more."""
        before = self.thread_ns()
        for _ in range(40):
            time.sleep(0.25)
            after = self.thread_ns()
            if sum(after.values()) - sum(before.values()) < 2_000_000:
                break
            before = after
        return after

    def peak_rss_kb(self):
        return sum(
            int(match[1]) for pid in self.pids() if (match := re.search(r"VmHWM:\s+(\d+)", read(f"/proc/{pid}/status")))
        )


def task_folders(pid):
    try:
        return sorted(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def read(path):
    try:
        return Path(path).read_text()
    except OSError:  # the thread has ended
        return ""


def machine():
    """One line that lets a reader place the figures; no host names."""
    cpu = re.search(r"model name\s*:\s*(.+)", read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s+(\d+)", read("/proc/meminfo"))
    debian = read("/etc/debian_version").strip()
    kernel = re.match(r"[\d.]+", os.uname().release)
    virtual = ", virtual machine" if "hypervisor" in read("/proc/cpuinfo") else ""
    return (
        f"{cpu[1] if cpu else 'unknown CPU'}, {os.cpu_count()} cores{virtual}, "
        f"{round(int(memory[1]) / 1048576)} GiB, Linux {kernel[0].rstrip('.')}, Debian {debian}"
    )
