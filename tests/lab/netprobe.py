#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ask a TCP or UDP server for an answer, or be one.

netprobe.py probe SOURCE|- HOST PORT tcp|udp SECONDS
    Exit status: 0 something answered; 1 silence (dropped); 2 refused (reset, or an ICMP error came back).
netprobe.py serve tcp|udp|both PORT
    Answer with the client's address to everyone, IPv4 and IPv6 (to HTTP as a web page of one line), and print
    "ready" once listening.
"""
import selectors
import socket
import sys


def probe(source, host, port, protocol, seconds):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as client:
        client.settimeout(float(seconds))
        try:
            if source != "-":
                client.bind((source, 0))
            client.connect((host, int(port)))
            # HTTP for a web server; any other server of the lab answers to anything
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = client.recv(256)
        except TimeoutError:
            return 1
        except OSError as error:
            print(error, file=sys.stderr)
            return 2
    if not answer and protocol == "tcp":
        print("closed without an answer", file=sys.stderr)
        return 2
    # the client's address as the server saw it
    print(answer.decode(errors="replace").splitlines()[-1])
    return 0


def listen(protocol, port):
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    # a container of a Docker without IPv6 has none
    family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET
    try:
        server = socket.socket(family, kind)
    except OSError:
        family = socket.AF_INET
        server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", int(port)))
    if protocol == "tcp":
        server.listen(1024)
    return server


def answer_datagram(server):
    _, peer = server.recvfrom(2048)
    server.sendto(f"{peer[0].removeprefix('::ffff:')}\n".encode(), peer)


def answer_connection(server):
    connection, peer = server.accept()
    with connection:
        connection.settimeout(2)
        request = connection.recv(2048)
        head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" if request.startswith(b"GET ") else ""
        connection.sendall(f"{head}{peer[0].removeprefix('::ffff:')}\n".encode())


def serve(protocol, port):
    sockets = selectors.DefaultSelector()
    for one in ("tcp", "udp") if protocol == "both" else (protocol,):
        sockets.register(listen(one, port), selectors.EVENT_READ, answer_datagram if one == "udp" else answer_connection)
    print("ready", flush=True)
    while True:
        for ready, _ in sockets.select():
            try:
                ready.data(ready.fileobj)
            except OSError:
                # the client went away, or an answer was filtered: no reason to stop
                pass


def main(arguments):
    if len(arguments) == 6 and arguments[0] == "probe":
        return probe(*arguments[1:])
    if len(arguments) == 3 and arguments[0] == "serve":
        return serve(*arguments[1:])
    print(__doc__, file=sys.stderr)
    return 64


sys.exit(main(sys.argv[1:]))
