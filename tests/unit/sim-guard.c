/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-guard.h"

#include <string.h>

#define TABLE "inet quaywall"

SimGuard *sim_guard_new(void) {
        SimGuard *sim = g_new0(SimGuard, 1);
        sim->sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
        sim->endpoints = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
        sim->holding = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
        sim->bridges = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sim->published = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sim->counters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sim->chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sim->rules = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);
        return sim;
}

void sim_guard_free(SimGuard *sim) {
        g_hash_table_unref(sim->sets);
        g_hash_table_unref(sim->endpoints);
        g_hash_table_unref(sim->bridges);
        g_hash_table_unref(sim->holding);
        g_hash_table_unref(sim->published);
        g_hash_table_unref(sim->counters);
        g_hash_table_unref(sim->chains);
        g_ptr_array_unref(sim->rules);
        g_free(sim->dropped_by);
        g_free(sim);
}

static AddressRange parse_address(const char *text) {
        AddressRange range;
        g_autoptr(GError) error = NULL;
        address_range_parse(text, &range, &error);
        g_assert_no_error(error);
        return range;
}

/* The elements of a set: "80" or "172.17.0.2 . 80". */
static void add_endpoints(SimGuard *sim, const char *name, const char *definition) {
        const char *begin = strstr(definition, "elements = { "), *end = begin ? strstr(begin, " };") : NULL;
        g_assert_nonnull(end);
        g_autofree char *elements = g_strndup(begin + strlen("elements = { "), end - begin - strlen("elements = { "));
        g_auto(GStrv) words = g_strsplit(elements, ", ", -1);
        GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (char **word = words; *word; word++)
                g_assert_true(g_hash_table_add(set, g_strdup(*word)));
        g_hash_table_insert(sim->endpoints, g_strdup(name), set);
}

static bool is_for_hold(const char *name) {
        return g_str_has_prefix(name, "known_ipv") || g_str_has_prefix(name, "pending_ipv") ||
               g_str_equal(name, "spared_bridges");
}

static bool set_is_there(SimGuard *sim, const char *name) {
        return g_hash_table_contains(sim->holding, name) || g_hash_table_contains(sim->sets, name) ||
               g_hash_table_contains(sim->endpoints, name);
}

static bool port_matches(const char *range, guint16 port) {
        char *end;
        const unsigned long first = strtoul(range, &end, 10);
        const unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;
        return first <= port && port <= last;
}

static bool has_port(SimGuard *sim, const char *reference, guint16 port) {
        GHashTable *set = g_hash_table_lookup(sim->endpoints, reference + 1);
        GHashTableIter iter;
        gpointer range;
        g_assert_nonnull(set);
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, &range, NULL))
                if (port_matches(range, port))
                        return true;
        return false;
}

static bool has_endpoint(SimGuard *sim, const char *reference, const char *endpoint) {
        GHashTable *set = g_hash_table_lookup(sim->endpoints, reference + 1);
        g_assert_nonnull(set);
        return g_hash_table_contains(set, endpoint);
}

static bool is_published_at(const char *name) {
        return g_str_equal(name, "published_ipv4") || g_str_equal(name, "published_ipv6");
}

/* The elements of a set in which they come and go, char *; NULL: it is none of these, or not there. */
static GHashTable *find_elements(SimGuard *sim, const char *name) {
        return g_str_equal(name, "docker_bridges")  ? sim->bridges :
               g_str_equal(name, "published_ports") ? sim->published :
               is_published_at(name)                ? g_hash_table_lookup(sim->endpoints, name) :
               is_for_hold(name)                    ? g_hash_table_lookup(sim->holding, name) :
                                                      NULL;
}

/* "elements = { "a", "b" }" or "{ a, b }". The renderer knows the existing elements: it neither adds one again nor deletes a
 * missing one. */
static void change_elements(GHashTable *set, const char *definition, bool is_added) {
        const char *begin = strstr(definition, "{ "), *inner = begin ? strstr(begin, "elements = { ") : NULL;
        begin = inner ? inner + strlen("elements = { ") : begin + strlen("{ ");
        g_autofree char *list = g_strndup(begin, strcspn(begin, "}"));
        g_auto(GStrv) words = g_strsplit(list, ",", -1);
        for (char **word = words; *word; word++) {
                g_autoptr(GString) element = g_string_new(g_strstrip(*word));
                g_string_replace(element, "\"", "", 0);
                g_assert_true(is_added ? g_hash_table_add(set, g_strdup(element->str)) :
                                         g_hash_table_remove(set, element->str));
        }
}

