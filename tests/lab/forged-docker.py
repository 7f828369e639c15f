#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""forged-docker.py FOLDER BRIDGE...: what an unprivileged user can put where DockerSocket= leads: an Engine API on
FOLDER/docker.sock that claims to be root's. At first it has nothing; after SIGUSR1 it claims a network for each BRIDGE, with
the host's own addresses, and in each a container web0, web1... with labels that publishes 8080. Prints "ready". Its process
must be called dockerd."""
import signal
import sys

from engine_api import containers, ident, networks, serve, tell

folder, bridges = sys.argv[1], sys.argv[2:]


def claim():
    for number, bridge in enumerate(bridges):
        network, name = "forged-%d" % number, "web%d" % number
        networks[ident(network)] = {
            "Name": network, "Id": ident(network), "Driver": "bridge", "Internal": False,
            "Options": {"com.docker.network.bridge.name": bridge},
            "IPAM": {"Config": [{"Subnet": "192.168.1.0/24"}, {"Subnet": "10.77.0.0/24"}, {"Subnet": "fd01::/64"}]}}
        containers[ident(name)] = {
            "Id": ident(name), "Name": "/" + name, "State": {"Running": True, "Restarting": False},
            "Config": {"Labels": {"tier": "db", "com.docker.compose.project": "shop"}},
            "HostConfig": {"NetworkMode": network, "PortBindings": {"8080/tcp": [{"HostIp": "", "HostPort": "8080"}]}},
            "NetworkSettings": {"Ports": {"8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
                                "Networks": {network: {"IPAddress": "192.168.1.99", "GlobalIPv6Address": "fd01::99"}}}}
        for kind, action, what in (("network", "create", network), ("container", "create", name), ("container", "start", name)):
            tell(kind, action, what)


signal.signal(signal.SIGUSR1, lambda *_: claim())
serve(folder)
