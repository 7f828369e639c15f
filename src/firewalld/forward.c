/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "forward.h"

#include <string.h>

#include "compile/firewall-cmd.h"
#include "firewalld/gate.h"
#include "firewalld/ipset.h"
#include "firewalld/zone.h"
#include "model/sort.h"

#define NAME_PREFIX "quaywall-"
#define DIGEST 8 /* hexadecimal digits */

static const char *const NONE[] = { NULL };

/* GATE_FORWARD opens the pairs. GATE_KEEP comes after it, and closes what else an interface's place in a zone would open. */
enum { GATE_FORWARD, GATE_KEEP, _GATE_MAX };
static const int PRIORITIES[] = { [GATE_FORWARD] = -2, [GATE_KEEP] = -1 };
static const char *const GATES[] = { [GATE_FORWARD] = "quaywall-forward", [GATE_KEEP] = "quaywall-keep" };

/* --- what exists -------------------------------------------------------------------------------------------------- */

/* The names of all policies and ipsets, not only quaywall's, now and permanently. */
typedef struct Names {
        GStrv gates_now, gates_later, sets_now, sets_later;
} Names;

static void names_clear(Names *names) {
        g_strfreev(names->gates_now);
        g_strfreev(names->gates_later);
        g_strfreev(names->sets_now);
        g_strfreev(names->sets_later);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Names, names_clear)

static bool has(GStrv names, const char *name) {
        return g_strv_contains((const char *const *) names, name);
}

static bool read_gates(Firewalld *firewalld, Names *ret, GError **error) {
        ret->gates_later = gate_list_permanent(firewalld, error);
        ret->gates_now = ret->gates_later ? gate_list_runtime(firewalld, error) : NULL;
        return ret->gates_now;
}

static bool read_sets(Firewalld *firewalld, Names *ret, GError **error) {
        ret->sets_later = ipset_list_permanent(firewalld, error);
        ret->sets_now = ret->sets_later ? ipset_list_runtime(firewalld, error) : NULL;
        return ret->sets_now;
}

static bool has_gates(const Names *names) {
        for (int gate = 0; gate < _GATE_MAX; gate++)
                if (has(names->gates_now, GATES[gate]) || has(names->gates_later, GATES[gate]))
                        return true;
        return false;
}

static char *set_name(const char *interface, Family family) {
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, interface, -1);
        return g_strdup_printf(NAME_PREFIX "%.*s-%c", DIGEST, digest, family == FAMILY_IPV4 ? '4' : '6');
}

static bool is_digest(const char *name, gsize more) {
        return g_str_has_prefix(name, NAME_PREFIX) && strlen(name) == strlen(NAME_PREFIX) + DIGEST + more &&
               strspn(name + strlen(NAME_PREFIX), "0123456789abcdef") >= DIGEST;
}

static bool is_our_set(const char *name) {
        return is_digest(name, 2) && (g_str_has_suffix(name, "-4") || g_str_has_suffix(name, "-6"));
}

/* A policy of quaywall 0.1, from one zone to another. An administrator's own "quaywall-vpn" is not one. */
static bool is_old_gate(const char *name) {
        return is_digest(name, 0);
}

bool forward_is_ours(const char *name) {
        return g_str_equal(name, GATES[GATE_FORWARD]) || g_str_equal(name, GATES[GATE_KEEP]) || is_our_set(name) ||
               is_old_gate(name);
}

bool forward_is_there(Firewalld *firewalld, bool *ret, GError **error) {
        g_auto(Names) names = { NULL };
        *ret = false;
        if (!read_gates(firewalld, &names, error) || !read_sets(firewalld, &names, error))
                return false;
        char *const *const lists[] = { names.gates_now, names.gates_later, names.sets_now, names.sets_later };
        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                for (char *const *name = lists[i]; *name; name++)
                        *ret |= forward_is_ours(*name);
        return true;
}

