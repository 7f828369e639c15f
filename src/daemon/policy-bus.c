/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-bus.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bus/dict.h"
#include "bus/fiber.h"
#include "daemon/group-bus.h"
#include "model/bounds.h"
#include "model/brief.h"
#include "model/error.h"
#include "model/policy-check.h"
#include "model/policy-time.h"
#include "model/revision.h"

/* One policy as it is read. Its flaws go to findings, which say whether to go on. */
typedef struct Reading {
        sd_bus_message *m;
        const char *name; /* for findings */
        Policy *policy;
        Findings *findings;
        gint64 now; /* what ends must do so later; 0: it may be over */
} Reading;

/* Takes ownership of the error. */
static bool note(const Reading *r, const char *key, int index, const char *value, GError *error) {
        quaywall_error_at(&error, key, index, value);
        return findings_add(r->findings, r->name, error);
}

static bool wrong_type(const char *key, const char *is, const char *wanted, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("%s: has the D-Bus type \"%s\"; it must be \"%s\""),
                    key, is, wanted);
        return false;
}

static bool unknown_key(const char *key, GError **error) {
        g_autofree char *shown = quaywall_error_show(key);
        g_autoptr(GString) known = g_string_new(NULL);
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++)
                g_string_append_printf(known, "%s%s", field == POLICY_FIELDS ? "" : ", ", field->name);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("\"%s\" is not a key of a policy; the keys are %s"),
                    shown, known->str);
        return false;
}

/* Whether a source, which is valid, ends later, if it is listed for a time. */
static bool check_source_end(const Reading *r, const char *text, GError **error) {
        BriefSource source;
        return !r->now || !strstr(text, BRIEF_UNTIL) || !brief_source_parse("sources", text, &source, NULL) ||
               policy_time_check("sources", source.until, r->now, error);
}

/* Sources that are the name of something are kept apart from addresses. */
static bool read_strings(const Reading *r, const char *key) {
        const bool are_sources = g_str_equal(key, "sources");
        const char *text;
        int done;
        if (sd_bus_message_enter_container(r->m, 'a', "s") < 0)
                return false;
        for (guint i = 0; (done = sd_bus_message_read(r->m, "s", &text)) > 0; i++) {
                GError *error = NULL;
                if (!policy_add_string(r->policy, key, text, &error) || (are_sources && !check_source_end(r, text, &error))) {
                        if (!note(r, key, (int) i, text, error))
                                return false;
                } else if (r->findings->all && are_sources && policy_reference_of(text))
                        findings_note_entry(r->findings, r->name, text, i);
        }
        return done == 0 && sd_bus_message_exit_container(r->m) >= 0;
}

static bool set_string(const Reading *r, const char *key, const char *text, GError **error) {
        const gint64 *until = &r->policy->until;
        return policy_set_string(r->policy, key, text, error) &&
               (!g_str_equal(key, "until") || !r->now || !*until || policy_time_check(key, *until, r->now, error));
}

static bool read_value(const Reading *r, const char *key, const char *type) {
        static const char *const TYPES[] = {
                [POLICY_KEY_STRING] = "s", [POLICY_KEY_STRINGS] = "as", [POLICY_KEY_BOOLEAN] = "b"
        };
        const PolicyKeyType kind = policy_key_type(key);
        GError *error = NULL;
        if (!g_str_equal(type, TYPES[kind])) {
                (void) wrong_type(key, type, TYPES[kind], &error);
                return note(r, key, -1, NULL, error) && sd_bus_message_skip(r->m, "v") >= 0;
        }
        if (sd_bus_message_enter_container(r->m, 'v', type) < 0)
                return false;

        const char *text;
        int truth;
        switch (kind) {
        case POLICY_KEY_BOOLEAN:
                if (sd_bus_message_read(r->m, "b", &truth) < 0)
                        return false;
                policy_set_boolean(r->policy, key, truth);
                break;
        case POLICY_KEY_STRING:
                if (sd_bus_message_read(r->m, "s", &text) < 0)
                        return false;
                if (!set_string(r, key, text, &error) && !note(r, key, -1, text, error))
                        return false;
                break;
        default:
                if (!read_strings(r, key))
                        return false;
        }
        return sd_bus_message_exit_container(r->m) >= 0;
}

/* What List and Get add to a policy's keys, and readers ignore; NULL: it is none of that. */
#define KEY_REVISION "revision"
#define KEY_ORIGIN "origin"
static const char *type_of_told(const char *key) {
        return g_str_equal(key, KEY_REVISION) ? "t" : g_str_equal(key, KEY_ORIGIN) ? "s" : NULL;
}

