#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TCP and UDP client and server.

netprobe.py probe SOURCE|- HOST PORT tcp|udp SECONDS
    Exit status: 0 something answered; 1 silence (dropped); 2 refused (reset, or an ICMP error); 70 it could not probe.
netprobe.py serve tcp|udp|both PORT [ADDRESS]
    Answers every client, IPv4 and IPv6, or at this address only, with the client's address (as a one-line web page for HTTP),
    and prints "ready" once listening.
netprobe.py serve abort PORT [ADDRESS]
    TCP only: answers, and then resets the connection.
netprobe.py again SOURCE HOST PORT
    A TCP connection, which the other side ends; then prints "ended". After a line on the standard input another one from the
    same port; exit status as of probe.
netprobe.py batch
    Many probes at once: reads lines "ID SOURCE HOST PORT tcp|udp SECONDS" up to an empty one, answers each with "ID answered",
    "ID silence" or "ID refused" as soon as it is known, then "done", and continues. An answer from any address counts:
    docker-proxy answers a datagram from the address that the kernel prefers.
"""
import selectors
import socket
import struct
import sys
import time
import traceback


def again(source, host, port):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
        client.settimeout(20)
        client.bind((source, 0))
        client.connect((host, int(port)))
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        source_port = client.getsockname()[1]
        try:
            while client.recv(256):
                pass
        except ConnectionResetError:
            pass
    print("ended", flush=True)
    sys.stdin.readline()
    return probe(source, host, port, "tcp", 3, source_port)


def probe(source, host, port, protocol, seconds, source_port=0):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as client:
        client.settimeout(float(seconds))
        if source != "-":
            client.bind((source, source_port))
        try:
            client.connect((host, int(port)))
            # HTTP for a web server; any other server of the lab answers any line
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
    # the client's address as the server sees it
    print(answer.decode(errors="replace").splitlines()[-1])
    return 0


def listen(protocol, port, address):
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    # in a container of a Docker without IPv6 there is no IPv6
    family = socket.AF_INET6 if socket.has_ipv6 and ":" in address else socket.AF_INET
    try:
        server = socket.socket(family, kind)
    except OSError:
        family = socket.AF_INET
        server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    if protocol == "udp":
        # IPV6_RECVPKTINFO, IP_PKTINFO: tells which address was dialled, to answer from it
        server.setsockopt(*((socket.IPPROTO_IPV6, 49, 1) if family == socket.AF_INET6 else (socket.IPPROTO_IP, 8, 1)))
    server.bind((address if address != "::" or family == socket.AF_INET6 else "0.0.0.0", int(port)))
    if protocol != "udp":
        server.listen(1024)
    return server


def answer_datagram(server):
    _, dialled, _, peer = server.recvmsg(2048, 256)
    # in6_pktinfo: address, interface; in_pktinfo: interface, address of the host, dialled address
    dialled = [(level, kind, data[:16] + bytes(4) if len(data) == 20 else bytes(4) + data[8:12] + bytes(4))
               for level, kind, data in dialled]
    server.sendmsg([f"{peer[0].removeprefix('::ffff:')}\n".encode()], dialled, 0, peer)


def answer_connection(server):
    connection, peer = server.accept()
    with connection:
        connection.settimeout(2)
        request = connection.recv(2048)
        head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" if request.startswith(b"GET ") else ""
        connection.sendall(f"{head}{peer[0].removeprefix('::ffff:')}\n".encode())


def abort_connection(server):
    connection, peer = server.accept()
    with connection:
        connection.settimeout(2)
        connection.recv(2048)
        connection.sendall(f"{peer[0].removeprefix('::ffff:')}\n".encode())
        # what has arrived before the reset can still be read
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def serve(protocol, port, address="::"):
    sockets = selectors.DefaultSelector()
    answers = {"tcp": answer_connection, "udp": answer_datagram, "abort": abort_connection}
    for one in ("tcp", "udp") if protocol == "both" else (protocol,):
        sockets.register(listen(one, port, address), selectors.EVENT_READ, answers[one])
    print("ready", flush=True)
    while True:
        for ready, _ in sockets.select():
            try:
                ready.data(ready.fileobj)
            except OSError:
                # the client is gone, or an answer was filtered: continue
                pass


def begin(source, host, port, protocol):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    client = socket.socket(family, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
    client.setblocking(False)
    if source != "-":
        client.bind((source, 0))
    if protocol == "udp":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if family == socket.AF_INET and source != "-":
            client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
        # IP_RECVERR, IPV6_RECVERR: unconnected sockets get ICMP errors, too
        client.setsockopt(*((socket.IPPROTO_IPV6, 25, 1) if family == socket.AF_INET6 else (socket.IPPROTO_IP, 11, 1)))
        client.sendto(b"GET / HTTP/1.0\r\n\r\n", (host, int(port)))
    else:
        client.connect_ex((host, int(port)))
    return client


def batch(lines):
    waiting = selectors.DefaultSelector()
    ends = {}

    def end(client, word):
        print(ends.pop(client)[0], word, flush=True)
        waiting.unregister(client)
        client.close()

    for line in lines:
        name, source, host, port, protocol, seconds = line.split()
        try:
            client = begin(source, host, port, protocol)
        except OSError as error:
            print(name, "refused" if protocol == "udp" else f"error {error}", flush=True)
            continue
        ends[client] = (name, time.monotonic() + float(seconds), protocol)
        waiting.register(client, selectors.EVENT_READ if protocol == "udp" else selectors.EVENT_WRITE)
    while ends:
        for ready, _ in waiting.select(max(0, min(when for _, when, _ in ends.values()) - time.monotonic())):
            client = ready.fileobj
            try:
                if ready.events == selectors.EVENT_WRITE:
                    client.send(b"GET / HTTP/1.0\r\n\r\n")
                    waiting.modify(client, selectors.EVENT_READ)
                else:
                    # closed without an answer: docker-proxy could not reach the container
                    end(client, "answered" if client.recv(256) or ends[client][2] == "udp" else "refused")
            except OSError:
                end(client, "refused")
        for client in [client for client, (_, when, _) in ends.items() if when <= time.monotonic()]:
            end(client, "silence")
    print("done", flush=True)


def batches():
    lines = []
    for line in sys.stdin:
        if line.strip():
            lines.append(line)
        else:
            batch(lines)
            lines = []
    return 0


def main(arguments):
    if arguments == ["batch"]:
        return batches()
    if len(arguments) == 6 and arguments[0] == "probe":
        return probe(*arguments[1:])
    if len(arguments) == 4 and arguments[0] == "again":
        return again(*arguments[1:])
    if len(arguments) in (3, 4) and arguments[0] == "serve":
        return serve(*arguments[1:])
    print(__doc__, file=sys.stderr)
    return 64


try:
    status = main(sys.argv[1:])
except Exception:
    # otherwise Python would exit with the status of silence
    traceback.print_exc()
    status = 70
sys.exit(status)
