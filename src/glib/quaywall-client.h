/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way to quaywalld: one object that has a proxy of each of its interfaces, or an error why there is none. */

#include <gio/gio.h>

#include <quaywall-generated.h>

G_BEGIN_DECLS

#define QUAYWALL_TYPE_CLIENT (quaywall_client_get_type())
G_DECLARE_FINAL_TYPE(QuaywallClient, quaywall_client, QUAYWALL, CLIENT, GObject)

void quaywall_client_new(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
QuaywallClient *quaywall_client_new_finish(GAsyncResult *result, GError **error);
QuaywallClient *quaywall_client_new_sync(GCancellable *cancellable, GError **error);

QuaywallManager *quaywall_client_get_manager(QuaywallClient *client);
QuaywallZone *quaywall_client_get_zone(QuaywallClient *client);
QuaywallPolicies *quaywall_client_get_policies(QuaywallClient *client);
QuaywallGroups *quaywall_client_get_groups(QuaywallClient *client);
QuaywallDirect *quaywall_client_get_direct(QuaywallClient *client);
QuaywallEngine *quaywall_client_get_engine(QuaywallClient *client);

G_END_DECLS
