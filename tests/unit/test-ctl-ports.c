/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which published ports are one row: those of both families, and ranges, where all say the same, and no others. */
#include "ctl/port-rows.h"

#include <string.h>

/* "ADDRESS HOST-PORT INSIDE PROTOCOL CONTAINER MORE...", where MORE are entries of an a{sv}. */
static GVariant *port_of(const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", 6);
        g_autofree char *text = g_strdup_printf(
                "{'host-address': <'%s'>, 'host-port': <uint16 %s>, 'container-port': <uint16 %s>, 'protocol': <'%s'>, "
                "'container': <'%s'>, 'container-id': <'id-%s'>, 'running': <true>, %s}",
                words[0], words[1], words[2], words[3], words[4], words[4], words[5]);
        g_autoptr(GError) error = NULL;
        GVariant *port = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

        g_assert_no_error(error);
        return port;
}

#define EVERYONE "'reach': <'everyone'>, 'policies': <@as []>"
#define NOBODY "'reach': <'nobody'>, 'policies': <['web']>"
#define SOURCES(list, count) \
        "'reach': <'sources'>, 'sources': <" list ">, 'source-count': <uint32 " count ">, 'policies': <['web']>"
#define EXCEPT(list, count) \
        "'reach': <'everyone'>, 'except': <" list ">, 'source-count': <uint32 " count ">, 'policies': <['web']>"
#define EXCEPTION(words) ", 'exceptions': <[{" words "}]>"

typedef struct {
        const char *ports[8];
        const char *rows; /* "NAME CONTAINER INSIDE REACH LISTS", one in each line */
} Case;

/* What a row says: the reach, its lists with their counts, and the exceptions. */
static char *said(GVariant *of) {
        static const char *const keys[] = { "reach", "sources", "except", "source-count", "exceptions", "policies" };
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(of, keys[i], NULL);
                g_autofree char *printed = value ? g_variant_print(value, FALSE) : NULL;

                if (printed)
                        g_string_append_printf(text, " %s", printed);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static void check_case(const Case *c, PortRowsKind kind) {
        g_autoptr(GPtrArray) ports = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
        g_autoptr(GString) text = g_string_new(NULL);
        guint made_of = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(c->ports) && c->ports[i]; i++)
                g_ptr_array_add(ports, port_of(c->ports[i]));
        g_autoptr(GPtrArray) rows = port_rows_new(ports, kind);
        for (guint i = 0; i < rows->len; i++) {
                const PortRow *row = rows->pdata[i];
                g_autofree char *name = port_row_name(row), *inside = port_row_inside(row), *says = said(row->of);

                g_string_append_printf(text, "%s %s %s%s\n", name, row->container, inside, kind == PORT_ROWS_NAMED ? "" : says);
                made_of += row->ports->len;
        }
        g_assert_cmpstr(text->str, ==, c->rows);
        g_assert_cmpuint(made_of, ==, ports->len);
}

