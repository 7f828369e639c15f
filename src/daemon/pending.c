/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <glib/gstdio.h>
#include <systemd/sd-id128.h>

#include "daemon/enforce.h"
#include "daemon/journal.h"
#include "model/error.h"
#include "model/policy-store.h"

/* STATE/pending/ holds runtime/ and permanent/, the policies as they were, and the file "change" with the token and the
 * deadline. It is made as STATE/pending.new and renamed, so a half-written one is never taken for it. RUNTIME/pending holds
 * the token, too: after a reboot it is gone, and the change is undone without waiting. (The kernel's boot_id is in /proc/sys,
 * which the unit's sandbox hides.) */
#define GROUP "change"

struct Pending {
        char *token;
        guint64 deadline; /* CLOCK_BOOTTIME, microseconds: nobody sets that clock */
        sd_event_source *timer;
};

static char *pending_folder(Context *context, const char *name) {
        return g_build_filename(context->settings->state_folder, name, NULL);
}

static guint64 now_boottime(void) {
        struct timespec ts;
        clock_gettime(CLOCK_BOOTTIME, &ts);
        return ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}

void pending_clear(Context *context) {
        if (!context->pending)
                return;
        sd_event_source_disable_unref(context->pending->timer);
        g_free(context->pending->token);
        g_clear_pointer(&context->pending, g_free);
}

static bool io_error(GError **error, const char *what, const char *path) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s %s: %s", what, path, g_strerror(errno));
        return false;
}

static bool remove_tree(const char *folder, GError **error) {
        static const char *const PARTS[] = { "runtime", "permanent" };
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
                return true;
        for (gsize i = 0; i < G_N_ELEMENTS(PARTS); i++) {
                g_autofree char *part = g_build_filename(folder, PARTS[i], NULL);
                g_autoptr(GPtrArray) names = policy_store_list(part);
                for (guint n = 0; n < names->len; n++) {
                        g_autofree char *file = g_strdup_printf("%s/%s.xml", part, (char *) names->pdata[n]);
                        if (g_unlink(file) < 0)
                                return io_error(error, "cannot remove", file);
                }
                if (!policy_store_recover(part, error))
                        return false;
                if (g_rmdir(part) < 0 && errno != ENOENT)
                        return io_error(error, "cannot remove", part);
        }
        g_autofree char *file = g_build_filename(folder, GROUP, NULL);
        if ((g_unlink(file) < 0 && errno != ENOENT) || g_rmdir(folder) < 0)
                return io_error(error, "cannot remove", folder);
        return true;
}

static bool save_set(const char *folder, const char *part, PolicySet *set, GError **error) {
        g_autofree char *path = g_build_filename(folder, part, NULL);
        g_autoptr(StoreChange) change = store_change_stage(path, set, error);
        return change && store_change_commit(change, error);
}

static char *runtime_token(Context *context) {
        return g_build_filename(context->settings->runtime_folder, "pending", NULL);
}

static bool write_file(const char *path, const char *text, gsize length, GError **error) {
        g_autoptr(GError) failure = NULL;
        if (g_file_set_contents_full(path, text, length, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &failure))
                return true;
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, failure->message);
        return false;
}

static bool save_change(Context *context, const char *folder, GError **error) {
        const struct Pending *pending = context->pending;
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_key_file_set_string(file, GROUP, "Token", pending->token);
        g_key_file_set_uint64(file, GROUP, "Deadline", pending->deadline);
        g_autofree char *path = g_build_filename(folder, GROUP, NULL), *token = runtime_token(context);
        gsize length;
        g_autofree char *text = g_key_file_to_data(file, &length, NULL);
        (void) g_mkdir_with_parents(context->settings->runtime_folder, 0755);
        return write_file(token, pending->token, strlen(pending->token), error) && write_file(path, text, length, error);
}

/* Whether the change was made since the last boot. */
static bool is_of_this_boot(Context *context, const char *token) {
        g_autofree char *path = runtime_token(context), *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, token);
}

bool pending_check_none(Context *context, GError **error) {
        if (!context->pending)
                return true;
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "another change waits to be confirmed; confirm it or roll it back first");
        return false;
}

