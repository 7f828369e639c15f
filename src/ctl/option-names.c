/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "option-names.h"

#include <string.h>

/* commands: those where this option is typed. */
static const struct {
        const char *key, *option, *commands;
} OPTION_NAMES[] = {
        { "name", "NAME", "allow-only deny obey-zones forward policy" },
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
        { "description", "--description", "allow-only deny obey-zones forward" },
        { "option cut", "--cut", "allow-only deny obey-zones forward policy" },
        { "option confirm-within", "--confirm-within", "allow-only deny obey-zones forward policy" },
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

/* "--on, --port" for "interfaces, ports: ..."; NULL: a key of these was not typed here. Free with g_free(). */
static char *option_names_of_keys(const char *command, const char *sentence) {
        const char *colon = strstr(sentence, ": ");
        g_autofree char *begin = colon ? g_strndup(sentence, (gsize) (colon - sentence)) : NULL;
        g_auto(GStrv) keys = g_strsplit(begin ? begin : "", ", ", -1);
        g_autoptr(GString) options = g_string_new(NULL);

        for (char **key = keys; *key; key++) {
                const char *option = option_names_find(command, *key);

                if (!option)
                        return NULL;
                g_string_append_printf(options, "%s%s", options->len > 0 ? ", " : "", option);
        }
        return options->len > 0 ? g_string_free(g_steal_pointer(&options), FALSE) : NULL;
}

bool option_names_are_typed(const char *command, const char *sentence) {
        g_autofree char *options = option_names_of_keys(command, sentence);

        return options;
}

char *option_names_translate(const char *command, const char *sentence) {
        g_autofree char *options = option_names_of_keys(command, sentence);

        return options ? g_strconcat(options, strstr(sentence, ": "), NULL) : g_strdup(sentence);
}
