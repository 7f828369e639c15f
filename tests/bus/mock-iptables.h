/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-iptables: a model of the kernel's iptables tables, driven by the argument vectors that iptables takes and
 * answering with what iptables 1.8.9 (nf_tables) prints. It owns chains and rules; it knows nothing of firewalld. */
#pragma once

#include <glib.h>

typedef struct MockIptables MockIptables;

MockIptables *mock_iptables_new(void);
void mock_iptables_free(MockIptables *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MockIptables, mock_iptables_free)

/* Copies the rules of both families, so that a transaction can be undone: iptables-restore is all or nothing. */
MockIptables *mock_iptables_copy(MockIptables *self);
/* Takes over the state of OTHER, which is freed. */
void mock_iptables_assign(MockIptables *self, MockIptables *other);

/* One call of iptables. FAMILY is "ipv4" or "ipv6". On success OUT is what it prints; otherwise the message that it
 * writes to stderr is set as ERROR, domain G_IO_ERROR. */
gboolean mock_iptables_run(MockIptables *self, const char *family, const char *const *argv, char **out, GError **error);

/* iptables -F, -X and policies back to ACCEPT, in every table of both families. */
void mock_iptables_flush(MockIptables *self);

gboolean mock_iptables_has_chain(MockIptables *self, const char *family, const char *table, const char *chain);

/* Sets the counters of every rule of CHAIN in the filter table whose text contains NEEDLE; returns how many. */
guint mock_iptables_count(MockIptables *self, const char *family, const char *chain, const char *needle, guint64 packets,
                          guint64 bytes);
