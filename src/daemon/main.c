/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywalld: command line, start and end. */

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <libxml/parser.h>
#include <systemd/sd-daemon.h>

#include "bus/peer.h"
#include "daemon/apply.h"
#include "daemon/auth.h"
#include "daemon/bus.h"
#include "daemon/checks.h"
#include "daemon/context.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/journal.h"
#include "daemon/kernel.h"
#include "daemon/pending.h"
#include "daemon/policy-files.h"
#include "daemon/repair.h"
#include "daemon/ruleset.h"
#include "daemon/settle.h"
#include "daemon/spared.h"
#include "docker/docker.h"
#include "docker/facts-file.h"
#include "docker/unit.h"
#include "guard/cut-table.h"
#include "model/policy-store.h"

/* In the state folder. */
#define FACTS_FILE "docker-facts"

static void print_help(void) {
        printf("quaywalld [OPTIONS...]\n\n"
               "Keeps Docker's published ports and firewalld one firewall: enforces policies, owns\n"
               "the health of firewalld's zone \"docker\", and serves org.quaywall1 on the system bus.\n\n"
               "  -h --help          Show this help\n"
               "     --version       Show the version\n"
               "     --config=FILE   Read settings from FILE instead of %s/quaywall/quaywalld.conf\n"
               "     --load-guard    Put the policies into the guard table and exit: for the boot, before\n"
               "                     the network and without firewalld and the bus\n\n"
               "See quaywalld(8).\n",
               SYSCONFDIR);
}

static void wake_start(Context *context) {
        Fiber *waiter = g_steal_pointer(&context->start_waiter);
        if (waiter)
                fiber_resume(waiter);
}

/* Somebody who changes firewalld's configuration changes it in several calls. */
#define CONFIG_USEC (100 * 1000ULL)

static void on_firewalld(FirewalldEvent event, gpointer userdata) {
        Context *context = userdata;
        if (event == FIREWALLD_STATE_CHANGED) {
                bus_emit_firewalld_changed(context);
                return;
        }
        if (event == FIREWALLD_DIRECT_CHANGED) {
                settle_within(context, CONFIG_USEC); /* what we write ourselves is verified by then, which calls the look off */
                return;
        }
        if (event == FIREWALLD_RELOADED || event == FIREWALLD_APPEARED) {
                context->firewalld_anew = true;
                context->firewalld_table = false; /* the backend may be another one */
                settle_within(context, 2 * G_USEC_PER_SEC);
                /* That it is there when we come tells nothing of Docker. */
                if (context->serving) {
                        context->docker_rules.asked = g_get_monotonic_time();
                        check_docker_begins(context);
                }
                if (!context->reloading)
                        repair_forgive(context);
                wake_start(context);
        }
        enforce_want(context);
}

static void on_docker(DockerEvent event, gpointer userdata) {
        Context *context = userdata;
        const Docker *docker = context->docker;
        switch (event) {
        case DOCKER_WARNING:
                journal_log(LOG_WARNING, NULL, "%s", docker->warning);
                break;
        case DOCKER_STATE_CHANGED:
                journal_log(LOG_INFO, JOURNAL_FIELDS("QUAYWALL_DOCKER", docker->state), "Docker is %s%s%s", docker->state,
                            docker->reason ? ": " : "", docker->reason ? docker->reason : "");
                if (context->serving)
                        check_docker_begins(context);
                engine_refresh(context->engine); /* defaults depend on the version */
                bus_emit_docker_changed(context);
                enforce_docker(context);
                break;
        case DOCKER_FACTS_CHANGED:
                enforce_docker(context);
                break;
        }
        /* It begins with what Docker told. */
        wake_start(context);
}

static int on_bus_lost(G_GNUC_UNUSED sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        journal_log(LOG_ERR, NULL, "the connection to the system bus is lost");
        return sd_event_exit(((Context *) userdata)->event, EXIT_FAILURE);
}

static void reload_main(gpointer userdata) {
        Context *context = userdata;
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&context->mutex);
        if (!enforce_reload(context, &error))
                journal_log(LOG_ERR, NULL, "reload failed: %s", error->message);
        fiber_mutex_unlock(&context->mutex);
        sd_notify(0, "READY=1");
}

