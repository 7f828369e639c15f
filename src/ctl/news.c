/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "news.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/policy-diff.h"
#include "ctl/text.h"

#define SERVICE "org.quaywall1."

struct News {
        GHashTable *properties; /* "Manager.State" -> GVariant * */
        GVariant *policies;     /* a{sa{sv}}; NULL: not known */
        GHashTable *lists;      /* kind -> GHashTable * of char * -> char * */
};

News *news_new(void) {
        News *news = g_new(News, 1);

        *news = (News){ .properties = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref),
                        .lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref) };
        return news;
}

void news_free(News *news) {
        g_hash_table_unref(news->properties);
        g_clear_pointer(&news->policies, g_variant_unref);
        g_hash_table_unref(news->lists);
        g_free(news);
}

static void news_add(GPtrArray *lines, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void news_add(GPtrArray *lines, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        g_ptr_array_add(lines, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}

/* --- how single properties read --------------------------------------------------------------------------------------- */

/* Each says the difference between two values of the type that the property has. */

static const char *news_string(GVariant *value) {
        return g_variant_get_string(value, NULL);
}

static void news_state(GVariant *before, GVariant *now, G_GNUC_UNUSED const char *what, GPtrArray *lines) {
        news_add(lines, _("state: %s -> %s"), news_string(before), news_string(now));
}

/* "code: sentence" of each problem. */
static GHashTable *news_problems(GVariant *problems, GHashTable **ret_codes) {
        GHashTable *sentences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        const char *code, *sentence;
        GVariantIter iter;

        *ret_codes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_variant_iter_init(&iter, problems);
        while (g_variant_iter_loop(&iter, "(&s&sa{sv})", &code, &sentence, NULL)) {
                g_hash_table_add(sentences, g_strdup_printf("%s: %s", code, sentence));
                g_hash_table_add(*ret_codes, g_strdup(code));
        }
        return sentences;
}

static GPtrArray *news_sorted(GHashTable *set) {
        GPtrArray *keys = g_ptr_array_new();
        GHashTableIter iter;
        gpointer key;

        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                g_ptr_array_add(keys, key);
        g_ptr_array_sort(keys, text_compare_natural);
        return keys;
}

/* New ones with their sentences; of those that are over the code, unless there is still a problem of that code. */
static void news_say_problems(GVariant *before, GVariant *now, G_GNUC_UNUSED const char *what, GPtrArray *lines) {
        g_autoptr(GHashTable) codes_before = NULL, codes_now = NULL;
        g_autoptr(GHashTable) was = news_problems(before, &codes_before), is = news_problems(now, &codes_now);
        g_autoptr(GPtrArray) sentences = news_sorted(is), codes = news_sorted(codes_before);

        for (guint i = 0; i < sentences->len; i++)
                if (!g_hash_table_contains(was, sentences->pdata[i]))
                        news_add(lines, _("problem %s"), (char *) sentences->pdata[i]);
        for (guint i = 0; i < codes->len; i++)
                if (!g_hash_table_contains(codes_now, codes->pdata[i]))
                        news_add(lines, _("no longer a problem: %s"), (char *) codes->pdata[i]);
}

/* "network %s is new" of that name. */
static char *news_name(const char *sentence, const char *name) {
        g_auto(GStrv) parts = g_strsplit(sentence, "%s", 2);

        return g_strconcat(parts[0], name, parts[1], NULL);
}

/* what: "zone docker: %s is in it", and the opposite, separated by "|". */
static void news_members(GVariant *before, GVariant *now, const char *what, GPtrArray *lines) {
        g_autofree const char **was = g_variant_get_strv(before, NULL), **is = g_variant_get_strv(now, NULL);
        g_auto(GStrv) sentences = g_strsplit(what, "|", 2);

        for (const char **word = is; *word; word++)
                if (!g_strv_contains(was, *word))
                        g_ptr_array_add(lines, news_name(sentences[0], *word));
        for (const char **word = was; *word; word++)
                if (!g_strv_contains(is, *word))
                        g_ptr_array_add(lines, news_name(sentences[1], *word));
}

static char *news_value(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
                return g_strdup(g_variant_get_boolean(value) ? _("yes") : _("no"));
        g_autofree char *text = text_value(value);
        return g_strdup(*text ? text : "-");
}

/* "what: before -> now" */
static void news_plain(GVariant *before, GVariant *now, const char *what, GPtrArray *lines) {
        g_autofree char *was = news_value(before), *is = news_value(now);

        news_add(lines, "%s: %s -> %s", what, was, is);
}

/* what: said of true, and of false, separated by "|". An empty string counts as false, and another one is added. */
static void news_either(G_GNUC_UNUSED GVariant *before, GVariant *now, const char *what, GPtrArray *lines) {
        g_auto(GStrv) parts = g_strsplit(what, "|", 2);

        if (g_variant_is_of_type(now, G_VARIANT_TYPE_STRING)) {
                const char *text = news_string(now);
                news_add(lines, "%s%s", *text ? parts[0] : parts[1], text);
        } else
                news_add(lines, "%s", g_variant_get_boolean(now) ? parts[0] : parts[1]);
}

static void news_running(G_GNUC_UNUSED GVariant *before, GVariant *now, G_GNUC_UNUSED const char *what, GPtrArray *lines) {
        g_auto(GStrv) keys = json_out_sorted_keys(now);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; keys[i]; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(now, keys[i], NULL);
                g_autofree char *shown = news_value(value);

                g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", keys[i], shown);
        }
        if (text->len > 0) /* else Docker's state says it */
                news_add(lines, _("Docker was started with %s"), text->str);
}

/* Said by something else: a signal, or another property. */
static void news_silent(G_GNUC_UNUSED GVariant *before, G_GNUC_UNUSED GVariant *now, G_GNUC_UNUSED const char *what,
                        G_GNUC_UNUSED GPtrArray *lines) {
}

static const struct {
        const char *property, *type;
        void (*say)(GVariant *before, GVariant *now, const char *what, GPtrArray *lines);
        const char *what;
} NEWS_PROPERTIES[] = {
        { "Manager.State", "s", news_state, NULL },
        { "Manager.Problems", "a(ssa{sv})", news_say_problems, NULL },
        { "Manager.Repairs", "a{su}", news_silent, NULL }, /* the signal Repaired has the sentence */
        { "Manager.FirewalldState", "s", news_silent, NULL },
        { "Manager.FirewalldVersion", "s", news_silent, NULL },
        { "Manager.DockerState", "s", news_silent, NULL },
        { "Manager.DockerVersion", "s", news_silent, NULL },
        { "Manager.DockerFirewallBackend", "s", news_silent, NULL },
        { "Manager.Interfaces", "as", news_members, N_("interface %s: new|interface %s is gone") },
        { "Manager.HostAddresses", "as", news_silent, NULL }, /* its changes are not signalled */
        { "Zone.Target", "s", news_plain, N_("zone docker: target") },
        { "Zone.Interfaces", "as", news_members, N_("zone docker: %s is in it|zone docker: %s is no longer in it") },
        { "Zone.PermanentInterfaces", "as", news_members,
          N_("zone docker: %s is in it permanently|zone docker: %s is no longer in it permanently") },
        { "Policies.Policies", "a{sa{sv}}", news_silent, NULL }, /* the signal Changed has the names */
        { "Policies.RuntimeChanges", "as", news_silent, NULL },
        { "Groups.RuntimeChanges", "as", news_silent, NULL },
        { "Policies.PendingChange", "a{sv}", news_silent, NULL }, /* has a text of its own, see monitor-cmd.c */
        { "Engine.ConfigFile", "s", news_plain, N_("Docker's configuration file") },
        { "Engine.ConfigError", "s", news_either, N_("Docker's configuration file: |Docker's configuration file can be read") },
        { "Engine.Iptables", "b", news_plain, N_("Docker's next start: iptables") },
        { "Engine.Ip6tables", "b", news_plain, N_("Docker's next start: ip6tables") },
        { "Engine.DefaultAddress", "s", news_plain, N_("Docker's next start: default address") },
        { "Engine.RestartRequired", "b", news_either,
          N_("Docker has to be restarted for its new settings|Docker needs no restart any more") },
        { "Engine.KnownUntil", "t", news_silent, NULL }, /* Docker's state says it */
        { "Engine.Running", "a{sv}", news_running, NULL },
};

/* --- properties ------------------------------------------------------------------------------------------------------- */

/* Takes the value; unref the returned one that was known before, NULL: none. */
static GVariant *news_replace(News *news, const char *name, GVariant *value) {
        GVariant *before = g_hash_table_lookup(news->properties, name);

        if (before)
                g_variant_ref(before);
        g_hash_table_replace(news->properties, g_strdup(name), g_variant_ref(value));
        return before;
}

static void news_take_property(News *news, const char *name, GVariant *value, GPtrArray *lines) {
        g_autoptr(GVariant) before = news_replace(news, name, value);

        if (!before || g_variant_equal(before, value))
                return;
        for (gsize i = 0; i < G_N_ELEMENTS(NEWS_PROPERTIES); i++)
                if (g_str_equal(NEWS_PROPERTIES[i].property, name)) {
                        const GVariantType *type = G_VARIANT_TYPE(NEWS_PROPERTIES[i].type);
                        const char *what = NEWS_PROPERTIES[i].what;
                        if (g_variant_is_of_type(value, type) && g_variant_is_of_type(before, type))
                                NEWS_PROPERTIES[i].say(before, value, what ? gettext(what) : NULL, lines);
                        return;
                }
        news_plain(before, value, name, lines); /* of a later version of the service */
}

/* "running 20.10.24 (iptables)"; NULL: not known. */
static char *news_peer(const News *news, const char *state, const char *version, const char *backend) {
        const char *const names[] = { state, version, backend };
        const char *texts[G_N_ELEMENTS(names)] = { "", "", "" };

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                GVariant *value = names[i] ? g_hash_table_lookup(news->properties, names[i]) : NULL;
                if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
                        texts[i] = news_string(value);
        }
        if (!*texts[0])
                return NULL;
        return g_strdup_printf("%s%s%s%s%s%s", texts[0], *texts[1] ? " " : "", texts[1], *texts[2] ? " (" : "", texts[2],
                               *texts[2] ? ")" : "");
}

