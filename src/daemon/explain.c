/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include <net/if.h>
#include <string.h>

#include <glib/gi18n.h>

#include "bus/fiber.h"
#include "daemon/explain-host.h"
#include "firewalld/direct.h"
#include "model/bounds.h"
#include "model/error.h"

static const char *const KEYS[] = { "source", "destination", "port", "interface", NULL };

static bool read_address(const char *key, const char *text, Family *ret_family, guint8 *ret, GError **error) {
        AddressRange range;
        if (!address_range_parse(text, &range, error)) {
                g_prefix_error(error, "%s: ", key);
                return false;
        }
        if (memcmp(range.first, range.last, sizeof range.first) != 0) {
                g_autofree char *seen = quaywall_error_show(text);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("%s: \"%s\" is more than one address; a connection is between two"), key, seen);
                return false;
        }
        *ret_family = range.family;
        memcpy(ret, range.first, sizeof range.first);
        return true;
}

static bool read_port(Dialled *connection, const char *text, GError **error) {
        PortRange range;
        if (!port_range_parse(text, &range, error)) {
                g_prefix_error(error, "port: ");
                return false;
        }
        if (range.first != range.last) {
                g_autofree char *seen = quaywall_error_show(text);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_PORT,
                            _("port: \"%s\" is more than one port; a connection goes to one"), seen);
                return false;
        }
        connection->protocol = range.protocol;
        connection->port = range.first;
        return true;
}

static bool read_interface(Dialled *connection, const char *name, GError **error) {
        if (!interface_name_check("interface", name, error))
                return false;
        if (if_nametoindex(name) == 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_INTERFACE,
                            _("interface: the host has none of the name \"%s\""), name);
                return false;
        }
        g_strlcpy(connection->interface, name, sizeof connection->interface);
        return true;
}

/* values: in the order of KEYS; NULL: not given. */
static bool read_connection(Dialled *connection, const char *const *values, GError **error) {
        Family family;
        for (guint i = 0; i < 3; i++)
                if (!values[i]) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("%s: is missing; a connection has source, destination and port, as in \"8080/tcp\""),
                                    KEYS[i]);
                        return false;
                }
        if (!read_address(KEYS[0], values[0], &connection->family, connection->source, error) ||
            !read_address(KEYS[1], values[1], &family, connection->destination, error) ||
            !read_port(connection, values[2], error))
                return false;
        if (family != connection->family) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("destination: \"%s\" and the source \"%s\" must be IPv4 both or IPv6 both"), values[1],
                            values[0]);
                return false;
        }
        return !values[3] || read_interface(connection, values[3], error);
}

Dialled *explain_read(sd_bus_message *m, GError **error) {
        const char *values[G_N_ELEMENTS(KEYS)] = { NULL };
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key, *type;
                if (sd_bus_message_read(m, "s", &key) < 0 || sd_bus_message_peek_type(m, NULL, &type) < 0)
                        return NULL;
                guint i = 0;
                while (KEYS[i] && !g_str_equal(KEYS[i], key))
                        i++;
                if (!KEYS[i] || values[i] || !g_str_equal(type, "s")) {
                        g_autofree char *seen = quaywall_error_show(key), *known = g_strjoinv(", ", (char **) KEYS);
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    !KEYS[i]  ? _("\"%s\" is not a key of a connection; the keys are %s") :
                                    values[i] ? _("\"%s\" is there twice; the keys are %s") :
                                                _("\"%s\" must have the D-Bus type \"s\", as all of %s"),
                                    seen, known);
                        return NULL;
                }
                if (sd_bus_message_read(m, "v", "s", &values[i]) < 0)
                        return NULL;
                r = sd_bus_message_exit_container(m);
        }
        if (r < 0 || sd_bus_message_exit_container(m) < 0)
                return NULL;
        g_autofree Dialled *connection = g_new0(Dialled, 1);
        return read_connection(connection, values, error) ? g_steal_pointer(&connection) : NULL;
}

/* Reads iptables' tables by iptables, through firewalld. nftables cannot express iptables' matches, and complains about
 * some. */
static bool read_iptables(ExplainHost *host, Ruleset *ruleset, Family family, const char *table) {
        const char *const args[] = { "-t", table, "-S", NULL };
        g_autofree char *text = direct_iptables(host->world->firewalld, family, args, NULL);
        if (!text)
                return false;
        ruleset_set_iptables(ruleset, family, table, text);
        return true;
}

