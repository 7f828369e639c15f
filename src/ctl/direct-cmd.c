/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-cmd.h"

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/text.h"

#define DIRECT_WORDS \
        N_("PRIORITY orders the rules, the smallest is first; RULE is the match and the target as iptables takes them.")

static bool direct_list(Ctl *ctl, GError **error) {
        Client *client = ctl_connect(ctl, error);
        QuaywallDirect *proxy = client_direct(client, error);
        g_autoptr(GVariant) rules = NULL;

        if (!proxy || !quaywall_direct_call_list_rules_sync(proxy, CLIENT_CALL(client), &rules, NULL, error))
                return false;
        if (ctl->json)
                return ctl_print_json_member("rules", json_out_direct_rules(rules), error);

        g_autoptr(TextTable) table =
                text_table_new((const char *const[]){ _("FAMILY"), _("PRIORITY"), _("OWNER"), _("RULE"), NULL });
        const char *family, *owner;
        const char **args;
        gint32 priority;
        GVariantIter iter;

        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_loop(&iter, "(&si^a&s&s)", &family, &priority, &args, &owner)) {
                g_autofree char *rule = text_command(args);
                g_autofree char *number = g_strdup_printf("%d", priority);

                text_table_add(table, (const char *const[]){ family, number, owner, rule, NULL });
        }
        return ctl_print_table(ctl, table, "", "", error);
}

/* The words of the rule, behind the "--" that may stand before them. */
static GStrv direct_skip_dashes(GStrv argv) {
        GStrv words = argv + 1;

        return *words && g_str_equal(*words, "--") ? words + 1 : words;
}

/* Takes the next word out of argv (NULL: there is none; to be freed). Options of quaywallctl may stand before it; a negative priority is
 * no option. */
static bool direct_take_word(Ctl *ctl, const CtlUsage *usage, GStrv *argv, char **ret_word, GError **error) {
        gint64 number;

        if ((*argv)[1] && !g_ascii_string_to_signed((*argv)[1], 10, G_MININT32, G_MAXINT32, &number, NULL) &&
            !ctl_parse(ctl, usage, argv, error))
                return false;

        GStrv rest = direct_skip_dashes(*argv);
        *ret_word = g_strdup(*rest);
        if (!*rest)
                return true;

        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_strv_builder_add(builder, (*argv)[0]);
        if (rest != *argv + 1)
                g_strv_builder_add(builder, "--");
        g_strv_builder_addv(builder, (const char **) rest + 1);
        GStrv left = g_strv_builder_end(builder);
        g_strfreev(*argv);
        *argv = left;
        return true;
}

static bool direct_change(Ctl *ctl, const CtlUsage *usage, const char *verb, GStrv *argv, GError **error) {
        g_autofree char *family = NULL;
        g_autofree char *priority_word = NULL;
        gint64 priority;

        if (!direct_take_word(ctl, usage, argv, &family, error) || !direct_take_word(ctl, usage, argv, &priority_word, error))
                return false;
        if (!family || !priority_word)
                return ctl_usage_error(error, _("direct %s needs FAMILY PRIORITY -- MATCH... TARGET"), verb);
        if (!g_ascii_string_to_signed(priority_word, 10, G_MININT32, G_MAXINT32, &priority, NULL))
                return ctl_usage_error(error, _("PRIORITY '%s' is not a whole number"), priority_word);
        if (g_strv_contains((const char *const *) *argv + 1, "--") && !ctl_parse(ctl, usage, argv, error))
                return false;

        GStrv args = direct_skip_dashes(*argv);
        if (!*args)
                return ctl_usage_error(error, _("direct %s: the rule is missing: MATCH... TARGET"), verb);

        Client *client = ctl_connect(ctl, error);
        QuaywallDirect *proxy = client_direct(client, error);
        if (!proxy)
                return false;
        if (g_str_equal(verb, "add"))
                return quaywall_direct_call_add_rule_sync(proxy, family, (gint) priority, (const char *const *) args,
                                                          ctl_method_options(ctl), CLIENT_CALL(client), NULL, error);
        return quaywall_direct_call_remove_rule_sync(proxy, family, (gint) priority, (const char *const *) args,
                                                     ctl_method_options(ctl), CLIENT_CALL(client), NULL, error);
}

static const CtlVerb direct_verbs[] = {
        { .name = "list",
          .summary = N_("Every rule in DOCKER-USER, in order, and whose it is"),
          .list = CTL_LIST_ROWS, /* the first column is the family, which names nothing */
          .examples = "quaywallctl direct list" },
        { .name = "add",
          .words = "ipv4|ipv6 PRIORITY -- RULE...",
          .summary = N_("Add a rule to DOCKER-USER as a direct rule of firewalld"),
          .details = DIRECT_WORDS,
          .scope = true,
          .examples = "quaywallctl direct add ipv4 0 -- -s 192.0.2.1 -j DROP" },
        { .name = "remove",
          .words = "ipv4|ipv6 PRIORITY -- RULE...",
          .summary = N_("Remove a rule that add or firewall-cmd made"),
          .details = DIRECT_WORDS,
          .scope = true,
          .examples = "quaywallctl direct remove ipv4 0 -- -s 192.0.2.1 -j DROP" },
        { .name = NULL },
};

bool direct_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        CtlUsage usage = {
                .synopsis = "direct [VERB]",
                .summary = _("Single rules in DOCKER-USER, for what policies cannot say."),
                .verbs = direct_verbs,
                .scope = true,
                .list = CTL_LIST_ROWS,
                .strict = true,
        };
        g_auto(GStrv) argv = g_strdupv(words);
        g_autofree char *word = NULL;

        if (!direct_take_word(ctl, &usage, &argv, &word, error))
                return false;
        usage.verb = word ? usage_find_verb(&usage, word) : direct_verbs;
        if (usage.verb != direct_verbs)
                return direct_change(ctl, &usage, usage.verb->name, &argv, error);
        return ctl_parse(ctl, &usage, &argv, error) && ctl_expect_end(argv[1], error) && direct_list(ctl, error);
}
