/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service-cmd.h"

#include <pwd.h>

#include "json-out.h"
#include "text.h"

/* More policies than these of a pending change are counted. */
#define SERVICE_PENDING_NAMES 5

/* For the commands that take nothing but --json. */
static gboolean service_parse(Ctl *ctl, GStrv words, const char *summary, GError **error) {
        const CtlUsage usage = { .synopsis = words[0], .summary = summary };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error))
                return FALSE;
        if (argv[1] == NULL)
                return TRUE;
        return ctl_usage_error(error, "unexpected word '%s'", argv[1]);
}

/* One line a problem, its details below it. */
static void service_append_problems(GString *text, GVariant *problems) {
        const char *code, *message;
        GVariant *details;
        GVariantIter iter;

        g_variant_iter_init(&iter, problems);
        while (g_variant_iter_loop(&iter, "(&s&s@a{sv})", &code, &message, &details)) {
                g_autofree char *printable_code = text_printable(code);
                g_autofree char *label = text_coloured(printable_code, TEXT_RED, ctl_use_colour());
                g_autofree char *printable = text_printable(message);
                g_auto(GStrv) keys = json_out_sorted_keys(details);

                g_string_append_printf(text, "%s: %s\n", label, printable);
                for (guint i = 0; keys[i] != NULL; i++) {
                        g_autoptr(GVariant) value = g_variant_lookup_value(details, keys[i], NULL);
                        g_autofree const char **words = g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)
                                                                ? g_variant_get_strv(value, NULL)
                                                                : NULL;
                        g_autofree char *plain = words != NULL ? text_list(words, 0)
                                                 : g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)
                                                         ? g_variant_dup_string(value, NULL)
                                                         : g_variant_print(value, FALSE);
                        g_autofree char *shown = text_printable(plain);
                        g_autofree char *key = text_printable(keys[i]);

                        g_string_append_printf(text, "    %s: %s\n", key, shown);
                }
        }
}

static gboolean service_print_problems(Ctl *ctl, GVariant *problems, const char *none, GError **error) {
        g_autoptr(GString) text = g_string_new(NULL);

        if (g_variant_n_children(problems) > 0)
                ctl->status = CTL_EXIT_PROBLEMS;
        if (ctl->json)
                return ctl_print_json_member("problems", json_out_problems(problems), error);
        service_append_problems(text, problems);
        return ctl_print(text->len > 0 ? text->str : none, error);
}

/* How often what was mended, as a{su}; of a service that counts nothing: none. */
static GVariant *service_repairs(GVariant *properties) {
        GVariant *repairs = g_variant_lookup_value(properties, "Repairs", G_VARIANT_TYPE("a{su}"));

        return repairs != NULL ? repairs : g_variant_ref_sink(g_variant_new("a{su}", NULL));
}

/* "guard-altered 3, jump-bypassed 20"; empty when nothing had to be mended. */
static char *service_repairs_text(GVariant *repairs) {
        g_autoptr(GString) text = g_string_new(NULL);
        GVariantIter iter;
        const char *code;
        guint32 count;

        g_variant_iter_init(&iter, repairs);
        while (g_variant_iter_next(&iter, "{&su}", &code, &count))
                g_string_append_printf(text, "%s%s %u", text->len > 0 ? ", " : "", code, count);
        return text_printable(text->str);
}

/* The change that waits to be confirmed, a{sv}, empty when none does; NULL: a service that tells of none. */
static GVariant *service_pending(Client *client) {
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Policies", NULL);

        return properties != NULL ? g_variant_lookup_value(properties, "PendingChange", G_VARIANT_TYPE_VARDICT) : NULL;
}

/* "web, db by root, undone in 42 s unless it is confirmed"; NULL when none waits. */
static char *service_pending_text(GVariant *pending) {
        g_autofree const char **names = NULL;
        guint32 uid;
        guint64 until;

        if (pending == NULL || !g_variant_lookup(pending, "policies", "^a&s", &names) || !g_variant_lookup(pending, "uid", "u", &uid) ||
            !g_variant_lookup(pending, "until", "t", &until))
                return NULL;
        const gint64 left = (gint64) until - g_get_real_time();
        const struct passwd *user = getpwuid(uid);
        g_autofree char *number = g_strdup_printf("uid %u", uid), *list = text_list(names, SERVICE_PENDING_NAMES);
        g_autofree char *text = g_strdup_printf("%s by %s, undone in %" G_GINT64_FORMAT " s unless it is confirmed", list,
                                                user != NULL ? user->pw_name : number, MAX(left, 0) / G_USEC_PER_SEC);
        return text_printable(text);
}