/* --- interfaces in no zone ---------------------------------------------------------------------------------------- */

/* Docker puts its bridges into its zone itself, a while after each reload, and does not start if it finds them elsewhere. It
 * names them "br-" and twelve hexadecimal digits of the network's id. */
static bool is_docker_bridge(const char *interface) {
        if (g_str_equal(interface, "docker0") || g_str_equal(interface, "docker_gwbridge"))
                return true;
        return g_str_has_prefix(interface, "br-") && strlen(interface) == 15 && strspn(interface + 3, "0123456789abcdef") == 12;
}

/* The interfaces of pairs for which firewalld would evaluate no policy, and the remedy. */
typedef struct Homes {
        char *zone;          /* the default zone */
        GHashTable *zones;   /* interface -> zone */
        GPtrArray *homeless; /* borrowed from the pairs: to be put into the default zone, or put there by quaywall */
} Homes;

static void homes_clear(Homes *homes) {
        g_free(homes->zone);
        g_clear_pointer(&homes->zones, g_hash_table_unref);
        g_clear_pointer(&homes->homeless, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Homes, homes_clear)

static bool is_in(GPtrArray *names, const char *name) {
        return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

/* Whether quaywall put the interface there, by the rules of the gate "keep", which are written first and removed last. */
static bool is_ours(GStrv rules, const char *interface) {
        g_autofree char *set = set_name(interface, FAMILY_IPV4);
        for (char **rule = rules; rule && *rule; rule++)
                if (strstr(*rule, set))
                        return true;
        return false;
}

/* *ret: the interface is in no zone, or in one only because quaywall put it there. */
static bool is_homeless(Firewalld *firewalld, const Homes *homes, GStrv rules, const char *interface, bool *ret,
                        GError **error) {
        const char *zone = g_hash_table_lookup(homes->zones, interface);
        *ret = !zone && !is_docker_bridge(interface);
        if (!zone || !g_str_equal(zone, homes->zone) || !is_ours(rules, interface))
                return true;
        g_autofree char *later = zone_of_interface_permanent(firewalld, interface, error);
        *ret = later && !later[0];
        return later;
}

/* firewalld 2 evaluates no policy, not even one from ANY to ANY, for a packet whose interfaces are both in no zone (its pairs
 * leave out "+" to "+"; measured on 2.3). So put the incoming interface into the default zone, where it belongs anyway: at
 * runtime only, and as a default, as NetworkManager does. */
static bool read_homes(Firewalld *firewalld, GPtrArray *pairs, GStrv rules, Homes *ret, GError **error) {
        ret->homeless = g_ptr_array_new();
        if (!firewalld_is_at_least(firewalld, 2) || (pairs->len == 0 && !(rules && rules[0])))
                return true;
        ret->zone = zone_default(firewalld, error);
        g_autofree char *target = ret->zone ? zone_target(firewalld, ret->zone, error) : NULL;
        ret->zones = target ? zone_read_active(firewalld, error) : NULL;
        if (!ret->zones)
                return false;
        for (guint i = 0; i + 1 < pairs->len && !g_str_equal(target, "ACCEPT"); i += 2) {
                bool in, out;
                if (!is_homeless(firewalld, ret, rules, pairs->pdata[i], &in, error) ||
                    !is_homeless(firewalld, ret, rules, pairs->pdata[i + 1], &out, error))
                        return false;
                if (in && out && !is_in(ret->homeless, pairs->pdata[i]))
                        g_ptr_array_add(ret->homeless, pairs->pdata[i]);
        }
        return true;
}

static bool settle_homes(Firewalld *firewalld, const Homes *homes, GError **error) {
        for (guint i = 0; i < homes->homeless->len; i++)
                if (!g_hash_table_contains(homes->zones, homes->homeless->pdata[i]) &&
                    !zone_put_runtime(firewalld, "", homes->homeless->pdata[i], error))
                        return false;
        return true;
}

/* Takes interfaces out of the default zone that quaywall put there and that no longer need it. */
static bool leave_homes(Firewalld *firewalld, const Homes *homes, GStrv rules, GError **error) {
        GHashTableIter iter;
        gpointer interface;
        if (!homes->zones || !rules || !rules[0])
                return true;
        g_hash_table_iter_init(&iter, homes->zones);
        while (g_hash_table_iter_next(&iter, &interface, NULL)) {
                bool homeless;
                if (!is_ours(rules, interface) || is_in(homes->homeless, interface))
                        continue;
                if (!is_homeless(firewalld, homes, rules, interface, &homeless, error) ||
                    (homeless && !zone_remove_runtime(firewalld, homes->zone, interface, error)))
                        return false;
        }
        return true;
}

/* --- what is wanted ----------------------------------------------------------------------------------------------- */

/* The ipset of one interface: all addresses of its family. */
typedef struct Set {
        Family family;
        char *entries[3];
} Set;

static void set_free(Set *set) {
        g_free(set->entries[0]);
        g_free(set->entries[1]);
        g_free(set);
}

typedef struct Wanted {
        GHashTable *sets;       /* name -> Set */
        Gate *gates[_GATE_MAX]; /* without rules: not wanted */
} Wanted;

static void wanted_free(Wanted *wanted) {
        g_hash_table_unref(wanted->sets);
        for (int gate = 0; gate < _GATE_MAX; gate++)
                gate_free(wanted->gates[gate]);
        g_free(wanted);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wanted, wanted_free)

/* Two halves of the address space: firewalld refuses a prefix length of 0. */
static char *add_set(GHashTable *sets, const char *interface, Family family) {
        static const char *const HALVES[][2] = {
                [FAMILY_IPV4] = { "0.0.0.0/1", "128.0.0.0/1" }, [FAMILY_IPV6] = { "8000::/1", "::/1" }
        };
        char *name = set_name(interface, family);
        Set *set = g_new(Set, 1);
        *set = (Set){ family,
                      { g_strconcat(HALVES[family][0], ",", interface, NULL),
                        g_strconcat(HALVES[family][1], ",", interface, NULL), NULL } };
        g_hash_table_replace(sets, g_strdup(name), set);
        return name;
}

/* Writes the rule as firewalld prints it. */
static void add_rule(GPtrArray *rules, Family family, const char *in, const char *out, bool crossed, const char *verdict) {
        const char *source = crossed ? out : in, *destination = crossed ? in : out;
        GString *rule = g_string_new(NULL);
        g_string_append_printf(rule, "rule family=\"%s\" ", family_to_string(family));
        if (source)
                g_string_append_printf(rule, "source ipset=\"%s\" ", source);
        if (destination)
                g_string_append_printf(rule, "destination ipset=\"%s\" ", destination);
        g_string_append(rule, verdict);
        if (is_in(rules, rule->str))
                g_string_free(rule, TRUE);
        else
                g_ptr_array_add(rules, g_string_free(rule, FALSE));
}

static Gate *gate_of(int gate, const char *zone, GPtrArray *rules) {
        const char *zones[] = { zone, NULL };
        const bool wants = rules->len > 0;
        g_ptr_array_add(rules, NULL);
        return gate_new(PRIORITIES[gate], wants ? zones : NONE, wants ? zones : NONE, (const char *const *) rules->pdata);
}

static Wanted *wanted_new(GPtrArray *pairs, const Homes *homes, bool crossed) {
        Wanted *wanted = g_new(Wanted, 1);
        wanted->sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) set_free);
        g_autoptr(GPtrArray) pass = g_ptr_array_new_with_free_func(g_free), keep = g_ptr_array_new_with_free_func(g_free);
        ITERATE_FAMILIES (family) {
                for (guint i = 0; i + 1 < pairs->len; i += 2) {
                        g_autofree char *in = add_set(wanted->sets, pairs->pdata[i], family);
                        g_autofree char *out = add_set(wanted->sets, pairs->pdata[i + 1], family);
                        add_rule(pass, family, in, out, crossed, "accept");
                }
                /* A zone that forwards lets all its interfaces reach each interface that is assigned to it. */
                for (guint i = 0; i < homes->homeless->len; i++) {
                        g_autofree char *home = set_name(homes->homeless->pdata[i], family);
                        add_rule(keep, family, NULL, home, crossed, "reject");
                }
        }
        wanted->gates[GATE_FORWARD] = gate_of(GATE_FORWARD, "ANY", pass);
        wanted->gates[GATE_KEEP] = gate_of(GATE_KEEP, homes->zone, keep);
        return wanted;
}

