#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reports paragraphs of a translated man page that have lost or altered what is not to be translated: commands, options, names of files
and of D-Bus, examples. It is what the page sets in bold or italics, in its macros, or as it is."""
import ast
import collections
import re
import sys

# as po4a writes it: E<.Fl \-json>, B<reload>, I<FILE>
MARKUP = re.compile(r'E<\.(?P<macro>(?:[^<>]|E<[gl]t>)*)>|(?P<font>[BI])<(?P<text>(?:[^<>]|E<[gl]t>)*)>')
# These hold words of the language: brackets and quotation marks, and headings and emphasised words of several letters.
WORDS = re.compile(r'(Pq|Po|Pc|Dq|Op|Sx)\b')
PLAIN = re.compile(r'[A-Z ]{6,}|covers|empty file|automatic|on request|manual')


def messages(path):
    """(original, translation) of all messages but the header and fuzzy or obsolete ones."""
    for entry in open(path, encoding='utf-8').read().split('\n\n'):
        lines = [line for line in entry.split('\n') if line and not line.startswith('#~')]
        if any(line.startswith('#,') and 'fuzzy' in line for line in lines):
            continue
        texts = {}
        for line in lines:
            if line.startswith(('msgid ', 'msgstr ')):
                key, line = line.split(' ', 1)
                texts[key] = ''
            if line.startswith('"'):
                texts[key] += ast.literal_eval(line)
        if texts.get('msgid') and texts.get('msgstr'):
            yield texts['msgid'], texts['msgstr']


def kept(text):
    """What the translation has to keep, and how often."""
    found = collections.Counter()
    for match in MARKUP.finditer(text):
        if match['font'] and not PLAIN.fullmatch(match['text']):
            found[match[0]] += 1
        elif match['macro'] and not WORDS.match(match['macro']):
            found[match[0]] += 1
    return found


failed = False
count = 0
for original, translation in messages(sys.argv[1]):
    count += 1
    example = original.startswith('E<lt>') and '\n' in original
    if example and original != translation:
        print(f'an example is changed: {original!r}')
        failed = True
    lost = kept(original) - kept(translation)
    if lost:
        print(f'{original[:60]!r}... has lost {", ".join(lost)}')
        failed = True
if count < 100:
    print(f'only {count} messages are found in {sys.argv[1]}')
    failed = True
sys.exit(failed)