bool pending_begin(Context *context, guint32 seconds, char **ret_token, GError **error) {
        g_autofree char *new = pending_folder(context, "pending.new");
        g_autofree char *folder = pending_folder(context, "pending");
        sd_id128_t random;
        char token[SD_ID128_STRING_MAX];
        if (sd_id128_randomize(&random) < 0)
                return io_error(error, "cannot make", "a token");

        context->pending = g_new0(struct Pending, 1);
        context->pending->token = g_strdup(sd_id128_to_string(random, token));
        context->pending->deadline = now_boottime() + seconds * G_USEC_PER_SEC;
        if (!remove_tree(new, error) || !remove_tree(folder, error) || !save_set(new, "runtime", context->runtime, error) ||
            !save_set(new, "permanent", context->permanent, error) || !save_change(context, new, error) ||
            (g_rename(new, folder) < 0 && !io_error(error, "cannot make", folder))) {
                pending_clear(context);
                return false;
        }
        *ret_token = g_strdup(token);
        return true;
}

static bool restore(Context *context, GError **error) {
        g_autofree char *folder = pending_folder(context, "pending");
        g_autofree char *runtime_folder = g_build_filename(folder, "runtime", NULL);
        g_autofree char *permanent_folder = g_build_filename(folder, "permanent", NULL);
        g_autoptr(GPtrArray) problems = NULL, others = NULL;
        g_autoptr(PolicySet) runtime = policy_store_load((const char *const[]){ runtime_folder, NULL }, NULL, &problems);
        g_autoptr(PolicySet) permanent = policy_store_load((const char *const[]){ permanent_folder, NULL }, NULL, &others);
        if (problems->len + others->len > 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s: what was before the change cannot be read", folder);
                return false;
        }
        if (!enforce_change(context, runtime, permanent, error))
                return false;
        pending_clear(context);
        return remove_tree(folder, error);
}

static void rollback_main(gpointer argument) {
        Context *context = argument;
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&context->mutex);
        if (context->pending) {
                journal_log(LOG_NOTICE, NULL, "The last change was not confirmed in time; what was before is in force again");
                if (!restore(context, &error)) {
                        /* firewalld may be away: again when it is back. */
                        journal_log(LOG_ERR, NULL, "The change could not be undone yet: %s", error->message);
                        (void) sd_event_source_set_time_relative(context->pending->timer, 5 * G_USEC_PER_SEC);
                        (void) sd_event_source_set_enabled(context->pending->timer, SD_EVENT_ONESHOT);
                }
        }
        fiber_mutex_unlock(&context->mutex);
}

static int on_deadline(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        fiber_start(rollback_main, userdata);
        return 0;
}

bool pending_arm(Context *context, GError **error) {
        int r = sd_event_add_time(context->event, &context->pending->timer, CLOCK_BOOTTIME, context->pending->deadline, 0, on_deadline,
                                  context);
        if (r >= 0)
                return true;
        errno = -r;
        return io_error(error, "cannot set", "the timer of confirm-within");
}

static bool check_token(Context *context, const char *token, GError **error) {
        if (context->pending && g_str_equal(context->pending->token, token))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    "token: \"%.64s\" is not of a change that waits to be confirmed; its time may be over", token);
        return false;
}

bool pending_confirm(Context *context, const char *token, GError **error) {
        if (!check_token(context, token, error))
                return false;
        g_autofree char *folder = pending_folder(context, "pending");
        pending_clear(context);
        return remove_tree(folder, error);
}

bool pending_rollback(Context *context, const char *token, GError **error) {
        return check_token(context, token, error) && restore(context, error);
}

void pending_resume(Context *context) {
        g_autofree char *half = pending_folder(context, "pending.new");
        g_autofree char *folder = pending_folder(context, "pending");
        g_autofree char *path = g_build_filename(folder, GROUP, NULL);
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) error = NULL;
        if (!remove_tree(half, &error))
                journal_log(LOG_WARNING, NULL, "%s", error->message);
        g_clear_error(&error);
        if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
                return;
        context->pending = g_new0(struct Pending, 1);
        context->pending->token = g_key_file_get_string(file, GROUP, "Token", NULL);
        context->pending->deadline = g_key_file_get_uint64(file, GROUP, "Deadline", NULL);
        if (!context->pending->token)
                context->pending->token = g_strdup("");
        if (!is_of_this_boot(context, context->pending->token))
                context->pending->deadline = 0;
        if (!pending_arm(context, &error))
                journal_log(LOG_ERR, NULL, "%s", error->message);
}