static void add_set(SimGuard *sim, const char *name, const char *definition) {
        GHashTable *there = find_elements(sim, name);
        if (strstr(definition, "elements = ") && there) {
                change_elements(there, definition, true);
                return;
        }
        if (g_str_equal(name, "docker_bridges") || g_str_equal(name, "published_ports"))
                return;
        if (is_published_at(name) || is_for_hold(name)) {
                g_assert_true(g_hash_table_insert(is_for_hold(name) ? sim->holding : sim->endpoints, g_strdup(name),
                                                  g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)));
                return;
        }
        g_assert_false(g_hash_table_contains(sim->sets, name)); /* the renderer never sends a set twice */
        g_assert_false(g_hash_table_contains(sim->endpoints, name));
        if (strstr(definition, "inet_service;")) {
                add_endpoints(sim, name, definition);
                return;
        }
        const Family family = strstr(definition, "type ipv4_addr;") ? FAMILY_IPV4 : FAMILY_IPV6;
        const char *begin = strstr(definition, "elements = { ");
        const char *end = begin ? strstr(begin, " };") : NULL;
        g_assert_nonnull(end);
        begin += strlen("elements = { ");
        g_autofree char *elements = g_strndup(begin, end - begin);
        g_auto(GStrv) words = g_strsplit(elements, ", ", -1);
        GArray *set = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (char **word = words; *word; word++) {
                AddressRange range = parse_address(*word);
                g_assert_cmpint(range.family, ==, family);
                g_array_append_val(set, range);
        }
        g_hash_table_insert(sim->sets, g_strdup(name), set);
}

/* In a verdict map a comma follows the word. */
static bool in_use(SimGuard *sim, const char *word) {
        g_autofree char *element = g_strconcat(word, ",", NULL);
        for (guint i = 0; i < sim->rules->len; i++)
                if (g_strv_contains(sim->rules->pdata[i], word) || g_strv_contains(sim->rules->pdata[i], element))
                        return true;
        return false;
}

static bool chain_is_there(SimGuard *sim, const char *word) {
        g_autofree char *name = g_strndup(word, strcspn(word, ","));
        return g_hash_table_contains(sim->chains, name);
}

static void add_rule(SimGuard *sim, GStrv words) {
        g_assert_true(chain_is_there(sim, words[0]));
        for (char **word = words; *word; word++) {
                if (g_str_equal(*word, "jump"))
                        g_assert_true(chain_is_there(sim, word[1]));
                if ((*word)[0] == '@' && !g_str_equal(*word, "@docker_bridges") && !g_str_equal(*word, "@published_ports"))
                        g_assert_true(set_is_there(sim, *word + 1));
                if (g_str_equal(*word, "counter") && g_str_equal(word[1], "name"))
                        g_assert_true(g_hash_table_contains(sim->counters, word[2]));
        }
        g_ptr_array_add(sim->rules, words);
}

/* The first rule of the chain; false: it has none. */
static bool remove_rule(SimGuard *sim, const char *chain) {
        for (guint i = 0; i < sim->rules->len; i++)
                if (g_str_equal(((GStrv) sim->rules->pdata[i])[0], chain))
                        return g_ptr_array_remove_index(sim->rules, i);
        return false;
}

static void clear(SimGuard *sim) {
        g_hash_table_remove_all(sim->sets);
        g_hash_table_remove_all(sim->endpoints);
        g_hash_table_remove_all(sim->published);
        g_hash_table_remove_all(sim->bridges);
        g_hash_table_remove_all(sim->holding);
        g_hash_table_remove_all(sim->counters);
        g_hash_table_remove_all(sim->chains);
        g_ptr_array_set_size(sim->rules, 0);
}

static void change_element(SimGuard *sim, char **words, const char *line) {
        GHashTable *set = find_elements(sim, words[4]);
        g_assert_nonnull(set);
        change_elements(set, line, g_str_equal(words[0], "add"));
}

