#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""terminal.py SCREEN KEYS COMMAND...: runs COMMAND at a terminal of 80 x 24.

The file SCREEN always holds what the terminal shows. What is written to the FIFO KEYS is typed; a line "size ROWS COLUMNS" resizes
the terminal. The exit status is COMMAND's.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

screen_file, keys_file, command = sys.argv[1], sys.argv[2], sys.argv[3:]
rows, columns = 24, 80
cells = {}
at = [0, 0]
# Sequences, and everything else one character at a time.
TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b.|[\s\S]")


def show():
    lines = ["".join(cells.get((row, column), " ") for column in range(columns)).rstrip() for row in range(rows)]
    with open(screen_file + ".new", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    os.rename(screen_file + ".new", screen_file)


def take(text):
    """Knows what "quaywallctl watch" sends; anything else is an error."""
    for token in TOKEN.finditer(text):
        sequence, letter = token.group(1, 2)
        if letter == "H" and not sequence:
            at[:] = [0, 0]
        elif letter == "K" and not sequence:
            for column in range(at[1], columns):
                cells.pop((at[0], column), None)
        elif letter in ("h", "l") and sequence in ("?1049", "?25", "?7"):
            cells.clear()
        elif letter == "m":
            pass
        elif letter or token.group().startswith("\x1b"):
            sys.exit(f"terminal.py: unexpected sequence {token.group()!r}")
        elif token.group() == "\r":
            at[1] = 0
        elif token.group() == "\n":
            at[0] += 1
        else:
            cells[tuple(at)] = token.group()
            at[1] += 1


def resize(fd):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


os.mkfifo(keys_file)
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(command[0], command)
resize(terminal)
keys = os.open(keys_file, os.O_RDWR)
while True:
    ready, _, _ = select.select([terminal, keys], [], [])
    if keys in ready:
        typed = os.read(keys, 4096)
        size = re.fullmatch(rb"size (\d+) (\d+)\n", typed)
        if size:
            rows, columns = int(size[1]), int(size[2])
            cells.clear()
            resize(terminal)
        else:
            os.write(terminal, typed)
    if terminal in ready:
        try:
            output = os.read(terminal, 65536)
        except OSError:
            break
        take(output.decode("utf-8", "replace"))
        show()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
