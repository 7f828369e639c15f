/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/policy-xml.h"

#include <string.h>

#include "model/error.h"
#include "world.h"

static void expect(const char *xml, int line, const char *words) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_from_xml(xml, strlen(xml), &error);
        if (policy)
                g_error("accepted: %.300s", xml);
        g_autofree char *prefix = g_strdup_printf("%d: ", line);
        if (!g_str_has_prefix(error->message, prefix) || !strstr(error->message, words))
                g_error("not at %d with \"%s\":\n%.300s\n%.300s", line, words, error->message, xml);
        g_assert_cmpuint(error->domain, ==, QUAYWALL_ERROR);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_bad(void) {
        expect("", 1, "");
        expect("\n\n", 3, "");
        expect("<policy action='deny'>\n<source>", 2, "");
        expect("<zone/>", 1, "must be a <policy>, not <zone>");
        expect("<policy>\n</policy>", 1, "action: missing");
        expect("\n\n<policy action='allow'/>", 3, "action: \"allow\"");
        expect("<policy action='deny' colour='red'/>", 1, "<policy> has no attribute \"colour\"");
        expect("<policy action='deny' enabled='yes'/>", 1, "enabled: \"yes\"");
        expect("<policy action='deny'>\n  <sauce address='1.1.1.1'/>\n</policy>", 2, "<sauce> is not known");
        expect("<policy action='deny'>\n  <sources address='1.1.1.1'/>\n</policy>", 2, "<sources> is not known");
        expect("<policy action='deny'>\n  <sourc address='1.1.1.1'/>\n</policy>", 2, "<sourc> is not known");
        expect("<policy action='deny'>\n  <enabled/>\n</policy>", 2, "<enabled> is not known");
        expect("<policy>\n  <action>deny</action>\n</policy>", 2, "<action> is not known");
        expect("<policy action='deny'>\n  <descriptio>x</descriptio>\n</policy>", 2, "<descriptio> is not known");
        expect("<policy action='deny'>\n\n  <source addr='1.1.1.1'/>\n</policy>", 3, "<source> has no attribute \"addr\"");
        expect("<policy action='deny'>\n  <source/>\n</policy>", 2, "needs the attribute \"address\"");
        expect("<policy action='deny'>\n  <source address='1.1.1.300'/>\n</policy>", 2, "sources: \"1.1.1.300\"");
        expect("<policy action='deny'>\n  <source address='1.1.1.1' ipset='a'/>\n</policy>", 2,
               "<source> has no attribute \"address\"");
        expect("<policy action='deny'>\n  <destination ipset='a'/>\n</policy>", 2, "<destination> has no attribute \"ipset\"");
        expect("<policy action='deny'>\n  <source zone='a' ipset='a'/>\n</policy>", 2, "<source> has no attribute \"zone\"");
        expect("<policy action='deny'>\n  <source zone='a b'/>\n</policy>", 2, "sources: \"zone:a b\"");
        expect("<policy action='deny'>\n  <source ipset='a b'/>\n</policy>", 2, "sources: \"ipset:a b\"");
        expect("<policy action='deny'>\n  <port port='80'/>\n</policy>", 2, "needs the attribute \"protocol\"");
        expect("<policy action='deny'>\n  <port port='80' protocol='icmp'/>\n</policy>", 2, "ports: \"80/icmp\"");
        expect("<policy action='deny'>\n  <source address='1.1.1.1'>x</source>\n</policy>", 2, "<source> must be empty");
        expect("<policy action='deny'>\n<log/>\n<log/>\n</policy>", 3, "<log/> is there twice");
        expect("<policy action='deny'>\n<description>a</description>\n<description>b</description></policy>", 3, "there twice");
        expect("<policy action='deny'>\n<description>a<b/></description></policy>", 2, "text only");
        expect("<policy action='deny'>\ntext</policy>", 2, "not allowed in <policy>");
        expect("<policy action='deny'>\n<?php x?></policy>", 2, "not allowed in <policy>");
        expect("<policy action='deny'>\n<description>a&#10;b</description></policy>", 2, "description: ");
        expect("<policy action='deny'><interface name='eth*'/></policy>", 1, "interfaces: \"eth*\"");
}

