/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confirm.h"

#include <inttypes.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <glib/gstdio.h>
#include <systemd/sd-id128.h>
#include <glib/gi18n.h>

#include "bus/dict.h"
#include "daemon/change.h"
#include "daemon/policy-files.h"
#include "model/durable.h"
#include "model/error.h"
#include "world/journal.h"

/* STATE/pending/ holds what policy_files_save() saved before the change, and the file "change" with the token and the deadline. It is created as STATE/pending.new and renamed, and renamed to STATE/pending.old
 * for removal, so half of it is never mistaken for it. RUNTIME/pending also holds the token: after a reboot it is gone, and the
 * change is undone at once. (The kernel's boot_id is in /proc/sys, which the unit's sandbox hides.) */
#define GROUP "change"

typedef struct Pending {
        char *token;
        GStrv policies; /* added, replaced or removed by the change; NULL until it is in force, or if unknown; so are the next two */
        GStrv groups;
        GStrv names; /* of both: "web", "group:office" */
        uid_t uid;   /* the user who made the change */
        guint32 seconds;
        guint64 deadline; /* CLOCK_BOOTTIME, microseconds: nobody can set that clock */
        sd_event_source *timer;
} Pending;

struct Confirm {
        const Settings *settings;
        sd_event *event;
        Reconciler *reconciler;
        Pending *pending; /* the waiting change; NULL: none */
};

static char *pending_folder(const Settings *settings, const char *name) {
        return g_build_filename(settings->state_folder, name, NULL);
}

static guint64 now_boottime(void) {
        struct timespec ts;
        clock_gettime(CLOCK_BOOTTIME, &ts);
        return ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void pending_free(Pending *pending) {
        if (!pending)
                return;
        sd_event_source_disable_unref(pending->timer);
        g_free(pending->token);
        g_strfreev(pending->policies);
        g_strfreev(pending->groups);
        g_strfreev(pending->names);
        g_free(pending);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pending, pending_free)

Confirm *confirm_new(const Settings *settings, sd_event *event, Reconciler *reconciler) {
        Confirm *c = g_new0(Confirm, 1);
        *c = (Confirm){ .settings = settings, .event = event, .reconciler = reconciler };
        return c;
}

void confirm_free(Confirm *c) {
        if (!c)
                return;
        pending_free(c->pending);
        g_free(c);
}

static bool remove_folder(const Settings *settings, const char *name, GError **error) {
        g_autofree char *folder = pending_folder(settings, name);
        return durable_remove_tree(folder, error);
}

/* The one step that commits. */
static bool rename_folder(const Settings *settings, const char *from, const char *to, GError **error) {
        g_autofree char *old = pending_folder(settings, from), *new = pending_folder(settings, to);
        return g_rename(old, new) == 0 || durable_fail(error, _("cannot rename"), old);
}

static char *runtime_token(const Settings *settings) {
        return g_build_filename(settings->runtime_folder, "pending", NULL);
}

static void forget_token(const Settings *settings) {
        g_autofree char *path = runtime_token(settings);
        (void) g_unlink(path);
}

/* The change is kept, or was undone. */
static bool finish(Confirm *c, GError **error) {
        g_autoptr(GError) failure = NULL;
        if (!remove_folder(c->settings, "pending.old", error) || !rename_folder(c->settings, "pending", "pending.old", error))
                return false;
        g_clear_pointer(&c->pending, pending_free);
        announce(&c->reconciler->repairs.announcer, (Announcement){ .kind = ANNOUNCE_PENDING });
        forget_token(c->settings);
        if (!durable_sync_folder(c->settings->state_folder, &failure) || !remove_folder(c->settings, "pending.old", &failure))
                journal_log(LOG_WARNING, NULL, "%s", failure->message);
        return true;
}

static bool save_change(Confirm *c, const char *name, GError **error) {
        const Pending *pending = c->pending;
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_key_file_set_string(file, GROUP, "Token", pending->token);
        g_key_file_set_uint64(file, GROUP, "Deadline", pending->deadline);
        g_key_file_set_uint64(file, GROUP, "User", pending->uid);
        g_autofree char *folder = pending_folder(c->settings, name), *path = g_build_filename(folder, GROUP, NULL);
        gsize length;
        g_autofree char *text = g_key_file_to_data(file, &length, NULL);
        return durable_write(path, text, length, 0600, error);
}

/* Whether the change was made since the last boot. */
static bool is_of_this_boot(const Settings *settings, const char *token) {
        g_autofree char *path = runtime_token(settings), *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, token);
}

static guint64 time_left(const Pending *pending) {
        const guint64 now = now_boottime();
        return pending->deadline > now ? pending->deadline - now : 0;
}

/* The error names at most this many; the property names all. */
#define NAMES_TOLD 5U