static bool read_table(ExplainHost *host, Ruleset *ruleset, const char *table, GError **error) {
        Family of;
        const char *name;
        if (ruleset_is_iptables(table, &of, &name) && read_iptables(host, ruleset, of, name))
                return true;
        g_autofree char *json = kernel_query_list_table(host->query, table, error);
        g_autofree char *text = json ? kernel_query_print_table(host->query, table, error) : NULL;
        return text && ruleset_add_json(ruleset, json, text, error);
}

/* Both families: docker-proxy accepts IPv6 and forwards by IPv4. */
static Ruleset *read_ruleset(ExplainHost *host, GError **error) {
        g_autoptr(Ruleset) ruleset = ruleset_new();
        g_autofree char *chains = kernel_query_list_chains(host->query, error);
        if (!chains || !ruleset_add_json(ruleset, chains, NULL, error))
                return NULL;
        g_autoptr(GPtrArray) tables = ruleset_tables(ruleset);
        for (guint i = 0; i < tables->len; i++)
                if (!read_table(host, ruleset, tables->pdata[i], error))
                        return NULL;
        return g_steal_pointer(&ruleset);
}

/* --- one reading for many ----------------------------------------------------------------------------------------- */

typedef struct Reading {
        Ruleset *ruleset; /* NULL: not read yet, or failure says why */
        GError *failure;
        GQueue waiting; /* Fiber *; the first one reads */
        guint ref_count;
} Reading;

struct Explainer {
        World *world;
        Reading *next;   /* whoever asks now joins it: it has not begun; NULL: nobody waits */
        bool is_reading; /* one is under way, or about to begin */
};

Explainer *explainer_new(World *world) {
        Explainer *explainer = g_new0(Explainer, 1);
        explainer->world = world;
        return explainer;
}

void explainer_free(Explainer *explainer) {
        g_free(explainer);
}

static void reading_unref(Reading *reading) {
        if (--reading->ref_count > 0)
                return;
        g_clear_pointer(&reading->ruleset, ruleset_free);
        g_clear_error(&reading->failure);
        g_free(reading);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reading, reading_unref)

static void read_rules(ExplainHost *asked, Reading *reading) {
        /* firewalld deletes and recreates its tables: try once more if a listed one is gone. */
        reading->ruleset = read_ruleset(asked, NULL);
        if (!reading->ruleset)
                reading->ruleset = read_ruleset(asked, &reading->failure);
}

/* Waits for the reading before, if there is one. Returns whether this fiber is the one that reads. */
static bool take_turn(Explainer *explainer, Reading *reading) {
        if (!explainer->is_reading) {
                explainer->is_reading = true;
                return true;
        }
        g_queue_push_tail(&reading->waiting, fiber_self());
        fiber_suspend();
        if (reading->ruleset || reading->failure)
                return false;
        /* Those who were waiting for the reading before get their answers first. */
        fiber_sleep(explainer->world->event, 1);
        return true;
}

static Reading *join(Explainer *explainer) {
        if (!explainer->next) {
                explainer->next = g_new0(Reading, 1);
                g_queue_init(&explainer->next->waiting);
        }
        explainer->next->ref_count++;
        return explainer->next;
}

/* Lets those who waited for this reading have it, and those who came meanwhile have theirs. */
static void end_turn(Explainer *explainer, Reading *reading) {
        Fiber *first = explainer->next ? g_queue_pop_head(&explainer->next->waiting) : NULL;
        explainer->is_reading = first != NULL;
        for (Fiber *fiber; (fiber = g_queue_pop_head(&reading->waiting));)
                fiber_resume(fiber);
        if (first)
                fiber_resume(first);
}

Explanation *explain_run(Explainer *explainer, const Dialled *connection, GError **error) {
        g_autoptr(KernelQuery) query = kernel_query_new(error);
        if (!query)
                return NULL;
        ExplainHost asked = { explainer->world, query };
        g_autoptr(Reading) reading = join(explainer);
        if (take_turn(explainer, reading)) {
                explainer->next = NULL;
                read_rules(&asked, reading);
                end_turn(explainer, reading);
        } else
                /* With thousands of rules an explanation takes 0.3 s: not all of them at one go, which nobody else gets through. */
                fiber_yield(explainer->world->event);
        const Host host = explain_host(&asked);
        if (reading->ruleset)
                return explain_connection(reading->ruleset, &host, connection);
        g_propagate_error(error, g_error_copy(reading->failure));
        return NULL;
}
