#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""many-docker.py FOLDER CONTAINERS NETWORKS: an Engine API on FOLDER/docker.sock with that many running containers, each of
which publishes a port, on that many networks. Its process must be called dockerd. Prints "ready". On each SIGUSR1 it reports
the start of one more container, and prints the milliseconds from that event until the guard changed."""
import ipaddress
import signal
import sys
import threading
import time

from engine_api import containers, ident, networks, serve, tell
from nft_notices import NEWSETELEM, Notices

folder, count, count_networks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def add_network(number):
    name = "net%d" % number
    networks[ident(name)] = {
        "Name": name, "Id": ident(name), "Driver": "bridge", "Internal": False,
        "Options": {"com.docker.network.bridge.name": "br-%d" % number},
        "IPAM": {"Config": [{"Subnet": "10.%d.%d.0/24" % (128 + number // 256, number % 256)}]}}


def add_container(number):
    network, name, port = number % count_networks, "c%d" % number, str(10000 + number)
    address = ipaddress.ip_address("10.%d.%d.2" % (128 + network // 256, network % 256)) + number // count_networks
    containers[ident(name)] = {
        "Id": ident(name), "Name": "/" + name, "State": {"Running": True, "Restarting": False},
        "Config": {"Labels": {"com.docker.compose.project": "p%d" % (number % 50)}},
        "HostConfig": {"NetworkMode": "net%d" % network, "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": port}]}},
        "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": port}]},
                            "Networks": {"net%d" % network: {"IPAddress": str(address), "GlobalIPv6Address": ""}}}}
    return name


def start_one():
    notices = Notices(10)
    name = add_container(len(containers))
    begin = time.monotonic()
    tell("container", "start", name)
    next(ours for kind, ours in notices if ours and kind == NEWSETELEM)
    print("%.1f" % ((time.monotonic() - begin) * 1000), flush=True)


for item in range(count_networks):
    add_network(item)
for item in range(count):
    add_container(item)
# not in the main thread, which accepts the connections with queries about it
signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=start_one).start())
serve(folder)