static void run_line(SimGuard *sim, const char *line) {
        int n;
        GStrv words;
        if (g_str_equal(line, "add table " TABLE))
                sim->exists = true;
        else if (g_str_equal(line, "delete table " TABLE)) {
                g_assert_true(sim->exists);
                clear(sim);
                sim->exists = false;
        } else if (g_str_equal(line, "flush table " TABLE))
                g_ptr_array_set_size(sim->rules, 0);
        else {
                g_assert_true(sim->exists);
                g_assert_true(g_shell_parse_argv(line, &n, &words, NULL));
                g_assert_cmpint(n, >=, 5);
                g_assert_cmpstr(words[2], ==, "inet");
                g_assert_cmpstr(words[3], ==, "quaywall");
                g_autofree char *command = g_strdup_printf("%s %s", words[0], words[1]);
                if (g_str_equal(command, "add rule")) {
                        add_rule(sim, g_strdupv(words + 4));
                } else if (g_str_equal(command, "add set"))
                        add_set(sim, words[4], line);
                else if (g_str_has_suffix(command, " element"))
                        change_element(sim, words, line);
                else if (g_str_equal(command, "add counter"))
                        g_assert_true(g_hash_table_add(sim->counters, g_strdup(words[4])));
                else if (g_str_equal(command, "delete set")) {
                        g_autofree char *reference = g_strconcat("@", words[4], NULL);
                        g_assert_false(in_use(sim, reference));
                        g_assert_true(g_hash_table_remove(sim->sets, words[4]) || g_hash_table_remove(sim->holding, words[4]) ||
                                      g_hash_table_remove(sim->endpoints, words[4]));
                } else if (g_str_equal(command, "delete counter")) {
                        g_assert_false(in_use(sim, words[4]));
                        g_assert_true(g_hash_table_remove(sim->counters, words[4]));
                } else if (g_str_equal(command, "flush chain")) {
                        g_assert_true(g_hash_table_contains(sim->chains, words[4]));
                        while (remove_rule(sim, words[4]))
                                ;
                } else if (g_str_equal(command, "delete chain")) {
                        g_assert_false(in_use(sim, words[4]));
                        g_assert_false(remove_rule(sim, words[4]));
                        g_assert_true(g_hash_table_remove(sim->chains, words[4]));
                } else {
                        g_assert_cmpstr(command, ==, "add chain");
                        g_hash_table_add(sim->chains, g_strdup(words[4]));
                }
                g_strfreev(words);
        }
}

void sim_guard_run(SimGuard *sim, const char *commands) {
        g_auto(GStrv) lines = g_strsplit(commands, "\n", -1);
        for (char **line = lines; *line; line++)
                if ((*line)[0])
                        run_line(sim, *line);
}

static bool set_has(GArray *set, const AddressRange *address) {
        for (guint i = 0; i < set->len; i++)
                if (address_range_overlaps(&g_array_index(set, AddressRange, i), address))
                        return true;
        return false;
}

static bool is_bridge(const char *name) {
        return g_str_has_prefix(name, "br-") || g_str_equal(name, "docker0");
}

static bool holding_has(SimGuard *sim, const char *reference, const char *element) {
        GHashTable *set = g_hash_table_lookup(sim->holding, reference + 1);
        g_assert_nonnull(set);
        return g_hash_table_contains(set, element);
}

static bool interface_matches(SimGuard *sim, const char *pattern, const char *name) {
        if (g_str_equal(pattern, "@spared_bridges"))
                return holding_has(sim, pattern, name);
        return g_str_equal(pattern, "@docker_bridges") ? g_hash_table_contains(sim->bridges, name) : g_str_equal(pattern, name);
}

typedef enum { WALK_NEXT, WALK_RETURN, WALK_ACCEPT, WALK_DROP } Walk;
static Walk walk(SimGuard *sim, const char *chain, const Connection *c);