/* What is under way is finished first: half of a change is worse than none. What waits behind it does not begin. */
static void stop_main(gpointer userdata) {
        Context *context = userdata;
        fiber_mutex_lock(&context->mutex);
        (void) sd_event_exit(context->event, EXIT_SUCCESS);
}

static int on_stop_signal(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED const struct signalfd_siginfo *info,
                          void *userdata) {
        sd_notify(0, "STOPPING=1");
        fiber_start(stop_main, userdata);
        return 0;
}

static int on_sighup(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED const struct signalfd_siginfo *info, void *userdata) {
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
        fiber_start(reload_main, userdata);
        return 0;
}

/* DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER of the D-Bus specification */
#define NAME_IS_OURS 1

/* A Docker that is ill, or has thousands of containers, does not hold up the start. */
#define DOCKER_WAIT_USEC (3 * G_USEC_PER_SEC)

/* It takes one or two; one that hangs does not keep Docker from starting. */
#define FIREWALLD_WAIT_USEC (10 * G_USEC_PER_SEC)

static int on_waited(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        wake_start(userdata);
        return 0;
}

/* What an earlier quaywalld left in force knows the containers' addresses, which are not kept: to begin without them would
 * take their rules away for a moment. */
static bool is_docker_told(const Context *context) {
        const Docker *docker = context->docker;
        return docker->is_complete || g_str_equal(docker->state, "not-running") || g_str_equal(docker->state, "failed");
}

/* The start waits until it is TOLD, and not longer than USEC. */
static void wait_at_start(Context *context, bool (*told)(const Context *context), uint64_t usec) {
        g_autoptr(SdEventSource) timer = NULL;
        if (sd_event_add_time_relative(context->event, &timer, CLOCK_MONOTONIC, usec, 0, on_waited, context) < 0)
                return;
        while (!told(context) && sd_event_source_get_enabled(timer, NULL) > 0) {
                context->start_waiter = fiber_self();
                fiber_suspend();
        }
}

static bool is_firewalld_there(const Context *context) {
        return context->firewalld->owner;
}

/* firewalld.service of some releases (Debian sid, 2.5) is "active" before firewalld is on the bus, and a Docker that starts before that
 * never listens to it (docker-deaf). Docker starts after us, so we are not ready before. */
static void wait_for_firewalld(Context *context) {
        if (!is_firewalld_there(context) && unit_is_up(context->bus, "firewalld.service"))
                wait_at_start(context, is_firewalld_there, FIREWALLD_WAIT_USEC);
}

static int on_name(sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Context *context = userdata;
        guint32 result = 0;
        const sd_bus_error *failure = sd_bus_message_get_error(reply);
        if (!failure && sd_bus_message_read(reply, "u", &result) >= 0 && result == NAME_IS_OURS) {
                sd_notify(0, "READY=1\nSTATUS=Serving org.quaywall1");
                return 0;
        }
        journal_log(LOG_ERR, NULL, "cannot take the name " BUS_NAME " on the bus: %s",
                    failure ? failure->message : "it has another owner");
        return sd_event_exit(context->event, EXIT_FAILURE);
}

static void start_main(gpointer userdata) {
        Context *context = userdata;
        firewalld_settle_owner(context->firewalld);
        wait_for_firewalld(context);
        wait_at_start(context, is_docker_told, DOCKER_WAIT_USEC);
        context->has_begun = true;
        enforce_reconcile(context);
        pending_resume(context);
        context->serving = true;
        if (sd_bus_request_name_async(context->service, NULL, BUS_NAME, 0, on_name, context) < 0)
                sd_event_exit(context->event, EXIT_FAILURE);
}

/* As sd_bus_open_system() does it, but nobody can send file descriptors: of those a process has only so many. */
static int open_bus(Context *context, sd_bus **ret, int64_t priority) {
        const char *address = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        int r = sd_bus_new(ret);
        if (r >= 0)
                r = sd_bus_set_address(*ret, address ? address : "unix:path=/run/dbus/system_bus_socket");
        if (r >= 0)
                r = sd_bus_set_bus_client(*ret, true);
        if (r >= 0)
                r = sd_bus_negotiate_fds(*ret, false);
        if (r >= 0)
                r = sd_bus_start(*ret);
        if (r >= 0)
                r = sd_bus_attach_event(*ret, context->event, priority);
        if (r >= 0)
                r = peer_init(*ret);
        if (r >= 0)
                r = sd_bus_match_signal_async(*ret, NULL, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
                                              "org.freedesktop.DBus.Local", "Disconnected", on_bus_lost, NULL, context);
        return r;
}

