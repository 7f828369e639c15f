/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who can reach the published ports of this host, with libquaywall-glib.
 *
 *     cc ports.c -o ports $(pkg-config --cflags --libs quaywall-glib-1.0)
 *
 * ports               lists the ports, and follows what changes
 * ports close PORT    lets nobody in, as in "ports close 8080/tcp"; may ask for a password
 * ports open PORT     takes that back */
#include <string.h>

#include <quaywall-glib.h>

/* polkit may ask the user, for as long as it takes. */
#define ASK G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, -1

static char *join(GVariant *port, const char *key) {
        g_auto(GStrv) words = NULL;

        return g_variant_lookup(port, key, "^as", &words) ? g_strjoinv(", ", words) : g_strdup("");
}

/* The clients in words. A front end shows "exceptions" and "notes" as well. */
static char *who(GVariant *port) {
        g_autofree char *sources = join(port, "sources"), *except = join(port, "except");
        const char *reach = "unknown";

        g_variant_lookup(port, "reach", "&s", &reach);
        if (g_str_equal(reach, "sources"))
                return g_steal_pointer(&sources);
        if (g_str_equal(reach, "zones"))
                return g_strjoin(*sources ? ", " : "", "firewalld's zones", sources, NULL);
        return g_strconcat(reach, *except ? " except " : "", except, NULL);
}

static gboolean list(QuaywallEngine *engine, GError **error) {
        g_autoptr(GVariant) ports = NULL, port = NULL;
        GVariantIter iter;

        if (!quaywall_engine_call_list_ports_sync(engine, ASK, &ports, NULL, error))
                return FALSE;
        g_variant_iter_init(&iter, ports);
        while ((port = g_variant_iter_next_value(&iter))) {
                const char *address = "", *protocol = "", *container = "unknown";
                guint16 number = 0;
                g_autofree char *clients = who(port);

                g_variant_lookup(port, "host-address", "&s", &address);
                g_variant_lookup(port, "host-port", "q", &number);
                g_variant_lookup(port, "protocol", "&s", &protocol);
                g_variant_lookup(port, "container", "&s", &container);
                g_print("%s port %u/%s of %s: %s\n", address, number, protocol, container, clients);
                g_clear_pointer(&port, g_variant_unref);
        }
        return TRUE;
}

static void on_ports_changed(QuaywallEngine *engine) {
        g_autoptr(GError) error = NULL;

        g_print("--\n");
        if (!list(engine, &error))
                g_printerr("%s\n", error->message);
}

/* Also when quaywalld ends, which has no state then, and when it is back. */
static void on_state(QuaywallManager *manager) {
        const char *state = quaywall_manager_get_state(manager);

        g_print("quaywalld: %s\n", state ? state : "not running");
}

static gboolean follow(QuaywallClient *client, GError **error) {
        QuaywallManager *manager = quaywall_client_get_manager(client);
        QuaywallEngine *engine = quaywall_client_get_engine(client);
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);

        g_signal_connect(manager, "notify::state", G_CALLBACK(on_state), NULL);
        g_signal_connect(engine, "ports-changed", G_CALLBACK(on_ports_changed), NULL);
        on_state(manager);
        if (!list(engine, error))
                return FALSE;
        g_print("-- following\n");
        g_main_loop_run(loop);
        return TRUE;
}

static gboolean close_port(QuaywallPolicies *policies, const char *name, const char *port, GError **error) {
        GVariantBuilder policy, options;
        const char *const ports[] = { port, NULL };

        g_variant_builder_init(&policy, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&policy, "{sv}", "action", g_variant_new_string("deny"));
        g_variant_builder_add(&policy, "{sv}", "ports", g_variant_new_strv(ports, -1));
        g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&options, "{sv}", "create", g_variant_new_boolean(TRUE));
        return quaywall_policies_call_set_sync(policies, name, g_variant_builder_end(&policy), g_variant_builder_end(&options),
                                               ASK, NULL, NULL, error);
}

static gboolean open_port(QuaywallPolicies *policies, const char *name, GError **error) {
        return quaywall_policies_call_remove_sync(policies, name, g_variant_new("a{sv}", NULL), ASK, NULL, NULL, error);
}

/* The sentence for the user. What has no code here is quaywalld's own sentence, a refusal too. */
static char *explain(GError *error, const char *port) {
        if (g_error_matches(error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS))
                return g_strdup_printf("%s is closed already", port);
        if (g_error_matches(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY))
                return g_strdup_printf("%s was not closed by this program", port);
        g_dbus_error_strip_remote_error(error);
        return g_strdup(error->message);
}

int main(int argc, char **argv) {
        const char *verb = argc == 3 ? argv[1] : "", *port = argc == 3 ? argv[2] : "";
        g_autofree char *name = g_strdelimit(g_strconcat("closed-", port, NULL), "/", '-');
        g_autoptr(GError) error = NULL;
        g_autoptr(QuaywallClient) client = NULL;
        gboolean done = FALSE;

        if (argc != 1 && strcmp(verb, "close") != 0 && strcmp(verb, "open") != 0) {
                g_printerr("usage: ports [close PORT | open PORT]\n");
                return 2;
        }
        client = quaywall_client_new_sync(NULL, &error);
        if (client && argc == 1)
                done = follow(client, &error);
        else if (client && g_str_equal(verb, "close"))
                done = close_port(quaywall_client_get_policies(client), name, port, &error);
        else if (client)
                done = open_port(quaywall_client_get_policies(client), name, &error);
        if (!done) {
                g_autofree char *sentence = explain(error, port);

                g_printerr("%s\n", sentence);
        }
        return done ? 0 : 1;
}