/* The number of words that the match at WORD takes; 0: it is no match. *ret: whether it matches. */
static guint match(SimGuard *sim, char **word, const Connection *c, bool host, bool *ret) {
        const bool original = g_str_equal(word[0], "ct") && g_str_equal(word[1], "original");
        if (original && g_str_equal(word[4], ".")) {
                g_autofree char *address = address_range_format(&c->destination);
                g_autofree char *at = g_strdup_printf("%s . %s . %u", address, c->protocol, c->port);
                g_assert_false(host);
                const bool other = g_str_equal(word[11], "!=");
                g_assert_true(is_published_at(word[11 + other] + 1));
                *ret = has_endpoint(sim, word[11 + other], at) != other;
                return 12 + other;
        }
        if (original) {
                g_assert_false(host); /* before DNAT there is no other tuple, and on some kernels none at first */
                return 2 + match(sim, word + 2, c, true, ret);
        }
        const bool is_ip = g_str_equal(word[0], "ip"), is_ip6 = g_str_equal(word[0], "ip6");
        if (is_ip || is_ip6) {
                const bool source = g_str_equal(word[1], "saddr");
                *ret = c->source.family == (is_ip ? FAMILY_IPV4 : FAMILY_IPV6);
                if (source)
                        *ret &= set_has(g_hash_table_lookup(sim->sets, word[2] + 1), &c->source);
                else if (g_str_equal(word[2], ".") && g_str_equal(word[3], "meta")) {
                        g_autofree char *text = address_range_format(&c->destination);
                        g_autofree char *at = g_strdup_printf("%s . %s . %u", text, c->protocol, c->port);
                        g_assert_true(host);
                        g_assert_true(is_published_at(word[8] + 1));
                        *ret &= has_endpoint(sim, word[8], at);
                        return 9;
                } else if (g_str_equal(word[2], ".")) {
                        g_autofree char *text = address_range_format(c->local ? &c->container : &c->destination);
                        g_autofree char *endpoint = g_strdup_printf("%s . %u", text, c->behind ? c->behind : c->port);
                        g_assert_false(host);
                        *ret &= has_endpoint(sim, word[5], endpoint);
                        return 6;
                } else if (word[2][0] == '@') {
                        g_assert_false(host);
                        *ret &= set_has(g_hash_table_lookup(sim->sets, word[2] + 1), &c->container);
                } else {
                        AddressRange range = parse_address(word[2]);
                        g_assert_true(host); /* in the forward hook "ip daddr" is the container's address */
                        *ret &= address_range_overlaps(&range, &c->destination);
                }
                return 3;
        }
        const char *interface = word[0][0] == 'i' || (word[0][0] == 'm' && word[1][0] == 'i') ? c->in : c->out;
        if ((g_str_equal(word[0], "iifname") || g_str_equal(word[0], "oifname")) && g_str_equal(word[1], "!=")) {
                guint n = 3;
                *ret = true;
                if (!g_str_equal(word[2], "{")) {
                        *ret = !interface_matches(sim, word[2], interface);
                        return n;
                }
                for (; !g_str_equal(word[n], "}"); n++)
                        *ret &= strncmp(word[n], interface, strcspn(word[n], ",")) != 0 || interface[strcspn(word[n], ",")];
                return n + 1;
        }
        if (g_str_equal(word[0], "meta") && g_str_has_suffix(word[1], "ifkind")) {
                g_assert_cmpstr(word[2], ==, "bridge");
                *ret = interface && is_bridge(interface);
                return 3;
        }
        if (g_str_equal(word[0], "meta") && g_str_equal(word[1], "time")) {
                g_assert_cmpstr(word[2], ==, "<");
                *ret = sim->now < g_ascii_strtoll(word[3], NULL, 10);
                return 4;
        }
        if (g_str_equal(word[0], "meta") && g_str_equal(word[1], "skuid")) {
                *ret = g_str_equal(word[2], "0");
                return 3;
        }
        if (g_str_equal(word[0], "rt")) {
                g_autofree char *hop = address_range_format(&c->container);
                g_assert_cmpstr(word[2], ==, "nexthop");
                const bool other = g_str_equal(word[3], "!=");
                *ret = c->source.family == (g_str_equal(word[1], "ip") ? FAMILY_IPV4 : FAMILY_IPV6) &&
                       holding_has(sim, word[other ? 4 : 3], hop) != other;
                return other ? 5 : 4;
        }
        if (g_str_equal(word[0], "iifname") || g_str_equal(word[0], "oifname")) {
                *ret = interface_matches(sim, word[1], word[0][0] == 'i' ? c->in : c->out);
                return 2;
        }
        if (g_str_equal(word[0], "meta") && g_str_equal(word[2], ".")) {
                g_autofree char *port = g_strdup_printf("%s . %u", c->protocol, c->port);
                if (g_str_equal(word[3], "ct")) {
                        g_assert_false(host);
                        const bool other = g_str_equal(word[6], "!=");
                        g_assert_cmpstr(word[6 + other], ==, "@published_ports");
                        *ret = g_hash_table_contains(sim->published, port) != other;
                        return 7 + other;
                }
                g_assert_true(host);
                g_assert_cmpstr(word[5], ==, "@published_ports");
                *ret = g_hash_table_contains(sim->published, port);
                return 6;
        }
        if (g_str_equal(word[0], "meta") && g_str_equal(word[1], "l4proto") && g_str_equal(word[2], "!=")) {
                *ret = !g_str_equal(word[3], c->protocol);
                return 4;
        }
        if (g_str_equal(word[0], "meta")) {
                *ret = g_str_equal(word[1], "nfproto") ? g_str_equal(word[2], family_to_string(c->source.family)) :
                                                         g_str_equal(word[2], c->protocol);
                return 3;
        }
        if (g_str_equal(word[0], "th") || g_str_equal(word[0], "proto-dst")) {
                const bool th = word[0][0] == 't';
                g_assert_true(host);
                const char *ports = word[th ? 2 : 1];
                *ret = ports[0] == '@' ? has_port(sim, ports, c->port) : port_matches(ports, c->port);
                return th ? 3 : 2;
        }
        if (g_str_equal(word[0], "ct") && g_str_equal(word[1], "status")) {
                g_assert_cmpstr(word[2], ==, "&");
                g_assert_cmpstr(word[3], ==, "dnat");
                *ret = c->local == g_str_equal(word[4], "!=");
                return 6;
        }
        if (g_str_equal(word[0], "ct")) {
                g_assert_true(g_str_equal(word[2], "established") || g_str_equal(word[2], "related"));
                *ret = word[2][0] == 'e' ? c->reply || c->again : c->error || c->expected;
                return 3;
        }
        if (g_str_equal(word[0], "tcp")) {
                g_assert_cmpstr(word[6], ==, "!=");
                *ret = g_str_equal(c->protocol, "tcp") && c->reply;
                return 8;
        }
        if (g_str_equal(word[0], "icmpv6")) {
                *ret = false; /* no connection */
                return 3;
        }
        if (g_str_equal(word[0], "sctp")) {
                /* Other protocols have no such chunk either. */
                g_assert_cmpstr(word[3], ==, "missing");
                *ret = !g_str_equal(c->protocol, "sctp") || c->reply;
                return 4;
        }
        if (g_str_equal(word[0], "socket")) {
                g_assert_cmpstr(word[1], ==, "transparent");
                *ret = false;
                return 3;
        }
        if (g_str_equal(word[0], "fib") && g_str_equal(word[3], "unicast")) {
                *ret = true;
                return 4;
        }
        if (g_str_equal(word[0], "fib")) {
                g_assert_cmpstr(word[3], ==, "!=");
                g_assert_cmpstr(word[4], ==, "unicast");
                *ret = c->local && !sim->fib_is_blind;
                return 5;
        }
        return 0;
}