static bool is_wanted(const Gate *gate) {
        return gate->rules[0];
}

/* --- making it so ------------------------------------------------------------------------------------------------- */

static bool put_sets(Firewalld *firewalld, GHashTable *sets, const Names *names, bool *ret_must_reload, GError **error) {
        GHashTableIter iter;
        gpointer name, value;
        g_hash_table_iter_init(&iter, sets);
        while (g_hash_table_iter_next(&iter, &name, &value)) {
                const Set *set = value;
                const bool now = has(names->sets_now, name), later = has(names->sets_later, name);
                const char *const *entries = (const char *const *) set->entries;
                if (!ipset_put_permanent(firewalld, later, name, set->family, now || later ? entries : NONE, error) ||
                    (now && !ipset_set_entries_runtime(firewalld, name, entries, error)))
                        return false;
                *ret_must_reload |= !now;
        }
        return true;
}

/* Runtime ipsets stay, empty, until the next reload: firewalld has no call to remove one. */
static bool drop_sets(Firewalld *firewalld, GHashTable *wanted, const Names *names, GError **error) {
        for (char **name = names->sets_now; *name; name++)
                if (is_our_set(*name) && !g_hash_table_contains(wanted, *name) &&
                    !ipset_set_entries_runtime(firewalld, *name, NONE, error))
                        return false;
        for (char **name = names->sets_later; *name; name++)
                if (is_our_set(*name) && !g_hash_table_contains(wanted, *name) &&
                    !ipset_remove_permanent(firewalld, *name, error))
                        return false;
        return true;
}

