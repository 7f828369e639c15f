/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose.h"

void diagnosis_again(Diagnosis *d, gint64 when) {
        if (when != 0)
                d->again = d->again == 0 ? when : MIN(d->again, when);
}
