#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Cockpit page's translations have all of its texts.
. "$TOP_SRCDIR/tests/lint/tap.sh"
needs xgettext msgmerge msgattrib msgfmt diff
check "the Cockpit page's translations are complete; cockpit/po/update renews them" cockpit/po/update --check
finish