static bool check_key(const char *key, const char *type, bool (*takes)(const char *key, GError **error), GHashTable *given,
                      GError **error) {
        const char *told = type_of_told(key);
        if (policy_key_type(key) == POLICY_KEY_UNKNOWN && !told)
                return unknown_key(key, error);
        if (!g_hash_table_add(given, (char *) g_intern_string(key))) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("%s: is there twice"), key);
                return false;
        }
        if (told && !g_str_equal(type, told))
                return wrong_type(key, type, told, error);
        return !takes || takes(key, error);
}

/* Reads one a{sv}. takes: an error for keys that do not belong there; NULL: all do. Adds each key, static, to given. False: the
 * message is malformed, or findings want no more. */
static bool read_keys(const Reading *r, bool (*takes)(const char *key, GError **error), GHashTable *given) {
        sd_bus_message *m = r->m;
        int done = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (done >= 0 && (done = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key, *type;
                GError *error = NULL;
                if (sd_bus_message_read(m, "s", &key) < 0 || sd_bus_message_peek_type(m, NULL, &type) < 0)
                        return false;
                const bool good = check_key(key, type, takes, given, &error);
                if (!good && !note(r, key, -1, NULL, error))
                        return false;
                if (!good || type_of_told(key) ? sd_bus_message_skip(m, "v") < 0 : !read_value(r, key, type))
                        return false;
                done = sd_bus_message_exit_container(m);
        }
        return done >= 0 && sd_bus_message_exit_container(m) >= 0;
}

/* Takes ownership of the error. That a list is empty says nothing if its entries were wrong. */
static bool note_combination(GError *error, gpointer userdata) {
        const Reading *r = userdata;
        const ErrorPlace *place = quaywall_error_place(error);
        if (!findings_have(r->findings, r->name, place->key))
                return findings_add(r->findings, r->name, error);
        g_error_free(error);
        return true;
}

static gint64 present(void) {
        return g_get_real_time() / G_USEC_PER_SEC;
}

/* Reads one a{sv}, whatever is wrong with it; NULL: the message is malformed, or findings want no more. */
static Policy *read_policy(sd_bus_message *m, const char *name, Findings *findings) {
        g_autoptr(Policy) policy = policy_new();
        g_autoptr(GHashTable) given = g_hash_table_new(g_str_hash, g_str_equal);
        Reading r = { m, name, policy, findings, present() };
        if (!read_keys(&r, NULL, given))
                return NULL;
        (void) policy_check_all(policy, note_combination, &r);
        return findings->ended ? NULL : g_steal_pointer(&policy);
}

Policy *policy_bus_read(sd_bus_message *m, GError **error) {
        g_autoptr(Findings) first = findings_new(false);
        g_autoptr(Policy) policy = read_policy(m, "", first);
        return findings_are_none(first, error) ? g_steal_pointer(&policy) : NULL;
}

static bool is_editable(const char *key, GError **error) {
        if (!g_str_equal(key, "action") && !type_of_told(key))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                    _("%s: an edit does not change it; Set does, with the whole policy"), key);
        return false;
}

static bool is_list(const char *key, GError **error) {
        if (!is_editable(key, error))
                return false;
        if (policy_key_type(key) == POLICY_KEY_STRINGS)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                    _("%s: has no entries that could be removed; its new value belongs to what the edit adds"), key);
        return false;
}

/* what: "add" or "remove", for the error. now: as in Reading. */
static bool read_part(sd_bus_message *m, Policy *part, bool (*takes)(const char *key, GError **error), GHashTable *given,
                      const char *what, gint64 now, GError **error) {
        g_autoptr(Findings) first = findings_new(false);
        const Reading r = { m, "", part, first, now };
        const bool is_read = read_keys(&r, takes, given);
        if (!findings_are_none(first, error))
                g_prefix_error(error, "%s: ", what);
        return is_read;
}

PolicyDelta *policy_bus_read_delta(sd_bus_message *m, GError **error) {
        g_autoptr(PolicyDelta) delta = policy_delta_new();
        g_autoptr(GHashTable) removed = g_hash_table_new(g_str_hash, g_str_equal);
        return read_part(m, delta->add, is_editable, delta->given, "add", present(), error) &&
                               read_part(m, delta->remove, is_list, removed, "remove", 0, error) ?
                       g_steal_pointer(&delta) :
                       NULL;
}

/* After this many sources, which take some milliseconds, the event loop gets a turn. */
#define YIELD_AFTER 2048U

static bool check_new_in(PolicySet *set, const char *name, GError **error) {
        if (!policy_name_check(name, error))
                return false;
        if (!g_hash_table_contains(set->policies, name))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("name: \"%s\" is there twice"), name);
        return false;
}