static const struct {
        const char *name, *state, *version, *backend;
} NEWS_PEERS[] = { { "firewalld", "Manager.FirewalldState", "Manager.FirewalldVersion", NULL },
                   { "Docker", "Manager.DockerState", "Manager.DockerVersion", "Manager.DockerFirewallBackend" } };

static char *news_peer_text(const News *news, gsize i) {
        return news_peer(news, NEWS_PEERS[i].state, NEWS_PEERS[i].version, NEWS_PEERS[i].backend);
}

void news_take_properties(News *news, const char *interface, GVariant *properties, GPtrArray *lines) {
        const char *short_name = g_str_has_prefix(interface, SERVICE) ? interface + strlen(SERVICE) : interface;
        g_auto(GStrv) names = json_out_sorted_keys(properties);
        char *peers[G_N_ELEMENTS(NEWS_PEERS)];

        for (gsize i = 0; i < G_N_ELEMENTS(NEWS_PEERS); i++)
                peers[i] = news_peer_text(news, i);
        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(properties, names[i], NULL);
                g_autofree char *name = g_strdup_printf("%s.%s", short_name, names[i]);

                news_take_property(news, name, value, lines);
        }
        /* State and version change together and are one sentence. */
        for (gsize i = 0; i < G_N_ELEMENTS(NEWS_PEERS); i++) {
                g_autofree char *before = peers[i], *now = news_peer_text(news, i);

                if (before && now && !g_str_equal(before, now))
                        news_add(lines, "%s: %s -> %s", NEWS_PEERS[i].name, before, now);
        }
}

