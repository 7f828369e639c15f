#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docker29.py FOLDER [no-proxy] [direct] [later]: acts as a Docker 29 with "firewall-backend": "nftables", as far as packets and
quaywalld are concerned: its tables (docker_nft.py), its Engine API on FOLDER/docker.sock, its zone in firewalld, bridges, network
namespaces "c-NAME" with a server on port 80 for containers, and docker-proxy. Prints "ready". Its process must be called dockerd.
no-proxy: "userland-proxy": false; direct: "allow-direct-routing"; later: see docker_nft.py. As Docker 29 does, it leaves the
host's forwarding to the administrator. Commands, by curl --unix-socket FOLDER/docker.sock http://docker/lab/COMMAND -d "WORDS":

network NAME BRIDGE SUBNET... [internal] [icc=false] [mode=nat-unprotected|routed]
run NAME NETWORK [idle] [[ADDRESS=]PORT[/udp]...]   publishes the container's port 80 at PORT ("routed": opens it) and, with an
                                                    ADDRESS (IPv6: in []), only there; idle: without a server
rm NAME
"""
import ipaddress
import os
import signal
import subprocess
import sys
import threading
import zlib

import docker_nft as nft
from engine_api import commands, containers, engine, ident, info, networks, serve, tell

folder, options = sys.argv[1], sys.argv[2:]
daemon = nft.Daemon(proxy="no-proxy" not in options, direct="direct" in options, later="later" in options)
known, running = {}, {}  # nft.Network by name; (network, endpoint, processes) of containers by name
turn = threading.Lock()


def run(*words, given=None):
    done = subprocess.run(words, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stdout))
    return done.stdout


def ip(text):
    return run("ip", *text.split())


def apply(lines):
    run("nft", "-f", "-", given="\n".join(lines) + "\n")


def update(*changed, new=False):
    for family in nft.FAMILIES:
        apply(nft.update(daemon, known.values(), family, changed, new))


def firewalld(*words):
    return subprocess.run(("firewall-cmd",) + words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).returncode == 0


def start():
    """As Docker: a zone whose traffic firewalld accepts, and a policy from everywhere to it."""
    added = firewalld("--permanent", "--new-zone=docker") and firewalld("--permanent", "--zone=docker", "--set-target=ACCEPT")
    if firewalld("--permanent", "--new-policy=docker-forwarding"):
        policy = ("--permanent", "--policy=docker-forwarding")
        added = all([firewalld(*policy, "--set-target=ACCEPT"), firewalld(*policy, "--add-ingress-zone=ANY"),
                     firewalld(*policy, "--add-egress-zone=docker")])
    if added:
        firewalld("--reload")
    for family in nft.FAMILIES:
        apply(nft.table(daemon, family))


def by_family(subnets):
    return {"ip%s" % ("6" if ":" in subnet else ""): subnet for subnet in subnets}


def add_network(name, bridge, *words):
    network = nft.Network(bridge, by_family(word for word in words if "/" in word), "internal" in words, "icc=false" not in words)
    network.mode = next((word[5:] for word in words if word.startswith("mode=")), "nat")
    ip("link add %s type bridge" % bridge)
    for family, subnet in network.subnets.items():
        net = ipaddress.ip_network(subnet)
        ip("addr add %s/%d dev %s%s" % (net[1], net.prefixlen, bridge, " nodad" if family == "ip6" else ""))
    ip("link set %s up" % bridge)
    firewalld("--zone=docker", "--add-interface=" + bridge)
    known[name] = network
    update(network, new=True)
    networks[ident(name)] = {
        "Name": name, "Id": ident(name), "Driver": "bridge", "Internal": network.internal,
        "Options": {"com.docker.network.bridge.name": bridge},
        "IPAM": {"Config": [{"Subnet": subnet} for subnet in network.subnets.values()]}}
    tell("network", "create", name)


def port_of(word, mode):
    """Its address, None: all; and the port."""
    address, _, rest = word.rpartition("=")
    number, _, protocol = rest.partition("/")
    inside, host = (int(number), 0) if mode == "routed" else (80, int(number))
    return address.strip("[]") or None, nft.Port(protocol or "tcp", inside, "", host)


def bind(endpoint, word, mode):
    """Adds the port, and returns what the API calls its bindings, and what only docker-proxy can serve: it has no rules."""
    address, port = port_of(word, mode)
    bindings, proxied = [], []
    for host in nft.ANYWHERE.values() if address is None else [address]:
        family = "ip6" if ":" in host else "ip"
        if family in endpoint.addresses:
            endpoint.ports.setdefault(family, []).append(nft.Port(port.protocol, port.inside, host, port.host))
        target = family if family in endpoint.addresses else "ip"
        if port.host and daemon.proxy:
            proxied.append((port.protocol, host, port.host, endpoint.addresses[target], port.inside))
        if family in endpoint.addresses or (port.host and daemon.proxy):
            bindings.append({"HostIp": host, "HostPort": str(port.host) if port.host else ""})
    return "%d/%s" % (port.inside, port.protocol), bindings, proxied


def new_address(network, family):
    taken = {endpoint.addresses.get(family) for endpoint in network.endpoints}
    return next(str(a) for a in list(ipaddress.ip_network(network.subnets[family])[i] for i in range(2, 100)) if str(a) not in taken)


def plug(name, network, endpoint):
    """A network namespace, as a container has one."""
    ip("netns add c-" + name)
    # named as Docker names them, by which quaywalld knows a container's link from one that leads out
    link = "veth%07x" % (zlib.crc32(name.encode()) >> 4)
    ip("link add %s type veth peer name eth0 netns c-%s" % (link, name))
    ip("link set %s master %s up" % (link, network.bridge))
    if not daemon.proxy:
        ip("link set %s type bridge_slave hairpin on" % link)
    for device in ("lo", "eth0"):
        ip("-n c-%s link set %s up" % (name, device))
    for family, address in endpoint.addresses.items():
        net = ipaddress.ip_network(network.subnets[family])
        ip("-n c-%s addr add %s/%d dev eth0%s" % (name, address, net.prefixlen, " nodad" if family == "ip6" else ""))
        if not network.internal:
            ip("-n c-%s route add default via %s" % (name, net[1]))


def docker_proxy(protocol, host, host_port, address, port):
    # it reports by descriptor 3 whether it could listen
    there, back = os.pipe()

    def keep():
        os.dup2(back, 3)

    words = ["docker-proxy", "-proto", protocol, "-host-ip", host, "-host-port", str(host_port), "-container-ip", address,
             "-container-port", str(port)]
    process = subprocess.Popen(words, preexec_fn=keep, close_fds=False)
    os.close(back)
    with os.fdopen(there) as report:
        said = report.readline()
    if said.strip("\0\n") != "0":
        raise RuntimeError("docker-proxy: " + said)
    return process


def add_container(name, network_name, *words):
    network = known[network_name]
    endpoint = nft.Endpoint({family: new_address(network, family) for family in network.subnets})
    all_bindings, all_proxied = {}, []
    for word in words:
        if word != "idle":
            key, bindings, proxied = bind(endpoint, word, network.mode)
            all_bindings.setdefault(key, []).extend(bindings)
            all_proxied += proxied
    body = {
        "Id": ident(name), "Name": "/" + name, "State": {"Running": False, "Restarting": False}, "Config": {"Labels": {}},
        "HostConfig": {"NetworkMode": network_name, "PortBindings": {
            key: [{"HostIp": "" if b["HostIp"] in nft.ANYWHERE.values() else b["HostIp"], "HostPort": b["HostPort"]} for b in value]
            for key, value in all_bindings.items()}},
        "NetworkSettings": {"Ports": {}, "Networks": {network_name: {"IPAddress": "", "GlobalIPv6Address": ""}}}}
    containers[ident(name)] = body
    tell("container", "create", name)
    plug(name, network, endpoint)
    network.endpoints.append(endpoint)
    update(network)
    processes = [docker_proxy(*proxied) for proxied in all_proxied]
    if "idle" not in words:
        server = subprocess.Popen(["ip", "netns", "exec", "c-" + name, "python3", "/lab/netprobe.py", "serve", "both", "80"],
                                  stdout=subprocess.PIPE)
        processes.append(server)
        server.stdout.readline()
    running[name] = network, endpoint, processes
    body["State"]["Running"] = True
    body["NetworkSettings"] = {"Ports": all_bindings, "Networks": {network_name: {
        "IPAddress": endpoint.addresses.get("ip", ""), "GlobalIPv6Address": endpoint.addresses.get("ip6", "")}}}
    tell("container", "start", name)
    return " ".join(endpoint.addresses.values()) + "\n"


def remove_container(name):
    network, endpoint, processes = running.pop(name)
    for process in processes:
        process.kill()
        process.wait()
    network.endpoints.remove(endpoint)
    update(network)
    tell("container", "die", name)
    containers.pop(ident(name))
    ip("netns del c-" + name)
    tell("container", "destroy", name)


def in_turn(function):
    def called(*words):
        with turn:
            return function(*words)
    return called


def end(*_):
    """Containers end with Docker; its tables and bridges stay."""
    for _, _, processes in running.values():
        for process in processes:
            process.kill()
    for name in running:
        ip("netns del c-" + name)
    os._exit(0)


commands.update(network=in_turn(add_network), run=in_turn(add_container), rm=in_turn(remove_container))
engine.update(Version="29.0.1", ApiVersion="1.52", MinAPIVersion="1.44")
info["FirewallBackend"] = {"Driver": "nftables+firewalld"}
signal.signal(signal.SIGTERM, end)
start()
serve(folder)
