/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of a direct rule, one per line: accepted words are one line for iptables-restore, mean the same there, and have a
 * target. */
#include "compile/direct-words.h"
#include "compile/kernel-rules.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_auto(GStrv) words = g_strsplit(text, "\n", -1);
        const char *const *args = (const char *const *) words;
        ITERATE_FAMILIES (family) {
                g_autoptr(GError) error = NULL;
                if (!direct_words_check(family, args, &error)) {
                        check_error(error, MESSAGE_MAX);
                        continue;
                }
                g_autoptr(GString) line = g_string_new("-A DOCKER-USER");
                for (char **word = words; *word; word++) /* as in core/ipXtables.py */
                        g_string_append_printf(line, strchr(*word, ' ') ? " \"%s\"" : " %s", *word);
                g_autoptr(KernelTable) table = kernel_table_parse(line->str);
                if (table->rules->len != 1 || !direct_words_target(args) ||
                    !g_strv_equal((const char *const *) ((KernelRule *) table->rules->pdata[0])->args, args))
                        abort();
                g_autoptr(GPtrArray) rules = rule_split(args);
                if (rules->len == 0 || rules->len > 64)
                        abort();
        }
        return 0;
}