PolicySet *policy_bus_read_all(sd_bus_message *m, sd_event *event, Findings *findings) {
        g_autoptr(PolicySet) set = policy_set_new();
        guint sources = 0;
        int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                const char *name;
                GError *error = NULL;
                if (sd_bus_message_read(m, "s", &name) < 0)
                        return NULL;
                if (g_hash_table_size(set->policies) >= LIMIT_POLICIES) {
                        findings_end(findings, g_error_new(QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                                                           _("more than %u policies"), LIMIT_POLICIES));
                        return NULL;
                }
                const bool is_new = check_new_in(set, name, &error);
                if (!is_new) {
                        quaywall_error_at(&error, "name", -1, name);
                        if (!findings_add(findings, name, error))
                                return NULL;
                }
                g_autoptr(Policy) policy = read_policy(m, name, findings);
                if (!policy)
                        return NULL;
                if (is_new)
                        policy_set_insert(set, name, policy);
                r = sd_bus_message_exit_container(m);
                /* This may have been a few megabytes. */
                sources += policy->sources->len;
                if (sources > YIELD_AFTER) {
                        fiber_yield(event);
                        sources = 0;
                }
        }
        if (r < 0 || sd_bus_message_exit_container(m) < 0)
                return NULL;
        return g_steal_pointer(&set);
}

PolicySet *policy_bus_read_set(sd_bus_message *m, sd_event *event, GError **error) {
        g_autoptr(Findings) first = findings_new(false);
        g_autoptr(PolicySet) set = policy_bus_read_all(m, event, first);
        if (first->list->len == 0)
                return g_steal_pointer(&set);
        const Flaw *flaw = first->list->pdata[0];
        const ErrorPlace *place = quaywall_error_place(flaw->error);
        g_autofree char *prefix = place && place->key && !g_str_equal(place->key, "name") ?
                                          g_strdup_printf(_("policy \"%s\": "), flaw->policy) :
                                          g_strdup("");
        (void) findings_are_none(first, error);
        g_prefix_error(error, "%s", prefix);
        return NULL;
}

/* What the keys of a policy take, with a description. */
#define POLICY_BYTES (LIMIT_DESCRIPTION + 512)

static int append_strings(sd_bus_message *m, const Policy *policy, const char *key, gsize *bytes) {
        g_auto(GStrv) values = policy_get_strings(policy, key);
        *bytes += dict_measure_strings(values);
        return values[0] ? dict_append_strings(m, key, values) : 0;
}

int policy_bus_append(sd_bus_message *m, gconstpointer item, gsize *bytes) {
        Policy *policy = (Policy *) item; /* its revision is computed once */
        *bytes += POLICY_BYTES;
        int r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (const PolicyField *field = POLICY_FIELDS; r >= 0 && field->name; field++) {
                const char *key = field->name;
                switch (policy_key_type(key)) {
                case POLICY_KEY_STRING:
                        if (policy_get_string(policy, key))
                                r = dict_append_basic(m, key, 's', policy_get_string(policy, key));
                        break;
                case POLICY_KEY_BOOLEAN:
                        r = dict_append_basic(m, key, 'b', &(int){ policy_get_boolean(policy, key) });
                        break;
                default:
                        r = append_strings(m, policy, key, bytes);
                }
        }
        if (r >= 0)
                r = dict_append_basic(m, KEY_REVISION, 't', &(guint64){ policy_revision(policy) });
        if (r >= 0 && policy->origin)
                r = dict_append_basic(m, KEY_ORIGIN, 's', policy->origin);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* a: what the caller sent */
static bool bad_option(GError **error, const char *format, const char *a, const char *b) {
        g_autofree char *seen = quaywall_error_show(a);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION, format, seen, b);
#pragma GCC diagnostic pop
        return false;
}

/* Any integer type: in a language without types for each size, a caller cannot choose. Negative ones give 0. */
static bool read_number(sd_bus_message *m, char type, guint64 *ret) {
        union {
                uint8_t y;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
        } value;
        if (sd_bus_message_read(m, "v", (const char[]){ type, '\0' }, &value) < 0)
                return false;
        const int64_t number = type == 'n' ? value.n : type == 'i' ? value.i : type == 'x' ? value.x : 0;
        *ret = type == 'y' ? value.y :
               type == 'q' ? value.q :
               type == 'u' ? value.u :
               type == 't' ? value.t :
                             (guint64) MAX(number, 0);
        return true;
}

static bool is_number(const char *type) {
        return type[0] && !type[1] && strchr("ynqiuxt", type[0]);
}