static void test_families(void) {
        static const Case cases[] = {
                { { "0.0.0.0 80 80 tcp a " EVERYONE, ":: 80 80 tcp a " EVERYONE }, "80/tcp a 80 'everyone' []\n" },
                /* One family, or one address, has a name of its own. */
                { { "0.0.0.0 80 80 tcp a " EVERYONE }, "0.0.0.0:80/tcp a 80 'everyone' []\n" },
                { { ":: 80 80 tcp a " EVERYONE }, "[::]:80/tcp a 80 'everyone' []\n" },
                { { "10.0.0.1 80 80 tcp a " EVERYONE, "fd00::1 80 80 tcp a " EVERYONE },
                  "10.0.0.1:80/tcp a 80 'everyone' []\n[fd00::1]:80/tcp a 80 'everyone' []\n" },
                /* Addresses of one family say nothing about the other's clients. */
                { { "0.0.0.0 80 80 tcp a " SOURCES("['10.0.0.1']", "1"), ":: 80 80 tcp a " NOBODY },
                  "80/tcp a 80 'sources' ['10.0.0.1'] 1 ['web']\n" },
                { { "0.0.0.0 80 80 tcp a " SOURCES("['10.0.0.1']", "70"), ":: 80 80 tcp a " SOURCES("['fd00::1']", "1") },
                  "80/tcp a 80 'sources' ['10.0.0.1', 'fd00::1'] 71 ['web']\n" },
                { { "0.0.0.0 80 80 tcp a " EXCEPT("['10.0.0.1']", "1"), ":: 80 80 tcp a " EXCEPT("['fd00::1']", "1") },
                  "80/tcp a 80 'everyone' ['10.0.0.1', 'fd00::1'] 2 ['web']\n" },
                /* A deny of IPv4 addresses covers the port for IPv4 only. */
                { { "0.0.0.0 80 80 tcp a " EXCEPT("['10.0.0.1']", "1"), ":: 80 80 tcp a " EVERYONE },
                  "80/tcp a 80 'everyone' ['10.0.0.1'] 1 ['web']\n" },
                /* These are two sentences. */
                { { "0.0.0.0 80 80 tcp a " SOURCES("['10.0.0.1']", "1"), ":: 80 80 tcp a " EVERYONE },
                  "0.0.0.0:80/tcp a 80 'sources' ['10.0.0.1'] 1 ['web']\n[::]:80/tcp a 80 'everyone' []\n" },
                { { "0.0.0.0 80 80 tcp a " NOBODY, ":: 80 80 tcp a " EVERYONE },
                  "0.0.0.0:80/tcp a 80 'nobody' ['web']\n[::]:80/tcp a 80 'everyone' []\n" },
                /* Not the same container, port inside, or protocol. */
                { { "0.0.0.0 80 80 tcp a " EVERYONE, ":: 80 80 tcp b " EVERYONE },
                  "0.0.0.0:80/tcp a 80 'everyone' []\n[::]:80/tcp b 80 'everyone' []\n" },
                { { "0.0.0.0 80 80 tcp a " EVERYONE, ":: 80 81 tcp a " EVERYONE },
                  "0.0.0.0:80/tcp a 80 'everyone' []\n[::]:80/tcp a 81 'everyone' []\n" },
                { { "0.0.0.0 80 80 tcp a " EVERYONE, ":: 80 80 udp a " EVERYONE },
                  "0.0.0.0:80/tcp a 80 'everyone' []\n[::]:80/udp a 80 'everyone' []\n" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                check_case(&cases[i], PORT_ROWS_REACHED);
        }
}

static void test_exceptions(void) {
        static const Case cases[] = {
                /* The same place, by either family. */
                { { "0.0.0.0 80 80 tcp a " EVERYONE EXCEPTION(
                            "'interface': <'ext0'>, 'reach': <'sources'>, 'sources': <['10.0.0.1']>, 'source-count': <uint32 1>"),
                    ":: 80 80 tcp a " EVERYONE EXCEPTION("'interface': <'ext0'>, 'reach': <'nobody'>") },
                  "80/tcp a 80 'everyone' [{'interface': <'ext0'>, 'reach': <'sources'>, 'source-count': <uint32 1>, 'sources': "
                  "<['10.0.0.1']>}] []\n" },
                /* Another place. */
                { { "0.0.0.0 80 80 tcp a " EVERYONE EXCEPTION("'interface': <'ext0'>, 'reach': <'nobody'>"),
                    ":: 80 80 tcp a " EVERYONE EXCEPTION("'interface': <'ext1'>, 'reach': <'nobody'>") },
                  "0.0.0.0:80/tcp a 80 'everyone' [{'interface': <'ext0'>, 'reach': <'nobody'>}] []\n"
                  "[::]:80/tcp a 80 'everyone' [{'interface': <'ext1'>, 'reach': <'nobody'>}] []\n" },
                /* Destinations are addresses, so each is of one family. */
                { { "0.0.0.0 80 80 tcp a " EVERYONE EXCEPTION("'destination': <'10.0.0.9'>, 'reach': <'nobody'>"),
                    ":: 80 80 tcp a " EVERYONE },
                  "80/tcp a 80 'everyone' [{'destination': <'10.0.0.9'>, 'reach': <'nobody'>}] []\n" },
                { { "0.0.0.0 80 80 tcp a " EVERYONE EXCEPTION("'interface': <'ext0'>, 'reach': <'nobody'>"),
                    ":: 80 80 tcp a " EVERYONE },
                  "0.0.0.0:80/tcp a 80 'everyone' [{'interface': <'ext0'>, 'reach': <'nobody'>}] []\n"
                  "[::]:80/tcp a 80 'everyone' []\n" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                check_case(&cases[i], PORT_ROWS_REACHED);
        }
}

static void test_ranges(void) {
        static const Case cases[] = {
                { { "0.0.0.0 90 80 udp a " EVERYONE, "0.0.0.0 91 81 udp a " EVERYONE, "0.0.0.0 92 82 udp a " EVERYONE },
                  "0.0.0.0:90-92/udp a 80-82 'everyone' []\n" },
                { { ":: 91 81 udp a " EVERYONE, "0.0.0.0 91 81 udp a " EVERYONE, "0.0.0.0 90 80 udp a " EVERYONE,
                    ":: 90 80 udp a " EVERYONE },
                  "90-91/udp a 80-81 'everyone' []\n" },
                /* A gap; another port inside; another reach. */
                { { "0.0.0.0 90 80 udp a " EVERYONE, "0.0.0.0 92 82 udp a " EVERYONE },
                  "0.0.0.0:90/udp a 80 'everyone' []\n0.0.0.0:92/udp a 82 'everyone' []\n" },
                { { "0.0.0.0 90 80 udp a " EVERYONE, "0.0.0.0 91 80 udp a " EVERYONE },
                  "0.0.0.0:90/udp a 80 'everyone' []\n0.0.0.0:91/udp a 80 'everyone' []\n" },
                { { "0.0.0.0 90 80 udp a " EVERYONE, "0.0.0.0 91 81 udp a " NOBODY },
                  "0.0.0.0:90/udp a 80 'everyone' []\n0.0.0.0:91/udp a 81 'nobody' ['web']\n" },
                { { "0.0.0.0 90 80 udp a " EVERYONE, "0.0.0.0 92 81 udp a " EVERYONE },
                  "0.0.0.0:90/udp a 80 'everyone' []\n0.0.0.0:92/udp a 81 'everyone' []\n" },
                /* Docker has not chosen a port. */
                { { "0.0.0.0 0 80 tcp a " EVERYONE, ":: 0 80 tcp a " EVERYONE }, "?/tcp a 80 'everyone' []\n" },
                { { "0.0.0.0 65535 65535 tcp a " EVERYONE, "0.0.0.0 65534 65534 tcp a " EVERYONE },
                  "0.0.0.0:65534-65535/tcp a 65534-65535 'everyone' []\n" },
                /* In natural order, and what belongs to no container last. */
                { { "0.0.0.0 3 80 tcp c-10 " EVERYONE, "0.0.0.0 1 80 tcp  " EVERYONE, "0.0.0.0 9 80 udp c-2 " EVERYONE,
                    "0.0.0.0 9 81 tcp c-2 " EVERYONE, "0.0.0.0 8 80 udp c-2 " EVERYONE },
                  "0.0.0.0:8/udp c-2 80 'everyone' []\n0.0.0.0:9/tcp c-2 81 'everyone' []\n"
                  "0.0.0.0:9/udp c-2 80 'everyone' []\n0.0.0.0:3/tcp c-10 80 'everyone' []\n"
                  "0.0.0.0:1/tcp  80 'everyone' []\n" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                check_case(&cases[i], PORT_ROWS_REACHED);
        }
}

/* For a sentence about ports only their names matter. */
static void test_names(void) {
        static const Case cases[] = {
                { { "0.0.0.0 90 80 udp a " EVERYONE, ":: 90 80 udp a " NOBODY, "0.0.0.0 91 81 udp a " NOBODY,
                    ":: 91 81 udp a " EVERYONE },
                  "90-91/udp a 80-81\n" },
                { { ":: 90 80 udp a " EVERYONE, "0.0.0.0 91 81 udp b " EVERYONE, ":: 92 82 udp b " EVERYONE },
                  "[::]:90/udp a 80\n0.0.0.0:91/udp b 81\n[::]:92/udp b 82\n" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                check_case(&cases[i], PORT_ROWS_NAMED);
        }
}

/* A container with the host's network has no port, and a later service may leave out anything. */
static void test_bare(void) {
        g_autoptr(GPtrArray) ports = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);

        for (guint i = 0; i < 2; i++)
                g_ptr_array_add(ports, g_variant_ref_sink(g_variant_new("a{sv}", NULL)));
        g_autoptr(GPtrArray) rows = port_rows_new(ports, PORT_ROWS_REACHED);
        g_assert_cmpuint(rows->len, ==, 2);
        g_autofree char *name = port_row_name(rows->pdata[0]), *inside = port_row_inside(rows->pdata[0]);
        g_assert_cmpstr(name, ==, "");
        g_assert_cmpstr(inside, ==, "");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/ports/families", test_families);
        g_test_add_func("/ctl/ports/exceptions", test_exceptions);
        g_test_add_func("/ctl/ports/ranges", test_ranges);
        g_test_add_func("/ctl/ports/names", test_names);
        g_test_add_func("/ctl/ports/bare", test_bare);
        return g_test_run();
}
