/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Zone: the docker zone and the interfaces in zones. */

#include "daemon/apply.h"

#include <glib/gi18n.h>
#include "daemon/bus.h"
#include "daemon/reconcile.h"
#include "daemon/prompt.h"
#include "daemon/reload.h"
#include "daemon/zone-file.h"
#include "daemon/zone-record.h"
#include "firewalld/network-manager.h"
#include "firewalld/zone.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/policy.h"
#include "world/zones.h"

#define DOCKER_BRIDGE "docker0"

static const char *zone_of_request(const Request *request) {
        return request->options.zone ? request->options.zone : ZONE_DOCKER;
}

static bool read_interface(Request *request, const char *const *options, GError **error) {
        const char *interface;
        if (sd_bus_message_read(request->call, "s", &interface) < 0 || !interface_name_check("interface", interface, error) ||
            !options_read(request->call, options, &request->options, error))
                return false;
        const char *zone = zone_of_request(request);
        for (const char *c = zone; *c; c++)
                if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_') {
                        g_autofree char *seen = quaywall_error_show(zone);
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("option zone: \"%s\" is not the name of a zone; see \"firewall-cmd --get-zones\""), seen);
                        return false;
                }
        request->name = g_strdup(interface);
        return true;
}

/* Also in the question about an interface that is put into the zone of Docker's bridges. */
static const char DOCKER_ZONE_MADE[] =
        N_(". The zone accepts everything; if it does not yet, this is changed permanently, and firewalld is "
           "reloaded, which discards other programs' runtime changes");

/* what: the sentence, which goes on with when. puts: an interface is put into a zone, which may have to be created. */
static char *question(const Request *request, const char *what, bool puts) {
        g_autofree char *when = prompt_when(&request->options, true);
        const bool makes = puts && g_str_equal(zone_of_request(request), ZONE_DOCKER);
        return g_strconcat(what, request->options.replace ? _(", out of the zone that it is in now") : "", when,
                           makes ? gettext(DOCKER_ZONE_MADE) : NULL, NULL);
}

bool zone_prepare_ensure(Request *request, GError **error) {
        static const char *const OPTIONS[] = { "scope", "replace", NULL };
        return options_read(request->call, OPTIONS, &request->options, error);
}

char *zone_question_ensure(const Request *request) {
        g_autofree char *what = g_strdup_printf(_("Put %s into firewalld's zone \"docker\""), DOCKER_BRIDGE);
        return question(request, what, true);
}

bool zone_prepare_add(Request *request, GError **error) {
        static const char *const OPTIONS[] = { "scope", "zone", "replace", NULL };
        return read_interface(request, OPTIONS, error);
}

char *zone_question_add(const Request *request) {
        g_autofree char *interface = prompt_text(request->name, LIMIT_INTERFACE * 8),
                        *what = g_strdup_printf(_("Put the interface %s into firewalld's zone \"%s\""), interface,
                                                zone_of_request(request));
        return question(request, what, true);
}

bool zone_prepare_remove(Request *request, GError **error) {
        static const char *const OPTIONS[] = { "scope", "zone", NULL };
        return read_interface(request, OPTIONS, error);
}

char *zone_question_remove(const Request *request) {
        g_autofree char *interface = prompt_text(request->name, LIMIT_INTERFACE * 8),
                        *what = g_strdup_printf(_("Take the interface %s out of firewalld's zone \"%s\""), interface,
                                                zone_of_request(request));
        return question(request, what, false);
}

/* Makes the zone "docker" match the shipped file, if it does not. */
static bool ensure_zone(World *world, Agenda *agenda, GError **error) {
        g_autoptr(ZoneFile) file = zone_file_read(world->settings->zone_file, error);
        bool changed;
        if (!file ||
            !zone_define(world->firewalld, ZONE_DOCKER, file->target, file->short_name, file->description, &changed, error))
                return false;
        g_auto(GStrv) now = zone_list_runtime(world->firewalld, error);
        if (!now)
                return false;
        /* firewalld has no runtime call for a zone or its target. */
        if (!changed && g_strv_contains((const char *const *) now, ZONE_DOCKER))
                return true;
        return reload_firewalld(world, agenda, error);
}

static bool zone_conflict(const char *interface, const char *zone, const char *wanted, bool now, GError **error) {
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_ZONE_CONFLICT,
                now ? _("interface: \"%s\" is now in the zone \"%s\", not \"%s\"; use the option \"replace\" to move it") :
                      _("interface: \"%s\" is permanently in the zone \"%s\", not \"%s\"; use the option \"replace\" to move it"),
                interface, zone, wanted);
        return false;
}

