/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture: a private bus with mock-firewalld, mock-polkitd and the real quaywalld, in a folder of its own, and the calls that
 * the bus tests share. It ends what it started by process id. A failing test shows the daemon's log.
 *
 * Environment: QUAYWALLD, MOCK_FIREWALLD and MOCK_POLKITD name the programs, QUAYWALL_SRCDIR the source tree. The defaults are
 * where the build puts the programs, relative to the test program, and the source tree of this build. */
#pragma once

#include <gio/gio.h>

#define ERROR_(name) "org.quaywall1.Error." name
#define ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"
#define INTERACTIVE_REQUIRED "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"

typedef struct {
        const char *firewalld_version; /* NULL: 1.3.3 */
        gboolean no_firewalld, no_polkit, no_daemon, no_docker, no_docker_zone, docker_ipv6;
        gboolean guard; /* quaywalld has a network of its own, and guards it; only where fixture_can_guard() */
} FixtureOptions;

typedef struct {
        GPid pid;
        gboolean exited;
        int status;
} Process;

typedef struct {
        FixtureOptions options;
        char *dir, *policies, *groups, *vendor, *runtime, *config, *log, *address;
        Process dbus, firewalld, polkitd, daemon;
        GDBusConnection *bus; /* the test's own connection */
        char *changed;        /* the names in the last signal Changed of Policies, for fixture_wait_changed */
        guint n_changed;
        char *groups_changed; /* and of Groups; NULL: none came yet */
} Fixture;

/* Whether this user may make a network namespace of his own. */
gboolean fixture_can_guard(void);

/* Starts everything except what OPTIONS leave out, and waits until it answers. OPTIONS may be NULL. */
Fixture *fixture_new(const FixtureOptions *options);
void fixture_free(Fixture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

void fixture_start_daemon(Fixture *self);
/* Sends SIGNAL and waits for the end; true if the exit status was 0 or SIGKILL was sent. */
gboolean fixture_stop_daemon(Fixture *self, int signal);
void fixture_start_firewalld(Fixture *self);
void fixture_stop_firewalld(Fixture *self);
void fixture_start_polkit(Fixture *self);
void fixture_stop_polkit(Fixture *self);

/* A second client, for tests whose callers leave. */
GDBusConnection *fixture_connect(Fixture *self);

/* Calls METHOD ("Policies.Set") of quaywalld. The arguments are GVariant text, typed by the interface file. */
GVariant *fixture_call(Fixture *self, const char *method, GError **error, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* The same on another connection, with flags, or with arguments of any type. */
GVariant *fixture_call_on(GDBusConnection *bus, const char *method, GVariant *args, GDBusCallFlags flags, GError **error);
GVariant *fixture_args(const char *method, const char *format, ...) G_GNUC_PRINTF(2, 3);
GVariant *fixture_get(Fixture *self, const char *property, GError **error); /* "Manager.State" */
GDBusNodeInfo *fixture_node(void);                                          /* the interface file; not owned */
/* The path of a file in the source tree. */
char *fixture_source(const char *path);

/* Calls that must succeed, or fail with ERROR_NAME and a message that contains each of WORDS (separated by "|"). */
GVariant *fixture_works(Fixture *self, const char *method, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same without its answer, or with the answer as GVariant text ("" for none; free with g_free()). args: as for fixture_call(). */
void works(Fixture *self, const char *method, const char *args);
char *answer_text(Fixture *self, const char *method, const char *args);
void fixture_fails(Fixture *self, const char *error_name, const char *words, const char *method, const char *format, ...)
        G_GNUC_PRINTF(5, 6);
void fixture_check_error(const char *what, const GError *error, const char *error_name, const char *words);

/* A member of an a{sv}; "" and 0: it has none of that type. The text is the dict's. */
const char *text_in(GVariant *dict, const char *key);
guint64 number_in(GVariant *dict, const char *key);

/* The mocks' control interfaces, with the method names of mock-firewalld.c and mock-polkitd.c. */
GVariant *fixture_mock(Fixture *self, const char *method, GVariant *args);
GVariant *fixture_mock_polkit(Fixture *self, const char *method, GVariant *args);

/* For fixture_wait(): whether polkit was asked COUNT times to prompt; a check without a prompt comes before each. */
gboolean fixture_has_prompted(Fixture *self, gpointer count);
void fixture_polkit_answer(Fixture *self, const char *action, const char *answer);
void fixture_plan(Fixture *self, const char *pattern, guint nth, const char *kind, const char *message);
char *fixture_dump(Fixture *self);
/* Fails the test, and shows the lines that only one of the dumps has, if they differ. */
gboolean fixture_same(const char *what, const char *before, const char *after);
/* Calls iptables as another program would: "-t filter -S DOCKER-USER". */
char *fixture_iptables(Fixture *self, const char *family, const char *line);
/* How many lines of TEXT contain NEEDLE. */
guint fixture_lines(const char *text, const char *needle);
/* How many calls whose name matches PATTERN firewalld received since the last Clear or Plan. */
guint fixture_count_calls(Fixture *self, const char *pattern);
/* firewalld's direct rules, runtime or permanent, one per line: "ipv4 filter CHAIN 0 word word". */
char *fixture_direct(Fixture *self, gboolean permanent);
void fixture_reload_firewalld(Fixture *self);

/* Turns the main loop until DONE returns true; after ten seconds fails the test and returns false. */
gboolean fixture_wait(Fixture *self, gboolean (*done)(Fixture *self, gpointer data), gpointer data, const char *what);
gboolean fixture_wait_state(Fixture *self, const char *state);

/* Deletes a folder with all that it contains; no symbolic link is followed. */
void fixture_remove_tree(const char *path);
void fixture_write(const char *dir, const char *name, const char *text);
/* The output of quaywalld and the mocks, stdout and stderr. */
char *fixture_log(Fixture *self);
