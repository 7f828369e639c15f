/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-cmd.h"

#include "json-out.h"
#include "text.h"

typedef struct ZoneOptions {
        char *zone;
        gboolean replace;
} ZoneOptions;

static void zone_options_clear(ZoneOptions *options) {
        g_clear_pointer(&options->zone, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ZoneOptions, zone_options_clear)

/* The rows of ListInterfaces that are in this zone, all for NULL. */
static GVariant *zone_filter(GVariant *interfaces, const char *zone) {
        GVariantBuilder rows = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ssbb)"));
        GVariantIter iter;
        GVariant *row;

        g_variant_iter_init(&iter, interfaces);
        while (g_variant_iter_loop(&iter, "@(ssbb)", &row)) {
                const char *row_zone;

                g_variant_get_child(row, 1, "&s", &row_zone);
                if (zone == NULL || g_str_equal(zone, row_zone))
                        g_variant_builder_add_value(&rows, row);
        }
        return g_variant_ref_sink(g_variant_builder_end(&rows));
}

static gboolean zone_show(Ctl *ctl, const ZoneOptions *options, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallZone *proxy = client != NULL ? client_zone(client, error) : NULL;
        g_autoptr(GVariant) properties =
                proxy != NULL ? client_get_properties(client, CLIENT_SERVICE ".Zone", error) : NULL;
        g_autoptr(GVariant) all = NULL;
        const char *name = "", *target = "";

        if (properties == NULL ||
            !quaywall_zone_call_list_interfaces_sync(proxy, CLIENT_CALL(client), &all, NULL, error))
                return FALSE;
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
                text_table_new((const char *const[]){ "INTERFACE", "ZONE", "NOW", "PERMANENT", NULL });
        const char *interface, *zone;
        gboolean runtime, permanent;
        GVariantIter iter;

        g_variant_iter_init(&iter, rows);
        while (g_variant_iter_loop(&iter, "(&s&sbb)", &interface, &zone, &runtime, &permanent))
                text_table_add(table, (const char *const[]){ interface, zone, runtime ? "yes" : "no",
                                                             permanent ? "yes" : "no", NULL });
        g_autofree char *lines = text_table_format(table, ctl_use_colour());
        g_autofree char *name_shown = text_printable(name), *target_shown = text_printable(target);
        g_autofree char *text =
                *target != '\0' ? g_strdup_printf("Zone %s has target %s\n\n%s", name_shown, target_shown, lines)
                                : g_strdup_printf("There is no zone %s ('quaywallctl zone ensure' makes it)\n\n%s",
                                                  name_shown, lines);
        return ctl_print(text, error);
}

gboolean zone_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        g_auto(ZoneOptions) options = { 0 };
        const GOptionEntry entries[] = { { "zone", 0, 0, G_OPTION_ARG_FILENAME, &options.zone,
                                           "The firewalld zone (default docker; show: only this one)", "ZONE" },
                                         { "replace", 0, 0, G_OPTION_ARG_NONE, &options.replace,
                                           "add, ensure: take the interface out of the zone it is in", NULL },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "zone [show|ensure|add IF|remove IF]",
                .summary = "show          Interfaces and their zones, now and permanently (the default)\n"
                           "  ensure        Make firewalld's docker zone as it should be, with docker0 in it\n"
                           "  add IF        Put an interface into a zone\n"
                           "  remove IF     Take an interface out of a zone",
                .entries = entries,
                .scope = TRUE,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return FALSE;
        const char *verb = argv[1] != NULL ? argv[1] : "show";
        const gboolean add = g_str_equal(verb, "add");
        const gboolean remove = g_str_equal(verb, "remove");
        const gboolean ensure = g_str_equal(verb, "ensure");
        const gboolean show = g_str_equal(verb, "show");
        const char *interface = argv[1] != NULL ? argv[2] : NULL;

        if (!add && !remove && !ensure && !show)
                return ctl_usage_error(error, "unknown command 'zone %s'", verb);
        if ((add || remove) && interface == NULL)
                return ctl_usage_error(error, "zone %s: the interface is missing", verb);
        if (interface != NULL && (!(add || remove) || argv[3] != NULL))
                return ctl_usage_error(error, "unexpected word '%s'", add || remove ? argv[3] : interface);
        if (show && (ctl->runtime || ctl->permanent))
                return ctl_usage_error(error, "'zone show' takes neither --runtime nor --permanent: it shows both");
        if (options.replace && !add && !ensure)
                return ctl_usage_error(error, "'zone %s' does not take --replace", verb);
        if (options.zone != NULL && ensure)
                return ctl_usage_error(error, "'zone ensure' does not take --zone");
        if (show)
                return zone_show(ctl, &options, error);

        Client *client = ctl_connect(ctl, error);
        QuaywallZone *proxy = client != NULL ? client_zone(client, error) : NULL;
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(NULL);

        if (proxy == NULL)
                return FALSE;
        ctl_add_scope(ctl, &dict);
        if (options.zone != NULL)
                g_variant_dict_insert(&dict, "zone", "s", options.zone);
        if (options.replace)
                g_variant_dict_insert(&dict, "replace", "b", TRUE);
        if (ensure)
                return quaywall_zone_call_ensure_sync(proxy, g_variant_dict_end(&dict), CLIENT_CALL(client), NULL,
                                                      error);
        if (add)
                return quaywall_zone_call_add_interface_sync(proxy, interface, g_variant_dict_end(&dict),
                                                             CLIENT_CALL(client), NULL, error);
        return quaywall_zone_call_remove_interface_sync(proxy, interface, g_variant_dict_end(&dict),
                                                        CLIENT_CALL(client), NULL, error);
}