/* An attribute or element in a foreign namespace is not ours, whatever its local name. */
static void test_namespaces(void) {
        expect("<policy xmlns:x='urn:x' action='deny' x:enabled='false'/>", 1, "enabled");
        expect("<policy xmlns:x='urn:x' action='deny'>\n<x:log/></policy>", 2, "log");
        expect("<x:policy xmlns:x='urn:x' action='deny'/>", 1, "policy");
}

/* Nothing is fetched or expanded: a document type is refused before it can have any effect. */
static void test_hostile(void) {
        expect("<!DOCTYPE policy><policy action='deny'/>", 1, "document type");
        expect("<!DOCTYPE policy SYSTEM 'file:///etc/passwd'><policy action='deny'/>", 1, "document type");
        expect("<!DOCTYPE policy [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
               "<policy action='deny'><description>&x;</description></policy>",
               1, "");
        expect("<policy action='deny'><description>&nope;</description></policy>", 1, "");
        expect("<?xml version='1.0' encoding='klingon'?><policy action='deny'/>", 1, "");
        expect("<policy action='deny'><description>\xff\xfe</description></policy>", 1, "");
        expect("<policy action='deny'>\n<description>&#0;</description></policy>", 2, "");

        GString *bomb = g_string_new("<!DOCTYPE p [<!ENTITY a0 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'>");
        for (guint i = 1; i < 12; i++) {
                g_string_append_printf(bomb, "<!ENTITY a%u '", i);
                for (guint j = 0; j < 16; j++)
                        g_string_append_printf(bomb, "&a%u;", i - 1);
                g_string_append(bomb, "'>");
        }
        g_autofree char *in_text =
                g_strconcat(bomb->str, "]><policy action='deny'><description>&a11;</description></policy>", NULL);
        g_autofree char *in_attribute = g_strconcat(bomb->str, "]><policy action='&a11;'/>", NULL);
        expect(in_text, 1, "");
        expect(in_attribute, 1, "");
        g_string_free(bomb, TRUE);

        GString *deep = g_string_new(NULL);
        for (guint i = 0; i < 100000; i++)
                g_string_append(deep, "<policy action='deny'>");
        expect(deep->str, 1, "");
        g_string_free(deep, TRUE);

        /* A message quotes a bounded part. */
        g_autofree char *word = g_strnfill(2 << 20, 'x');
        g_autofree char *huge = g_strdup_printf("<policy action='deny' enabled='%s'/>", word);
        g_autoptr(GError) error = NULL;
        g_assert_null(policy_from_xml(huge, strlen(huge), &error));
        g_assert_cmpint(strlen(error->message), <, 1000);
}

static void test_zero_bytes(void) {
        static const char text[] = "<policy action='deny'/>\0<log/>";
        g_autoptr(GError) error = NULL;
        g_assert_null(policy_from_xml(text, sizeof text - 1, &error));
        g_assert_nonnull(error);
}

