# SPDX-License-Identifier: LGPL-2.1-or-later
"""watch.py [delete-guard]: root's own calls during an attack. Writes a report, "key value" lines, when it is terminated.

Every 100 ms it calls quaywalld as root, and records the time until the answer and the process's memory. With "delete-guard"
it deletes the guard every few seconds and records how long that is missing.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

import wire
from hostile import NAME, PATH, PROPERTIES

LATE = 1.0


class Guard(threading.Thread):
    """Deletes the table; the kernel's notifications tell when it is back."""

    def __init__(self):
        super().__init__(daemon=True)
        self.deleted = self.back = 0
        self.longest = 0.0
        self.over = threading.Event()
        self.monitor = subprocess.Popen(["nft", "monitor", "tables"], stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self):
        threading.Thread(target=self.listen, daemon=True).start()
        while not self.over.wait(3):
            self.is_back = threading.Event()
            self.at = time.monotonic()
            if subprocess.run(["nft", "delete", "table", "inet", "quaywall"], capture_output=True, check=False).returncode == 0:
                self.deleted += 1
                self.is_back.wait(20)

    def listen(self):
        for line in self.monitor.stdout:
            if line.startswith("add table inet quaywall") and "quaywall-" not in line and self.deleted >= self.back:
                self.longest = max(self.longest, time.monotonic() - self.at)
                self.back += 1
                self.is_back.set()

    def end(self):
        """Waits until a deleted guard is back."""
        self.over.set()
        self.join()
        self.monitor.kill()


class Watch:
    def __init__(self):
        self.over = False
        self.report = {"calls": 0, "late": 0, "longest_ms": 0, "errors": 0}
        self.samples = []
        self.bus = wire.Connection(timeout=60)
        self.pid = self.owner()
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")  # resets the peak

    def owner(self):
        return self.bus.call(wire.BUS, "/org/freedesktop/DBus", wire.BUS, "GetConnectionUnixProcessID", "s", NAME)[0]

    def memory(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            found = dict(re.findall(r"^(VmRSS|VmHWM):\s*(\d+) kB", status.read(), re.MULTILINE))
        return int(found["VmRSS"]), int(found["VmHWM"]), len(os.listdir(f"/proc/{self.pid}/fd"))

    def look(self):
        for member, interface, arguments in (("Ping", "org.freedesktop.DBus.Peer", ("",)),
                                             ("Get", PROPERTIES, ("ss", "org.quaywall1.Manager", "State"))):
            begin = time.monotonic()
            try:
                self.bus.call(NAME, PATH, interface, member, *arguments)
            except wire.Refused as error:
                self.report["errors"] += 1
                print(f"# {member}: {error}", flush=True)
            took = time.monotonic() - begin
            self.report["calls"] += 1
            self.report["longest_ms"] = max(self.report["longest_ms"], round(1000 * took))
            if took > LATE:
                self.report["late"] += 1
        self.samples.append(self.memory())

    def run(self):
        while not self.over:
            try:
                self.look()
            except (OSError, KeyError):
                self.report["errors"] += 1
                break
            time.sleep(0.1)

    def end(self):
        try:
            self.report["same_process"] = int(self.owner() == self.pid)
            self.samples.append(self.memory())
        except (wire.Refused, OSError, KeyError):
            self.report["same_process"] = 0
        if self.samples:
            self.report.update(rss_first=self.samples[0][0], rss_last=self.samples[-1][0], rss_peak=self.samples[-1][1],
                               files_first=self.samples[0][2], files_most=max(s[2] for s in self.samples),
                               files_last=self.samples[-1][2])


def main():
    watch = Watch()
    guard = Guard() if "delete-guard" in sys.argv else None

    def stop(*_):
        watch.over = True
    signal.signal(signal.SIGTERM, stop)
    if guard:
        guard.start()
    print("# watching", flush=True)
    watch.run()
    if guard:
        guard.end()
        watch.report.update(guard_deleted=guard.deleted, guard_back=guard.back, guard_longest_ms=round(1000 * guard.longest))
    watch.end()
    for key, value in watch.report.items():
        print(key, value, flush=True)


main()