static bool read_groups(sd_bus_message *m, Options *options, GError **error) {
        if (sd_bus_message_enter_container(m, 'v', "a{sa{sv}}") < 0)
                return false;
        g_clear_pointer(&options->groups, g_hash_table_unref);
        options->groups = group_bus_read_table(m, error);
        return options->groups && sd_bus_message_exit_container(m) >= 0;
}

static bool read_option(sd_bus_message *m, const char *name, const char *type, Options *options, GError **error) {
        bool *flag = g_str_equal(name, "replace")      ? &options->replace :
                     g_str_equal(name, "cut")          ? &options->cut :
                     g_str_equal(name, "create")       ? &options->create :
                     g_str_equal(name, "i-understand") ? &options->i_understand :
                                                         NULL;
        guint64 *number = g_str_equal(name, "confirm-within") ? &options->confirm_within :
                          g_str_equal(name, "if-revision")    ? &options->if_revision :
                          g_str_equal(name, "if-change")      ? &options->if_change :
                                                                NULL;
        const char *wanted = flag                            ? "b" :
                             number == &options->if_revision ? "t" :
                             number == &options->if_change   ? "t" :
                             number                          ? "u" :
                             g_str_equal(name, "groups")     ? "a{sa{sv}}" :
                                                               "s",
                   *text;
        int truth;
        if (number ? !is_number(type) : !g_str_equal(type, wanted))
                return bad_option(error, _("option %s: must have the D-Bus type \"%s\""), name, wanted);
        if (flag) {
                if (sd_bus_message_read(m, "v", "b", &truth) < 0)
                        return false;
                *flag = truth;
                options->no_replace |= flag == &options->replace && !truth;
                return true;
        }
        if (wanted[0] == 'a')
                return read_groups(m, options, error);
        if (number) {
                if (!read_number(m, type[0], number))
                        return false;
                if (number == &options->confirm_within && (*number == 0 || *number > LIMIT_CONFIRM))
                        return bad_option(error, _("option %s: must be from 1 to 3600 seconds%s"), name, "");
                if (number == &options->if_change)
                        options->has_if_change = true;
                else if (*number == 0)
                        return bad_option(error, _("option %s: must be a policy's \"revision\"%s"), name, "");
                return true;
        }
        if (sd_bus_message_read(m, "v", "s", &text) < 0)
                return false;
        if (g_str_equal(name, "zone")) {
                g_free(options->zone);
                options->zone = g_strdup(text);
                return true;
        }
        const Scope scope = scope_from_string(text);
        if (!scope) {
                (void) bad_option(error, _("option scope: \"%s\" must be \"runtime\", \"permanent\" or \"both\"%s"), text, "");
                quaywall_error_at(error, name, -1, text);
                return false;
        }
        options->scope = scope;
        return true;
}

static bool check_option(const char *const *allowed, const char *name, GError **error) {
        if (g_strv_contains(allowed, name))
                return true;
        if (!allowed[0])
                return bad_option(error, _("option \"%s\" is not known; this method takes none%s"), name, "");
        g_autofree char *known = g_strjoinv(", ", (char **) allowed);
        return bad_option(error, _("option \"%s\" is not known; known are: %s"), name, known);
}

bool options_read_all(sd_bus_message *m, const char *const *allowed, Options *ret, Findings *findings) {
        *ret = (Options){ .scope = SCOPE_BOTH };
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *name, *type;
                GError *error = NULL;
                if (sd_bus_message_read(m, "s", &name) < 0 || sd_bus_message_peek_type(m, NULL, &type) < 0)
                        return false;
                if (!check_option(allowed, name, &error) || !read_option(m, name, type, ret, &error)) {
                        quaywall_error_at(&error, name, -1, NULL);
                        /* An error inside a value that is a list leaves the message there: nothing behind it can be read. */
                        if (error && type[0] == 'a' && g_str_equal(name, "groups")) {
                                findings_end(findings, error);
                                return false;
                        }
                        if (!findings_add(findings, "", error))
                                return false;
                }
                /* An error may have come before the value was read, or after. */
                if (sd_bus_message_at_end(m, false) == 0 && sd_bus_message_skip(m, "v") < 0)
                        return false;
                r = sd_bus_message_exit_container(m);
        }
        return r >= 0 && sd_bus_message_exit_container(m) >= 0;
}

bool options_read(sd_bus_message *m, const char *const *allowed, Options *ret, GError **error) {
        g_autoptr(Findings) first = findings_new(false);
        const bool is_read = options_read_all(m, allowed, ret, first);
        return findings_are_none(first, error) && is_read;
}

void options_clear(Options *options) {
        g_clear_pointer(&options->zone, g_free);
        g_clear_pointer(&options->groups, g_hash_table_unref);
}
