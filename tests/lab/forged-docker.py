#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""forged-docker.py FOLDER BRIDGE...: what an ordinary user can put where DockerSocket= leads: an Engine API on FOLDER/docker.sock
that says it is root's. It has nothing at first; from SIGUSR1 on it claims a network for each BRIDGE, with the host's own addresses
in it, and a container web0, web1... in each that publishes 8080 and has labels. Prints "ready"; its process must be called dockerd."""
import json
import os
import queue
import signal
import socketserver
import sys
from http.server import BaseHTTPRequestHandler

folder, bridges = sys.argv[1], sys.argv[2:]
networks, containers, streams = {}, {}, []


def ident(name):
    return name.encode().hex().ljust(64, "0")[:64]


def claim():
    for number, bridge in enumerate(bridges):
        network, name = "forged-%d" % number, "web%d" % number
        networks[ident(network)] = {
            "Name": network, "Id": ident(network), "Driver": "bridge", "Internal": False,
            "Options": {"com.docker.network.bridge.name": bridge},
            "IPAM": {"Config": [{"Subnet": "192.168.1.0/24"}, {"Subnet": "10.77.0.0/24"}, {"Subnet": "fd01::/64"}]}}
        containers[ident(name)] = {
            "Id": ident(name), "Name": "/" + name, "State": {"Running": True, "Restarting": False},
            "Config": {"Labels": {"tier": "db", "com.docker.compose.project": "shop"}},
            "HostConfig": {"NetworkMode": network, "PortBindings": {"8080/tcp": [{"HostIp": "", "HostPort": "8080"}]}},
            "NetworkSettings": {"Ports": {"8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
                                "Networks": {network: {"IPAddress": "192.168.1.99", "GlobalIPv6Address": "fd01::99"}}}}
        for kind, action, what in (("network", "create", network), ("container", "create", name), ("container", "start", name)):
            line = json.dumps({"Type": kind, "Action": action, "Actor": {"ID": ident(what), "Attributes": {"name": what}}})
            for stream in streams:
                stream.put(line + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

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
            self.answer({"Version": "27.3.1", "ApiVersion": "1.47", "MinAPIVersion": "1.24"})
        elif parts == ["info"]:
            self.answer({"SecurityOptions": ["name=seccomp,profile=builtin"], "FirewallBackend": {"Driver": "iptables"}})
        elif parts == ["networks"]:
            self.answer(list(networks.values()))
        elif parts == ["containers", "json"]:
            self.answer([{"Id": i, "Names": [c["Name"]], "Labels": c["Config"]["Labels"]} for i, c in containers.items()])
        elif parts == ["events"]:
            self.events()
        else:
            body = {"networks": networks, "containers": containers}.get(parts[0] if parts else "", {}).get((parts + [""])[1])
            self.answer(body or {"message": "No such thing"}, 200 if body else 404)

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
        pass  # who asked is gone


signal.signal(signal.SIGUSR1, lambda *_: claim())
server = Server(os.path.join(folder, "docker.sock"), Handler)
with open(os.path.join(folder, "docker.pid"), "w", encoding="ascii") as out:
    out.write("%d\n" % os.getpid())
print("ready", flush=True)
server.serve_forever()
