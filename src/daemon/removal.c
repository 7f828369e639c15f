/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "removal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "daemon/apply.h"
#include "daemon/reload.h"
#include "daemon/zone-record.h"
#include "firewalld/direct.h"
#include "firewalld/forward.h"
#include "firewalld/leftovers.h"
#include "firewalld/network-manager.h"
#include "firewalld/zone.h"
#include "guard/cut-table.h"
#include "guard/tables.h"
#include "model/durable.h"
#include "model/error.h"
#include "model/store.h"
#include "world/setup.h"

#define SERVICE "org.quaywall1"

typedef struct Removal {
        const Settings *settings;
        sd_event *event;
        sd_bus *bus;
        Firewalld *firewalld; /* for what is checked before there is a world */
        World *world;
        Agenda *agenda;
        FiberMutex mutex;
        bool only_check;
        bool had_table[2], had_runtime, had_state; /* at the start: what is done here may make them anew */
        GPtrArray *removed, *left;                 /* char *, for the report */
} Removal;

static void note(GPtrArray *list, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note(GPtrArray *list, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_ptr_array_add(list, g_strdup_vprintf(format, args));
        va_end(args);
}

static bool refuse(GError **error, const char *why) {
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, why);
        return false;
}

/* --- before ----------------------------------------------------------------------------------------------------------- */

static bool check_nobody_serves(const Removal *r, GError **error) {
        g_autoptr(SdBusMessage) question = NULL;
        int there = false,
            failure = sd_bus_message_new_method_call(r->bus, &question, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                                     "org.freedesktop.DBus", "NameHasOwner");
        if (failure >= 0)
                failure = sd_bus_message_append(question, "s", SERVICE);
        g_autoptr(SdBusMessage) reply = failure < 0 ? NULL : fiber_call(r->bus, question, 0, &failure);
        if (!reply || sd_bus_message_read(reply, "b", &there) < 0)
                return refuse(error, _("the bus does not say whether quaywalld is running"));
        return !there || refuse(error, _("quaywalld is running and would put all of it back; stop it first, as \"quaywallctl "
                                         "uninstall-rules\" does"));
}

/* The files of its policies would stay as if it had been confirmed. */
static bool check_nothing_pending(const Settings *settings, GError **error) {
        g_autofree char *folder = g_build_filename(settings->state_folder, "pending", NULL);
        return !g_file_test(folder, G_FILE_TEST_EXISTS) ||
               refuse(error,
                      _("a change waits to be confirmed, and its policies are in the files; confirm it or roll it back first"));
}

/* --- nftables --------------------------------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        void (*remove)(void);
} TABLES[] = { { GUARD_TABLE, guard_remove }, { CUT_TABLE, cut_table_remove } };

static void look_for_tables(Removal *r) {
        for (gsize i = 0; i < G_N_ELEMENTS(TABLES); i++)
                r->had_table[i] = tables_have("inet", TABLES[i].name);
}

static void remove_tables(Removal *r) {
        for (gsize i = 0; i < G_N_ELEMENTS(TABLES); i++) {
                TABLES[i].remove();
                if (tables_have("inet", TABLES[i].name))
                        note(r->left, _("nftables table inet %s, which cannot be removed"), TABLES[i].name);
                else if (r->had_table[i])
                        note(r->removed, _("nftables table inet %s"), TABLES[i].name);
        }
}

/* --- firewalld -------------------------------------------------------------------------------------------------------- */

static guint count_ours(const DirectConfig *config) {
        guint count = 0;
        for (guint i = 0; i < config->rules->len; i++)
                count += direct_entry_is_ours(config->rules->pdata[i]);
        return count;
}

static guint count_others(const DirectConfig *config) {
        guint count = 0;
        Family family;
        for (guint i = 0; i < config->rules->len; i++) {
                const DirectEntry *entry = config->rules->pdata[i];
                count += direct_entry_is_filter(entry, &family) && g_str_equal(entry->chain, CHAIN_DOCKER_USER) &&
                         !direct_entry_is_ours(entry);
        }
        return count;
}

/* The direct rules and the policies for forwards: as if the last policy was removed. */
static bool remove_rules(Removal *r, GError **error) {
        Firewalld *firewalld = r->world->firewalld;
        g_autoptr(PolicySet) none = policy_set_new();
        g_autoptr(Desired) desired = apply_desire(r->world, none, none);
        g_autoptr(DirectConfig) now = direct_read_runtime(firewalld, error);
        g_autoptr(DirectConfig) later = now ? direct_read_permanent(firewalld, error) : NULL;
        bool forwards;
        if (!later || !forward_is_there(firewalld, &forwards, error))
                return false;
        InForce in_force = { 0 };
        ApplyResult result;
        const bool done = apply_in_force(&in_force, r->world, r->agenda, desired, none, APPLY_FORWARDS, &result, error);
        in_force_clear(&in_force);
        if (!done)
                return false;
        if (count_ours(now) > 0 || count_ours(later) > 0)
                note(r->removed, _("quaywall's direct rules (now %u, permanently %u) and their chains"), count_ours(now),
                     count_ours(later));
        if (forwards)
                note(r->removed, _("firewalld's policies and ipsets for forwards"));
        if (count_others(later) > 0)
                note(r->left, _("direct rules of no policy: %u (firewall-cmd --direct --get-all-rules)"), count_others(later));
        return true;
}

