/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "revision.h"

#include <string.h>

#include "brief.h"

static void add_text(GChecksum *sum, const char *text) {
        /* with the byte that ends it: "a", "bc" is not "ab", "c" */
        g_checksum_update(sum, (const guchar *) text, (gssize) strlen(text) + 1);
}

static void add_number(GChecksum *sum, guint64 number) {
        g_checksum_update(sum, (const guchar *) &number, sizeof number);
}

static void add_names(GChecksum *sum, GPtrArray *names) {
        add_number(sum, names->len);
        for (guint i = 0; i < names->len; i++)
                add_text(sum, names->pdata[i]);
}

/* As values: there may be 65,536. */
static void add_addresses(GChecksum *sum, GArray *ranges) {
        add_number(sum, ranges->len);
        for (guint i = 0; i < ranges->len; i++) {
                const AddressRange *range = &g_array_index(ranges, AddressRange, i);
                add_number(sum, range->family);
                g_checksum_update(sum, range->first, sizeof range->first);
                g_checksum_update(sum, range->last, sizeof range->last);
        }
}

static guint64 compute(const Policy *policy) {
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        const char *text;
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                add_text(sum, field->name);
                switch (field->type) {
                case POLICY_FIELD_ACTION:
                        add_number(sum, policy->action);
                        break;
                case POLICY_FIELD_TEXT:
                        text = policy_get_string(policy, field->name);
                        add_text(sum, text ? text : "");
                        break;
                case POLICY_FIELD_BOOLEAN:
                        add_number(sum, policy_get_boolean(policy, field->name));
                        break;
                case POLICY_FIELD_INTERFACES:
                case POLICY_FIELD_CONTAINERS:
                case POLICY_FIELD_NETWORKS:
                        add_names(sum, *(GPtrArray **) G_STRUCT_MEMBER_P(policy, field->offset));
                        break;
                case POLICY_FIELD_ADDRESSES:
                        add_addresses(sum, policy->destinations);
                        break;
                case POLICY_FIELD_SOURCES:
                        add_addresses(sum, policy->sources);
                        for (guint i = 0; i < policy->brief->len; i++) {
                                g_autofree char *source = brief_source_format(&g_array_index(policy->brief, BriefSource, i));
                                add_text(sum, source);
                        }
                        ITERATE_REFERENCES(kind)
                        add_names(sum, policy_get_names(policy, kind));
                        break;
                case POLICY_FIELD_PORTS:
                        add_number(sum, policy->ports->len);
                        for (guint i = 0; i < policy->ports->len; i++) {
                                const PortRange *range = &g_array_index(policy->ports, PortRange, i);
                                add_text(sum, range->protocol);
                                add_number(sum, range->first);
                                add_number(sum, range->last);
                        }
                        break;
                }
        }
        guint8 digest[32];
        gsize length = sizeof digest;
        guint64 revision;
        g_checksum_get_digest(sum, digest, &length);
        memcpy(&revision, digest, sizeof revision);
        /* JavaScript, as in a page for Cockpit, has no larger integers: it would give another number back. */
        revision &= (G_GUINT64_CONSTANT(1) << 53) - 1;
        return revision ? revision : 1;
}

guint64 policy_revision(Policy *policy) {
        if (policy->revision == 0)
                policy->revision = compute(policy);
        return policy->revision;
}