static bool check_zone_exists(const char *zone, GStrv zones, GError **error) {
        if (g_strv_contains((const char *const *) zones, zone))
                return true;
        g_autofree char *known = g_strjoinv(", ", zones);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    _("option zone: \"%s\" is not a zone of firewalld; there are %s"), zone, known);
        return false;
}

/* The zone "docker" accepts everything, so it is for Docker's bridges only. */
static bool check_is_docker(World *world, Agenda *agenda, const char *interface, GError **error) {
        if (zones_is_bridge(world, interface) || (apply_read_zone(world, agenda, NULL) && zones_is_bridge(world, interface)))
                return true;
        g_autofree char *known = g_strjoinv(", ", world->bridges);
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                _("interface: \"%s\" is no bridge of Docker's, and the zone \"docker\" lets everybody on it reach everything on this host; "
                  "Docker's are %s; \"firewall-cmd --get-zones\" lists other zones"),
                interface, known[0] ? known : _("none"));
        return false;
}

/* Checks everything that can be refused before the first change. */
static bool put_interface(Request *request, const char *interface, const char *zone, GError **error) {
        Firewalld *firewalld = request->daemon->world->firewalld;
        if (g_str_equal(zone, ZONE_DOCKER) &&
            !check_is_docker(request->daemon->world, request->daemon->reconciler.agenda, interface, error))
                return false;
        const Scope scope = request->options.scope;
        g_autofree char *now = zone_of_interface_runtime(firewalld, interface, error);
        g_autofree char *later = now ? zone_of_interface_permanent(firewalld, interface, error) : NULL;
        if (!later)
                return false;
        if (!request->options.replace) {
                if ((scope & SCOPE_RUNTIME) && now[0] && !g_str_equal(now, zone))
                        return zone_conflict(interface, now, zone, true, error);
                if ((scope & SCOPE_PERMANENT) && later[0] && !g_str_equal(later, zone))
                        return zone_conflict(interface, later, zone, false, error);
        }
        if (g_str_equal(zone, ZONE_DOCKER) && !ensure_zone(request->daemon->world, request->daemon->reconciler.agenda, error))
                return false;
        g_auto(GStrv) zones =
                scope & SCOPE_RUNTIME ? zone_list_runtime(firewalld, error) : zone_list_permanent(firewalld, error);
        if (!zones || !check_zone_exists(zone, zones, error))
                return false;

        if ((scope & SCOPE_RUNTIME) && !zone_put_runtime(firewalld, zone, interface, error))
                return false;
        if (!(scope & SCOPE_PERMANENT))
                return true;
        if (zone_put_permanent(firewalld, zone, interface, error)) {
                if (network_manager_set_zone(request->daemon->bus, interface, zone, NULL, error)) {
                        if (!g_str_equal(later, zone))
                                zone_record_note(request->daemon->settings, interface, g_str_equal(zone, ZONE_DOCKER));
                        return true;
                }
                (void) (later[0] ? zone_put_permanent(firewalld, later, interface, NULL) :
                                   zone_remove_permanent(firewalld, zone, interface, NULL));
        }
        if (!(scope & SCOPE_RUNTIME))
                return false;
        if (now[0])
                (void) zone_put_runtime(firewalld, now, interface, NULL);
        else
                (void) zone_remove_runtime(firewalld, zone, interface, NULL);
        return false;
}

static bool finish(Request *request, bool done, GError **error) {
        if (done)
                reconcile(&request->daemon->reconciler); /* Docker's bridges may have changed */
        return done && request_reply(request, request_new_reply(request), 0, error);
}

bool zone_ensure(Request *request, GError **error) {
        if (!request_lock(request, error))
                return false;
        /* With "bridge" in daemon.json, Docker has no docker0. */
        bool done = firewalld_refresh(request->daemon->world->firewalld, error) &&
                    (zones_is_bridge(request->daemon->world, DOCKER_BRIDGE) ?
                             put_interface(request, DOCKER_BRIDGE, ZONE_DOCKER, error) :
                             ensure_zone(request->daemon->world, request->daemon->reconciler.agenda, error));
        request_unlock(request);
        return finish(request, done, error);
}

bool zone_add_interface(Request *request, GError **error) {
        if (!request_lock(request, error))
                return false;
        bool done = firewalld_refresh(request->daemon->world->firewalld, error) &&
                    put_interface(request, request->name, zone_of_request(request), error);
        request_unlock(request);
        return finish(request, done, error);
}

