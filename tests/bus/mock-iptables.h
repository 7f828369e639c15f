/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-iptables: a model of the kernel's iptables tables. Takes the arguments that iptables takes and answers what iptables
 * 1.8.9 (nf_tables) prints. Owns chains and rules; must not know firewalld. */
#pragma once

#include <glib.h>

typedef struct MockIptables MockIptables;

MockIptables *mock_iptables_new(void);
void mock_iptables_free(MockIptables *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MockIptables, mock_iptables_free)

/* Copies the rules of both families, to undo a transaction: iptables-restore is all or nothing. */
MockIptables *mock_iptables_copy(MockIptables *self);
/* Takes the state of OTHER, and frees OTHER. */
void mock_iptables_assign(MockIptables *self, MockIptables *other);

/* Runs iptables. FAMILY is "ipv4" or "ipv6". Returns in OUT what iptables prints; on failure ERROR (domain G_IO_ERROR) is what
 * it writes to stderr. */
gboolean mock_iptables_run(MockIptables *self, const char *family, const char *const *argv, char **out, GError **error);

/* iptables -F and -X, and all policies back to ACCEPT, in every table of both families. */
void mock_iptables_flush(MockIptables *self);

gboolean mock_iptables_has_chain(MockIptables *self, const char *family, const char *table, const char *chain);

/* Sets the counters of the rules of CHAIN in the filter table whose text contains NEEDLE; returns their number. */
guint mock_iptables_count(MockIptables *self, const char *family, const char *chain, const char *needle, guint64 packets,
                          guint64 bytes);
