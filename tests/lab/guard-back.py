#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""guard-back.py: deletes the table inet quaywall, and prints the milliseconds between the kernel's notifications of
that and of the commit that restores the table's rules."""
import subprocess
import time

from nft_notices import DELTABLE, NEWGEN, NEWRULE, Notices

notices = Notices(30)
subprocess.Popen(["nft", "delete", "table", "inet", "quaywall"])
deleted, has_rules = None, False
for kind, ours in notices:
    if kind == DELTABLE and ours:
        deleted = deleted or time.monotonic()
    elif kind == NEWRULE and ours and deleted:
        has_rules = True
    elif kind == NEWGEN and has_rules:
        break
print("%.1f" % ((time.monotonic() - deleted) * 1000))