bool confirm_check_none(Confirm *c, GError **error) {
        const Pending *pending = c->pending;
        if (!pending)
                return true;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        const guint count = pending->names ? g_strv_length(pending->names) : 0;
        for (guint i = 0; i < MIN(count, NAMES_TOLD); i++)
                g_strv_builder_add(builder, pending->names[i]);
        if (count > NAMES_TOLD)
                g_strv_builder_add(builder, "...");
        g_auto(GStrv) told = g_strv_builder_end(builder);
        g_autofree char *names = g_strjoinv(", ", told);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CHANGE_PENDING,
                    _("a change of uid %u waits to be confirmed (%s), and is undone in %" PRIu64
                      " s; confirm it or roll it back first"),
                    (unsigned) pending->uid, names[0] ? names : _("no policy"), time_left(pending) / G_USEC_PER_SEC);
        return false;
}

int confirm_append(Confirm *c, sd_bus_message *reply) {
        const Pending *pending = c->pending;
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        /* A change does not wait for confirmation before it is in force. */
        if (r >= 0 && pending && pending->timer) {
                r = sd_bus_message_append(reply, "{sv}{sv}", "uid", "u", (guint32) pending->uid, "until", "t",
                                          (guint64) g_get_real_time() + time_left(pending));
                if (r >= 0)
                        r = dict_append_strings(reply, "policies", pending->policies);
                if (r >= 0)
                        r = dict_append_strings(reply, "groups", pending->groups);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool save(Confirm *c, GError **error) {
        g_autofree char *folder = pending_folder(c->settings, "pending.new");
        g_autofree char *token = runtime_token(c->settings);
        const char *text = c->pending->token;
        /* Also a folder that cannot be read. */
        return remove_folder(c->settings, "pending", error) && remove_folder(c->settings, "pending.new", error) &&
               policy_files_save(c->reconciler->intent, c->settings, folder, error) && save_change(c, "pending.new", error) &&
               durable_write(token, text, strlen(text), 0600, error) &&
               rename_folder(c->settings, "pending.new", "pending", error) &&
               durable_sync_folder(c->settings->state_folder, error);
}

bool confirm_begin(Confirm *c, guint32 seconds, uid_t uid, char **ret_token, GError **error) {
        sd_id128_t random;
        char token[SD_ID128_STRING_MAX];
        if (sd_id128_randomize(&random) < 0)
                return durable_fail(error, _("cannot make"), _("a token"));

        c->pending = g_new0(Pending, 1);
        c->pending->token = g_strdup(sd_id128_to_string(random, token));
        c->pending->seconds = seconds;
        c->pending->uid = uid;
        c->pending->deadline = now_boottime() + seconds * G_USEC_PER_SEC;
        if (!save(c, error)) {
                g_clear_pointer(&c->pending, pending_free);
                return false;
        }
        *ret_token = g_strdup(token);
        return true;
}

static bool load(const Settings *settings, PolicySet **ret_runtime, PolicySet **ret_permanent, GError **error) {
        g_autofree char *folder = pending_folder(settings, "pending");
        return policy_files_load_saved(folder, ret_runtime, ret_permanent, error);
}

/* The history learns of it before the saved state is removed: see history_recover(). */
static bool restore(Confirm *c, RecordState state, GError **error) {
        g_autofree char *folder = pending_folder(c->settings, "pending");
        g_autoptr(PolicySet) runtime = NULL, permanent = NULL;
        if (!load(c->settings, &runtime, &permanent, error) ||
            !change_restore(c->reconciler, runtime, permanent, folder, error))
                return false;
        history_settle(c->reconciler->history, state);
        return finish(c, error);
}

static void undo(Confirm *c) {
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&c->reconciler->mutex);
        /* While this waited for the mutex, the change may have been confirmed and another one begun. */
        if (c->pending && now_boottime() >= c->pending->deadline) {
                if (restore(c, RECORD_EXPIRED, &error))
                        journal_log(LOG_NOTICE, NULL,
                                    _("The last change was not confirmed in time; what was before is in force again"));
                else {
                        journal_log(LOG_ERR, NULL, _("The last change was not confirmed in time and cannot be undone yet: %s"),
                                    error->message);
                        (void) sd_event_source_set_time_relative(c->pending->timer, 5 * G_USEC_PER_SEC);
                        (void) sd_event_source_set_enabled(c->pending->timer, SD_EVENT_ONESHOT);
                }
        }
        fiber_mutex_unlock(&c->reconciler->mutex);
}

static void undo_main(gpointer argument) {
        undo(argument);
}

static int on_deadline(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        fiber_start(undo_main, userdata);
        return 0;
}

static bool arm(Confirm *c, GError **error) {
        int r = sd_event_add_time(c->event, &c->pending->timer, CLOCK_BOOTTIME, c->pending->deadline, 0, on_deadline, c);
        if (r >= 0)
                return true;
        errno = -r;
        return durable_fail(error, _("cannot set"), _("the timer of confirm-within"));
}

static GStrv list_changed(Confirm *c, PolicySet *runtime, PolicySet *permanent, StoreKind kind) {
        g_autoptr(GPtrArray) names = intent_difference(c->reconciler->intent, runtime, permanent, kind);
        g_ptr_array_add(names, NULL);
        return g_strdupv((char **) names->pdata);
}

/* Once the change is in force, compares with the previous state; the names stay NULL if that cannot be read. */
static void note_policies(Confirm *c) {
        g_autoptr(PolicySet) runtime = NULL, permanent = NULL;
        if (!load(c->settings, &runtime, &permanent, NULL))
                return;
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();
        c->pending->policies = list_changed(c, runtime, permanent, STORE_POLICIES);
        c->pending->groups = list_changed(c, runtime, permanent, STORE_GROUPS);
        g_strv_builder_addv(names, (const char **) c->pending->policies);
        for (char **group = c->pending->groups; *group; group++) {
                g_autofree char *name = g_strconcat(POLICY_GROUP, *group, NULL);
                g_strv_builder_add(names, name);
        }
        c->pending->names = g_strv_builder_end(names);
}

bool confirm_arm(Confirm *c, GError **error) {
        note_policies(c);
        c->pending->deadline = now_boottime() + c->pending->seconds * G_USEC_PER_SEC;
        if (arm(c, error) && save_change(c, "pending", error)) {
                announce(&c->reconciler->repairs.announcer, (Announcement){ .kind = ANNOUNCE_PENDING });
                return true;
        }
        g_autoptr(GError) failure = NULL;
        if (!restore(c, RECORD_ROLLED_BACK, &failure))
                g_prefix_error(error, _("(could not be undone: %s) "), failure->message);
        return false;
}

static bool check_token(Confirm *c, const char *token, GError **error) {
        if (c->pending && g_str_equal(c->pending->token, token))
                return true;
        g_autofree char *shown = quaywall_error_show(token);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    _("token: \"%s\" is not of a change that waits to be confirmed; its time may be over"), shown);
        return false;
}