static bool put_gates(Firewalld *firewalld, const Wanted *wanted, const Names *names, bool *ret_must_reload, GError **error) {
        for (int i = 0; i < _GATE_MAX; i++) {
                const Gate *gate = wanted->gates[i];
                const bool now = has(names->gates_now, GATES[i]), later = has(names->gates_later, GATES[i]);
                if ((later || is_wanted(gate)) && !gate_put_permanent(firewalld, later, GATES[i], gate, error))
                        return false;
                *ret_must_reload |= is_wanted(gate) && !now;
        }
        /* If a reload is needed anyway, it brings the rules too, since they may name an ipset that does not exist yet. */
        for (int i = 0; i < _GATE_MAX && !*ret_must_reload; i++)
                if (has(names->gates_now, GATES[i]) &&
                    !gate_put_runtime(firewalld, GATES[i], wanted->gates[i], ret_must_reload, error))
                        return false;
        return true;
}

static bool drop_gates(Firewalld *firewalld, const Wanted *wanted, const Names *names, GError **error) {
        for (int i = 0; i < _GATE_MAX; i++)
                if (!is_wanted(wanted->gates[i]) && has(names->gates_later, GATES[i]) &&
                    !gate_remove_permanent(firewalld, GATES[i], error))
                        return false;
        return true;
}

static bool drop_old(Firewalld *firewalld, const Names *names, GError **error) {
        for (char **name = names->gates_later; *name; name++)
                if (is_old_gate(*name) && !gate_remove_permanent(firewalld, *name, error))
                        return false;
        for (char **name = names->gates_now; *name; name++)
                if (is_old_gate(*name) && !gate_close_runtime(firewalld, *name, error))
                        return false;
        return true;
}

