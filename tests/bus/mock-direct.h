/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-direct: firewalld's direct interface, runtime and permanent, as in firewalld 1.3.3 and 2.3.1. Owns the lists that
 * firewalld returns and drives the kernel model; must not know D-Bus. Errors read "CODE: text". */
#pragma once

#include "mock-iptables.h"
#include <gio/gio.h>

typedef struct MockDirect MockDirect;

/* MODERN: like firewalld >= 2.0, which flushes all iptables tables at the first runtime call while nothing is in force. */
MockDirect *mock_direct_new(MockIptables *kernel, gboolean modern);
void mock_direct_free(MockDirect *self);

gboolean mock_direct_add_chain(MockDirect *self, const char *ipv, const char *table, const char *chain, GError **error);
gboolean mock_direct_remove_chain(MockDirect *self, const char *ipv, const char *table, const char *chain, GError **error);
gboolean mock_direct_has_chain(MockDirect *self, const char *ipv, const char *table, const char *chain);
GVariant *mock_direct_chains(MockDirect *self); /* a(sss) */

gboolean mock_direct_add_rule(MockDirect *self, const char *ipv, const char *table, const char *chain, int priority,
                              const char *const *args, GError **error);
gboolean mock_direct_remove_rule(MockDirect *self, const char *ipv, const char *table, const char *chain, int priority,
                                 const char *const *args, GError **error);
gboolean mock_direct_has_rule(MockDirect *self, const char *ipv, const char *table, const char *chain, int priority,
                              const char *const *args);
GVariant *mock_direct_rules(MockDirect *self);                                                           /* a(sssias) */
GVariant *mock_direct_rules_of(MockDirect *self, const char *ipv, const char *table, const char *chain); /* a(ias) */

gboolean mock_direct_add_passthrough(MockDirect *self, const char *ipv, const char *const *args, GError **error);
GVariant *mock_direct_passthroughs(MockDirect *self); /* a(sas) */

/* The permanent configuration, "(a(sss)a(sssias)a(sas))". As in firewalld, nothing is checked. */
GVariant *mock_direct_permanent(MockDirect *self);
void mock_direct_set_permanent(MockDirect *self, GVariant *settings);

/* Makes the permanent configuration the runtime one in one transaction. The kernel is flushed as this release does it, and one
 * bad rule makes all fail. */
gboolean mock_direct_reload(MockDirect *self, GError **error);
