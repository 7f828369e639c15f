# SPDX-License-Identifier: LGPL-2.1-or-later
"""What policies and groups mean, so that two spellings of the same are no change; and what a task has to change.

Knows neither Ansible nor the bus. quaywalld alone decides what is valid: what cannot be read here is kept as it is, differs from
everything that quaywalld has, and is left to quaywalld to refuse.
"""

import datetime
import ipaddress
import re

# What List adds to a policy, and what is ignored where a policy is given.
NOTES = ("revision", "origin")
DEFAULTS = {"enabled": True, "log": False, "reject": False}
ADDRESSES = ("addresses", "destinations", "sources")
# Policies that containers carry in labels: no method changes them.
LABEL_PREFIX = "label/"


def instant(text):
    """A time of ISO 8601 with its zone, in seconds; or the text itself."""
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"):
        try:
            return datetime.datetime.strptime(text, form).timestamp()
        except ValueError:
            pass
    return text


def address_range(text):
    """(version, first, last) of "192.168.1.1", "192.168.1.0/24" or "192.168.1.1-192.168.1.3"; None if it is neither."""
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
        else:
            network = ipaddress.ip_network(text, strict=False)
            first, last = network[0], network[-1]
    except ValueError:
        return None
    if first.version != last.version or first > last:
        return None
    return first.version, int(first), int(last)


def port_range(text):
    """("tcp", first, last) of "8080/tcp" or "5000-5010/udp"; None if it is neither."""
    match = re.match(r"^(\d{1,5})(?:-(\d{1,5}))?/([a-z]+)$", text)
    if not match:
        return None
    return match.group(3), int(match.group(1)), int(match.group(2) or match.group(1))


def joined(ranges):
    """Ranges of the same kind that overlap, are repeated or follow each other are one."""
    result = []
    for kind, first, last in sorted(ranges):
        if result and result[-1][0] == kind and first <= result[-1][2] + 1:
            result[-1] = (kind, result[-1][1], max(last, result[-1][2]))
        else:
            result.append((kind, first, last))
    return frozenset(result)


def list_meaning(key, entries):
    ranges, others = [], []
    for entry in entries:
        text, separator, until = str(entry).partition(" until ")
        as_range = address_range(text) if key in ADDRESSES else port_range(text) if key == "ports" else None
        if separator:
            others.append((as_range or text, instant(until)))
        elif as_range:
            ranges.append(as_range)
        else:
            others.append(text)
    return joined(ranges), frozenset(others)


def meaning(item):
    """A policy or a group as a value that can be compared; None: there is none."""
    if item is None:
        return None
    result = {}
    for key, value in item.items():
        if key in NOTES or value in (None, "", []) or value == DEFAULTS.get(key):
            continue
        if isinstance(value, list):
            result[key] = list_meaning(key, value)
        elif key == "until":
            result[key] = instant(str(value))
        else:
            result[key] = value
    return result


def same(one, other):
    """Whether two tables, name to policy or group, mean the same."""
    return {name: meaning(item) for name, item in one.items()} == {name: meaning(item) for name, item in other.items()}


def cleaned(items):
    """The tables of a task as quaywalld is to get them: a key without a value is absent, and what a Jinja template made of true and
    false is that again."""
    result = {}
    for name, item in items.items():
        result[str(name)] = clean = {}
        for key, value in (item or {}).items():
            if key in NOTES or value is None:
                continue
            if key in DEFAULTS and value in ("True", "False"):
                value = value == "True"
            clean[str(key)] = value
    return result


def without_labels(policies):
    return {name: policy for name, policy in policies.items() if not name.startswith(LABEL_PREFIX)}


class Plan:
    """What has to be changed, so that `wanted` is there, now and permanently, and none of `unwanted` (None: nothing else)."""

    def __init__(self, now, later, wanted, unwanted):
        self.now, self.later, self.wanted = now, later, wanted
        there = set(now) | set(later)
        self.set = sorted(
            name
            for name, item in wanted.items()
            if meaning(item) != meaning(now.get(name)) or meaning(item) != meaning(later.get(name))
        )
        self.remove = sorted(there - set(wanted) if unwanted is None else there & set(unwanted))

    def __bool__(self):
        return bool(self.set or self.remove)

    def after(self):
        """(now, later) once it is done."""
        return tuple(
            dict(((name, item) for name, item in before.items() if name not in self.remove), **self.wanted)
            for before in (self.now, self.later)
        )

    def result(self, kind, after=None):
        """What the module returns; kind: "policies" or "groups". after: what quaywalld has made of it."""
        there = after or self.after()
        result = {
            "changed": not (same(self.now, after[0]) and same(self.later, after[1])) if after else bool(self),
            kind: {name: for_people(item) for name, item in there[0].items()},
            "set": self.set,
            "removed": self.remove,
        }
        if self:
            result["diff"] = self.diff(there)
        return result

    def diff(self, after=None):
        """Only what changes. after: what quaywalld has made of it."""
        return {
            "before": self._picture(self.now, self.later),
            "after": self._picture(*(after or self.after())),
        }

    def _picture(self, now, later):
        picture = {}
        for name in self.set + self.remove:
            if name in now:
                picture[name] = for_people(now[name])
            if name in later and (name not in now or meaning(now[name]) != meaning(later[name])):
                picture[name + " (permanent)"] = for_people(later[name])
            elif name in now and name not in later:
                picture[name + " (permanent)"] = "none"
        return picture


def for_people(item):
    return {
        key: value
        for key, value in item.items()
        if key not in NOTES and value not in (None, "", []) and value != DEFAULTS.get(key)
    }


def error_sentences(errors):
    """Of CheckChange's errors: quaywalld's own sentences, each with the policy that it is about."""
    return "\n".join(
        'policy "%s": %s' % (policy, sentence) if policy else sentence
        for policy, key, index, value, code, sentence in errors
    )


def problem_sentences(problems):
    """Of Problems: quaywalld's own sentences, which say what to do, and the details."""
    lines = []
    for code, sentence, details in problems:
        lines.append("%s: %s" % (code, sentence))
        lines.extend("    %s: %s" % (key, details[key]) for key in sorted(details))
    return "\n".join(lines)
