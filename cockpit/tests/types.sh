#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page's sources have no error of types; the build does not look at them.
. "$TOP_SRCDIR/tests/lint/tap.sh"
types() { cd "$TOP_SRCDIR/cockpit" && node_modules/.bin/tsc --noEmit; }
check "the Cockpit page's types are right" types
finish