/* Where it is now it stays: Docker's bridges are in that zone without quaywall, too, put there by Docker. */
static bool remove_interface(Removal *r, const char *interface, GError **error) {
        Firewalld *firewalld = r->world->firewalld;
        g_autofree char *zone = zone_of_interface_permanent(firewalld, interface, error);
        if (!zone)
                return false;
        if (!g_str_equal(zone, ZONE_DOCKER))
                return true;
        if (!zone_remove_permanent(firewalld, ZONE_DOCKER, interface, error) ||
            !network_manager_set_zone(r->bus, interface, "", ZONE_DOCKER, error))
                return false;
        note(r->removed, _("%s from firewalld's permanent zone \"docker\""), interface);
        return true;
}

static bool remove_interfaces(Removal *r, const char *const *interfaces, GError **error) {
        for (; *interfaces; interfaces++)
                if (!remove_interface(r, *interfaces, error))
                        return false;
        g_autofree char *target = NULL;
        g_auto(GStrv) others = NULL;
        if (!zone_read_permanent(r->world->firewalld, ZONE_DOCKER, &target, &others, error))
                return false;
        g_autofree char *names = g_strjoinv(", ", others);
        if (target[0])
                note(r->left,
                     names[0] ? _("firewalld's zone \"docker\", which Docker makes, too, with %s") :
                                _("firewalld's zone \"docker\", which Docker makes, too%s"),
                     names);
        return true;
}

/* firewalld has no call that removes an ipset or a policy from what is in force, and keeps a chain that others jump to. */
static bool reload_if_needed(Removal *r, GError **error) {
        g_autoptr(DirectConfig) now = direct_read_runtime(r->world->firewalld, error);
        g_autoptr(DirectConfig) later = now ? direct_read_permanent(r->world->firewalld, error) : NULL;
        bool forwards = false, chains = false;
        if (!later || !forward_is_there(r->world->firewalld, &forwards, error))
                return false;
        ITERATE_FAMILIES (family)
                chains |= direct_config_has_chain(now, family, CHAIN_DOCKER_USER) &&
                          !direct_config_has_chain(later, family, CHAIN_DOCKER_USER);
        if (!forwards && !chains)
                return true;
        if (!reload_firewalld(r->world, r->agenda, error))
                return false;
        note(r->removed, _("what firewalld keeps until it is reloaded: it was reloaded"));
        return true;
}

/* firewalld is not asked to start: its administrator may have stopped it. */
static bool check_not_needed(const char *const *interfaces, GError **error) {
        if (leftovers_hold_rules())
                return refuse(
                        error,
                        _("firewalld is not running, and its permanent configuration has quaywall's rules; start firewalld "
                          "and do this once more"));
        return !leftovers_hold_interfaces(interfaces) ||
               refuse(error,
                      _("firewalld is not running, and its permanent zone \"docker\" has interfaces that quaywall put there; start "
                        "firewalld and do this once more"));
}

static bool check_firewalld(Firewalld *firewalld, const char *const *interfaces, bool *ret_runs, GError **error) {
        firewalld_settle_owner(firewalld);
        *ret_runs = firewalld->owner;
        if (!*ret_runs)
                return check_not_needed(interfaces, error);
        return firewalld_refresh(firewalld, error) && direct_may_write(firewalld, error);
}

static bool clean_firewalld(Removal *r, const char *const *interfaces, GError **error) {
        bool runs;
        if (!check_firewalld(r->world->firewalld, interfaces, &runs, error))
                return false;
        if (!runs)
                return true;
        if (!remove_rules(r, error) || !remove_interfaces(r, interfaces, error) || !reload_if_needed(r, error))
                return false;
        g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_free), left = g_ptr_array_new_with_free_func(g_free);
        leftovers_remove(interfaces, removed, left);
        for (guint i = 0; i < removed->len; i++)
                note(r->removed, "%s", (char *) removed->pdata[i]);
        for (guint i = 0; i < left->len; i++)
                note(r->left, _("%s, which cannot be removed"), (char *) left->pdata[i]);
        return true;
}

/* --- folders ---------------------------------------------------------------------------------------------------------- */

