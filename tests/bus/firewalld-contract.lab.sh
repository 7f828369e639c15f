#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Run by the lab's lab.sh: checks the real firewalld with the assertions that make check applies to mock-firewalld.
# firewalld-contract must be in the lab's folder, which the lab mounts at /lab.
exec "${CONTRACT:-/lab/firewalld-contract}" --address unix:path=/run/dbus/system_bus_socket
