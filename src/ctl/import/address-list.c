/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-list.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/import/refuse.h"

/* Bytes of a word that is no address which the error shows. */
#define WORD_MAX 64

/* As Windows begins its text files. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void address_list_free(AddressList *list) {
        g_strfreev(list->addresses);
        g_free(list);
}

static bool address_list_refuse(GError **error, const char *file, guint line, const char *reason) {
        return import_refuse(error, "%s:%u: %s", file, line, reason);
}

/* The service would refuse them, and does not know the line. */
static bool address_list_check(const char *word, const ImportAddress *address, GError **error) {
        const char *slash = strchr(word, '/');
        g_autofree char *alone = slash ? g_strndup(word, slash - word) : NULL;
        g_autoptr(ImportAddress) host = alone ? import_address_new(alone, NULL) : NULL;

        if (host && memcmp(host->first, address->first, sizeof host->first) != 0)
                return import_refuse(error, _("'%s' has bits set after its prefix; write '%s' or '%s'"), word, address->text,
                                     alone);
        if (import_address_is_mapped(address))
                return import_refuse(error, _("'%s' is an IPv4 address in IPv6 clothes; write it as IPv4"), word);
        return true;
}

static ImportAddress *address_list_parse(const char *word, GError **error) {
        g_autofree char *cut = g_strndup(word, WORD_MAX), *shown = g_utf8_make_valid(cut, -1);
        g_autoptr(ImportAddress) address = NULL;

        if (strlen(word) > WORD_MAX * 2)
                import_refuse(error, _("'%s...' is not an address"), shown);
        else
                address = import_address_new_range(word, error);
        return address && address_list_check(word, address, error) ? g_steal_pointer(&address) : NULL;
}

/* text: one line, which is changed. NULL without an error: it has none. */
static ImportAddress *address_list_read_line(char *text, const char *file, guint line, GError **error) {
        g_autoptr(GError) reason = NULL;

        text[strcspn(text, "#")] = '\0';
        if (!*g_strstrip(text))
                return NULL;
        ImportAddress *address = address_list_parse(text, &reason);
        if (!address)
                address_list_refuse(error, file, line, reason->message);
        return address;
}

/* The line of the first byte that no text has; 0: there is none. */
static guint address_list_find_binary(const char *text, gsize length) {
        const char *bad;
        guint line = 1;

        if (g_utf8_validate_len(text, length, &bad))
                return 0;
        for (const char *c = text; c < bad; c++)
                line += *c == '\n';
        return line;
}

static int address_list_compare(gconstpointer pa, gconstpointer pb) {
        return import_address_compare(*(ImportAddress *const *) pa, *(ImportAddress *const *) pb);
}

/* Joins addresses that overlap or follow each other, and sorts them if there are any. */
static void address_list_join(GPtrArray *addresses) {
        g_autoptr(GPtrArray) sorted = g_ptr_array_copy(addresses, NULL, NULL), joined = g_ptr_array_new();

        g_ptr_array_set_free_func(sorted, NULL);
        g_ptr_array_sort(sorted, address_list_compare);
        for (guint i = 0; i < sorted->len; i++)
                if (joined->len == 0 || !import_address_join(joined->pdata[joined->len - 1], sorted->pdata[i]))
                        g_ptr_array_add(joined, sorted->pdata[i]);
        if (joined->len == addresses->len)
                return;
        g_autoptr(GHashTable) kept = g_hash_table_new(NULL, NULL);
        for (guint i = 0; i < joined->len; i++)
                g_hash_table_add(kept, joined->pdata[i]);
        for (guint i = addresses->len; i-- > 0;)
                if (!g_hash_table_contains(kept, addresses->pdata[i]))
                        g_ptr_array_remove_index_fast(addresses, i);
        g_ptr_array_sort(addresses, address_list_compare);
        for (guint i = 0; i < addresses->len; i++) {
                ImportAddress *address = addresses->pdata[i];

                g_free(address->text);
                address->text = import_address_describe(address);
        }
}

static GStrv address_list_words(const GPtrArray *addresses) {
        GStrv words = g_new0(char *, addresses->len + 1);

        for (guint i = 0; i < addresses->len; i++)
                words[i] = g_strdup(((ImportAddress *) addresses->pdata[i])->text);
        return words;
}

AddressList *address_list_new(const char *text, gsize length, const char *file, GError **error) {
        g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func((GDestroyNotify) import_address_free);
        const guint binary = address_list_find_binary(text, length);
        const char *begin = g_str_has_prefix(text, BYTE_ORDER_MARK) ? text + strlen(BYTE_ORDER_MARK) : text;

        if (binary > 0) {
                address_list_refuse(error, file, binary, _("is not text"));
                return NULL;
        }
        g_auto(GStrv) lines = g_strsplit(begin, "\n", -1);
        for (guint i = 0; lines[i]; i++) {
                g_autoptr(GError) failure = NULL;
                ImportAddress *address = address_list_read_line(lines[i], file, i + 1, &failure);

                if (failure) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return NULL;
                }
                if (address)
                        g_ptr_array_add(addresses, address);
        }
        if (addresses->len == 0) {
                import_refuse(error, _("%s: there is no address in it"), file);
                return NULL;
        }
        AddressList *list = g_new(AddressList, 1);
        list->given = addresses->len;
        address_list_join(addresses);
        list->addresses = address_list_words(addresses);
        return list;
}
