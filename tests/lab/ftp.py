#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Just enough FTP to make the kernel's helper expect a connection.

ftp.py serve PORT
    Prints "ready" once listening. Answers "PASV ->ADDRESS:PORT" with "227 Entering Passive Mode", which names that address and
    port, and any other line with "200 ok".
ftp.py ask SOURCE HOST PORT LINE
    Sends the line, prints the answer, and holds the connection open until killed.
"""
import socket
import socketserver
import sys


def passive(address, port):
    numbers = address.split(".") + [str(port >> 8), str(port & 255)]
    return f"227 Entering Passive Mode ({','.join(numbers)}).\r\n"


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 lab\r\n")
        for line in self.rfile:
            command, _, data = line.decode().strip().partition(" ->")
            address, _, port = data.partition(":")
            self.wfile.write(passive(address, int(port)).encode() if command == "PASV" else b"200 ok\r\n")


def serve(port):
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("0.0.0.0", int(port)), Session) as server:
        print("ready", flush=True)
        server.serve_forever()


def ask(source, host, port, line):
    with socket.create_connection((host, int(port)), 5, (source, 0)) as control:
        answers = control.makefile("r")
        answers.readline()
        control.sendall(f"{line}\r\n".encode())
        print(answers.readline(), end="", flush=True)
        control.settimeout(None)
        answers.read()


{"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
