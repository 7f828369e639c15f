# SPDX-License-Identifier: LGPL-2.1-or-later
"""bus.py SECONDS SEED: calls of every size and shape to quaywalld, as the user who runs it. Prints a report, "key value"
lines, and "did MEMBER" for each method that was not refused although it does more than read."""
import collections
import os
import resource
import select
import signal
import sys
import time

import wire
from hostile import NAME, Hostile

CONNECTIONS = 24
# Later answers count as missing. Root's calls may wait for firewalld, one after the other.
PATIENCE = 180
# The bus itself refuses callers with 128 pending calls.
UNANSWERED_MAX = 120
FREE = {"Get", "GetAll", "Ping", "GetMachineId", "Introspect", "GetManagedObjects"}
ROOT = os.geteuid() == 0


class Attack:
    def __init__(self, seconds, seed):
        self.chance = Hostile(seed)
        self.end = time.monotonic() + seconds
        self.connections = []
        self.pending = {}  # (connection, serial) to (member, time of the call)
        self.counts, self.errors, self.did = collections.Counter(), collections.Counter(), collections.Counter()
        self.waiting = collections.Counter()  # connection to the number of its pending calls
        self.slowest = 0.0

    # ---- connections ----

    def connection(self):
        while True:
            if len(self.connections) < CONNECTIONS and (not self.connections or self.chance.random() < 0.1):
                self.connections.append(wire.Connection())
                self.counts["connections"] += 1
            patient = [c for c in self.connections if self.waiting[c] < UNANSWERED_MAX // 2]
            if not patient:
                self.collect(0.2)
            # the bus may have closed all of them meanwhile
            if patient or self.connections:
                return self.chance.choice(patient or self.connections)

    def drop(self, connection):
        """Disconnects while its calls are pending."""
        connection.close()
        if connection in self.connections:
            self.connections.remove(connection)
        self.waiting.pop(connection, None)
        for key in [key for key in self.pending if key[0] is connection]:
            del self.pending[key]

    def collect(self, wait=0.0):
        by_file = {c.socket.fileno(): c for c in self.connections}
        poll = select.poll()
        for number in by_file:
            poll.register(number, select.POLLIN)
        for number, _ in poll.poll(1000 * wait):
            connection = by_file[number]
            try:
                connection.receive()
                while (message := connection.take()) is not None:
                    self.answered(connection, message)
            except OSError:
                self.counts["closed by the bus"] += 1
                self.drop(connection)

    def answered(self, connection, message):
        sent = self.pending.pop((connection, message.fields.get("reply_serial")), None)
        if sent is None:
            return
        member, at = sent
        self.waiting[connection] -= 1
        self.slowest = max(self.slowest, time.monotonic() - at)
        if message.kind == wire.ERROR:
            self.errors[message.fields["error_name"]] += 1
            return
        self.counts["answers"] += 1
        if ROOT and message.fields.get("signature", "").startswith("s") and len(token := message.values()[0]) == 32:
            self.chance.tokens = [*self.chance.tokens[-4:], token]
        if member not in FREE:
            self.did[member] += 1

    # ---- messages ----

    def send(self, connection, signature, body, fields, **more):
        flags = self.chance.choice([0, 0, 0, wire.INTERACTIVE, wire.INTERACTIVE, wire.NO_REPLY]) | wire.NO_AUTO_START
        member = fields.get("member")
        if ROOT:
            fields = self.harmless(fields, body)
        try:
            serial = connection.send(wire.CALL, signature, body, flags, destination=NAME, **fields, **more)
        except OSError:
            self.counts["not taken by the bus"] += 1
            self.drop(connection)
            return False
        self.counts["messages"] += 1
        if not flags & wire.NO_REPLY:
            self.pending[connection, serial] = (member, time.monotonic())
            self.waiting[connection] += 1
        return True

    def harmless(self, fields, body):
        """Root's interfaces stay where they are, since clients use them."""
        if fields.get("interface") == "org.quaywall1.Zone" and body and isinstance(body[0], str) and len(body[0]) < 16:
            body[0] = self.chance.choice(["dummy0", "dummy1"])
        return fields

    def breathe(self):
        """Waits for answers, or most calls would be refused as too many."""
        end = time.monotonic() + 2
        while len(self.pending) > 8 and time.monotonic() < end:
            self.collect(0.05)

    def some(self):
        if self.chance.random() < 0.5:
            self.breathe()
        connection = self.connection()
        for _ in range(self.chance.randint(1, 12)):
            if self.waiting[connection] >= UNANSWERED_MAX or not self.send(connection, *self.chance.call()):
                return

    def large(self):
        size = self.chance.size(wire.MESSAGE_MAX if not ROOT else 4 << 20)
        self.counts["bytes in large ones"] += size
        self.send(self.connection(), *self.chance.large(size))

    def vanish(self):
        connection = wire.Connection()
        self.counts["vanished"] += 1
        self.connections.append(connection)
        for _ in range(self.chance.randint(1, 20)):
            if not self.send(connection, *self.chance.call()):
                return
        self.drop(connection)

    def crowd(self):
        """As many connections at once as the bus lets a user have, each with calls. Root's other programs need some, too."""
        crowd, most = [], self.chance.choice([30, 100 if ROOT else 300])
        try:
            while len(crowd) < most:
                crowd.append(wire.Connection())
        except OSError:
            self.counts["connections refused"] += 1
        self.counts["crowds"] += 1
        self.counts["connections in the largest crowd"] = max(self.counts["connections in the largest crowd"], len(crowd))
        self.connections += crowd
        for connection in crowd:
            for _ in range(self.chance.randint(0, 3)):
                if not self.send(connection, *self.chance.call()):
                    break
        if self.chance.random() < 0.5:
            self.collect(0.5)
        for connection in crowd:
            self.drop(connection)

    def flood(self):
        connection = self.connection()
        signature, body, fields = self.chance.call()
        for _ in range(300 if not ROOT else 40):
            if not self.send(connection, signature, body, fields):
                return

    def with_files(self):
        """As many file descriptors as the bus passes on; quaywalld holds them until it drops the message."""
        signature, body, fields = self.chance.call()
        files = [os.open("/dev/null", os.O_RDONLY) for _ in range(self.chance.choice([1, 16]))]
        self.send(self.connection(), signature, body, fields, fds=files)
        for number in files:
            os.close(number)

    def unasked(self):
        """Answers to no call, and signals."""
        connection = self.connection()
        try:
            for kind in (wire.RETURN, wire.ERROR, wire.SIGNAL):
                connection.send(kind, "s", ["x"], destination=NAME, reply_serial=self.chance.randint(1, 5000), path="/a",
                                interface="a.b", member="C", error_name="a.b.Error" if kind == wire.ERROR else None)
                self.counts["messages"] += 1
        except OSError:
            self.drop(connection)

    def malformed(self):
        """Corrupt messages, which the bus must handle; it may close the connection."""
        connection = self.connection()
        data = bytearray(wire.message(wire.CALL, 1000000, "s", ["x"], destination=NAME, path="/a", interface="a.b", member="C"))
        for _ in range(self.chance.randint(1, 4)):
            data[self.chance.randrange(len(data))] = self.chance.randrange(256)
        try:
            connection.socket.sendall(data)
            self.counts["malformed"] += 1
        except OSError:
            pass
        self.drop(connection)

    def step(self):
        kind = self.chance.random()
        for limit, action in ((0.75, self.some), (0.80, self.vanish), (0.805, self.crowd), (0.85, self.large), (0.87, self.flood), (0.92, self.with_files),
                              (0.96, self.unasked), (1, self.malformed)):
            if kind < limit:
                return action()

    def late(self):
        now = time.monotonic()
        return [member for member, at in self.pending.values() if now - at > PATIENCE]

    def run(self):
        while time.monotonic() < self.end:
            try:
                self.step()
            except OSError:
                self.counts["connections refused"] += 1
                time.sleep(0.05)
            self.collect()
            # limits this program's own memory; an endless queue proves nothing
            while len(self.pending) > 2000:
                self.collect(0.1)
                if self.late():
                    break
        last = time.monotonic() + PATIENCE
        while self.pending and time.monotonic() < last:
            self.collect(0.5)

    def report(self):
        for key, value in self.counts.items():
            print(f"# {key}: {value}")
        for name, value in self.errors.most_common():
            print(f"# {name}: {value}")
        print(f"# the slowest answer took {self.slowest:.1f} s", flush=True)
        for member, value in self.did.items():
            print("did", member, value)
        print("messages", self.counts["messages"])
        print("unanswered", len(self.pending), *sorted({str(member) for member, _ in self.pending.values()}), flush=True)


def main():
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    attack = Attack(float(sys.argv[1]), int(sys.argv[2]))
    attack.run()
    attack.report()


main()