/* Files are spelled the same in all versions. */
static void test_spelling(void) {
        static const char XML[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                                  "<policy action=\"deny\" enabled=\"false\">\n"
                                  "  <description>x</description>\n"
                                  "  <interface name=\"eth0\"/>\n"
                                  "  <interface name=\"eth1\"/>\n"
                                  "  <source address=\"1.1.1.1\"/>\n"
                                  "  <source ipset=\"office\"/>\n"
                                  "  <source zone=\"home\"/>\n"
                                  "  <destination address=\"2.2.2.2\"/>\n"
                                  "  <port port=\"80\" protocol=\"tcp\"/>\n"
                                  "  <port port=\"90-91\" protocol=\"udp\"/>\n"
                                  "  <container name=\"web\"/>\n"
                                  "  <network name=\"front\"/>\n"
                                  "  <reject/>\n"
                                  "  <log/>\n"
                                  "</policy>\n";
        static const char FORWARD[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                                      "<policy action=\"forward\">\n"
                                      "  <interface name=\"eth0\"/>\n"
                                      "  <out-interface name=\"eth1\"/>\n"
                                      "</policy>\n";
        const char *const texts[] = { XML, FORWARD };
        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(Policy) policy = policy_from_xml(texts[i], strlen(texts[i]), NULL);
                g_assert_nonnull(policy);
                g_autofree char *again = policy_to_xml(policy);
                g_assert_cmpstr(again, ==, texts[i]);
        }
}

static Policy *round_trip(const Policy *policy) {
        g_autoptr(GError) error = NULL;
        g_autofree char *xml = policy_to_xml(policy);
        Policy *again = policy_from_xml(xml, strlen(xml), &error);
        g_assert_no_error(error);
        return again;
}

static void test_round_trip(void) {
        for (guint round = 0; round < 500; round++) {
                g_autoptr(PolicySet) set = random_policies(3);
                GHashTableIter iter;
                gpointer policy;
                g_hash_table_iter_init(&iter, set->policies);
                while (g_hash_table_iter_next(&iter, NULL, &policy)) {
                        g_autoptr(Policy) again = round_trip(policy);
                        g_assert_true(policy_equal(policy, again));
                }
        }
}

/* Every policy that may be set can be read again. Otherwise it would be lost at the next boot. */
static void test_every_character(void) {
        for (gunichar c = 1; c < 0x11000; c++) {
                char text[16] = "a", utf8[7] = { 0 };
                if (c >= 0xd800 && c < 0xe000)
                        continue;
                g_unichar_to_utf8(c, utf8);
                strcat(strcat(text, utf8), "b");
                g_autoptr(Policy) policy = policy_new();
                policy->action = POLICY_DENY;
                if (!policy_set_string(policy, "description", text, NULL))
                        continue;
                g_autofree char *xml = policy_to_xml(policy);
                g_autoptr(GError) error = NULL;
                g_autoptr(Policy) again = policy_from_xml(xml, strlen(xml), &error);
                if (!again || !policy_equal(policy, again))
                        g_error("U+%04X: %s", c, error ? error->message : "not equal");
        }
        for (guint c = 1; c < 128; c++) {
                const char name[] = { 'a', c, '\0' };
                g_autoptr(Policy) policy = policy_new();
                policy->action = POLICY_DENY;
                if (!policy_add_string(policy, "interfaces", name, NULL))
                        continue;
                g_autoptr(Policy) again = round_trip(policy);
                g_assert_true(policy_equal(policy, again));
        }
}

static void test_white_space_and_comments(void) {
        static const char text[] =
                "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- a -->\n"
                "<policy action=\"deny\" enabled=\"true\">\n  <!-- b -->\n  <source address=\"1.1.1.1\"> <!-- c --> </source>\n"
                "  <port port=\"80-81\" protocol=\"tcp\"/>\n</policy>\n<!-- d -->\n";
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_from_xml(text, strlen(text), &error);
        g_assert_no_error(error);
        g_autoptr(Policy) expected = policy_from_line("deny sources=1.1.1.1 ports=80-81/tcp", NULL);
        g_assert_true(policy_equal(policy, expected));
}

/* Beyond line 65535, libxml2 gives true line numbers only if told to. */
static void test_many_lines(void) {
        GString *text = g_string_new("<policy action='deny'>\n");
        for (guint i = 0; i < 70000; i++)
                g_string_append_c(text, '\n');
        g_string_append(text, "<sauce>x</sauce></policy>");
        expect(text->str, 70002, "<sauce>");
        g_string_free(text, TRUE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/policy-xml/bad", test_bad);
        g_test_add_func("/policy-xml/namespaces", test_namespaces);
        g_test_add_func("/policy-xml/hostile", test_hostile);
        g_test_add_func("/policy-xml/zero-bytes", test_zero_bytes);
        g_test_add_func("/policy-xml/spelling", test_spelling);
        g_test_add_func("/policy-xml/round-trip", test_round_trip);
        g_test_add_func("/policy-xml/every-character", test_every_character);
        g_test_add_func("/policy-xml/white-space-and-comments", test_white_space_and_comments);
        g_test_add_func("/policy-xml/many-lines", test_many_lines);
        return g_test_run();
}
