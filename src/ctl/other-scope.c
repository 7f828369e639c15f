/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "other-scope.h"

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/policy-diff.h"

GVariant *other_scope_read(Ctl *ctl, const char *interface) {
        const bool permanent = !ctl_reads_permanent(ctl);
        g_autofree char *full = g_strconcat(CLIENT_SERVICE ".", interface, NULL);
        g_autoptr(GVariant) properties = client_get_properties(ctl->client, full, NULL);
        g_autofree const char **changes = NULL;

        if (!properties || !g_variant_lookup(properties, "RuntimeChanges", "^a&s", &changes) || !changes[0])
                return NULL;
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                client_connection(ctl->client), CLIENT_SERVICE, CLIENT_PATH, full, permanent ? "ListPermanent" : "List", NULL,
                G_VARIANT_TYPE("(a{sa{sv}})"), CLIENT_CALL_SILENT(ctl->client), NULL, NULL);
        return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

char *other_scope_mark(const Ctl *ctl, const char *name, GVariant *item, GVariant *others) {
        g_autoptr(GVariant) other = others ? g_variant_lookup_value(others, name, G_VARIANT_TYPE_VARDICT) : NULL;
        const bool permanent = ctl_reads_permanent(ctl);

        return g_strdup(!others || (other && g_variant_equal(item, other)) ? "" :
                        !other    ? (permanent ? _("permanent only") : _("runtime only")) :
                        permanent ? _("runtime differs") :
                                    _("permanent differs"));
}

char *other_scope_list(const Ctl *ctl, GVariant *all, GVariant *others) {
        g_auto(GStrv) names = others ? json_out_natural_keys(others) : g_new0(char *, 1);
        g_autoptr(GPtrArray) elsewhere = g_ptr_array_new();
        g_autoptr(GString) text = g_string_new(NULL);

        for (GStrv name = names; *name; name++) {
                g_autoptr(GVariant) item = g_variant_lookup_value(all, *name, G_VARIANT_TYPE_VARDICT);

                if (!item)
                        g_ptr_array_add(elsewhere, *name);
        }
        if (elsewhere->len == 0)
                return g_strdup("");
        g_ptr_array_add(elsewhere, NULL);
        g_autofree char *list = text_list((const char *const *) elsewhere->pdata, 0);
        g_autofree char *line =
                g_strdup_printf(ctl_reads_permanent(ctl) ? _("Runtime only, until the next reload or boot: %s") :
                                                           _("Permanent only, from the next reload or boot on: %s"),
                                list);
        g_autofree char *shown = text_printable(line);
        g_string_append_c(text, '\n');
        text_append_folded(text, shown, 0, 4, ctl_width());
        g_string_append_c(text, '\n');
        return g_string_free(g_steal_pointer(&text), FALSE);
}

char *other_scope_difference(const Ctl *ctl, const char *name, GVariant *item, GVariant *others) {
        g_autoptr(GVariant) other = others ? g_variant_lookup_value(others, name, G_VARIANT_TYPE_VARDICT) : NULL;

        if (!others || (other && g_variant_equal(item, other)))
                return NULL;
        if (!other)
                return g_strdup(ctl_reads_permanent(ctl) ? _("there is none, until the next reload or boot") :
                                                           _("there is none: it is gone after the next reload or boot"));
        g_autofree char *difference = policy_diff(NULL, item, other);
        return g_strdup_printf(_("differs: %s"), difference);
}