/* How many words the key of a verdict map takes; 0: there is none here. *ret: the packet's key; NULL: it has none. */
static guint read_key(char **word, const Connection *c, bool host, char **ret) {
        const guint words = g_strv_length(word);
        *ret = NULL;
        if (words > 2 && g_str_equal(word[2], "vmap") && g_str_equal(word[1], "daddr")) {
                g_assert_false(host);
                if (c->source.family == (g_str_equal(word[0], "ip") ? FAMILY_IPV4 : FAMILY_IPV6))
                        *ret = address_range_format(&c->container);
                return 2;
        }
        if (words > 2 && g_str_equal(word[2], "vmap")) {
                g_assert_true(host);
                g_assert_cmpstr(word[0], ==, "th");
                *ret = g_strdup_printf("%u", c->port);
                return 2;
        }
        if (words > 3 && g_str_equal(word[3], "vmap")) {
                g_assert_false(host);
                g_assert_cmpstr(word[1], ==, "original");
                g_assert_cmpstr(word[2], ==, "proto-dst");
                *ret = g_strdup_printf("%u", c->port);
                return 3;
        }
        return 0;
}

/* vmap { KEY : jump CHAIN, KEY : jump CHAIN } */
static Walk run_map(SimGuard *sim, char **word, const char *key, const Connection *c) {
        g_assert_cmpstr(word[1], ==, "{");
        for (word += 2; !g_str_equal(*word, "}"); word += 4) {
                g_assert_cmpstr(word[1], ==, ":");
                g_assert_cmpstr(word[2], ==, "jump");
                g_autofree char *chain = g_strndup(word[3], strcspn(word[3], ","));
                if (g_strcmp0(*word, key) == 0)
                        return walk(sim, chain, c);
        }
        g_assert_null(word[1]);
        return WALK_NEXT;
}

