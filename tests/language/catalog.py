#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""catalog.py pseudo SRCDIR OUT.mo: a catalog for tests of every text of the sources: longer, with accents and wide letters.
catalog.py check SRCDIR FILE.po...: prints translations that programs or a shell would not understand any more.
catalog.py missing SRCDIR FILE.po: prints the texts that have no translation yet."""
import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile

# How texts begin that programs read: the key of what is wrong, what Explain decides, verbs in the help of an option.
KEYS = """name|new name|action|interfaces|out-interfaces|sources|destinations|ports|containers|networks|reject|log|enabled|description
|until|addresses|address|source|destination|port|interface|family|priority|args|change|token|if-revision|add|remove|set|import|ensure
|decides|cannot tell|option [a-z-]+""".replace("\n", "")
PREFIX = re.compile(rf"(?:(?:add|remove): )?(?:%s: )?(?:(?:{KEYS})(?:, (?:{KEYS}))*: )?")
DIRECTIVE = r"%(?:\d+\$)?[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z)?(?:[diouxXcsp%]|<PRI[a-zA-Z0-9]+>)|%<PRI[a-zA-Z0-9]+>"
COMMAND = r"quaywallctl|systemctl|firewall-cmd|iptables|ip6tables|docker|ip|nft|mkdir"
QUOTED = re.compile(rf"\"(?:[^\"\s%]+|(?:{COMMAND}) [^\"]*)\"|(?<!\w)'(?:[^'\s%]+|(?:{COMMAND}) [^']*)'(?!\w)")
QUOTED_VALUE = re.compile(r"[\"']%(?:\d+\$)?(?:\.\d+)?s[\"']")
# What the pseudo-language leaves as it is: directives, what is quoted, options, paths and addresses, placeholders, verbatim names.
KEPT = re.compile(rf"""{DIRECTIVE}|"[^"]*"|(?<!\w)'[^']*'(?!\w)|--?[a-z][a-z-]*|\S*[/@=_][^\s,;:.)]*|\b[A-Z][A-Z0-9.-]+\b|\S*\d\S*|
    \b(?:[a-z.-]+\.[a-z-]+|quaywalld?|quaywallctl|firewalld|dockerd|iptables|ip6tables|nftables|systemctl\s\w+\s\w+)\b""", re.X)
LETTERS = str.maketrans("aeiounscyAEIOUNSCY", "áéíóúñšçýÁÉÍÓÚÑŠÇÝ")


def parse(text):
    """The entries of a catalog: dictionaries of "msgid", "msgstr", "msgstr[0]"..., and the set of flags."""
    for block in text.split("\n\n"):
        entry, key = {"flags": set()}, None
        for line in block.splitlines():
            if line.startswith("#,"):
                entry["flags"] |= {flag.strip() for flag in line[2:].split(",")}
            if line.startswith("#"):
                continue
            word = re.match(r'(msg\w+(?:\[\d\])?) (?=")', line)
            if word:
                key = word[1]
                line = line[word.end():]
                entry[key] = ""
            entry[key] += ast.literal_eval(line)
        if entry.get("msgid"):
            yield entry


def extract(srcdir):
    """All texts of the sources, as po/Makevars says that they are found."""
    with open(os.path.join(srcdir, "po/Makevars"), encoding="utf-8") as file:
        makevars = file.read().replace("\\\n", " ")
    options = shlex.split(re.search(r"^XGETTEXT_OPTIONS = (.*)$", makevars, re.M)[1])
    with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
        subprocess.run(["xgettext", "--force-po", "-o", pot.name, "-D", srcdir, "-f", os.path.join(srcdir, "po/POTFILES.in"), *options],
                       check=True, env={**os.environ, "GETTEXTDATADIRS": os.path.join(srcdir, "po")})
        with open(pot.name, encoding="utf-8") as file:
            return file.read()


def texts(entry):
    return [entry[key] for key in ("msgid", "msgid_plural") if key in entry]


def accent(text):
    """Every letter that is not kept is another one; wide letters stand at both ends of each line."""
    if text == text.upper():  # a heading
        return f"木{text.translate(LETTERS)}長い木"
    start = 0 if "|" in text else PREFIX.match(text).end()
    lines = []
    for number, line in enumerate(text[start:].split("\n")):
        core = line.strip(" ")
        if not re.search("[A-Za-z]", re.sub(KEPT, "", core)):
            lines.append(line)
            continue
        before, after = line[:len(line) - len(line.lstrip(" "))], line[len(line.rstrip(" ")):]
        pieces, at = [], 0
        for kept in KEPT.finditer(core):
            pieces += [core[at:kept.start()].translate(LETTERS), kept[0]]
            at = kept.end()
        shown = "".join(pieces) + core[at:].translate(LETTERS)
        # In a text of several lines they are as long as they are meant to be.
        lines.append(before + (shown if "\n" in text.strip("\n") else f"木{shown}長い木") + after)
    return text[:start] + "\n".join(lines)


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def pseudo(srcdir, out):
    po = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=n != 1;\\n"\n']
    for entry in parse(extract(srcdir)):
        lines = ["#, " + ", ".join(sorted(entry["flags"]))] if entry["flags"] else []
        lines += [f"{key} {quote(entry[key])}" for key in ("msgctxt", "msgid", "msgid_plural") if key in entry]
        words = [accent(text) for text in texts(entry)]
        lines += [f"msgstr {quote(words[0])}"] if len(words) == 1 else [f"msgstr[{i}] {quote(word)}" for i, word in enumerate(words)]
        po.append("\n".join(lines) + "\n")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    subprocess.run(["msgfmt", "--check-format", "-o", out, "-"], input="\n".join(po), text=True, check=True)


def flaws(entry):
    """What is wrong with the translations of an entry."""
    for number, text in ((0, entry.get("msgstr") or entry.get("msgstr[0]")), (1, entry.get("msgstr[1]"))):
        source = texts(entry)[min(number, len(texts(entry)) - 1)]
        if not text or "fuzzy" in entry["flags"]:
            continue
        text = re.sub(r"%\d+\$", "%", text)  # as where the order of values is another one
        # With a context, it is how the text is shown.
        prefix = "" if "msgctxt" in entry or "|" in source else PREFIX.match(source)[0]
        if not text.startswith(prefix):
            yield f"must begin with \"{prefix}\", which programs read"
        for quoted in QUOTED.findall(source):
            if quoted not in text:
                yield f"must have {quoted} as it is"
        if len(QUOTED_VALUE.findall(source)) != len(QUOTED_VALUE.findall(text)):
            yield "must have quotes around the same values"
        if source.count("|") != text.count("|") and re.search(r"\w\|\w|: \|", source):
            yield "must have as many alternatives"


def check(srcdir, *files):
    for name in files:
        with open(name, encoding="utf-8") as file:
            for entry in parse(file.read()):
                for flaw in flaws(entry):
                    print(f"{name}: the translation of \"{entry['msgid'][:60]}\" {flaw}")


def missing(srcdir, name):
    with open(name, encoding="utf-8") as file:
        known = {(entry.get("msgctxt"), entry["msgid"]) for entry in parse(file.read())
                 if (entry.get("msgstr") or entry.get("msgstr[0]")) and "fuzzy" not in entry["flags"]}
    for entry in parse(extract(srcdir)):
        if (entry.get("msgctxt"), entry["msgid"]) not in known:
            print(entry["msgid"])


if __name__ == "__main__":
    {"pseudo": pseudo, "check": check, "missing": missing}[sys.argv[1]](*sys.argv[2:])
