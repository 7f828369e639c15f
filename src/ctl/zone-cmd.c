/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-cmd.h"

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/text.h"

typedef struct ZoneOptions {
        char *zone;
        gboolean replace;
} ZoneOptions;

static void zone_options_clear(ZoneOptions *options) {
        g_clear_pointer(&options->zone, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ZoneOptions, zone_options_clear)

/* The rows of ListInterfaces that are in this zone; zone: NULL for all. Unref. */
static GVariant *zone_filter(GVariant *interfaces, const char *zone) {
        GVariantBuilder rows = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ssbb)"));
        GVariantIter iter;
        GVariant *row;

        g_variant_iter_init(&iter, interfaces);
        while (g_variant_iter_loop(&iter, "@(ssbb)", &row)) {
                const char *row_zone;

                g_variant_get_child(row, 1, "&s", &row_zone);
                if (!zone || g_str_equal(zone, row_zone))
                        g_variant_builder_add_value(&rows, row);
        }
        return g_variant_ref_sink(g_variant_builder_end(&rows));
}

static bool zone_show(Ctl *ctl, const ZoneOptions *options, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallZone *proxy = client_zone(client, error);
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Zone", error);
        g_autoptr(GVariant) all = NULL;
        const char *name = "", *target = "";

        if (!proxy || !properties || !quaywall_zone_call_list_interfaces_sync(proxy, CLIENT_CALL(client), &all, NULL, error))
                return false;
        g_variant_lookup(properties, "Name", "&s", &name);
        g_variant_lookup(properties, "Target", "&s", &target);
        g_autoptr(GVariant) rows = zone_filter(all, options->zone);

        if (ctl->json) {
                GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

                g_variant_builder_add(&answer, "{sv}", "name", g_variant_new_string(name));
                g_variant_builder_add(&answer, "{sv}", "target", g_variant_new_string(target));
                g_variant_builder_add(&answer, "{sv}", "interfaces", json_out_interfaces(rows));
                return ctl_print_json(g_variant_builder_end(&answer), error);
        }

        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ _("INTERFACE"), _("ZONE"), _("NOW"), _("PERMANENT"), NULL });
        const char *interface, *zone;
        gboolean runtime, permanent;
        GVariantIter iter;

        g_variant_iter_init(&iter, rows);
        while (g_variant_iter_loop(&iter, "(&s&sbb)", &interface, &zone, &runtime, &permanent))
                text_table_add(table, (const char *const[]){ interface, zone, runtime ? _("yes") : _("no"),
                                                             permanent ? _("yes") : _("no"), NULL });
        g_autofree char *name_shown = text_printable(name), *target_shown = text_printable(target);
        g_autofree char *above =
                *target ? g_strdup_printf(_("Zone %s has target %s\n\n"), name_shown, target_shown) :
                          g_strdup_printf(_("There is no zone %s ('quaywallctl zone ensure' makes it)\n\n"), name_shown);
        return ctl_print_table(ctl, table, above, "", error);
}

static bool zone_change(Ctl *ctl, const char *verb, const char *interface, const ZoneOptions *options, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallZone *proxy = client_zone(client, error);
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(NULL);

        if (!proxy)
                return false;
        ctl_add_scope(ctl, &dict);
        if (options->zone)
                g_variant_dict_insert(&dict, "zone", "s", options->zone);
        if (options->replace)
                g_variant_dict_insert(&dict, "replace", "b", TRUE);
        if (g_str_equal(verb, "ensure"))
                return quaywall_zone_call_ensure_sync(proxy, g_variant_dict_end(&dict), CLIENT_CALL(client), NULL, error);
        if (g_str_equal(verb, "add"))
                return quaywall_zone_call_add_interface_sync(proxy, interface, g_variant_dict_end(&dict), CLIENT_CALL(client),
                                                             NULL, error);
        return quaywall_zone_call_remove_interface_sync(proxy, interface, g_variant_dict_end(&dict), CLIENT_CALL(client), NULL,
                                                        error);
}

static const CtlVerb zone_verbs[] = {
        { .name = "show",
          .summary = N_("Interfaces and their zones, now and permanently"),
          .options = "zone",
          .list = CTL_LIST_NAMES,
          .examples = "quaywallctl zone show\n"
                      "quaywallctl zone show --zone trusted" },
        { .name = "ensure",
          .summary = N_("Make firewalld's docker zone as it should be, with docker0 in it"),
          .options = "replace",
          .scope = true,
          .examples = "quaywallctl zone ensure" },
        { .name = "add",
          .words = "IF",
          .summary = N_("Put an interface into a zone"),
          .details = N_("An interface that is in another zone stays there, and that is an error, unless --replace is given."),
          .options = "zone replace",
          .scope = true,
          .examples = "quaywallctl zone add docker0 --replace\n"
                      "quaywallctl zone add br-backend" },
        { .name = "remove",
          .words = "IF",
          .summary = N_("Take an interface out of a zone"),
          .options = "zone",
          .scope = true,
          .examples = "quaywallctl zone remove br-backend" },
        { .name = NULL },
};

bool zone_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(ZoneOptions) options = { 0 };
        const GOptionEntry entries[] = { { "zone", 0, 0, G_OPTION_ARG_FILENAME, &options.zone,
                                           _("The firewalld zone (default docker; show: only this one)"), "ZONE" },
                                         { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
                                           _("add, ensure: take the interface out of the zone it is in"), NULL },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "zone [VERB]",
                .summary = _("firewalld's zone for Docker's interfaces."),
                .verbs = zone_verbs,
                .entries = entries,
                .scope = true,
                .list = CTL_LIST_NAMES,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return false;
        return g_str_equal(argv[1], "show") ? zone_show(ctl, &options, error) :
                                              zone_change(ctl, argv[1], argv[2], &options, error);
}
