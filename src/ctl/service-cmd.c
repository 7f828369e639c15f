/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service-cmd.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/text.h"

/* Below the first line of a problem. */
#define SERVICE_INDENT 4

/* Where the values of status begin, behind their labels. */
#define SERVICE_VALUES 12

/* So many policies of a pending change are named, the others counted. */
#define SERVICE_PENDING_NAMES 5

/* For commands without words or options of their own. */
static bool service_parse(Ctl *ctl, GStrv words, const char *summary, GError **error) {
        g_autofree char *example = g_strconcat("quaywallctl ", words[0], NULL);
        const CtlUsage usage = { .synopsis = words[0], .summary = summary, .examples = example };
        g_auto(GStrv) argv = g_strdupv(words);

        return ctl_parse(ctl, &usage, &argv, error) && ctl_expect_end(argv[1], error);
}

/* One line for each problem; below it its details, and where it is described. */
static void service_append_problems(GString *text, GVariant *problems) {
        const char *code, *message;
        GVariant *details;
        GVariantIter iter;

        if (g_variant_n_children(problems) == 0)
                return;
        g_variant_iter_init(&iter, problems);
        while (g_variant_iter_loop(&iter, "(&s&s@a{sv})", &code, &message, &details)) {
                g_autofree char *printable_code = text_printable(code);
                g_autofree char *label = text_coloured(printable_code, TEXT_RED, ctl_use_colour());
                g_autofree char *printable = text_printable(message);
                g_auto(GStrv) keys = json_out_sorted_keys(details);

                g_string_append_printf(text, "%s: ", label);
                text_append_folded(text, printable, strlen(printable_code) + 2, SERVICE_INDENT, ctl_width());
                g_string_append_c(text, '\n');
                for (guint i = 0; keys[i]; i++) {
                        g_autoptr(GVariant) value = g_variant_lookup_value(details, keys[i], NULL);
                        g_autofree char *plain = text_value(value);
                        g_autofree char *detail = g_strdup_printf("%s: %s", keys[i], plain), *shown = text_printable(detail);

                        g_string_append_printf(text, "%*s", SERVICE_INDENT, "");
                        text_append_folded(text, shown, SERVICE_INDENT, SERVICE_INDENT + 4, ctl_width());
                        g_string_append_c(text, '\n');
                }
                /* The path in one piece, to be copied. */
                g_string_append_printf(text, "%*s" DOCDIR "/TROUBLESHOOTING.md#%s\n", SERVICE_INDENT, "", printable_code);
        }
        g_string_append_printf(text, "%*s%s", SERVICE_INDENT, "", _("\"man 5 org.quaywall1\" lists all problems.\n"));
}

static bool service_print_problems(Ctl *ctl, GVariant *problems, const char *none, GError **error) {
        g_autoptr(GString) text = g_string_new(NULL);

        if (g_variant_n_children(problems) > 0)
                ctl->status = CTL_EXIT_PROBLEMS;
        if (ctl->json)
                return ctl_print_json_member("problems", json_out_problems(problems), error);
        service_append_problems(text, problems);
        return ctl_page(ctl, text->len > 0 ? text->str : none, error);
}

/* What was repaired and how often, a{su}; empty when an older service reports nothing. Unref. */
static GVariant *service_repairs(GVariant *properties) {
        GVariant *repairs = g_variant_lookup_value(properties, "Repairs", G_VARIANT_TYPE("a{su}"));

        return repairs ? repairs : g_variant_ref_sink(g_variant_new("a{su}", NULL));
}

/* "since quaywalld started: guard-altered 3 times, jump-bypassed once"; "" when nothing had to be repaired. */
static char *service_repairs_text(GVariant *repairs) {
        g_autoptr(GString) text = g_string_new(NULL);
        GVariantIter iter;
        const char *code;
        guint32 count;

        g_variant_iter_init(&iter, repairs);
        while (g_variant_iter_next(&iter, "{&su}", &code, &count))
                /* TRANSLATORS: the first is what stands before it: the beginning of the list, or a comma. */
                g_string_append_printf(text, count == 1 ? _("%s%s once") : _("%s%s %u times"),
                                       text->len > 0 ? ", " : _("since quaywalld started: "), code, count);
        return text_printable(text->str);
}

/* Adds the names of a list in the dictionary (NULL: none), each after the prefix. */
static void service_add_names(GStrvBuilder *builder, GVariant *dictionary, const char *key, const char *prefix) {
        g_autofree const char **names = NULL;

        if (!dictionary || !g_variant_lookup(dictionary, key, "^a&s", &names))
                return;
        qsort(names, g_strv_length((GStrv) names), sizeof *names, text_compare_natural);
        for (const char **name = names; *name; name++) {
                g_autofree char *whole = g_strconcat(prefix, *name, NULL);
                g_strv_builder_add(builder, whole);
        }
}

