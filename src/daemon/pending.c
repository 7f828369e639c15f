/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <glib/gstdio.h>
#include <systemd/sd-id128.h>

#include "daemon/bus.h"
#include "daemon/enforce.h"
#include "daemon/journal.h"
#include "model/durable.h"
#include "model/error.h"
#include "model/policy-store.h"

/* STATE/pending/ holds runtime/ and permanent/, the policies as they were, files/, the administrator's files as they were, and
 * the file "change" with the token and the deadline. It is made as STATE/pending.new and renamed, and renamed to
 * STATE/pending.old to be removed, so half of it is never taken for it. RUNTIME/pending holds the token, too: after a reboot
 * it is gone, and the change is undone without waiting. (The kernel's boot_id is in /proc/sys, which the unit's sandbox
 * hides.) */
#define GROUP "change"

struct Pending {
        char *token;
        GStrv policies; /* that the change made, replaced or removed; NULL until it is in force, or where that is not known */
        uid_t uid;      /* whose change it is */
        guint32 seconds;
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
        g_strfreev(context->pending->policies);
        g_clear_pointer(&context->pending, g_free);
}

static bool remove_folder(Context *context, const char *name, GError **error) {
        g_autofree char *folder = pending_folder(context, name);
        return durable_remove_tree(folder, error);
}

/* The one step that decides. */
static bool rename_folder(Context *context, const char *from, const char *to, GError **error) {
        g_autofree char *old = pending_folder(context, from), *new = pending_folder(context, to);
        return g_rename(old, new) == 0 || durable_fail(error, "cannot rename", old);
}

static char *runtime_token(Context *context) {
        return g_build_filename(context->settings->runtime_folder, "pending", NULL);
}

static void forget_token(Context *context) {
        g_autofree char *path = runtime_token(context);
        (void) g_unlink(path);
}

/* The change is kept, or undone already. */
static bool finish(Context *context, GError **error) {
        g_autoptr(GError) failure = NULL;
        if (!remove_folder(context, "pending.old", error) || !rename_folder(context, "pending", "pending.old", error))
                return false;
        pending_clear(context);
        bus_emit_pending_changed(context);
        forget_token(context);
        if (!durable_sync_folder(context->settings->state_folder, &failure) || !remove_folder(context, "pending.old", &failure))
                journal_log(LOG_WARNING, NULL, "%s", failure->message);
        return true;
}

static bool save_set(const char *folder, const char *part, PolicySet *set, GError **error) {
        g_autofree char *path = g_build_filename(folder, part, NULL);
        g_autoptr(StoreChange) change = store_change_stage(path, set, error);
        return change && store_change_commit(change, error);
}

static bool save_change(Context *context, const char *name, GError **error) {
        const struct Pending *pending = context->pending;
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_key_file_set_string(file, GROUP, "Token", pending->token);
        g_key_file_set_uint64(file, GROUP, "Deadline", pending->deadline);
        g_key_file_set_uint64(file, GROUP, "User", pending->uid);
        g_autofree char *folder = pending_folder(context, name), *path = g_build_filename(folder, GROUP, NULL);
        gsize length;
        g_autofree char *text = g_key_file_to_data(file, &length, NULL);
        return durable_write(path, text, length, 0600, error);
}

/* Whether the change was made since the last boot. */
static bool is_of_this_boot(Context *context, const char *token) {
        g_autofree char *path = runtime_token(context), *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, token);
}

static guint64 time_left(const struct Pending *pending) {
        const guint64 now = now_boottime();
        return pending->deadline > now ? pending->deadline - now : 0;
}

/* More names than these are for the property. */
#define NAMES_TOLD 5U

bool pending_check_none(Context *context, GError **error) {
        const struct Pending *pending = context->pending;
        if (!pending)
                return true;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        const guint count = pending->policies ? g_strv_length(pending->policies) : 0;
        for (guint i = 0; i < MIN(count, NAMES_TOLD); i++)
                g_strv_builder_add(builder, pending->policies[i]);
        if (count > NAMES_TOLD)
                g_strv_builder_add(builder, "...");
        g_auto(GStrv) told = g_strv_builder_end(builder);
        g_autofree char *names = g_strjoinv(", ", told);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CHANGE_PENDING,
                    "a change of uid %u waits to be confirmed (%s), and is undone in %" G_GUINT64_FORMAT " s; confirm it or roll it back first",
                    (unsigned) pending->uid, names[0] ? names : "no policy", time_left(pending) / G_USEC_PER_SEC);
        return false;
}