static int context_open(Context *context) {
        static const char *const none[] = { NULL };
        context->problems = g_ptr_array_new();
        context->state = "idle";
        context->bridges = g_strdupv((char **) DEFAULT_BRIDGES);
        context->zone_interfaces = g_strdupv((char **) none);
        context->zone_permanent = g_strdupv((char **) none);
        g_queue_init(&context->mutex.waiting);
        policy_files_load(context);

        int r = sd_event_default(&context->event);
        if (r >= 0)
                r = sd_event_add_signal(context->event, NULL, SIGTERM, on_stop_signal, context);
        if (r >= 0)
                r = sd_event_add_signal(context->event, NULL, SIGINT, on_stop_signal, context);
        if (r >= 0)
                r = sd_event_add_signal(context->event, NULL, SIGHUP, on_sighup, context);
        if (r >= 0)
                r = sd_event_set_watchdog(context->event, 1);
        if (r >= 0)
                r = open_bus(context, &context->bus, BUS_PRIORITY);
        if (r >= 0)
                r = open_bus(context, &context->service, SERVICE_PRIORITY);
        if (r >= 0)
                r = auth_init(context->bus);
        if (r >= 0)
                r = bus_register(context);
        return r;
}

static void context_clear(Context *context) {
        g_clear_pointer(&context->docker, docker_free);
        kernel_forget(context);
        g_clear_pointer(&context->nat, g_array_unref);
        repair_clear(context);
        g_clear_pointer(&context->published, g_hash_table_unref);
        g_strfreev(context->spared);
        g_clear_pointer(&context->bridges_since, g_hash_table_unref);
        sd_event_source_unref(context->spared_later);
        pending_clear(context);
        guard_free(context->guard);
        sd_event_source_unref(context->settle);
        sd_event_source_unref(context->published_past);
        engine_free(context->engine);
        if (context->service)
                sd_bus_flush_close_unref(context->service);
        if (context->bus)
                sd_bus_flush_close_unref(context->bus);
        g_clear_pointer(&context->firewalld, firewalld_free);
        sd_event_unref(context->event);
        g_clear_pointer(&context->runtime, g_hash_table_unref);
        g_clear_pointer(&context->permanent, g_hash_table_unref);
        g_clear_pointer(&context->rules_now, g_ptr_array_unref);
        g_clear_pointer(&context->rules_later, g_ptr_array_unref);
        g_clear_pointer(&context->left_out, g_ptr_array_unref);
        g_clear_pointer(&context->file_problems, g_ptr_array_unref);
        g_free(context->copy_problem);
        g_clear_pointer(&context->problems, g_ptr_array_unref);
        links_free(context->links);
        g_free(context->links_seen);
        g_strfreev(context->bridges);
        g_strfreev(context->ruled_bridges);
        g_clear_pointer(&context->zones, g_hash_table_unref);
        g_free(context->zone_target);
        g_strfreev(context->zone_interfaces);
        g_strfreev(context->zone_permanent);
        settings_free(context->settings);
        xmlCleanupParser();
}

/* There is no Docker yet; what it said before the boot will do until it does. */
static bool load_rules(Context *context, DockerFacts *facts, GError **error) {
        context->links = links_new(NULL);
        g_auto(GStrv) bridges = apply_list_bridges(context->links, NULL, facts);
        const char *const *names = (const char *const *) bridges;
        g_autoptr(GPtrArray) rules = compile_policies(context->permanent, names, facts, true);
        g_autoptr(GPtrArray) published = endpoint_list_published(facts);
        g_ptr_array_add(published, NULL);
        g_auto(GStrv) spared = spared_recall(context->settings, facts);
        g_autoptr(Hold) hold =
                context->settings->hold_unknown ? hold_new(context->permanent, facts, (const char *const *) spared) : NULL;
        g_autoptr(Shared) shared = apply_shared(context->links, names, facts);
        context->guard = guard_new();
        return guard_apply(context->guard, rules, names, (const char *const *) published->pdata, hold, shared, error);
}