bool confirm_keep(Confirm *c, const char *token, GError **error) {
        if (!check_token(c, token, error) || !finish(c, error))
                return false;
        history_settle(c->reconciler->history, RECORD_KEPT);
        return true;
}

bool confirm_rollback(Confirm *c, const char *token, GError **error) {
        return check_token(c, token, error) && restore(c, RECORD_ROLLED_BACK, error);
}

bool confirm_is_of(Confirm *c, uid_t uid, const char *token) {
        return c->pending && c->pending->uid == uid && check_token(c, token, NULL);
}

const char *const *confirm_names(Confirm *c, const char *token) {
        return check_token(c, token, NULL) ? (const char *const *) c->pending->names : NULL;
}

/* NULL: no change is waiting. */
static Pending *read_change(const Settings *settings) {
        g_autofree char *folder = pending_folder(settings, "pending"), *path = g_build_filename(folder, GROUP, NULL);
        g_autoptr(GKeyFile) file = g_key_file_new();
        if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
                return NULL;
        Pending *pending = g_new0(Pending, 1);
        pending->token = g_key_file_get_string(file, GROUP, "Token", NULL);
        pending->deadline = g_key_file_get_uint64(file, GROUP, "Deadline", NULL);
        pending->uid = g_key_file_get_uint64(file, GROUP, "User", NULL);
        if (!pending->token)
                pending->token = g_strdup("");
        if (!is_of_this_boot(settings, pending->token))
                pending->deadline = 0;
        return pending;
}

void confirm_resume(Confirm *c) {
        static const char *const HALVES[] = { "pending.new", "pending.old" };
        g_autoptr(GError) error = NULL;
        g_autofree char *folder = pending_folder(c->settings, "pending");
        durable_clean(c->settings->runtime_folder);
        durable_clean(c->settings->state_folder);
        durable_clean(folder);
        for (gsize i = 0; i < G_N_ELEMENTS(HALVES); i++) {
                if (!remove_folder(c->settings, HALVES[i], &error))
                        journal_log(LOG_WARNING, NULL, "%s", error->message);
                g_clear_error(&error);
        }
        c->pending = read_change(c->settings);
        history_recover(c->reconciler->history, c->reconciler->intent, c->pending != NULL);
        if (!c->pending) {
                forget_token(c->settings);
                return;
        }
        note_policies(c);
        if (!arm(c, &error))
                journal_log(LOG_ERR, NULL, "%s", error->message);
        undo(c);
}

bool confirm_previous(const Settings *settings, PolicySet **ret_runtime, PolicySet **ret_permanent) {
        g_autoptr(Pending) pending = read_change(settings);
        g_autoptr(GError) error = NULL;
        if (!pending || pending->deadline > now_boottime())
                return false;
        if (load(settings, ret_runtime, ret_permanent, &error))
                return true;
        journal_log(LOG_ERR, NULL, "%s", error->message);
        return false;
}