int pending_append(Context *context, sd_bus_message *reply) {
        const struct Pending *pending = context->pending;
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        /* One that was begun is none before it is in force. */
        if (r >= 0 && pending && pending->timer) {
                r = sd_bus_message_append(reply, "{sv}{sv}", "uid", "u", (guint32) pending->uid, "until", "t",
                                          (guint64) g_get_real_time() + time_left(pending));
                if (r >= 0)
                        r = sd_bus_message_open_container(reply, 'e', "sv");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "s", "policies");
                if (r >= 0)
                        r = sd_bus_message_open_container(reply, 'v', "as");
                if (r >= 0)
                        r = sd_bus_message_append_strv(reply, pending->policies);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool save(Context *context, GError **error) {
        g_autofree char *folder = pending_folder(context, "pending.new"), *files = g_build_filename(folder, "files", NULL);
        g_autofree char *token = runtime_token(context);
        const char *text = context->pending->token;
        /* Also one that cannot be read. */
        return remove_folder(context, "pending", error) && remove_folder(context, "pending.new", error) &&
               save_set(folder, "runtime", context->runtime, error) &&
               save_set(folder, "permanent", context->permanent, error) &&
               policy_store_copy(context->settings->policy_folder, files, error) &&
               save_change(context, "pending.new", error) && durable_write(token, text, strlen(text), 0600, error) &&
               rename_folder(context, "pending.new", "pending", error) &&
               durable_sync_folder(context->settings->state_folder, error);
}

bool pending_begin(Context *context, guint32 seconds, uid_t uid, char **ret_token, GError **error) {
        sd_id128_t random;
        char token[SD_ID128_STRING_MAX];
        if (sd_id128_randomize(&random) < 0)
                return durable_fail(error, "cannot make", "a token");

        context->pending = g_new0(struct Pending, 1);
        context->pending->token = g_strdup(sd_id128_to_string(random, token));
        context->pending->seconds = seconds;
        context->pending->uid = uid;
        context->pending->deadline = now_boottime() + seconds * G_USEC_PER_SEC;
        if (!save(context, error)) {
                pending_clear(context);
                return false;
        }
        *ret_token = g_strdup(token);
        return true;
}

static PolicySet *load_part(const char *folder, const char *part, GError **error) {
        g_autofree char *path = g_build_filename(folder, part, NULL);
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set = policy_store_load((const StoreFolder[]){ { path, NULL }, { NULL, NULL } }, NULL, &problems);
        if (problems->len == 0 && g_file_test(path, G_FILE_TEST_IS_DIR))
                return g_steal_pointer(&set);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s: what was before the change cannot be read", path);
        return NULL;
}

static bool load(Context *context, PolicySet **ret_runtime, PolicySet **ret_permanent, GError **error) {
        g_autofree char *folder = pending_folder(context, "pending");
        g_autoptr(PolicySet) runtime = load_part(folder, "runtime", error);
        g_autoptr(PolicySet) permanent = runtime ? load_part(folder, "permanent", error) : NULL;
        if (!permanent)
                return false;
        *ret_runtime = g_steal_pointer(&runtime);
        *ret_permanent = g_steal_pointer(&permanent);
        return true;
}

static bool restore(Context *context, GError **error) {
        g_autofree char *folder = pending_folder(context, "pending"), *files = g_build_filename(folder, "files", NULL);
        g_autoptr(PolicySet) runtime = NULL, permanent = NULL;
        return load(context, &runtime, &permanent, error) && enforce_restore(context, runtime, permanent, files, error) &&
               finish(context, error);
}

static void undo(Context *context) {
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&context->mutex);
        /* While it waited for the mutex, this one may have been confirmed and another one begun. */
        if (context->pending && now_boottime() >= context->pending->deadline) {
                if (restore(context, &error))
                        journal_log(LOG_NOTICE, NULL,
                                    "The last change was not confirmed in time; what was before is in force again");
                else {
                        journal_log(LOG_ERR, NULL, "The last change was not confirmed in time and cannot be undone yet: %s",
                                    error->message);
                        (void) sd_event_source_set_time_relative(context->pending->timer, 5 * G_USEC_PER_SEC);
                        (void) sd_event_source_set_enabled(context->pending->timer, SD_EVENT_ONESHOT);
                }
        }
        fiber_mutex_unlock(&context->mutex);
}

