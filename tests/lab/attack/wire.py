# SPDX-License-Identifier: LGPL-2.1-or-later
"""D-Bus messages byte by byte, so that they can be what no library would send."""
import array
import os
import socket
import struct

BUS = "org.freedesktop.DBus"
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY, NO_AUTO_START, INTERACTIVE = 1, 2, 4
FIELDS = {"path": (1, "o"), "interface": (2, "s"), "member": (3, "s"), "error_name": (4, "s"), "reply_serial": (5, "u"),
          "destination": (6, "s"), "sender": (7, "s"), "signature": (8, "g"), "unix_fds": (9, "u")}
NAMES = {code: name for name, (code, _) in FIELDS.items()}
FIXED = {"y": ("B", 1), "b": ("I", 4), "n": ("h", 2), "q": ("H", 2), "i": ("i", 4), "u": ("I", 4), "x": ("q", 8), "t": ("Q", 8),
         "d": ("d", 8), "h": ("I", 4)}
ALIGNMENT = {**{code: size for code, (_, size) in FIXED.items()}, "s": 4, "o": 4, "g": 1, "v": 1, "a": 4, "(": 8, "{": 8}
MESSAGE_MAX = 32 << 20


def first_type(signature):
    """The length of the first complete type."""
    if signature[0] == "a":
        return 1 + first_type(signature[1:])
    if signature[0] not in "({":
        return 1
    depth = 0
    for at, char in enumerate(signature):
        depth += (char in "({") - (char in ")}")
        if depth == 0:
            return at + 1
    raise ValueError(signature)


def split(signature):
    types = []
    while signature:
        size = first_type(signature)
        types.append(signature[:size])
        signature = signature[size:]
    return types


class Variant:
    def __init__(self, signature, value):
        self.signature, self.value = signature, value


class Writer:
    def __init__(self):
        self.bytes = bytearray()

    def align(self, size):
        self.bytes += bytes(-len(self.bytes) % size)

    def put(self, signature, value):
        """VALUE as the single type SIGNATURE. Bytes are sent as they are, for strings and arrays."""
        code = signature[0]
        self.align(ALIGNMENT[code])
        if code in FIXED:
            self.bytes += struct.pack("<" + FIXED[code][0], value)
        elif code in "so":
            text = value if isinstance(value, bytes) else value.encode()
            self.bytes += struct.pack("<I", len(text)) + text + b"\0"
        elif code == "g":
            self.bytes += bytes([len(value)]) + value.encode() + b"\0"
        elif code == "v":
            self.put("g", value.signature)
            self.put(value.signature, value.value)
        elif code == "a":
            self.put_array(signature[1:], value)
        else:
            for part, item in zip(split(signature[1:-1]), value):
                self.put(part, item)

    def put_array(self, element, value):
        at = len(self.bytes)
        self.bytes += bytes(4)
        self.align(ALIGNMENT[element[0]])
        start = len(self.bytes)
        if isinstance(value, bytes):
            self.bytes += value
        else:
            for item in value.items() if isinstance(value, dict) else value:
                self.put(element, item)
        self.bytes[at:at + 4] = struct.pack("<I", len(self.bytes) - start)


def message(kind, serial, signature="", body=(), flags=0, **fields):
    """The bytes of a message. BODY is bytes, or values of SIGNATURE."""
    if not isinstance(body, bytes):
        writer = Writer()
        for part, value in zip(split(signature), body):
            writer.put(part, value)
        body = bytes(writer.bytes)
    if signature:
        fields["signature"] = signature
    header = Writer()
    header.bytes += struct.pack("<cBBBII", b"l", kind, flags, 1, len(body), serial)
    header.put("a(yv)", [(FIELDS[name][0], Variant(FIELDS[name][1], value)) for name, value in fields.items() if value is not None])
    header.align(8)
    return bytes(header.bytes) + body


class Reader:
    """Decodes what the bus sends, which is well-formed."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def get(self, signature):
        code = signature[0]
        self.at += -self.at % ALIGNMENT[code]
        if code in FIXED:
            form, size = FIXED[code]
            self.at += size
            return struct.unpack_from("<" + form, self.data, self.at - size)[0]
        if code in "sog":
            size = self.get("y" if code == "g" else "u")
            self.at += size + 1
            return self.data[self.at - size - 1:self.at - 1].decode()
        if code == "v":
            return self.get(self.get("g"))
        if code == "a":
            end, items = self.get("u"), []
            self.at += -self.at % ALIGNMENT[signature[1]]
            end += self.at
            while self.at < end:
                items.append(self.get(signature[1:]))
            return dict(items) if signature[1] == "{" else items
        return tuple(self.get(part) for part in split(signature[1:-1]))


class Message:
    def __init__(self, data):
        _, self.kind, self.flags, _, self.size, self.serial = struct.unpack_from("<cBBBII", data)
        reader = Reader(data)
        reader.at = 12
        self.fields = {NAMES.get(code, code): value for code, value in reader.get("a(yv)")}
        self.body = data[reader.at + -reader.at % 8:]

    def values(self):
        reader = Reader(self.body)
        return [reader.get(part) for part in split(self.fields.get("signature", ""))]


class Refused(Exception):
    """An error reply; its first argument is the error's name."""


class Connection:
    """A connection to the system bus, as the user who runs this."""

    def __init__(self, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.serial, self.input = 0, bytearray()
        self.socket.connect("/run/dbus/system_bus_socket")
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n")
        for _ in range(2):
            line = b""
            while not line.endswith(b"\r\n"):
                if not (byte := self.socket.recv(1)):
                    raise ConnectionRefusedError("the bus closed the connection")
                line += byte
        try:
            self.name = self.call(BUS, "/org/freedesktop/DBus", BUS, "Hello")[0]
        except Refused as error:
            self.close()
            raise ConnectionRefusedError(str(error)) from error

    def close(self):
        self.socket.close()

    def send(self, kind=CALL, signature="", body=(), flags=0, fds=(), **fields):
        """Returns the serial."""
        self.serial += 1
        if fds:
            fields["unix_fds"] = len(fds)
        data = message(kind, self.serial, signature, body, flags, **fields)
        if fds:
            sent = self.socket.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
            data = data[sent:]
        self.socket.sendall(data)
        return self.serial

    def take(self):
        """The next complete message that has arrived, or None."""
        if len(self.input) < 16:
            return None
        body, _, fields = struct.unpack_from("<III", self.input, 4)
        size = 16 + fields + -fields % 8 + body
        if len(self.input) < size:
            return None
        data = bytes(self.input[:size])
        del self.input[:size]
        return Message(data)

    def receive(self):
        """Reads once, and waits if there is nothing to read."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionResetError("the bus closed the connection")
        self.input += data

    def next(self):
        while (found := self.take()) is None:
            self.receive()
        return found

    def call(self, destination, path, interface, member, signature="", *body, flags=0):
        serial = self.send(CALL, signature, body, flags, destination=destination, path=path, interface=interface, member=member)
        while (answer := self.next()).fields.get("reply_serial") != serial:
            pass
        if answer.kind == ERROR:
            raise Refused(answer.fields["error_name"], *answer.values()[:1])
        return answer.values()
