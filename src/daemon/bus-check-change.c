/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies.CheckChange: all that is wrong with a change, or all that would come of it. */

#include <string.h>

#include <glib/gi18n.h>

#include "bus/dict.h"
#include "compile/direct-rule.h"
#include "daemon/apply.h"
#include "daemon/bus.h"
#include "daemon/change.h"
#include "daemon/cut.h"
#include "daemon/errors.h"
#include "daemon/meaning.h"
#include "daemon/ports.h"
#include "docker/docker.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/show.h"

/* Bytes of a wrong value that are given back. */
#define MAX_VALUE 256
/* Between turns of the event loop. */
#define TURN_USEC 10000

/* What the answer has besides errors. */
typedef struct Preview {
        PolicySet *before, *after; /* those in force, or for the scope "permanent", those from the next reload on */
        Ipsets *ipsets;            /* that those after name */
        GPtrArray *warnings;       /* Note *; policy: borrowed from the request */
        GPtrArray *rules;          /* DirectRule *; NULL: too many */
} Preview;

/* --- warnings ----------------------------------------------------------------------------------------------------- */

static bool is_enough(const Preview *preview) {
        return preview->warnings->len >= LIMIT_FINDINGS;
}

static void warn(Preview *preview, const char *policy, const char *code, char *sentence) {
        meaning_add(preview->warnings, code, sentence);
        ((Note *) preview->warnings->pdata[preview->warnings->len - 1])->policy = policy;
}

