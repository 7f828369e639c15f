/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quota.h"

#include <string.h>

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/error.h"

typedef struct Share {
        guint calls;
        gsize bytes;
} Share;

static GHashTable *shares; /* uid -> Share; only users with calls in progress */
static Share others;       /* of all users but root */
static bool large;         /* a user other than root has a large message in progress */

/* Adds the bytes from the current position to the end of the container. sd-bus does not report the size of a message, so it is
 * counted, but not beyond the limit. Negative: malformed. */
static int measure(sd_bus_message *m, gsize *bytes) {
        char type;
        const char *contents;
        int r = 0;
        while (*bytes <= LIMIT_SMALL && (r = sd_bus_message_peek_type(m, &type, &contents)) > 0) {
                if (strchr("arev", type)) {
                        /* Arrays of numbers are read at once. */
                        if (type == 'a' && strchr("ynqiuxtd", contents[0]) && !contents[1]) {
                                const void *numbers;
                                size_t size;
                                if ((r = sd_bus_message_read_array(m, contents[0], &numbers, &size)) < 0)
                                        return r;
                                *bytes += size + 4;
                                continue;
                        }
                        r = sd_bus_message_enter_container(m, type, contents);
                        if (r >= 0)
                                r = measure(m, bytes);
                        if (r < 0)
                                return r;
                        *bytes += 8;
                        if (*bytes <= LIMIT_SMALL && (r = sd_bus_message_exit_container(m)) < 0)
                                return r;
                        continue;
                }
                union {
                        const char *text;
                        guint64 number;
                } value = { NULL };
                if ((r = sd_bus_message_read_basic(m, type, &value)) < 0)
                        return r;
                *bytes += strchr("sog", type) ? strlen(value.text) + 5 : 8;
        }
        return *bytes > LIMIT_SMALL ? 0 : r;
}

gsize quota_measure(sd_bus_message *call) {
        gsize bytes = 0;
        const bool known = measure(call, &bytes) >= 0;
        (void) sd_bus_message_rewind(call, true);
        return known ? MIN(bytes, LIMIT_SMALL + 1) : LIMIT_SMALL + 1;
}

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *sentence = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, sentence);
        return false;
}

static bool has_room(const Share *share, const Claim *claim, GError **error) {
        const unsigned uid = claim->uid;
        if (share->calls >= LIMIT_REQUESTS)
                return refuse(error, _("%u requests of uid %u are in flight; wait for an answer before the next"), share->calls,
                              uid);
        if (uid == 0)
                return true;
        if (others.calls >= LIMIT_REQUESTS_ALL)
                return refuse(error, _("%u requests of all users are in flight; try again later"), others.calls);
        if (quota_is_large(claim))
                return !large ||
                       refuse(error,
                              _("another request of more than %u bytes is under way; wait for an answer before the next, or send it as "
                                "root, for whom that is no limit"),
                              LIMIT_SMALL);
        if (share->bytes + claim->bytes > LIMIT_SMALL_BYTES)
                return refuse(
                        error,
                        _("the requests of uid %u that are in flight have more than %u bytes; wait for an answer before the next"),
                        uid, LIMIT_SMALL_BYTES);
        return true;
}

static void count(Share *share, const Claim *claim) {
        share->calls++;
        share->bytes += quota_is_large(claim) ? 0 : claim->bytes;
}

static void count_back(Share *share, const Claim *claim) {
        share->calls--;
        share->bytes -= quota_is_large(claim) ? 0 : claim->bytes;
}

bool quota_claim(Claim *claim, uid_t uid, sd_bus_message *call, GError **error) {
        static const Share none;
        if (!shares)
                shares = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        Share *share = g_hash_table_lookup(shares, GUINT_TO_POINTER(uid));
        *claim = (Claim){ .uid = uid, .bytes = uid == 0 ? 0 : quota_measure(call) };
        if (!has_room(share ? share : &none, claim, error))
                return false;
        if (!share) {
                share = g_new0(Share, 1);
                g_hash_table_insert(shares, GUINT_TO_POINTER(uid), share);
        }
        count(share, claim);
        if (uid != 0) {
                count(&others, claim);
                large |= quota_is_large(claim);
        }
        claim->held = true;
        return true;
}

void quota_release(Claim *claim) {
        if (!claim->held)
                return;
        claim->held = false;
        Share *share = g_hash_table_lookup(shares, GUINT_TO_POINTER(claim->uid));
        count_back(share, claim);
        if (share->calls == 0)
                g_hash_table_remove(shares, GUINT_TO_POINTER(claim->uid));
        if (claim->uid == 0)
                return;
        count_back(&others, claim);
        if (quota_is_large(claim))
                large = false;
}

bool quota_is_large(const Claim *claim) {
        return claim->bytes > LIMIT_SMALL;
}