/* --- policies and lists ----------------------------------------------------------------------------------------------- */

static GVariant *news_policy(GVariant *policies, const char *name) {
        return policies ? g_variant_lookup_value(policies, name, G_VARIANT_TYPE_VARDICT) : NULL;
}

static void news_say_policy(GVariant *before, GVariant *now, const char *name, bool is_named, GPtrArray *lines) {
        const char *action = "";

        if (!before && now) {
                g_variant_lookup(now, "action", "&s", &action);
                news_add(lines, _("policy %s: new, %s"), name, action);
        } else if (before && !now)
                news_add(lines, _("policy %s: removed"), name);
        else if (before) {
                g_autofree char *difference = policy_diff(NULL, before, now);
                if (*difference)
                        news_add(lines, _("policy %s: %s"), name, difference);
                else if (is_named)
                        news_add(lines, _("policy %s: changed permanently, not now"), name);
        } else if (is_named)
                news_add(lines, _("policy %s: changed permanently, not now"), name);
}

void news_take_policies(News *news, GVariant *policies, const char *const *names, GPtrArray *lines) {
        g_autoptr(GVariant) before = g_steal_pointer(&news->policies);
        g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GVariant *const sets[] = { before, policies };

        news->policies = policies ? g_variant_ref(policies) : NULL;
        if (!before || !policies) {
                for (guint i = 0; names && names[i]; i++)
                        news_add(lines, _("policy %s: changed"), names[i]);
                return;
        }
        for (guint i = 0; names && names[i]; i++)
                g_hash_table_add(all, g_strdup(names[i]));
        for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
                g_auto(GStrv) keys = json_out_sorted_keys(sets[i]);
                for (guint k = 0; keys[k]; k++)
                        g_hash_table_add(all, g_strdup(keys[k]));
        }
        g_autoptr(GPtrArray) sorted = news_sorted(all);
        for (guint i = 0; i < sorted->len; i++) {
                g_autoptr(GVariant) was = news_policy(before, sorted->pdata[i]), is = news_policy(policies, sorted->pdata[i]);

                news_say_policy(was, is, sorted->pdata[i], names && g_strv_contains(names, sorted->pdata[i]), lines);
        }
}