static gboolean service_print_status_json(GVariant *properties, GVariant *problems, GVariant *pending, GError **error) {
        static const char *const names[][2] = {
                { "state", "State" },
                { "version", "Version" },
                { "firewalld-state", "FirewalldState" },
                { "firewalld-version", "FirewalldVersion" },
                { "docker-state", "DockerState" },
                { "docker-version", "DockerVersion" },
                { "docker-firewall-backend", "DockerFirewallBackend" },
        };
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                g_variant_builder_add(&answer, "{sv}", names[i][0],
                                      g_variant_new_string(ctl_lookup_string(properties, names[i][1])));
        g_autoptr(GVariant) repairs = service_repairs(properties);

        g_variant_builder_add(&answer, "{sv}", "problems", json_out_problems(problems));
        g_variant_builder_add(&answer, "{sv}", "repairs", repairs);
        if (pending != NULL)
                g_variant_builder_add(&answer, "{sv}", "pending-change", pending);
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

gboolean service_cmd_status(Ctl *ctl, GStrv argv, GError **error) {
        Client *client = NULL;

        if (!service_parse(ctl, argv, "Whether what the policies say is in force. Exit status 5 when it is not.",
                           error) ||
            (client = ctl_connect(ctl, error)) == NULL)
                return FALSE;

        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Manager", error);
        if (properties == NULL)
                return FALSE;

        g_autoptr(GVariant) problems = g_variant_lookup_value(properties, "Problems", G_VARIANT_TYPE("a(ssa{sv})"));
        const char *state = ctl_lookup_string(properties, "State");
        if (problems == NULL || *state == '\0') {
                g_set_error_literal(error, CTL_ERROR, CTL_ERROR_FAILED, "quaywalld tells no State and Problems");
                return FALSE;
        }
        const gboolean good = g_str_equal(state, "enforcing") || g_str_equal(state, "idle");
        if (!good)
                ctl->status = CTL_EXIT_PROBLEMS;
        g_autoptr(GVariant) pending = service_pending(client);
        if (ctl->json)
                return service_print_status_json(properties, problems, pending, error);

        const char *backend = ctl_lookup_string(properties, "DockerFirewallBackend");
        g_autofree char *printable = text_printable(state);
        g_autofree char *shown = text_coloured(printable, good ? TEXT_GREEN : TEXT_RED, ctl_use_colour());
        g_autofree char *engine = g_strjoin(" ", ctl_lookup_string(properties, "DockerState"),
                                            ctl_lookup_string(properties, "DockerVersion"), NULL);
        g_autofree char *docker = *backend != '\0' ? g_strdup_printf("%s (%s)", g_strchomp(engine), backend)
                                                   : g_strdup(g_strchomp(engine));
        g_autofree char *firewalld = g_strjoin(" ", ctl_lookup_string(properties, "FirewalldState"),
                                               ctl_lookup_string(properties, "FirewalldVersion"), NULL);
        g_autofree char *docker_shown = text_printable(docker);
        g_autofree char *firewalld_shown = text_printable(g_strchomp(firewalld));
        g_autofree char *version = text_printable(ctl_lookup_string(properties, "Version"));
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_append_printf(text, "State:      %s\nquaywalld:  %s\nfirewalld:  %s\nDocker:     %s\n", shown, version,
                               firewalld_shown, docker_shown);
        g_autoptr(GVariant) counts = service_repairs(properties);
        g_autofree char *repairs = service_repairs_text(counts);
        if (*repairs != '\0')
                g_string_append_printf(text, "Repairs:    %s\n", repairs);
        g_autofree char *waits = service_pending_text(pending);
        if (waits != NULL)
                g_string_append_printf(text, "Pending:    %s\n", waits);
        if (g_variant_n_children(problems) > 0)
                g_string_append_c(text, '\n');
        service_append_problems(text, problems);
        return ctl_print(text->str, error);
}

gboolean service_cmd_verify(Ctl *ctl, GStrv argv, GError **error) {
        Client *client = NULL;
        QuaywallManager *manager = NULL;
        g_autoptr(GVariant) problems = NULL;

        return service_parse(ctl, argv,
                             "Compares what is in force with what the policies mean. Changes nothing.\n"
                             "Exit status 5 when something differs.",
                             error) &&
               (client = ctl_connect(ctl, error)) != NULL && (manager = client_manager(client, error)) != NULL &&
               quaywall_manager_call_verify_sync(manager, CLIENT_CALL(client), &problems, NULL, error) &&
               service_print_problems(ctl, problems, "No problems: what the policies mean is in force.\n", error);
}

gboolean service_cmd_repair(Ctl *ctl, GStrv argv, GError **error) {
        Client *client = NULL;
        QuaywallManager *manager = NULL;
        g_autoptr(GVariant) problems = NULL;

        return service_parse(ctl, argv,
                             "Makes what is in force equal to what the policies mean and prints the problems that are\n"
                             "left. Exit status 5 when there are any.",
                             error) &&
               (client = ctl_connect(ctl, error)) != NULL && (manager = client_manager(client, error)) != NULL &&
               quaywall_manager_call_repair_sync(manager, CLIENT_CALL(client), &problems, NULL, error) &&
               service_print_problems(ctl, problems, "No problems are left.\n", error);
}

gboolean service_cmd_reload(Ctl *ctl, GStrv argv, GError **error) {
        Client *client = NULL;
        QuaywallManager *manager = NULL;

        return service_parse(ctl, argv, "Reads the policy files again and forgets changes made with --runtime.",
                             error) &&
               (client = ctl_connect(ctl, error)) != NULL && (manager = client_manager(client, error)) != NULL &&
               quaywall_manager_call_reload_sync(manager, CLIENT_CALL(client), NULL, error);
}
