# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel's notifications of changed nftables rulesets."""
import socket
import struct

_NFTABLES = 10 << 8  # NFNL_SUBSYS_NFTABLES
DELTABLE, NEWRULE, NEWSETELEM, NEWGEN = (_NFTABLES | kind for kind in (2, 6, 12, 15))


class Notices:
    """Notifications from now on. None for TIMEOUT seconds is an error."""

    def __init__(self, timeout):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        self.socket.bind((0, 1 << 6))  # NFNLGRP_NFTABLES
        self.socket.settimeout(timeout)

    def __iter__(self):
        """Yields (kind, whether it concerns a table "quaywall") for ever."""
        while True:
            data, at = self.socket.recv(1 << 20), 0
            while at + 16 <= len(data):
                size, kind = struct.unpack_from("<IH", data, at)
                yield kind, b"quaywall\0" in data[at:at + min(size, 64)]
                at += size + -size % 4