char *service_pending_text(GVariant *pending) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        guint32 uid;
        guint64 until;

        if (!pending || !g_variant_lookup(pending, "uid", "u", &uid) || !g_variant_lookup(pending, "until", "t", &until))
                return g_strdup("");
        service_add_names(builder, pending, "policies", "");
        service_add_names(builder, pending, "groups", "group:");
        g_auto(GStrv) names = g_strv_builder_end(builder);
        const gint64 left = (gint64) until - g_get_real_time();
        const struct passwd *user = getpwuid(uid);
        g_autofree char *number = g_strdup_printf(_("uid %u"), uid),
                        *list = text_list((const char *const *) names, SERVICE_PENDING_NAMES);
        g_autofree char *text = g_strdup_printf(_("%s by %s, undone in %" PRId64 " s unless it is confirmed"), list,
                                                user ? user->pw_name : number, MAX(left, 0) / G_USEC_PER_SEC);
        return text_printable(text);
}

/* "the next reload or boot changes db, web, group:office (see policy list, group list)"; "" when it changes none. */
static char *service_changes_text(GVariant *policies, GVariant *groups) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        service_add_names(builder, policies, "RuntimeChanges", "");
        service_add_names(builder, groups, "RuntimeChanges", "group:");
        g_auto(GStrv) names = g_strv_builder_end(builder);

        if (!names[0])
                return g_strdup("");
        const bool only_groups = g_str_has_prefix(names[0], "group:"),
                   any_groups = g_str_has_prefix(names[g_strv_length(names) - 1], "group:");
        g_autofree char *list = text_list((const char *const *) names, SERVICE_PENDING_NAMES);
        g_autofree char *text = g_strdup_printf(_("the next reload or boot changes %s (see %s)"), list,
                                                only_groups ? "group list" :
                                                any_groups  ? "policy list, group list" :
                                                              "policy list");
        return text_printable(text);
}

/* policies, groups: the properties of these interfaces; NULL: the service does not report them. */
static bool service_print_status_json(GVariant *properties, GVariant *problems, GVariant *policies, GVariant *groups,
                                      GError **error) {
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
        g_autoptr(GVariant) pending = policies ? g_variant_lookup_value(policies, "PendingChange", NULL) : NULL;
        g_autoptr(GVariant) changes = policies ? g_variant_lookup_value(policies, "RuntimeChanges", NULL) : NULL;
        g_autoptr(GVariant) group_changes = groups ? g_variant_lookup_value(groups, "RuntimeChanges", NULL) : NULL;

        if (pending)
                g_variant_builder_add(&answer, "{sv}", "pending-change", pending);
        if (changes)
                g_variant_builder_add(&answer, "{sv}", "runtime-changes", changes);
        if (group_changes)
                g_variant_builder_add(&answer, "{sv}", "runtime-group-changes", group_changes);
        return ctl_print_json(g_variant_builder_end(&answer), error);
}

/* "running 29.0.1", without a version "running". Printable. */
static char *service_peer_text(GVariant *properties, const char *state, const char *version) {
        g_autofree char *text =
                g_strjoin(" ", ctl_lookup_string(properties, state), ctl_lookup_string(properties, version), NULL);

        return text_printable(g_strchomp(text));
}

/* The labels of status. */
static const char *const SERVICE_LABELS[] = { N_("State:"),   "quaywalld:",   "firewalld:",   "Docker:",
                                              N_("Repairs:"), N_("Runtime:"), N_("Pending:"), NULL };

/* A line of status, unless the value is "". */
static void service_append(GString *text, const char *label, const char *value) {
        const guint column = text_column(SERVICE_LABELS, SERVICE_VALUES);

        if (!*value)
                return;
        text_append_padded(text, label, column);
        text_append_folded(text, value, column, column, ctl_width());
        g_string_append_c(text, '\n');
}