static void undo_main(gpointer argument) {
        undo(argument);
}

static int on_deadline(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        fiber_start(undo_main, userdata);
        return 0;
}

static bool arm(Context *context, GError **error) {
        int r = sd_event_add_time(context->event, &context->pending->timer, CLOCK_BOOTTIME, context->pending->deadline, 0, on_deadline,
                                  context);
        if (r >= 0)
                return true;
        errno = -r;
        return durable_fail(error, "cannot set", "the timer of confirm-within");
}

/* By what was before, when the change is in force; NULL where that cannot be read. */
static void note_policies(Context *context) {
        g_autoptr(PolicySet) runtime = NULL, permanent = NULL;
        if (!load(context, &runtime, &permanent, NULL))
                return;
        g_autoptr(GPtrArray) names = policy_set_difference(runtime, context->runtime);
        g_autoptr(GPtrArray) later = policy_set_difference(permanent, context->permanent);
        for (guint i = 0; i < later->len; i++)
                if (!g_ptr_array_find_with_equal_func(names, later->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(later->pdata[i]));
        g_ptr_array_add(names, NULL);
        context->pending->policies = g_strdupv((char **) names->pdata);
}

bool pending_arm(Context *context, GError **error) {
        note_policies(context);
        context->pending->deadline = now_boottime() + context->pending->seconds * G_USEC_PER_SEC;
        if (arm(context, error) && save_change(context, "pending", error)) {
                bus_emit_pending_changed(context);
                return true;
        }
        g_autoptr(GError) failure = NULL;
        if (!restore(context, &failure))
                g_prefix_error(error, "(could not be undone: %s) ", failure->message);
        return false;
}

static bool check_token(Context *context, const char *token, GError **error) {
        if (context->pending && g_str_equal(context->pending->token, token))
                return true;
        g_autofree char *shown = quaywall_error_show(token);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    "token: \"%s\" is not of a change that waits to be confirmed; its time may be over", shown);
        return false;
}

bool pending_confirm(Context *context, const char *token, GError **error) {
        return check_token(context, token, error) && finish(context, error);
}

bool pending_rollback(Context *context, const char *token, GError **error) {
        return check_token(context, token, error) && restore(context, error);
}

const char *const *pending_names(Context *context, const char *token) {
        return check_token(context, token, NULL) ? (const char *const *) context->pending->policies : NULL;
}

/* NULL: there is none. */
static struct Pending *read_change(Context *context) {
        g_autofree char *folder = pending_folder(context, "pending"), *path = g_build_filename(folder, GROUP, NULL);
        g_autoptr(GKeyFile) file = g_key_file_new();
        if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
                return NULL;
        struct Pending *pending = g_new0(struct Pending, 1);
        pending->token = g_key_file_get_string(file, GROUP, "Token", NULL);
        pending->deadline = g_key_file_get_uint64(file, GROUP, "Deadline", NULL);
        pending->uid = g_key_file_get_uint64(file, GROUP, "User", NULL);
        if (!pending->token)
                pending->token = g_strdup("");
        if (!is_of_this_boot(context, pending->token))
                pending->deadline = 0;
        return pending;
}

void pending_resume(Context *context) {
        static const char *const HALVES[] = { "pending.new", "pending.old" };
        g_autoptr(GError) error = NULL;
        durable_clean(context->settings->runtime_folder);
        durable_clean(context->settings->state_folder);
        for (gsize i = 0; i < G_N_ELEMENTS(HALVES); i++) {
                if (!remove_folder(context, HALVES[i], &error))
                        journal_log(LOG_WARNING, NULL, "%s", error->message);
                g_clear_error(&error);
        }
        context->pending = read_change(context);
        if (!context->pending) {
                forget_token(context);
                return;
        }
        note_policies(context);
        if (!arm(context, &error))
                journal_log(LOG_ERR, NULL, "%s", error->message);
        undo(context);
}

bool pending_previous(Context *context, PolicySet **ret_runtime, PolicySet **ret_permanent) {
        context->pending = read_change(context);
        const bool over = context->pending && context->pending->deadline <= now_boottime();
        pending_clear(context);
        g_autoptr(GError) error = NULL;
        if (!over)
                return false;
        if (load(context, ret_runtime, ret_permanent, &error))
                return true;
        journal_log(LOG_ERR, NULL, "%s", error->message);
        return false;
}
