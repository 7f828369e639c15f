# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a set of policies means, written from the documentation and not from src/: who must get in, and who must not.

A policy is a dict with the keys of the D-Bus contract. Addresses are text; a missing list matches all.
"""
import ipaddress


def parse_range(text):
    """(first, last) of an address, network or range."""
    if "-" in text:
        first, last = (ipaddress.ip_address(part) for part in text.split("-"))
        return first, last
    network = ipaddress.ip_network(text)
    return network[0], network[-1]


def lists(ranges, address):
    address = ipaddress.ip_address(address)
    for text in ranges:
        first, last = parse_range(text)
        if first.version == address.version and first <= address <= last:
            return True
    return False


def names_port(ports, port, protocol):
    for text in ports:
        numbers, of = text.split("/")
        first, _, last = numbers.partition("-")
        if of == protocol and int(first) <= port <= int(last or first):
            return True
    return False


class Packet:
    """A new connection to a container: to a host port, or (routed) to port 80 of the container's own address, which is
    published as the port published."""

    def __init__(self, client, interface, host, port, protocol, container=None, network=None, published=None):
        self.client, self.interface, self.host = client, interface, host
        self.port, self.protocol = port, protocol
        self.container, self.network, self.published = container, network, published

    def __str__(self):
        return f"{self.client} ({self.interface}) -> {self.host} {self.port}/{self.protocol}"


def covers(policy, packet):
    if policy.get("enabled", True) is False or policy["action"] == "forward":
        return False
    if policy.get("interfaces") and packet.interface not in policy["interfaces"]:
        return False
    # destinations are addresses of the host; a routed client dialled none of them
    if policy.get("destinations") and not lists(policy["destinations"], packet.host):
        return False
    if policy.get("containers") and packet.container not in policy["containers"]:
        return False
    if policy.get("networks") and packet.network not in policy["networks"]:
        return False
    if not policy.get("ports"):
        return True
    if not packet.published:
        return names_port(policy["ports"], packet.port, packet.protocol)
    # a host port also stands for the container's own port behind it; the container's own port can be listed, too, except by a
    # policy that names containers or networks
    named = bool(policy.get("containers") or policy.get("networks"))
    return names_port(policy["ports"], packet.published, packet.protocol) or (
        not named and names_port(policy["ports"], packet.port, packet.protocol))


def covers_by_number(policy, packet):
    """Whether it lists the dialled number, but not the host port that leads there: such a policy does not let its listed
    clients in."""
    return bool(packet.published and policy.get("ports")) and not names_port(policy["ports"], packet.published, packet.protocol)


def gets_in(policies, packet):
    listed = shut = False
    for policy in policies.values():
        if not covers(policy, packet):
            continue
        named = lists(policy.get("sources", []), packet.client)
        if policy["action"] == "deny" and (named or not policy.get("sources")):
            return False
        if policy["action"] == "allow-only":
            named = named and not covers_by_number(policy, packet)
            listed, shut = listed or named, shut or not named
    return listed or not shut


def forwards(policies, came_in, leaves_by):
    """Whether a forward lets new connections pass from one interface to another."""
    return any(policy["action"] == "forward" and policy.get("enabled", True) and came_in in policy["interfaces"]
               and leaves_by in policy["out-interfaces"] for policy in policies.values())


XML_LISTS = (("interfaces", "interface", "name"), ("out-interfaces", "out-interface", "name"),
             ("sources", "source", "address"), ("destinations", "destination", "address"),
             ("containers", "container", "name"), ("networks", "network", "name"))


def to_xml(policy):
    """The policy in the format of quaywall.policy(5)."""
    enabled = "" if policy.get("enabled", True) else ' enabled="false"'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<policy action="{policy["action"]}"{enabled}>']
    for key, element, attribute in XML_LISTS:
        lines += [f'  <{element} {attribute}="{value}"/>' for value in policy.get(key, [])]
    for port in policy.get("ports", []):
        number, protocol = port.split("/")
        lines.append(f'  <port port="{number}" protocol="{protocol}"/>')
    lines += [f"  <{key}/>" for key in ("reject", "log") if policy.get(key)]
    return "\n".join(lines + ["</policy>", ""])