static void note_drop(SimGuard *sim, char **word) {
        while (*word && !g_str_equal(*word, "comment"))
                word++;
        g_free(sim->dropped_by);
        sim->dropped_by = g_strdup(*word ? word[1] : ""); /* a copy of firewalld's has none */
}

static Walk run_rule(SimGuard *sim, char **word, const Connection *c, bool host) {
        while (*word) {
                g_autofree char *key = NULL;
                const guint left = read_key(word, c, host, &key);
                if (left > 0)
                        return run_map(sim, word + left, key, c);
                bool matches = true;
                guint n = match(sim, word, c, host, &matches);
                if (!matches)
                        return WALK_NEXT;
                word += n;
                if (n > 0)
                        continue;
                if (g_str_equal(*word, "limit"))
                        word += 6;
                else if (g_str_equal(*word, "log"))
                        word += 3;
                else if (g_str_equal(*word, "counter"))
                        word += g_str_equal(word[1], "name") ? 3 : 1;
                else if (g_str_equal(*word, "comment"))
                        word += 2;
                else if (g_str_equal(*word, "jump"))
                        return walk(sim, word[1], c);
                else if (g_str_equal(*word, "return"))
                        return WALK_RETURN;
                else if (g_str_equal(*word, "accept"))
                        return WALK_ACCEPT;
                else {
                        g_assert_true(g_str_equal(*word, "drop") || g_str_equal(*word, "reject"));
                        note_drop(sim, word);
                        return WALK_DROP;
                }
        }
        return WALK_NEXT;
}

static Walk walk(SimGuard *sim, const char *chain, const Connection *c) {
        for (guint i = 0; i < sim->rules->len; i++) {
                char **words = sim->rules->pdata[i];
                Walk result = g_str_equal(words[0], chain) ? run_rule(sim, words + 1, c, strstr(chain, "forward") == NULL) :
                                                             WALK_NEXT;
                if (result == WALK_RETURN)
                        return WALK_NEXT;
                if (result != WALK_NEXT)
                        return result;
        }
        return WALK_NEXT;
}

Verdict sim_guard_proxied(SimGuard *sim, const AddressRange *to, const char *out) {
        const Connection c = { .source = *to, .destination = *to, .container = *to, .protocol = "tcp", .port = 80, .out = out };
        return walk(sim, "proxied", &c) == WALK_DROP ? VERDICT_DROP : VERDICT_PASS;
}

Verdict sim_guard_verdict(SimGuard *sim, const Connection *connection) {
        /* docker-proxy's clients have no outgoing interface. */
        const bool arrives = connection->local && (!connection->out || !connection->out[0]);
        /* Each hook has a chain for what administrators made, and one for what containers carry. */
        const char *const chains[] = { "host", "label_host", arrives ? "input" : "forward",
                                       arrives ? "label_input" : "label_forward" };
        for (gsize i = 0; i < G_N_ELEMENTS(chains); i++)
                if (walk(sim, chains[i], connection) == WALK_DROP)
                        return VERDICT_DROP;
        return VERDICT_PASS;
}