/* Another folder that quaywalld.conf names may hold what others put there. */
static bool remove_folder(Removal *r, const char *folder, bool had, GError **error) {
        g_autofree char *name = g_path_get_basename(folder);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
                return true;
        if (!g_str_equal(name, "quaywall")) {
                note(r->left, _("the folder %s, which quaywalld.conf names"), folder);
                return true;
        }
        if (!durable_remove_tree(folder, error))
                return false;
        if (had)
                note(r->removed, "%s", folder);
        return true;
}

/* --- all of it -------------------------------------------------------------------------------------------------------- */

static void ignore_change(G_GNUC_UNUSED WorldChange what, G_GNUC_UNUSED gpointer userdata) {
}

/* What is refused is refused here, before the first change. */
static bool check_all(Removal *r, const char *const *interfaces, GError **error) {
        bool runs;
        return check_nothing_pending(r->settings, error) && check_firewalld(r->firewalld, interfaces, &runs, error);
}

/* Not before: it writes to quaywalld's folders. */
static void make_world(Removal *r) {
        r->world = world_new(r->event, r->bus, r->settings, &r->mutex, ignore_change, NULL);
        /* As if there was none: what is done with firewalld would make it anew, without policies, and may fail after that. */
        g_clear_pointer(&r->world->guard, guard_free);
}

/* The tables go when firewalld's part is done: until then the guard keeps shut what the policies shut. The folders go last: they
 * say what there is to remove, should it be tried again. */
static bool remove_all(Removal *r, const char *const *interfaces, GError **error) {
        if (!check_nobody_serves(r, error) || !check_all(r, interfaces, error))
                return false;
        look_for_tables(r);
        make_world(r);
        if (!clean_firewalld(r, interfaces, error))
                return false;
        remove_tables(r);
        return remove_folder(r, r->settings->runtime_folder, r->had_runtime, error) &&
               remove_folder(r, r->settings->state_folder, r->had_state, error);
}

static void report(const Removal *r) {
        g_autoptr(GPtrArray) policies = store_list(r->settings->policy_folder), groups = store_list(r->settings->group_folder);
        for (guint i = 0; i < r->removed->len; i++)
                printf(_("removed  %s\n"), (char *) r->removed->pdata[i]);
        if (policies->len > 0)
                printf(ngettext("kept     %u policy file in %s\n", "kept     %u policy files in %s\n", policies->len),
                       policies->len, r->settings->policy_folder);
        if (groups->len > 0)
                printf(ngettext("kept     %u file of a group in %s\n", "kept     %u files of groups in %s\n", groups->len),
                       groups->len, r->settings->group_folder);
        for (guint i = 0; i < r->left->len; i++)
                printf(_("left     %s\n"), (char *) r->left->pdata[i]);
        (void) fflush(stdout);
}

static void remove_main(gpointer userdata) {
        Removal *r = userdata;
        g_autoptr(GError) error = NULL;
        /* Read before its folder goes. */
        g_auto(GStrv) list = zone_record_list(r->settings);
        const char *const *interfaces = (const char *const *) list;
        const bool done = r->only_check ? check_all(r, interfaces, &error) : remove_all(r, interfaces, &error);
        if (!r->only_check)
                report(r);
        if (!done)
                fprintf(stderr, _("quaywalld: %s\n"), error->message);
        (void) sd_event_exit(r->event, done ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void ignore_event(G_GNUC_UNUSED FirewalldEvent event, G_GNUC_UNUSED gpointer userdata) {
}

static void ignore_due(G_GNUC_UNUSED AgendaReason reason, G_GNUC_UNUSED gpointer userdata) {
}

int removal_run(const Settings *settings, sd_event *event, sd_bus *bus, bool only_check) {
        if (geteuid() != 0) {
                fprintf(stderr, _("quaywalld: --%s is for root\n"), only_check ? "check-removal" : "remove-rules");
                return EXIT_FAILURE;
        }
        Removal removal = { .settings = settings,
                            .event = event,
                            .bus = bus,
                            .only_check = only_check,
                            .agenda = agenda_new(event, ignore_due, NULL),
                            .had_runtime = g_file_test(settings->runtime_folder, G_FILE_TEST_IS_DIR),
                            .had_state = g_file_test(settings->state_folder, G_FILE_TEST_IS_DIR),
                            .removed = g_ptr_array_new_with_free_func(g_free),
                            .left = g_ptr_array_new_with_free_func(g_free) };
        g_queue_init(&removal.mutex.waiting);
        removal.firewalld = firewalld_new(bus, ignore_event, NULL);
        fiber_start(remove_main, &removal);
        const int r = sd_event_loop(event);
        world_free(removal.world);
        firewalld_free(removal.firewalld);
        agenda_free(removal.agenda);
        g_ptr_array_unref(removal.removed);
        g_ptr_array_unref(removal.left);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