/* The rules of the gate "keep"; NULL: there is no such gate. */
static bool read_keep(Firewalld *firewalld, const Names *names, GStrv *ret_rules, GError **error) {
        *ret_rules = NULL;
        if (!has(names->gates_later, GATES[GATE_KEEP]))
                return true;
        g_autoptr(Gate) keep = gate_read_permanent(firewalld, GATES[GATE_KEEP], error);
        if (keep)
                *ret_rules = g_steal_pointer(&keep->rules);
        return keep;
}

/* The policy is created first and removed last: where it exists, there may be ipsets. */
static bool begin(Firewalld *firewalld, Names *names, GError **error) {
        static const char *const ANY[] = { "ANY", NULL };
        g_autoptr(Gate) empty = gate_new(PRIORITIES[GATE_FORWARD], ANY, ANY, NONE);
        if (has(names->gates_later, GATES[GATE_FORWARD]))
                return true;
        if (!gate_put_permanent(firewalld, false, GATES[GATE_FORWARD], empty, error))
                return false;
        g_strfreev(names->gates_later);
        names->gates_later = gate_list_permanent(firewalld, error);
        return names->gates_later;
}

bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool crossed, bool *ret_must_reload, GError **error) {
        *ret_must_reload = false;
        g_auto(Names) names = { NULL };
        g_auto(Homes) homes = { NULL };
        g_auto(GStrv) rules = NULL;
        if (!read_gates(firewalld, &names, error) || !drop_old(firewalld, &names, error))
                return false;
        if (pairs->len == 0 && !has_gates(&names))
                return true;
        if ((pairs->len > 0 && !begin(firewalld, &names, error)) || !read_sets(firewalld, &names, error) ||
            !read_keep(firewalld, &names, &rules, error) || !read_homes(firewalld, pairs, rules, &homes, error))
                return false;
        g_autoptr(Wanted) wanted = wanted_new(pairs, &homes, crossed);
        return leave_homes(firewalld, &homes, rules, error) &&
               put_sets(firewalld, wanted->sets, &names, ret_must_reload, error) &&
               put_gates(firewalld, wanted, &names, ret_must_reload, error) &&
               (*ret_must_reload || settle_homes(firewalld, &homes, error)) &&
               drop_sets(firewalld, wanted->sets, &names, error) && drop_gates(firewalld, wanted, &names, error);
}

static void list_sets(GPtrArray *commands, GHashTable *sets, const Names *names) {
        g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(sets), (GCompareFunc) g_strcmp0);
        for (const GList *name = sorted; name; name = name->next) {
                const Set *set = g_hash_table_lookup(sets, name->data);
                if (!has(names->sets_later, name->data))
                        ipset_list_commands(commands, name->data, set->family, (const char *const *) set->entries);
        }
}

bool forward_list_commands(Firewalld *firewalld, GPtrArray *pairs, bool crossed, GPtrArray *commands, GPtrArray *ret_homes,
                           GError **error) {
        g_auto(Names) names = { NULL };
        g_auto(Homes) homes = { NULL };
        g_auto(GStrv) rules = NULL;
        if (!read_gates(firewalld, &names, error))
                return false;
        if (pairs->len == 0 && !has_gates(&names))
                return true;
        if (!read_sets(firewalld, &names, error) || !read_keep(firewalld, &names, &rules, error) ||
            !read_homes(firewalld, pairs, rules, &homes, error))
                return false;
        g_autoptr(Wanted) wanted = wanted_new(pairs, &homes, crossed);
        list_sets(commands, wanted->sets, &names);
        for (int i = 0; i < _GATE_MAX; i++) {
                const bool is_there = has(names.gates_later, GATES[i]);
                g_autoptr(Gate) before = is_there ? gate_read_permanent(firewalld, GATES[i], error) : NULL;
                if (is_there && !before)
                        return false;
                if (is_wanted(wanted->gates[i]))
                        gate_list_commands(commands, GATES[i], before, wanted->gates[i]);
                else if (is_there)
                        firewall_cmd_add_option(commands, "--permanent", "--delete-policy=", GATES[i]);
        }
        for (char **name = names.sets_later; *name; name++)
                if (is_our_set(*name) && !g_hash_table_contains(wanted->sets, *name))
                        firewall_cmd_add_option(commands, "--permanent", "--delete-ipset=", *name);
        for (guint i = 0; i < homes.homeless->len; i++)
                if (!g_hash_table_contains(homes.zones, homes.homeless->pdata[i]))
                        firewall_cmd_add_option(ret_homes, NULL, "--add-interface=", homes.homeless->pdata[i]);
        return true;
}

