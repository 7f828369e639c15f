#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connections that stay open, TCP and UDP.

flows.py serve PORT...
    Answers every line, and the line "push" with a line every 100 ms. Prints "ready" once listening, and
    "closed ADDRESS PORT" when a TCP connection ends.
flows.py client SOURCE|- SOURCE-PORT HOST PORT tcp|udp talk|listen FILE
    talk: sends a line every 100 ms; listen: sends "push" once. FILE grows by a byte with each answer; "FILE.end" is created
    when the connection ends.
"""
import socket
import struct
import sys
import threading
import time


def bare(address):
    return address[0].removeprefix("::ffff:")


def push(send, peer):
    try:
        while True:
            send(b"tick\n")
            time.sleep(0.1)
    except OSError:
        print("closed", bare(peer), peer[1], flush=True)


def serve_connection(connection, peer):
    try:
        while line := connection.recv(2048):
            if line == b"push\n":
                push(connection.sendall, peer)
                return
            connection.sendall(line)
    except OSError:
        pass
    print("closed", bare(peer), peer[1], flush=True)


def accept(server):
    while True:
        connection, peer = server.accept()
        threading.Thread(target=serve_connection, args=(connection, peer), daemon=True).start()


def answer_datagrams(server):
    while True:
        try:
            line, peer = server.recvfrom(2048)
            if line == b"push\n":
                threading.Thread(target=push, args=(lambda tick, to=peer: server.sendto(tick, to), peer), daemon=True).start()
            else:
                server.sendto(line, peer)
        except OSError:
            pass


def listen(kind, port):
    try:
        server = socket.socket(socket.AF_INET6, kind)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        address = "::"
    except OSError:
        server = socket.socket(socket.AF_INET, kind)
        address = "0.0.0.0"
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, int(port)))
    return server


def serve(ports):
    threads = []
    for port in ports:
        server = listen(socket.SOCK_STREAM, port)
        server.listen(64)
        threads += [threading.Thread(target=accept, args=(server,))]
        threads += [threading.Thread(target=answer_datagrams, args=(listen(socket.SOCK_DGRAM, port),))]
    for thread in threads:
        thread.start()
    print("ready", flush=True)


def talk(client):
    try:
        while True:
            client.sendall(b"hello\n")
            time.sleep(0.1)
    except OSError:
        pass


def client(source, source_port, host, port, protocol, mode, path):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as connection, open(path, "wb", buffering=0) as answers:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if protocol == "tcp":
            # reset when killed, so that the next one can use the port
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if source != "-":
            connection.bind((source, int(source_port)))
        connection.connect((host, int(port)))
        if mode == "talk":
            threading.Thread(target=talk, args=(connection,), daemon=True).start()
        else:
            connection.sendall(b"push\n")
        try:
            while connection.recv(2048):
                answers.write(b".")
        except OSError as error:
            print(error, file=sys.stderr)
    with open(path + ".end", "wb"):
        return 1


def main(arguments):
    if len(arguments) == 8 and arguments[0] == "client":
        return client(*arguments[1:])
    if len(arguments) > 1 and arguments[0] == "serve":
        return serve(arguments[1:])
    print(__doc__, file=sys.stderr)
    return 64


sys.exit(main(sys.argv[1:]))