static int load_guard(Settings *settings) {
        Context context = { .settings = settings };
        g_autoptr(GError) error = NULL;
        policy_files_load(&context);
        bool whole = context.file_problems->len == 0;
        for (guint i = 0; i < context.file_problems->len; i++)
                journal_log(LOG_ERR, NULL, "%s", ((StoreProblem *) context.file_problems->pdata[i])->message);
        if (settings->use_guard) {
                g_autofree char *file = g_build_filename(settings->state_folder, FACTS_FILE, NULL);
                g_autoptr(GError) unread = NULL;
                g_autoptr(DockerFacts) facts = facts_file_load(file, &unread);
                if (unread)
                        journal_log(LOG_WARNING, NULL, "%s", unread->message);
                whole &= load_rules(&context, facts, &error);
        }
        if (error)
                journal_log(LOG_ERR, NULL, "%s", error->message);
        context_clear(&context);
        return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(Settings *settings) {
        Context context = { .settings = settings };
        int r = context_open(&context);
        if (r >= 0) {
                if (settings->use_guard)
                        context.guard = guard_new();
                else {
                        guard_remove();
                        cut_table_remove();
                }
                r = ruleset_open(&context);
                context.engine = engine_new(&context);
                context.firewalld = firewalld_new(context.bus, on_firewalld, &context);
                g_autofree char *facts = g_build_filename(settings->state_folder, FACTS_FILE, NULL);
                context.docker = docker_new(context.event, context.bus, settings->docker_socket, settings->docker_pid_file, facts, NULL, on_docker, &context);
                spared_open(&context);
                apply_set_bridges(&context);
                if (context.links)
                        enforce_links(&context);
                docker_start(context.docker);
                fiber_start(start_main, &context);
        }
        if (r >= 0)
                r = sd_event_loop(context.event);
        if (r < 0)
                journal_log(LOG_ERR, NULL, "cannot run: %s", g_strerror(-r));
        monitor_free(context.monitor);
        context_clear(&context);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
        enum { OPT_VERSION = 256, OPT_CONFIG, OPT_LOAD_GUARD };
        static const struct option OPTIONS[] = { { "help", no_argument, NULL, 'h' },
                                                 { "version", no_argument, NULL, OPT_VERSION },
                                                 { "config", required_argument, NULL, OPT_CONFIG },
                                                 { "load-guard", no_argument, NULL, OPT_LOAD_GUARD },
                                                 { NULL, 0, NULL, 0 } };
        const char *config = NULL;
        bool load_guard_only = false;
        for (int c; (c = getopt_long(argc, argv, "h", OPTIONS, NULL)) >= 0;)
                switch (c) {
                case 'h':
                        print_help();
                        return EXIT_SUCCESS;
                case OPT_VERSION:
                        printf("quaywalld %s\n", PACKAGE_VERSION);
                        return EXIT_SUCCESS;
                case OPT_CONFIG:
                        config = optarg;
                        break;
                case OPT_LOAD_GUARD:
                        load_guard_only = true;
                        break;
                default:
                        fprintf(stderr, "Try 'quaywalld --help'\n");
                        return 2;
                }
        if (optind < argc) {
                fprintf(stderr, "quaywalld: unexpected argument \"%s\"\nTry 'quaywalld --help'\n", argv[optind]);
                return 2;
        }

        /* Or glibc keeps the room of a large message that somebody sent for the next one. */
        (void) mallopt(M_MMAP_THRESHOLD, 256 << 10);

        /* Signals are taken by the event loop. */
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        sigprocmask(SIG_BLOCK, &mask, NULL);

        g_autoptr(GError) error = NULL;
        Settings *settings = settings_load(config ? config : SYSCONFDIR "/quaywall/quaywalld.conf", config, &error);
        if (!settings) {
                /* Also where a person looks: the journal may not know any more of which unit so short a process was. */
                fprintf(stderr, "quaywalld: %s\n", error->message);
                journal_log(LOG_ERR, NULL, "%s", error->message);
                return 2;
        }
        return load_guard_only ? load_guard(settings) : run(settings);
}
