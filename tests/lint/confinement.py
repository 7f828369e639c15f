#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the AppArmor profile and the units' SystemCallFilter= allow, for tests and for whoever changes them.

    confinement.py grants PROFILE MODE PATH...   prints each PATH on which the profile does not grant MODE (of r, w, m, x)
    confinement.py denies PROFILE MODE PATH...   prints each PATH on which it grants any of MODE
    confinement.py calls UNIT                    prints the system calls that the unit allows with this systemd
    confinement.py traces PROFILE UNIT FILE...   prints what quaywalld did in traces (strace -f -yy, of tests/lab/traced) and may
                                                 not do: system calls, files, sockets, how often, and one line of each

Needs apparmor_parser, which resolves includes and variables' files, and systemd-analyze. What AppArmor asks of a call is from its
kernel module (security/apparmor/lsm.c): stat, access, readlink and inotify need no rule, a rename is rw on the old path and w on the new.
"""
import collections
import functools
import re
import subprocess
import sys

VARIABLE = re.compile(r"@\{(\w+)\}")
FILE_RULE = re.compile(r'^(?:owner\s+)?("?)(?P<path>[/@{][^\s"]*)\1\s+(?P<mode>[a-zA-Z]+),$')


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class Profile:
    def __init__(self, path):
        # the profile with all that it includes
        lines = [line.strip() for line in output_of("apparmor_parser", "-p", "-Q", "-K", path).splitlines()]
        self.variables, self.rules, self.networks = collections.defaultdict(list), [], []
        for line in lines:
            if assigned := re.match(r"@\{(\w+)\}\s*\+?=\s*(.*)", line):
                self.variables[assigned[1]] += re.findall(r'"[^"]*"|\S+', assigned[2])
            elif rule := FILE_RULE.match(line):
                self.rules.append((re.compile(self.regex(rule["path"]) + r"\Z"), rule["mode"]))
            elif line.startswith(("network ", "deny network ")):
                # what is denied in so many words is known, too
                self.networks.append(line.rstrip(",").removeprefix("deny ").split()[1:])

    def expand(self, text):
        while name := VARIABLE.search(text):
            # they end in a slash by custom, and are used as if they did not
            values = [value.strip('"').rstrip("/") for value in self.variables[name[1]]]
            text = text.replace(name[0], "{" + ",".join(values) + "}" if len(values) != 1 else values[0])
        return text

    def regex(self, glob):
        result, depth = "", 0
        for part in re.findall(r"\*\*|\[[^]]*\]|\\.|.", self.expand(glob)):
            if part == "{":
                depth, part = depth + 1, "(?:"
            elif part == "}":
                depth, part = depth - 1, ")"
            elif part == "," and depth:
                part = "|"
            else:
                part = {"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part) or (part if part[0] in "[\\" else re.escape(part))
            result += part
        return result

    @functools.lru_cache(maxsize=None)
    def mode(self, path):
        granted = set()
        for regex, mode in self.rules:
            if regex.match(path):
                granted |= set(mode.lower())
        return granted

    def grants(self, mode, path):
        return set(mode) <= self.mode(path)

    def knows_network(self, family, kind):
        return any(words[0] == family and (len(words) == 1 or kind in words[1:]) for words in self.networks)


def expand_calls(words):
    for word in words:
        name, _, _ = word.partition(":")
        if name.startswith("@"):
            listed = output_of("systemd-analyze", "syscall-filter", "--no-pager", name)
            yield from expand_calls(line.strip() for line in listed.splitlines()[1:] if line.strip() and "#" not in line)
        else:
            yield name


def unit_calls(path):
    allowed = set(expand_calls(["@default"]))
    with open(path, encoding="utf-8") as unit:
        for line in unit:
            if line.startswith("SystemCallFilter=~"):
                allowed -= set(expand_calls(line.split("~", 1)[1].split()))
            elif line.startswith("SystemCallFilter="):
                allowed |= set(expand_calls(line.split("=", 1)[1].split()))
    return allowed


CALL = re.compile(r"^\d+\s+(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+)(?:<(.*?)>)?(?: .*)?$")
MARKS = re.compile(r"(?:<char \d+:\d+>|\(deleted\))>")
DIRECTORIES = {"mkdir", "mkdirat", "rmdir"}
KINDS = {"SOCK_STREAM": "stream", "SOCK_DGRAM": "dgram", "SOCK_RAW": "raw", "SOCK_SEQPACKET": "seqpacket"}


def needs(name, arguments, result, result_path):
    """The (mode, path) pairs that a call needs."""
    paths = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"', arguments)
    paths = [path if path.startswith("/") else f"{folder}/{path}" for folder, path in paths]
    if name in ("open", "openat", "openat2", "creat"):
        path = (result_path or paths[0])
        mode = "rw" if "O_RDWR" in arguments else "w" if "O_WRONLY" in arguments else "r"
        if "O_PATH" in arguments or "O_TMPFILE" in arguments and not result_path:
            return []
        return [(mode, path + "/" if "O_DIRECTORY" in arguments else path)]
    if name in DIRECTORIES or name == "unlinkat" and "AT_REMOVEDIR" in arguments:
        return [("w", paths[0] + "/")]
    if name in ("unlink", "unlinkat", "chmod", "fchmodat", "truncate", "mknod", "mknodat"):
        return [("w", paths[0])]
    if name in ("rename", "renameat", "renameat2"):
        return [("rw", paths[0]), ("w", paths[1])]
    if name in ("fchmod", "ftruncate"):
        path = re.match(r"\d+<([^>]*)>", arguments)
        return [("w", path[1])] if path else []
    if name in ("mmap", "mmap2") and "PROT_EXEC" in arguments:
        path = re.search(r"\d+<(/[^>]*)>", arguments)
        return [("mr", path[1])] if path else []
    if name == "connect" and "sun_path=\"" in arguments:
        return [("rw", re.search(r'sun_path="([^"]*)"', arguments)[1])]
    return []


def lenient(path):
    # a folder that is renamed or opened as a file has a slash at its end
    return (path, path + "/")


def traces(profile_path, unit, files):
    profile, allowed = Profile(profile_path), unit_calls(unit)
    wrong, example, seen, lines = collections.Counter(), {}, collections.Counter(), 0
    for file in files:
        with open(file, encoding="utf-8", errors="replace") as trace:
            for line in trace:
                lines += 1
                call = CALL.match(MARKS.sub(">", line.rstrip("\n")))
                if not call:
                    continue
                name, arguments, result, result_path = call.groups()
                seen[name] += 1
                found = []
                if name not in allowed:
                    found.append(f"system call {name}")
                if name == "socket":
                    family, kind = arguments.split(", ")[:2]
                    family, kind = family.removeprefix("AF_").lower(), KINDS.get(kind.split("|")[0], kind)
                    if not profile.knows_network({"local": "unix"}.get(family, family), kind):
                        found.append(f"socket {family} {kind}")
                if not result.startswith("-"):
                    for mode, path in needs(name, arguments, result, result_path):
                        if path.startswith("/") and not any(profile.grants(mode, each) for each in lenient(path)):
                            found.append(f"{mode} {path}")
                for what in found:
                    wrong[what] += 1
                    example.setdefault(what, line.strip()[:200])
    for what, count in sorted(wrong.items()):
        print(f"{what}: {count} times\n    {example[what]}")
    print(f"{lines} lines of {len(files)} traces; {sum(seen.values())} calls of {len(seen)} kinds: {' '.join(sorted(seen))}", file=sys.stderr)
    return 1 if wrong or not seen else 0


def main(arguments):
    if len(arguments) >= 4 and arguments[0] in ("grants", "denies"):
        profile = Profile(arguments[1])
        for path in arguments[3:]:
            if arguments[0] == "grants" and not profile.grants(arguments[2], path):
                print(f"the profile does not grant {arguments[2]} on {path}")
            if arguments[0] == "denies" and profile.mode(path) & set(arguments[2]):
                print(f"the profile grants {''.join(sorted(profile.mode(path)))} on {path}")
        return 0
    if len(arguments) == 2 and arguments[0] == "calls":
        print(*sorted(unit_calls(arguments[1])), sep="\n")
        return 0
    if len(arguments) >= 4 and arguments[0] == "traces":
        return traces(arguments[1], arguments[2], arguments[3:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