static bool remove_interface(Request *request, GError **error) {
        Firewalld *firewalld = request->daemon->world->firewalld;
        const char *zone = zone_of_request(request);
        const Scope scope = request->options.scope;
        g_autofree char *now = zone_of_interface_runtime(firewalld, request->name, error);
        g_autofree char *later = now ? zone_of_interface_permanent(firewalld, request->name, error) : NULL;
        if (!later)
                return false;
        bool runtime = (scope & SCOPE_RUNTIME) && g_str_equal(now, zone);
        bool permanent = (scope & SCOPE_PERMANENT) && g_str_equal(later, zone);
        if (!runtime && !permanent) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_INTERFACE,
                            _("interface: \"%s\" is not in the zone \"%s\"; see \"quaywallctl zone show\""), request->name,
                            zone);
                return false;
        }
        if (runtime && !zone_remove_runtime(firewalld, zone, request->name, error))
                return false;
        if (!permanent)
                return true;
        if (zone_remove_permanent(firewalld, zone, request->name, error)) {
                if (network_manager_set_zone(request->daemon->bus, request->name, "", zone, error)) {
                        zone_record_note(request->daemon->settings, request->name, false);
                        return true;
                }
                (void) zone_put_permanent(firewalld, zone, request->name, NULL);
        }
        if (runtime)
                (void) zone_put_runtime(firewalld, zone, request->name, NULL);
        return false;
}

bool zone_remove_interface(Request *request, GError **error) {
        if (!request_lock(request, error))
                return false;
        bool done = firewalld_refresh(request->daemon->world->firewalld, error) && remove_interface(request, error);
        request_unlock(request);
        return finish(request, done, error);
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static void add_row(GHashTable *rows, const char *interface, const char *zone, Scope scope) {
        char *key = g_strdup_printf("%s %s", interface, zone);
        const Scope scopes = GPOINTER_TO_UINT(g_hash_table_lookup(rows, key)) | scope;
        g_hash_table_replace(rows, key, GUINT_TO_POINTER(scopes));
}

static bool collect(Firewalld *firewalld, GHashTable *rows, GError **error) {
        g_autoptr(GHashTable) active = zone_read_active(firewalld, error);
        g_auto(GStrv) zones = active ? zone_list_permanent(firewalld, error) : NULL;
        if (!zones)
                return false;
        GHashTableIter iter;
        gpointer interface, zone;
        g_hash_table_iter_init(&iter, active);
        while (g_hash_table_iter_next(&iter, &interface, &zone))
                add_row(rows, interface, zone, SCOPE_RUNTIME);
        for (char **name = zones; *name; name++) {
                g_auto(GStrv) interfaces = zone_interfaces_permanent(firewalld, *name, error);
                if (!interfaces)
                        return false;
                for (char **one = interfaces; *one; one++)
                        add_row(rows, *one, *name, SCOPE_PERMANENT);
        }
        return true;
}

bool zone_list_interfaces(Request *request, GError **error) {
        g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        if (!collect(request->daemon->world->firewalld, rows, error))
                return false;
        g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(rows), (GCompareFunc) g_strcmp0);
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "(ssbb)");
        for (GList *key = keys; r >= 0 && key; key = key->next) {
                const Scope scopes = GPOINTER_TO_UINT(g_hash_table_lookup(rows, key->data));
                g_auto(GStrv) words = g_strsplit(key->data, " ", 2);
                r = sd_bus_message_append(reply, "(ssbb)", words[0], words[1], (scopes & SCOPE_RUNTIME) != 0,
                                          (scopes & SCOPE_PERMANENT) != 0);
        }
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

static int get_string(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                      const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        const Daemon *daemon = userdata;
        const char *target = daemon->world->zone_target ? daemon->world->zone_target : "";
        return sd_bus_message_append(reply, "s", g_str_equal(property, "Name") ? ZONE_DOCKER : target);
}

static int get_strings(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        const Daemon *daemon = userdata;
        return sd_bus_message_append_strv(reply, g_str_equal(property, "Interfaces") ? daemon->world->zone_interfaces :
                                                                                       daemon->world->zone_permanent);
}

const sd_bus_vtable ZONE_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Target", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Interfaces", "as", get_strings, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("PermanentInterfaces", "as", get_strings, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_ARGS("Ensure", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("AddInterface", SD_BUS_ARGS("s", interface, "a{sv}", options), SD_BUS_NO_RESULT, request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RemoveInterface", SD_BUS_ARGS("s", interface, "a{sv}", options), SD_BUS_NO_RESULT,
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListInterfaces", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssbb)", interfaces), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};
