/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipset-query.h"

#include <sys/socket.h>

#include <libipset/data.h>
#include <libipset/parse.h>
#include <libipset/session.h>
#include <libipset/types.h>

/* Discards what the library would print about a set; its messages stay in the session. */
G_GNUC_PRINTF(3, 4)
static int print_nothing(G_GNUC_UNUSED struct ipset_session *session, G_GNUC_UNUSED void *unused,
                         G_GNUC_UNUSED const char *format, ...) {
        return 0;
}

/* A session for a single query: a session remembers its set, but another one may have that name by now. */
static struct ipset_session *open_session(const char *set, const struct ipset_type **ret_type) {
        static bool loaded;
        if (!loaded)
                ipset_load_types();
        loaded = true;
        struct ipset_session *session = ipset_session_init(print_nothing, NULL);
        if (!session)
                return NULL;
        *ret_type = ipset_parse_setname(session, IPSET_SETNAME, set) == 0 ? ipset_type_get(session, IPSET_CMD_TEST) : NULL;
        if (*ret_type)
                return session;
        ipset_session_fini(session);
        return NULL;
}

const char *ipset_query_type(const char *set, Family *ret_family, bool *ret_any) {
        const struct ipset_type *type;
        struct ipset_session *session = open_session(set, &type);
        if (!session)
                return NULL;
        const uint8_t *family = ipset_session_data_get(session, IPSET_OPT_FAMILY);
        *ret_any = !family || (*family != AF_INET && *family != AF_INET6);
        *ret_family = family && *family == AF_INET6 ? FAMILY_IPV6 : FAMILY_IPV4;
        ipset_session_fini(session);
        return type->name;
}

IpsetHas ipset_query_has(const char *set, const char *element) {
        const struct ipset_type *type;
        struct ipset_session *session = open_session(set, &type);
        if (!session)
                return IPSET_UNTOLD;
        IpsetHas has = IPSET_UNTOLD;
        if (ipset_parse_elem(session, type->last_elem_optional, element) == 0) {
                if (ipset_cmd(session, IPSET_CMD_TEST, 0) == 0)
                        has = IPSET_HAS;
                /* "is NOT in set" is a notice; every failure is an error. */
                else if (ipset_session_report_type(session) == IPSET_NOTICE)
                        has = IPSET_HAS_NOT;
        }
        ipset_session_fini(session);
        return has;
}
