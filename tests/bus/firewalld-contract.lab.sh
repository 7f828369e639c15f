#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Run by the lab's lab.sh: the assertions that make check makes on mock-firewalld, made on the real firewalld. The
# program firewalld-contract is expected in the lab's folder, which the lab mounts at /lab.
exec "${CONTRACT:-/lab/firewalld-contract}" --address unix:path=/run/dbus/system_bus_socket
