# SPDX-License-Identifier: LGPL-2.1-or-later
"""An Engine API on FOLDER/docker.sock, as far as quaywalld uses it, for scripts that act as Docker: they fill networks and
containers (keys: ident() of the names), and call tell() and serve(). commands: functions that a POST to /lab/NAME calls with
the words of its body, for scripts that must do more than answer. Their process must be called dockerd."""
import json
import os
import queue
import socketserver
import traceback
from http.server import BaseHTTPRequestHandler

networks, containers, streams, commands = {}, {}, [], {}
engine = {"Version": "27.3.1", "ApiVersion": "1.47", "MinAPIVersion": "1.24"}
info = {"SecurityOptions": ["name=seccomp,profile=builtin"], "FirewallBackend": {"Driver": "iptables"}}


def ident(name):
    return name.encode().hex().ljust(64, "0")[:64]


def tell(kind, action, name):
    """Sends an event about the network or container to all listeners."""
    line = json.dumps({"Type": kind, "Action": action, "Actor": {"ID": ident(name), "Attributes": {"name": name}}})
    for stream in streams:
        stream.put(line + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # headers and body in one packet, as Docker sends them
    wbufsize = -1

    def log_message(self, *_):
        pass

    def address_string(self):
        return "socket"

    def answer(self, body, status=200):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        parts = [part for part in self.path.partition("?")[0].split("/") if part]
        if parts and parts[0][:1] == "v" and parts[0][1:2].isdigit():
            parts = parts[1:]
        if parts == ["_ping"]:
            self.answer(b"OK")
        elif parts == ["version"]:
            self.answer(engine)
        elif parts == ["info"]:
            self.answer(info)
        elif parts == ["networks"]:
            self.answer(list(networks.values()))
        elif parts == ["containers", "json"]:
            self.answer([{"Id": i, "Names": [c["Name"]], "Labels": c["Config"]["Labels"]} for i, c in containers.items()])
        elif parts == ["events"]:
            self.events()
        else:
            body = {"networks": networks, "containers": containers}.get(parts[0] if parts else "", {}).get((parts + [""])[1])
            self.answer(body or {"message": "No such thing"}, 200 if body else 404)

    def do_POST(self):
        words = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode().split()
        try:
            self.answer((commands[self.path.rpartition("/")[2]](*words) or "").encode())
        except Exception:  # whoever called must see why
            self.answer(traceback.format_exc().encode(), 500)

    def events(self):
        stream = queue.SimpleQueue()
        streams.append(stream)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        while True:
            line = stream.get().encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads, request_queue_size = True, 128

    def handle_error(self, *_):
        pass  # the client is gone


def serve(folder):
    """Prints "ready", and serves until it is killed."""
    server = Server(os.path.join(folder, "docker.sock"), Handler)
    with open(os.path.join(folder, "docker.pid"), "w", encoding="ascii") as out:
        out.write("%d\n" % os.getpid())
    print("ready", flush=True)
    server.serve_forever()
