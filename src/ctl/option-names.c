/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option-names.h"

#include <string.h>

/* commands: those where this option is typed. */
static const struct {
        const char *key, *option, *commands;
} OPTION_NAMES[] = {
        { "name", "NAME", "allow-only deny obey-zones forward policy" },
        { "name", "GROUP", "group" },
        { "addresses", "ADDRESS", "group" },
        { "sources", "--from", "allow-only deny obey-zones" },
        { "interfaces", "--on", "allow-only deny obey-zones" },
        { "interfaces", "--in", "forward" },
        { "out-interfaces", "--out", "forward" },
        { "destinations", "--to", "allow-only deny obey-zones" },
        { "ports", "--port", "allow-only deny obey-zones" },
        { "containers", "--container", "allow-only deny obey-zones" },
        { "networks", "--network", "allow-only deny obey-zones" },
        { "reject", "--reject", "allow-only deny obey-zones" },
        { "log", "--log", "allow-only deny obey-zones" },
        { "description", "--description", "allow-only deny obey-zones forward group" },
        { "until", "--until/--for", "allow-only deny obey-zones forward" },
        { "new name", "NEW", "policy" },
        { "add: sources", "--add-from", "policy" },
        { "add: interfaces", "--add-on/--add-in", "policy" },
        { "add: out-interfaces", "--add-out", "policy" },
        { "add: destinations", "--add-to", "policy" },
        { "add: ports", "--add-port", "policy" },
        { "add: containers", "--add-container", "policy" },
        { "add: networks", "--add-network", "policy" },
        { "add: description", "--description", "policy" },
        { "add: until", "--until/--for", "policy" },
        { "remove: sources", "--remove-from", "policy" },
        { "remove: interfaces", "--remove-on/--remove-in", "policy" },
        { "remove: out-interfaces", "--remove-out", "policy" },
        { "remove: destinations", "--remove-to", "policy" },
        { "remove: ports", "--remove-port", "policy" },
        { "remove: containers", "--remove-container", "policy" },
        { "remove: networks", "--remove-network", "policy" },
        { "option cut", "--cut", "allow-only deny obey-zones forward policy group" },
        { "option confirm-within", "--confirm-within", "allow-only deny obey-zones forward policy group" },
        { "source", "--from", "explain" },
        { "destination", "--to", "explain" },
        { "port", "--port", "explain" },
        { "interface", "--on", "explain" },
        { "interface", "IF", "zone" },
        { "option zone", "--zone", "zone" },
        { "family", "FAMILY", "direct" },
        { "priority", "PRIORITY", "direct" },
        { "args", "RULE", "direct" },
        { "address", "ADDRESS", "engine" },
};

const char *option_names_find(const char *command, const char *key) {
        for (gsize i = 0; i < G_N_ELEMENTS(OPTION_NAMES); i++) {
                g_auto(GStrv) commands = g_strsplit(OPTION_NAMES[i].commands, " ", -1);

                if (g_str_equal(OPTION_NAMES[i].key, key) && g_strv_contains((const char *const *) commands, command))
                        return OPTION_NAMES[i].option;
        }
        return NULL;
}

/* Where the keys of "add: sources: ..." begin, of an edit; else where the sentence does. */
static gsize option_names_skip_edit(const char *sentence) {
        return g_str_has_prefix(sentence, "add: ")    ? strlen("add: ") :
               g_str_has_prefix(sentence, "remove: ") ? strlen("remove: ") :
                                                        0;
}

/* "--on, --port" for "interfaces, ports: ..."; NULL: a key of these was not typed here. *ret_rest: what stands behind them. Free
 * with g_free(). */
static char *option_names_of_keys(const char *command, const char *sentence, const char **ret_rest) {
        const gsize skipped = option_names_skip_edit(sentence);
        const char *colon = strstr(sentence + skipped, ": ");
        g_autofree char *edit = g_strndup(sentence, skipped),
                        *begin = colon ? g_strndup(sentence + skipped, (gsize) (colon - sentence) - skipped) : NULL;
        g_auto(GStrv) keys = g_strsplit(begin ? begin : "", ", ", -1);
        g_autoptr(GString) options = g_string_new(NULL);

        for (char **key = keys; *key; key++) {
                g_autofree char *whole = g_strconcat(edit, *key, NULL);
                const char *option = option_names_find(command, whole);

                if (!option)
                        return NULL;
                g_string_append_printf(options, "%s%s", options->len > 0 ? ", " : "", option);
        }
        *ret_rest = colon;
        return options->len > 0 ? g_string_free(g_steal_pointer(&options), FALSE) : NULL;
}

bool option_names_are_typed(const char *command, const char *sentence) {
        const char *rest;
        g_autofree char *options = option_names_of_keys(command, sentence, &rest);

        return options;
}

char *option_names_translate(const char *command, const char *sentence) {
        const char *rest;
        g_autofree char *options = option_names_of_keys(command, sentence, &rest);

        return options ? g_strconcat(options, rest, NULL) : g_strdup(sentence);
}
