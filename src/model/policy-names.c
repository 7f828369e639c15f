/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-names.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bounds.h"

/* Names become names of files. */
static bool is_file_name(const char *name) {
        bool good = name[0] && name[0] != '.' && name[0] != '-' && strlen(name) <= LIMIT_NAME;
        for (const char *c = name; *c; c++)
                good &= g_ascii_isalnum(*c) || strchr("._-", *c);
        return good;
}

/* what: "policy". */
static bool check_file_name(const char *what, const char *name, QuaywallError code, GError **error) {
        const size_t length = strlen(name);
        g_autofree char *seen = quaywall_error_show(name);
        if (length == 0 || length > LIMIT_NAME) {
                g_set_error(error, QUAYWALL_ERROR, code, _("name: \"%s\" has %zu characters; a %s's name has 1 to %u"), seen,
                            length, what, LIMIT_NAME);
                return false;
        }
        if (is_file_name(name))
                return true;
        g_set_error(
                error, QUAYWALL_ERROR, code,
                _("name: \"%s\" must be made of letters, digits, \".\", \"_\" and \"-\", and not start with \".\" or \"-\""),
                seen);
        return false;
}

bool policy_name_check(const char *name, GError **error) {
        if (g_str_has_prefix(name, POLICY_LABEL)) {
                g_autofree char *seen = quaywall_error_show(name);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            _("name: \"%s\" is a policy that a container's label carries: it changes with the label, when the "
                              "container is created again"),
                            seen);
                return false;
        }
        return check_file_name("policy", name, QUAYWALL_ERROR_INVALID_POLICY, error);
}

bool group_name_check(const char *name, GError **error) {
        return check_file_name("group", name, QUAYWALL_ERROR_INVALID_GROUP, error);
}

bool group_reference_check(const char *key, const char *name, GError **error) {
        if (is_file_name(name))
                return true;
        g_autofree char *seen = quaywall_error_show(name);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                    _("%s: \"group:%s\" does not name a group of addresses, as \"group:"
                      "office\" does; see \"quaywallctl group list\""),
                    key, seen);
        return false;
}

bool description_check(const char *key, const char *value, QuaywallError code, GError **error) {
        if (strlen(value) > LIMIT_DESCRIPTION) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%s: %zu bytes are too many; at most %u are kept"), key, strlen(value), LIMIT_DESCRIPTION);
                return false;
        }
        bool printable = g_utf8_validate(value, -1, NULL);
        /* XML cannot represent U+FFFE and U+FFFF: the file could not be read again. */
        for (const char *c = value; printable && *c; c = g_utf8_next_char(c))
                printable = !g_unichar_iscntrl(g_utf8_get_char(c)) && (g_utf8_get_char(c) | 1) != 0xffff;
        if (!printable) {
                g_autofree char *seen = quaywall_error_show(value);
                g_set_error(error, QUAYWALL_ERROR, code, _("%s: \"%s\" must be one line of text without control characters"),
                            key, seen);
        }
        return printable;
}

bool interface_name_check(const char *key, const char *name, GError **error) {
        size_t length = strlen(name);
        g_autofree char *seen = quaywall_error_show(name);
        if (length == 0 || length > LIMIT_INTERFACE) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                            _("%s: \"%s\" has %zu characters; an interface name has 1 to %u"), key, seen, length,
                            LIMIT_INTERFACE);
                return false;
        }
        /* The kernel refuses "/", ":", spaces, "." and ".."; firewalld refuses "!" and "*"; "+" is a wildcard of iptables,
         * which would take a leading "-" for an option. */
        bool good = !g_str_equal(name, ".") && !g_str_equal(name, "..") && name[0] != '-';
        for (const char *c = name; *c; c++)
                good &= g_ascii_isgraph(*c) && !strchr("/:!*+,\"'\\{}", *c);
        if (!good)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                            _("%s: \"%s\" is not the name of an interface, as \"eth0\" is; see \"ip link\""), key, seen);
        return good;
}

/* Docker's own rule for names of containers and networks ("RestrictedNameChars" of moby). Labels may be anything that an XML
 * file or a line of the journal can hold. */
bool docker_name_check(const char *key, bool is_container, const char *entry, GError **error) {
        const bool label = is_container && g_str_has_prefix(entry, "label=");
        const char *name = label ? entry + strlen("label=") : entry;
        g_autofree char *seen = quaywall_error_show(entry);
        if (strlen(entry) > LIMIT_CONTAINER_NAME) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%s: \"%s...\" has %zu bytes; at most %u are taken"), key, seen, strlen(entry),
                            LIMIT_CONTAINER_NAME);
                return false;
        }
        bool good = name[0] && g_utf8_validate(name, -1, NULL);
        if (label) {
                good &= name[0] != '=';
                for (const char *c = name; good && *c; c = g_utf8_next_char(c))
                        good = !g_unichar_iscntrl(g_utf8_get_char(c)) && (g_utf8_get_char(c) | 1) != 0xffff;
        } else {
                good &= g_ascii_isalnum(name[0]);
                for (const char *c = name; *c; c++)
                        good &= g_ascii_isalnum(*c) || strchr("_.-", *c);
        }
        if (!good)
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                        is_container ?
                                _("%s: \"%s\" must be a container's name, \"label=KEY\" or \"label=KEY=VALUE\"; see \"docker ps\"") :
                                _("%s: \"%s\" is not the name of a network, as \"bridge\" is; see \"docker network ls\""),
                        key, seen);
        return good;
}

/* firewalld takes any character ("check_name" of its ipset.py), but its nftables backend makes a set of this name, and nft takes
 * only these, with a letter first. */
bool ipset_name_check(const char *key, const char *name, GError **error) {
        bool good = g_ascii_isalpha(name[0]) && strlen(name) <= LIMIT_IPSET;
        for (const char *c = name; good && *c; c++)
                good = g_ascii_isalnum(*c) || strchr("_.-", *c);
        if (!good) {
                g_autofree char *seen = quaywall_error_show(name);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("%s: \"ipset:%s\" does not name an ipset of firewalld, as \"ipset:"
                              "office\" does; see \"firewall-cmd --get-ipsets\""),
                            key, seen);
        }
        return good;
}

/* firewalld's "check_name" in io_object.py, and its limit for names in max_zone_name_len(). */
bool zone_name_check(const char *key, const char *name, GError **error) {
        const gsize length = strlen(name);
        bool good = length > 0 && length <= LIMIT_ZONE && name[0] != '/' && name[length - 1] != '/';
        for (const char *c = name; good && *c; c++)
                good = g_ascii_isalnum(*c) || strchr("_-/", *c);
        if (!good) {
                g_autofree char *seen = quaywall_error_show(name);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("%s: \"zone:%s\" does not name a zone of firewalld, as \"zone:"
                              "home\" does; see \"firewall-cmd --get-zones\""),
                            key, seen);
        }
        return good;
}