/* --- verification ------------------------------------------------------------------------------------------------- */

static bool check_gate(Firewalld *firewalld, const Names *names, const char *name, const Gate *gate, bool *ret_right,
                       GError **error) {
        *ret_right = !is_wanted(gate) || (has(names->gates_now, name) && has(names->gates_later, name));
        if (!is_wanted(gate) || !*ret_right)
                return true;
        g_autoptr(Gate) later = gate_read_permanent(firewalld, name, error);
        g_autoptr(Gate) now = later ? gate_read_runtime(firewalld, name, error) : NULL;
        *ret_right = now && gate_equal(now, gate) && gate_equal(later, gate);
        return now;
}

static bool check_set(Firewalld *firewalld, const Names *names, const char *name, const Set *set, bool *ret_right,
                      GError **error) {
        *ret_right = has(names->sets_now, name) && has(names->sets_later, name);
        if (!*ret_right)
                return true;
        g_auto(GStrv) later = ipset_entries_permanent(firewalld, name, error);
        g_auto(GStrv) now = later ? ipset_entries_runtime(firewalld, name, error) : NULL;
        *ret_right = now && g_strv_equal((const char *const *) now, (const char *const *) set->entries) &&
                     g_strv_equal((const char *const *) later, (const char *const *) set->entries);
        return now;
}

bool forward_check(Firewalld *firewalld, GPtrArray *pairs, bool crossed, char **ret_altered, GError **error) {
        *ret_altered = NULL;
        g_auto(Names) names = { NULL };
        g_auto(Homes) homes = { NULL };
        g_auto(GStrv) rules = NULL;
        bool right;
        if (!read_gates(firewalld, &names, error) || !read_sets(firewalld, &names, error) ||
            !read_keep(firewalld, &names, &rules, error) || !read_homes(firewalld, pairs, rules, &homes, error))
                return false;
        g_autoptr(Wanted) wanted = wanted_new(pairs, &homes, crossed);
        for (int i = 0; i < _GATE_MAX && !*ret_altered; i++) {
                if (!check_gate(firewalld, &names, GATES[i], wanted->gates[i], &right, error))
                        return false;
                if (!right)
                        *ret_altered = g_strdup(GATES[i]);
        }
        for (guint i = 0; i < homes.homeless->len && !*ret_altered; i++)
                if (!g_hash_table_contains(homes.zones, homes.homeless->pdata[i]))
                        *ret_altered = g_strdup(homes.homeless->pdata[i]);
        GHashTableIter iter;
        gpointer name, set;
        g_hash_table_iter_init(&iter, wanted->sets);
        while (!*ret_altered && g_hash_table_iter_next(&iter, &name, &set)) {
                if (!check_set(firewalld, &names, name, set, &right, error))
                        return false;
                if (!right)
                        *ret_altered = g_strdup(name);
        }
        return true;
}

bool forward_read_crossed(const char *table, bool *ret_crossed) {
        const bool crossed = strstr(table, "saddr . oifname @" NAME_PREFIX),
                   straight = strstr(table, "saddr . iifname @" NAME_PREFIX);
        *ret_crossed = crossed;
        return crossed != straight;
}
