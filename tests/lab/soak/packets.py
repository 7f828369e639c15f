# SPDX-License-Identifier: LGPL-2.1-or-later
"""New connections from the lab's clients, many at once, each from a source port that was never used before: the kernel
remembers connections, and lets their next packets pass."""
import ctypes
import os
import selectors
import socket
import time

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
FIRST_PORT, LAST_PORT = 10000, 61000


class Clients:
    def __init__(self, namespaces):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.handles = {name: os.open(f"/run/netns/{name}", os.O_RDONLY) for name in namespaces}
        self.next_port = FIRST_PORT

    def enter(self, handle):
        if LIBC.setns(handle, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def open(self, namespace, client, host, port, protocol):
        """A socket that has sent its first packet, or None if the kernel refused it at once."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        self.enter(self.handles[namespace])
        try:
            opened = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        finally:
            self.enter(self.home)
        try:
            opened.bind((client, self.next_port))
            opened.connect((host, port))
            if protocol == "udp":
                opened.send(b"soak\n")
        except BlockingIOError:
            pass
        except OSError:
            opened.close()
            return None
        finally:
            self.next_port = self.next_port + 1 if self.next_port < LAST_PORT else FIRST_PORT
        return opened

    def ask(self, wanted, seconds):
        """wanted: a (namespace, client, host, port, protocol) each. Returns True for each that was answered, and returns
        early if all were."""
        answered = [False] * len(wanted)
        waiting = selectors.DefaultSelector()
        for i, one in enumerate(wanted):
            opened = self.open(*one)
            if opened:
                tcp = one[4] == "tcp"
                waiting.register(opened, selectors.EVENT_WRITE if tcp else selectors.EVENT_READ, i)
        end = time.monotonic() + seconds
        while waiting.get_map() and (left := end - time.monotonic()) > 0:
            for key, events in waiting.select(left):
                self.ready(waiting, key, events, answered)
        for key in list(waiting.get_map().values()):
            self.close(waiting, key.fileobj)
        waiting.close()
        return answered

    def ready(self, waiting, key, events, answered):
        try:
            if events & selectors.EVENT_WRITE:
                key.fileobj.send(b"soak\n")
                waiting.modify(key.fileobj, selectors.EVENT_READ, key.data)
                return
            # docker-proxy closes a port without an answer if nobody is behind it
            answered[key.data] = bool(key.fileobj.recv(256))
        except BlockingIOError:
            return
        except OSError:
            pass
        self.close(waiting, key.fileobj)

    def close(self, waiting, opened):
        waiting.unregister(opened)
        if opened.type == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        opened.close()