void news_say_changed(const NewsWords *words, const char *name, GPtrArray *lines) {
        g_autofree char *one = news_name(gettext(words->one), name);

        news_add(lines, _("%s: changed"), one);
}

void news_take_list(News *news, const char *kind, GHashTable *list, const NewsWords *words, GPtrArray *lines) {
        GHashTable *known = g_hash_table_lookup(news->lists, kind);
        g_autoptr(GHashTable) before = known ? g_hash_table_ref(known) : NULL;
        g_autoptr(GPtrArray) names = news_sorted(list), old = before ? news_sorted(before) : g_ptr_array_new();

        for (guint i = 0; before && i < names->len; i++) {
                const char *name = names->pdata[i], *is = g_hash_table_lookup(list, name),
                           *was = g_hash_table_lookup(before, name);

                g_autofree char *new = news_name(gettext(words->added), name), *one = news_name(gettext(words->one), name);
                if (!was)
                        news_add(lines, "%s%s%s", new, *is ? ": " : "", is);
                else if (!g_str_equal(was, is))
                        news_add(lines, "%s: %s -> %s", one, was, is);
        }
        for (guint i = 0; i < old->len; i++)
                if (!g_hash_table_contains(list, old->pdata[i]))
                        g_ptr_array_add(lines, news_name(gettext(words->gone), old->pdata[i]));
        g_hash_table_replace(news->lists, g_strdup(kind), g_hash_table_ref(list));
}