static bool service_print_status(const Ctl *ctl, GVariant *properties, GVariant *problems, GVariant *policies, GVariant *groups,
                                 bool is_good, GError **error) {
        g_autoptr(GVariant) counts = service_repairs(properties);
        g_autoptr(GVariant) pending =
                policies ? g_variant_lookup_value(policies, "PendingChange", G_VARIANT_TYPE_VARDICT) : NULL;
        g_autofree char *state = text_printable(ctl_lookup_string(properties, "State"));
        g_autofree char *state_shown = text_coloured(state, is_good ? TEXT_GREEN : TEXT_RED, ctl_use_colour());
        g_autofree char *version = text_printable(ctl_lookup_string(properties, "Version"));
        g_autofree char *firewalld = service_peer_text(properties, "FirewalldState", "FirewalldVersion");
        g_autofree char *docker = service_peer_text(properties, "DockerState", "DockerVersion");
        g_autofree char *backend = text_printable(ctl_lookup_string(properties, "DockerFirewallBackend"));
        g_autofree char *docker_shown = *backend ? g_strdup_printf("%s (%s)", docker, backend) : g_strdup(docker);
        g_autofree char *repairs = service_repairs_text(counts), *change = service_pending_text(pending);
        g_autofree char *changes = service_changes_text(policies, groups);
        g_autoptr(GString) text = g_string_new(NULL);

        text_append_padded(text, _("State:"), text_column(SERVICE_LABELS, SERVICE_VALUES));
        g_string_append_printf(text, "%s\n", state_shown);
        service_append(text, "quaywalld:", version);
        service_append(text, "firewalld:", firewalld);
        service_append(text, "Docker:", docker_shown);
        service_append(text, _("Repairs:"), repairs);
        service_append(text, _("Runtime:"), changes);
        service_append(text, _("Pending:"), change);
        if (g_str_equal(state, "idle") && g_str_equal(ctl_lookup_string(properties, "DockerState"), "running")) {
                g_string_append_c(text, '\n');
                text_append_folded(
                        text, _("The ports that Docker publishes bypass firewalld; \"quaywallctl obey-zones all\" ends that."),
                        0, 0, ctl_width());
                g_string_append_c(text, '\n');
        }
        if (g_variant_n_children(problems) > 0)
                g_string_append_c(text, '\n');
        service_append_problems(text, problems);
        return ctl_page(ctl, text->str, error);
}

bool service_cmd_status(Ctl *ctl, GStrv argv, GError **error) {
        if (!service_parse(ctl, argv, _("Whether what the policies say is in force. Exit status 5 when it is not."), error))
                return false;
        Client *client = ctl_connect(ctl, error);
        g_autoptr(GVariant) properties = client_get_properties(client, CLIENT_SERVICE ".Manager", error);
        if (!properties)
                return false;

        g_autoptr(GVariant) problems = g_variant_lookup_value(properties, "Problems", G_VARIANT_TYPE("a(ssa{sv})"));
        const char *state = ctl_lookup_string(properties, "State");
        if (!problems || !*state)
                return ctl_fail(error, _("quaywalld reports no State and Problems"));
        const bool is_good = g_str_equal(state, "enforcing") || g_str_equal(state, "idle");
        if (!is_good)
                ctl->status = CTL_EXIT_PROBLEMS;

        g_autoptr(GVariant) policies = client_get_properties(client, CLIENT_SERVICE ".Policies", NULL);
        g_autoptr(GVariant) groups = client_get_properties(client, CLIENT_SERVICE ".Groups", NULL);
        return ctl->json ? service_print_status_json(properties, problems, policies, groups, error) :
                           service_print_status(ctl, properties, problems, policies, groups, is_good, error);
}

/* Verify and Repair are the same call but for the name. */
typedef gboolean (*ServiceFunc)(QuaywallManager *, GDBusCallFlags, int, GVariant **, GCancellable *, GError **);

static bool service_find_problems(Ctl *ctl, ServiceFunc call, const char *none, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallManager *manager = client_manager(client, error);
        g_autoptr(GVariant) problems = NULL;

        return manager && call(manager, CLIENT_CALL(client), &problems, NULL, error) &&
               service_print_problems(ctl, problems, none, error);
}

bool service_cmd_verify(Ctl *ctl, GStrv argv, GError **error) {
        return service_parse(ctl, argv,
                             _("Compares what is in force with what the policies mean. Changes nothing. "
                               "Exit status 5 when something differs."),
                             error) &&
               service_find_problems(ctl, quaywall_manager_call_verify_sync,
                                     _("No problems: what the policies mean is in force.\n"), error);
}

bool service_cmd_repair(Ctl *ctl, GStrv argv, GError **error) {
        return service_parse(ctl, argv,
                             _("Makes what is in force equal to what the policies mean and prints the problems that are "
                               "left. Exit status 5 when there are any."),
                             error) &&
               service_find_problems(ctl, quaywall_manager_call_repair_sync, _("No problems are left.\n"), error);
}

bool service_cmd_reload(Ctl *ctl, GStrv argv, GError **error) {
        if (!service_parse(ctl, argv, _("Reads the policy files again and forgets changes made with --runtime."), error))
                return false;
        Client *client = ctl_connect(ctl, error);
        QuaywallManager *manager = client_manager(client, error);
        return manager && quaywall_manager_call_reload_sync(manager, CLIENT_CALL(client), NULL, error);
}
