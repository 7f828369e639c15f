/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-file.h"

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"
#include "ctl/import/address-list.h"
#include "ctl/text-file.h"

/* As large as a policy's own file may be. */
#define ADDRESS_FILE_MAX_MIB 8

static AddressList *address_file_read(const char *file, const char *option, GError **error) {
        g_autofree char *name = text_file_name(file);
        g_autoptr(GError) failure = NULL;
        g_autoptr(GString) text = text_file_read(file, ADDRESS_FILE_MAX_MIB, &failure);
        AddressList *list = text ? address_list_new(text->str, text->len, name, &failure) : NULL;

        if (!list)
                ctl_usage_error(error, "%s: %s", option, failure->message);
        else if (g_strv_length(list->addresses) < list->given)
                g_printerr(_("note: %s: %u addresses, joined they are %u\n"), name, list->given,
                           g_strv_length(list->addresses));
        return list;
}

/* The file that a value names; NULL: it names none. */
static const char *address_file_of(const char *value) {
        return g_str_equal(value, "-") ? value : value[0] == '@' ? value + 1 : NULL;
}

bool address_file_expand(GStrv *values, const char *option, GError **error) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        guint inputs = 0;

        for (GStrv value = *values; value && *value; value++)
                inputs += g_str_equal(*value, "-");
        if (inputs > 1)
                return ctl_usage_error(error, _("%s: '-': standard input can be read only once"), option);
        for (GStrv value = *values; value && *value; value++) {
                const char *file = address_file_of(*value);

                if (!file) {
                        g_strv_builder_add(builder, *value);
                        continue;
                }
                if (!*file)
                        return ctl_usage_error(error, _("%s: '@' needs the name of a file behind it"), option);
                g_autoptr(AddressList) list = address_file_read(file, option, error);
                if (!list)
                        return false;
                g_strv_builder_addv(builder, (const char **) list->addresses);
        }
        if (*values) {
                g_strfreev(*values);
                *values = g_strv_builder_end(builder);
        }
        return true;
}
