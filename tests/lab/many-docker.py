#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""many-docker.py FOLDER CONTAINERS NETWORKS [ADDRESS]: an Engine API on FOLDER/docker.sock with that many running containers, each
of which publishes a port, on that many networks. Its process must be called dockerd. Prints "ready". On each SIGUSR1 it reports
the start of one more container, and prints the milliseconds from that event until the guard changed. From SIGUSR2 on it restarts
one of them each second. ADDRESS: of a container "web" that there really is, on docker0, with the port 8080."""
import ipaddress
import random
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


def container(name, network, address, port, project):
    bindings = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": port}]}
    return {
        "Id": ident(name), "Name": "/" + name, "State": {"Running": True, "Restarting": False},
        "Config": {"Labels": {"com.docker.compose.project": project}},
        "HostConfig": {"NetworkMode": network, "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": port}]}},
        "NetworkSettings": {"Ports": bindings, "Networks": {network: {"IPAddress": str(address), "GlobalIPv6Address": ""}}}}


def add_container(number):
    network, name = number % count_networks, "c%d" % number
    address = ipaddress.ip_address("10.%d.%d.2" % (128 + network // 256, network % 256)) + number // count_networks
    containers[ident(name)] = container(name, "net%d" % network, address, str(10000 + number), "p%d" % (number % 50))
    return name


def start_one():
    notices = Notices(10)
    name = add_container(len(containers))
    begin = time.monotonic()
    tell("container", "start", name)
    next(ours for kind, ours in notices if ours and kind == NEWSETELEM)
    print("%.1f" % ((time.monotonic() - begin) * 1000), flush=True)


def restart_some():
    while True:
        time.sleep(1)
        name = "c%d" % random.randrange(count)
        state = containers[ident(name)]["State"]
        state["Running"] = False
        tell("container", "die", name)
        time.sleep(0.1)
        state["Running"] = True
        tell("container", "start", name)


for item in range(count_networks):
    add_network(item)
for item in range(count):
    add_container(item)
if len(sys.argv) > 4:
    networks[ident("bridge")] = {
        "Name": "bridge", "Id": ident("bridge"), "Driver": "bridge", "Internal": False,
        "Options": {"com.docker.network.bridge.name": "docker0"}, "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}}
    containers[ident("web")] = container("web", "bridge", sys.argv[4], "8080", "web")
# not in the main thread, which accepts the connections with queries about it
signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=start_one).start())
signal.signal(signal.SIGUSR2, lambda *_: threading.Thread(target=restart_some, daemon=True).start())
serve(folder)
