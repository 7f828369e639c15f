/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <glib/gi18n.h>

#include "bounds.h"
#include "error.h"
#include "policy-names.h"

Group *group_new(void) {
        Group *group = g_rc_box_new0(Group);
        group->addresses = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        return group;
}

Group *group_ref(Group *group) {
        return g_rc_box_acquire(group);
}

static void group_clear(gpointer group) {
        g_array_unref(((Group *) group)->addresses);
        g_free(((Group *) group)->description);
}

void group_unref(Group *group) {
        g_rc_box_release_full(group, group_clear);
}

static bool check_count(guint count, GError **error) {
        if (count <= LIMIT_ADDRESSES)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                    _("addresses: more than %u; a group can have %u at most"), LIMIT_ADDRESSES, LIMIT_ADDRESSES);
        return false;
}

bool group_add_address(Group *group, const char *text, GError **error) {
        static const char *const NAMES[] = { POLICY_GROUP, POLICY_IPSET, POLICY_ZONE };
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
                if (g_str_has_prefix(text, NAMES[i])) {
                        g_autofree char *seen = quaywall_error_show(text);
                        g_set_error(
                                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                                _("addresses: \"%s\": a group holds addresses only, and no groups, ipsets or zones; name it in "
                                  "the policy, beside the group"),
                                seen);
                        return false;
                }
        return check_count(group->addresses->len + 1, error) && address_ranges_add(group->addresses, "addresses", text, error);
}

bool group_set_description(Group *group, const char *text, GError **error) {
        if (!description_check("description", text, QUAYWALL_ERROR_INVALID_GROUP, error))
                return false;
        g_free(group->description);
        group->description = text[0] ? g_strdup(text) : NULL;
        return true;
}

void group_finish(Group *group) {
        group->merged += address_ranges_merge(group->addresses);
}

bool group_equal(const Group *a, const Group *b) {
        return a == b ||
               (a && b && g_strcmp0(a->description, b->description) == 0 && address_ranges_equal(a->addresses, b->addresses));
}

GStrv group_format_addresses(const Group *group) {
        GStrv list = g_new0(char *, group->addresses->len + 1);
        for (guint i = 0; i < group->addresses->len; i++)
                list[i] = address_range_format(&g_array_index(group->addresses, AddressRange, i));
        return list;
}

static Group *group_copy(const Group *group, GArray *addresses) {
        Group *copy = group_new();
        copy->description = g_strdup(group->description);
        g_array_append_vals(copy->addresses, addresses->data, addresses->len);
        return copy;
}

Group *group_with(const Group *group, GArray *addresses, GError **error) {
        g_autoptr(Group) more = group_copy(group, group->addresses);
        g_array_append_vals(more->addresses, addresses->data, addresses->len);
        group_finish(more);
        return check_count(more->addresses->len, error) ? g_steal_pointer(&more) : NULL;
}

Group *group_without(const Group *group, GArray *addresses, GError **error) {
        g_autoptr(GArray) left = address_ranges_without(group->addresses, addresses);
        /* What is taken out of the middle of a range leaves two. */
        return check_count(left->len, error) ? group_copy(group, left) : NULL;
}
