#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bus-load [-n CONNECTIONS] [-p POLICIES] [-a ADDRESSES] SECONDS: calls ReplaceAll of quaywalld with POLICIES (40) of ADDRESSES
(65000) each, again and again over each of CONNECTIONS (6), as the user who runs it. It writes D-Bus itself, since no library
is as fast. Prints "ready", and at the end the number of each answer: "sent=N org.freedesktop.DBus.Error.AccessDenied=N ..."."""
import argparse, collections, os, select, socket, struct, time

NAME, PATH, INTERFACE = b"org.quaywall1", b"/org/quaywall1", b"org.quaywall1.Policies"


def pad(data, to):
    data.extend(b"\0" * (-len(data) % to))


def string(data, text):
    pad(data, 4)
    data += struct.pack("<I", len(text)) + text + b"\0"


def signature(data, text):
    data += struct.pack("<B", len(text)) + text + b"\0"


def message(serial, destination, path, interface, member, sig=b"", body=b""):
    fields = bytearray()
    for code, kind, value in ((1, b"o", path), (6, b"s", destination), (2, b"s", interface), (3, b"s", member), (8, b"g", sig)):
        if not value:
            continue
        pad(fields, 8)
        fields += bytes([code])
        signature(fields, kind)
        (signature if kind == b"g" else string)(fields, value)
    head = bytearray(struct.pack("<BBBBIII", ord("l"), 1, 0, 1, len(body), serial, len(fields))) + fields
    pad(head, 8)
    return bytes(head) + body


def array(data, align, fill):
    """Writes the elements, then fills in their length."""
    pad(data, 4)
    at = len(data)
    data += b"\0\0\0\0"
    pad(data, align)
    start = len(data)
    fill(data)
    struct.pack_into("<I", data, at, len(data) - start)


def entry(data, key, sig, fill):
    pad(data, 8)
    string(data, key)
    signature(data, sig)
    fill(data)


def policies(number, addresses):
    def sources(data):
        for i in range(addresses):
            string(data, b"::%x" % (i + 1))

    def policy(data):
        entry(data, b"action", b"s", lambda d: string(d, b"allow-only"))
        entry(data, b"sources", b"as", lambda d: array(d, 4, sources))

    def all_policies(data):
        for i in range(number):
            pad(data, 8)
            string(data, b"p%03d" % i)
            array(data, 8, policy)

    body = bytearray()
    array(body, 8, all_policies)
    array(body, 8, lambda d: None)
    return bytes(body)


class Client:
    def __init__(self, body):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect("/run/dbus/system_bus_socket")
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        self.socket.recv(1024)
        bus = b"org.freedesktop.DBus"
        self.socket.sendall(b"BEGIN\r\n" + message(1, bus, b"/org/freedesktop/DBus", bus, b"Hello"))
        self.socket.setblocking(False)
        self.body, self.serial, self.left, self.got = body, 1, memoryview(b""), bytearray()
        self.sent, self.replies, self.answers = 0, 0, collections.Counter()

    def write(self):
        if not self.left:
            self.serial += 1
            self.sent += 1
            self.left = memoryview(message(self.serial, NAME, PATH, INTERFACE, b"ReplaceAll", b"a{sa{sv}}a{sv}", self.body))
        try:
            self.left = self.left[self.socket.send(self.left[: 1 << 20]) :]
        except BlockingIOError:
            pass

    def read(self):
        self.got += self.socket.recv(1 << 16)
        while len(self.got) >= 16:
            kind, length, fields = self.got[1], *struct.unpack_from("<I4xI", self.got, 4)
            size = 16 + fields + (-fields % 8) + length
            if len(self.got) < size:
                return
            if kind == 2:
                self.replies += 1
                self.answers["done"] += self.replies > 1  # the first reply is Hello's
            elif kind == 3:
                # the error's name is the only such string in the header: org.freedesktop.DBus.Error.X or org.quaywall1.Error.X
                head = bytes(self.got[16 : 16 + fields])
                at = head.index(b"\x04\x01s\0") + 4
                (count,) = struct.unpack_from("<I", head, at)
                self.answers[head[at + 4 : at + 4 + count].decode()] += 1
            del self.got[:size]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=6)
    parser.add_argument("-p", type=int, default=40)
    parser.add_argument("-a", type=int, default=65000)
    parser.add_argument("seconds", type=float)
    options = parser.parse_args()
    body = policies(options.p, options.a)
    clients = {}
    for _ in range(options.n):
        client = Client(body)
        clients[client.socket] = client
    print("ready", flush=True)
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        readable, writable, _ = select.select(list(clients), list(clients), [], 0.1)
        for s in readable:
            clients[s].read()
        for s in writable:
            clients[s].write()
    answers = sum((client.answers for client in clients.values()), collections.Counter())
    answers = +answers  # drops zero counts
    print("sent=%d" % sum(client.sent for client in clients.values()), *("%s=%d" % item for item in sorted(answers.items())))


main()
