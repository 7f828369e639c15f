#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The unit tests of the Cockpit page's parts that need no browser.
exec node --test-reporter=tap "$TOP_BUILDDIR/cockpit/unit-tests.mjs"