/* Yields to the event loop. */
static void warn_of_policies(Preview *preview, const Request *request, GPtrArray *left_out) {
        World *world = request->daemon->world;
        g_autoptr(GPtrArray) names = policy_set_names(request->policies);
        gint64 turn = g_get_monotonic_time();
        for (guint n = 0; n < names->len && !is_enough(preview); n++) {
                const char *name = names->pdata[n];
                const bool is_large = left_out && g_ptr_array_find_with_equal_func(left_out, name, g_str_equal, NULL);
                g_autoptr(GPtrArray) notes =
                        policies_list_warnings(world, g_hash_table_lookup(request->policies->policies, name), preview->after,
                                               preview->ipsets, is_large);
                for (guint i = 0; i < notes->len && !is_enough(preview); i++) {
                        Note *note = notes->pdata[i];
                        warn(preview, name, note->code, g_steal_pointer(&note->sentence));
                }
                if (g_get_monotonic_time() > turn + TURN_USEC) {
                        fiber_yield(request->daemon->event);
                        turn = g_get_monotonic_time();
                }
        }
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

/* Appends "key": [rows]; append adds the rows to the open array. */
static int append_array(sd_bus_message *reply, const char *key, const char *type,
                        int (*append)(sd_bus_message *reply, gconstpointer what), gconstpointer what) {
        g_autofree char *array = g_strconcat("a", type, NULL);
        const int r = dict_open_entry(reply, key, array);
        return dict_close_entry(reply, r < 0 ? r : append(reply, what));
}

/* At most MAX_VALUE bytes, and whole characters. */
static char *cut_value(const char *value) {
        const gsize length = strlen(value);
        const char *end = length > MAX_VALUE ? g_utf8_find_prev_char(value, value + MAX_VALUE + 1) : value + length;
        return g_strndup(value, (gsize) (end - value));
}

static int append_errors(sd_bus_message *reply, gconstpointer what) {
        const Findings *findings = what;
        int r = sd_bus_message_open_container(reply, 'a', "(ssisss)");
        for (guint i = 0; r >= 0 && i < findings->list->len; i++) {
                const Flaw *flaw = findings->list->pdata[i];
                const ErrorPlace *place = quaywall_error_place(flaw->error);
                g_autofree char *policy = cut_value(flaw->policy),
                                *value = cut_value(place && place->value ? place->value : ""),
                                *sentence = show_text(flaw->error->message);
                r = sd_bus_message_append(reply, "(ssisss)", policy, place && place->key ? place->key : "",
                                          place ? place->index : -1, value, errors_code(flaw->error), sentence);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_warnings(sd_bus_message *reply, gconstpointer what) {
        const GPtrArray *warnings = what;
        int r = sd_bus_message_open_container(reply, 'a', "(sss)");
        for (guint i = 0; r >= 0 && i < warnings->len; i++) {
                const Note *note = warnings->pdata[i];
                r = sd_bus_message_append(reply, "(sss)", note->policy, note->code, note->sentence);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_rules(sd_bus_message *reply, gconstpointer rules) {
        return policies_append_rules(reply, (GPtrArray *) rules);
}

/* All ports, before and after. */
typedef struct Ports {
        GPtrArray *before, *after; /* Exposure * */
} Ports;

static int append_clients(sd_bus_message *reply, const char *key, const Exposure *exposure) {
        int r = dict_open_entry(reply, key, "a{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = ports_append_clients(reply, exposure);
        return dict_close_entry(reply, r < 0 ? r : sd_bus_message_close_container(reply));
}

static int append_ports(sd_bus_message *reply, gconstpointer what) {
        const Ports *ports = what;
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < ports->before->len; i++) {
                const Exposure *before = ports->before->pdata[i], *after = ports->after->pdata[i];
                if (ports_have_same_clients(before, after))
                        continue;
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
                if (r >= 0)
                        r = ports_append_port(reply, after);
                if (r >= 0)
                        r = append_clients(reply, "before", before);
                if (r >= 0)
                        r = append_clients(reply, "after", after);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* --- what comes of it --------------------------------------------------------------------------------------------- */

static gsize count_bytes(GPtrArray *rules) {
        gsize bytes = 0;
        for (guint i = 0; i < rules->len; i++) {
                const DirectRule *rule = rules->pdata[i];
                bytes += 64;
                for (guint word = 0; rule->args[word]; word++)
                        bytes += strlen(rule->args[word]) + 8;
        }
        return bytes;
}

/* *ret_left_out: what DOCKER-USER would not have (unref). */
static void compile_rules(Preview *preview, const Daemon *daemon, GPtrArray **ret_left_out) {
        g_autoptr(Desired) desired = apply_preview(daemon->world, preview->after, preview->ipsets);
        preview->rules = direct_render(desired->rules, (const char *const *) daemon->world->bridges,
                                       daemon->settings->use_guard, policy_set_judges(preview->after), ret_left_out);
        if (count_bytes(preview->rules) <= LIMIT_PORTS_ANSWER / 2)
                return;
        g_clear_pointer(&preview->rules, g_ptr_array_unref);
        warn(preview, "", "too-many-rules", g_strdup(_("the rules would be too many to list them here")));
}

static bool foresee(Preview *preview, const Request *request, Ports *ports) {
        const Daemon *daemon = request->daemon;
        World *world = daemon->world;
        g_autoptr(GPtrArray) left_out = NULL;
        fiber_yield(daemon->event);
        compile_rules(preview, daemon, &left_out);
        fiber_yield(daemon->event);
        /* Yield to the event loop: facts may be other ones afterwards. */
        warn_of_policies(preview, request, left_out);
        char *away = policies_describe_away(world, true);
        if (away)
                warn(preview, "", "firewalld-not-running", away);
        char *open = (request->options.scope & SCOPE_RUNTIME) && !request->options.cut && policy_set_judges(preview->after) ?
                             cut_describe(world, preview->after) :
                             NULL;
        if (open)
                warn(preview, "", "established-flows", open);
        fiber_yield(daemon->event);
        if (!ports_are_known(world->docker))
                return false;
        apply_read_published(world, daemon->reconciler.agenda);
        g_autoptr(GError) failure = NULL;
        ports->before = ports_list(world, preview->before, world->ipsets_now, 2, &failure);
        ports->after = ports->before ? ports_list(world, preview->after, preview->ipsets, 2, &failure) : NULL;
        if (ports->after && ports->before->len == ports->after->len)
                return true;
        warn(preview, "", "too-many-ports", g_strdup(failure ? failure->message : _("Docker's ports changed meanwhile")));
        return false;
}

static void preview_clear(Preview *preview) {
        g_ptr_array_unref(preview->warnings);
        g_clear_pointer(&preview->before, policy_set_unref);
        g_clear_pointer(&preview->after, policy_set_unref);
        g_clear_pointer(&preview->ipsets, ipsets_unref);
        g_clear_pointer(&preview->rules, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Preview, preview_clear)

static void ports_clear(Ports *ports) {
        g_clear_pointer(&ports->before, g_ptr_array_unref);
        g_clear_pointer(&ports->after, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ports, ports_clear)

/* The rest of the validation, once the arguments are read. */
static bool check_sets(Preview *preview, Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        const bool now = request->options.scope & SCOPE_RUNTIME;
        g_autoptr(PolicySet) runtime = NULL, permanent = NULL;
        preview->before = policy_set_ref(now ? intent->runtime : intent->permanent);
        if (!policies_check_sets(request, &runtime, &permanent, &preview->ipsets, error))
                return false;
        preview->after = policy_set_ref(now ? runtime : permanent);
        const Reconciler *reconciler = &request->daemon->reconciler;
        GError *away = NULL;
        (void) findings_check(request->findings, "",
                              reconciler->world->firewalld->owner || change_check_away(reconciler, runtime, permanent, &away),
                              &away);
        return true;
}

bool policies_check_change(Request *request, GError **error) {
        const Findings *found = request->findings;
        g_auto(Preview) preview = { .warnings = g_ptr_array_new_with_free_func(meaning_note_free) };
        g_auto(Ports) ports = { NULL, NULL };
        if (!found->ended && !check_sets(&preview, request, error))
                return false;
        const bool is_good = found->list->len == 0, has_ports = is_good && foresee(&preview, request, &ports);
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_array(reply, "errors", "(ssisss)", append_errors, found);
        if (r >= 0)
                r = append_array(reply, "warnings", "(sss)", append_warnings, preview.warnings);
        if (r >= 0 && preview.rules)
                r = append_array(reply, "rules", "(sas)", append_rules, preview.rules);
        if (r >= 0 && has_ports)
                r = append_array(reply, "ports", "a{sv}", append_ports, &ports);
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}
