/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "leftovers.h"

#include <string.h>

#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "compile/direct-rule.h"
#include "firewalld/forward.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

#define FOLDER "/etc/firewalld"
#define DIRECT FOLDER "/direct.xml"
#define ZONE FOLDER "/zones/docker.xml"
#define BACKUP ".old"

static void take_away(const char *path, GPtrArray *removed, GPtrArray *left) {
        g_ptr_array_add(g_unlink(path) == 0 ? removed : left, g_strdup(path));
}

static bool has_word(const char *path, const char *word) {
        g_autofree char *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, word);
}

/* An element in it is a chain, a rule or a passthrough. */
static bool is_empty_direct(const char *path) {
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
                return false;
        g_autoptr(xmlDoc) doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
        return root && g_str_equal(root->name, "direct") && !xmlFirstElementChild(root);
}

/* Calls visit for each file of a subfolder that belongs to a policy or an ipset of quaywall's and ends in suffix. */
static void visit_own(const char *subfolder, const char *suffix, void (*visit)(const char *path, gpointer userdata),
                      gpointer userdata) {
        g_autofree char *folder = g_build_filename(FOLDER, subfolder, NULL);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        for (const char *file; dir && (file = g_dir_read_name(dir));) {
                if (!g_str_has_suffix(file, suffix))
                        continue;
                g_autofree char *name = g_strndup(file, strlen(file) - strlen(suffix));
                g_autofree char *path = g_build_filename(folder, file, NULL);
                if (forward_is_ours(name))
                        visit(path, userdata);
        }
}

static const char *const OWN_FOLDERS[] = { "policies", "ipsets", NULL };

typedef struct Removal {
        GPtrArray *removed, *left;
} Removal;

static void remove_one(const char *path, gpointer userdata) {
        const Removal *removal = userdata;
        take_away(path, removal->removed, removal->left);
}

void leftovers_remove(const char *const *interfaces, GPtrArray *removed, GPtrArray *left) {
        Removal removal = { removed, left };
        for (const char *const *folder = OWN_FOLDERS; *folder; folder++)
                visit_own(*folder, ".xml" BACKUP, remove_one, &removal);
        if (has_word(DIRECT BACKUP, CHAIN_QUAYWALL))
                take_away(DIRECT BACKUP, removed, left);
        if (is_empty_direct(DIRECT))
                take_away(DIRECT, removed, left);
        for (; *interfaces; interfaces++) {
                g_autofree char *word = g_strdup_printf("<interface name=\"%s\"/>", *interfaces);
                if (!has_word(ZONE BACKUP, word))
                        continue;
                take_away(ZONE BACKUP, removed, left);
                break;
        }
}

static void count_one(G_GNUC_UNUSED const char *path, gpointer userdata) {
        ++*(guint *) userdata;
}

bool leftovers_hold_rules(void) {
        guint count = has_word(DIRECT, CHAIN_QUAYWALL);
        for (const char *const *folder = OWN_FOLDERS; *folder; folder++)
                visit_own(*folder, ".xml", count_one, &count);
        return count > 0;
}

/* By the name alone, however the file is written: to find one too many costs nothing but a start of firewalld. */
bool leftovers_hold_interfaces(const char *const *interfaces) {
        for (; *interfaces; interfaces++)
                if (has_word(ZONE, *interfaces))
                        return true;
        return false;
}
