/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the policies that containers carry in labels, so that a compose file says who may come in. They only restrict: see
 * compile/rule.h. Must not know whether they are wanted. */

#include "facts.h"
#include "ipsets.h"

/* Why a container is closed to everybody. */
typedef struct LabelFlaw {
        char *container; /* its name; "": all those beyond LIMIT_CARRIED policies, or LIMIT_ADDRESSES_ALL sources */
        char *label;     /* the key; "": several */
        char *sentence;  /* begins with the label */
        bool is_open;    /* it has the host's network, where nothing can close it */
} LabelFlaw;

/* Adds these policies to the set, whose groups they may name. ipsets: whose entries are sources; NULL: none is known. flaws: gets what is wrong with labels
 * (LabelFlaw *); NULL: nobody asks. */
void labels_add(PolicySet *set, DockerFacts *facts, Ipsets *ipsets, GPtrArray *flaws);

/* An empty list of flaws. */
GPtrArray *labels_flaws_new(void);
