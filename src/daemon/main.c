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
#include <glib/gi18n.h>

#include "bus/peer.h"
#include "daemon/agenda.h"
#include "daemon/apply.h"
#include "daemon/auth.h"
#include "daemon/bus.h"
#include "daemon/change.h"
#include "daemon/reconcile.h"
#include "daemon/fights.h"
#include "daemon/confirm.h"
#include "daemon/counts.h"
#include "daemon/explain.h"
#include "daemon/policy-files.h"
#include "daemon/removal.h"
#include "docker/docker.h"
#include "docker/facts-file.h"
#include "docker/unit.h"
#include "guard/cut-table.h"
#include "language.h"
#include "model/labels.h"
#include "model/store.h"
#include "world/docker-rules.h"
#include "world/engine.h"
#include "world/ipsets.h"
#include "world/iptables.h"
#include "world/journal.h"
#include "world/notices.h"
#include "world/setup.h"
#include "world/spared.h"
#include "world/zone-rules.h"
#include "world/zones.h"

static void print_help(void) {
        printf(_("quaywalld [OPTIONS...]\n\n"
                 "Keeps Docker's published ports and firewalld one firewall: enforces policies, owns\n"
                 "the health of firewalld's zone \"docker\", and serves org.quaywall1 on the system bus.\n\n"
                 "  -h --help          Show this help\n"
                 "     --version       Show the version\n"
                 "     --config=FILE   Read settings from FILE instead of %s/quaywall/quaywalld.conf\n"
                 "     --load-guard    Put the policies into the guard table and exit: for the boot, before\n"
                 "                     the network and without firewalld and the bus\n"
                 "     --remove-rules  Take out of nftables, firewalld and the state folders what quaywalld put\n"
                 "                     there, keep the policy files, and exit (\"quaywallctl uninstall-rules\")\n"
                 "     --check-removal Say whether --remove-rules would be refused, change nothing, and exit\n\n"
                 "See quaywalld(8).\n"),
               SYSCONFDIR);
}

static int on_bus_lost(G_GNUC_UNUSED sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        journal_log(LOG_ERR, NULL, _("the connection to the system bus is lost"));
        return sd_event_exit(((Daemon *) userdata)->event, EXIT_FAILURE);
}

static void reload_main(gpointer userdata) {
        Daemon *daemon = userdata;
        g_autoptr(GError) error = NULL;
        fiber_mutex_lock(&daemon->reconciler.mutex);
        const ChangeNote note = { .method = "SIGHUP", .uid = RECORD_NO_USER };
        if (!confirm_check_none(daemon->confirm, &error) || !change_reload(&daemon->reconciler, &note, &error))
                journal_log(LOG_ERR, NULL, _("reload failed: %s"), error->message);
        fiber_mutex_unlock(&daemon->reconciler.mutex);
        sd_notify(0, "READY=1");
}

/* The operation in progress is finished first: half a change is worse than none. Those that wait for the mutex do not begin. */
static void stop_main(gpointer userdata) {
        Daemon *daemon = userdata;
        fiber_mutex_lock_next(&daemon->reconciler.mutex);
        (void) sd_event_exit(daemon->event, EXIT_SUCCESS);
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

/* A Docker that hangs, or has thousands of containers, must not hold up the start. */
#define DOCKER_WAIT_USEC (3 * G_USEC_PER_SEC)

/* firewalld takes one or two seconds; one that hangs must not keep Docker from starting. */
#define FIREWALLD_WAIT_USEC (10 * G_USEC_PER_SEC)

static void wake_start(Daemon *daemon) {
        Fiber *waiter = g_steal_pointer(&daemon->start_waiter);
        if (waiter)
                fiber_resume(waiter);
}

static int on_waited(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        wake_start(userdata);
        return 0;
}

/* The rules that an earlier quaywalld left in force contain the containers' addresses, which are not saved: starting without
 * them would remove these containers' rules for a moment. */
static bool is_docker_told(const Daemon *daemon) {
        const Docker *docker = daemon->world->docker;
        return docker->is_complete || g_str_equal(docker->state, "not-running") || g_str_equal(docker->state, "failed");
}

/* Waits at start until told() holds, at most this many microseconds. */
static void wait_at_start(Daemon *daemon, bool (*told)(const Daemon *daemon), uint64_t usec) {
        g_autoptr(SdEventSource) timer = NULL;
        if (sd_event_add_time_relative(daemon->event, &timer, CLOCK_MONOTONIC, usec, 0, on_waited, daemon) < 0)
                return;
        while (!told(daemon) && sd_event_source_get_enabled(timer, NULL) > 0) {
                daemon->start_waiter = fiber_self();
                fiber_suspend();
        }
}

static bool is_firewalld_there(const Daemon *daemon) {
        return daemon->world->firewalld->owner;
}

/* firewalld.service of some releases (Debian sid, 2.5) is "active" before firewalld is on the bus, and a Docker that starts
 * before that never listens to it (docker-deaf). Docker starts after quaywalld, so quaywalld is not ready before firewalld
 * is. */
static void wait_for_firewalld(Daemon *daemon) {
        if (!is_firewalld_there(daemon) && unit_is_up(daemon->bus, "firewalld.service"))
                wait_at_start(daemon, is_firewalld_there, FIREWALLD_WAIT_USEC);
}

static int on_name(sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Daemon *daemon = userdata;
        guint32 result = 0;
        const sd_bus_error *failure = sd_bus_message_get_error(reply);
        if (!failure && sd_bus_message_read(reply, "u", &result) >= 0 && result == NAME_IS_OURS) {
                sd_notify(0, "READY=1\nSTATUS=Serving org.quaywall1");
                return 0;
        }
        journal_log(LOG_ERR, NULL, _("cannot take the name %s on the bus: %s"), BUS_NAME,
                    failure ? failure->message : _("it has another owner"));
        return sd_event_exit(daemon->event, EXIT_FAILURE);
}

static void start_main(gpointer userdata) {
        Daemon *daemon = userdata;
        firewalld_settle_owner(daemon->world->firewalld);
        wait_for_firewalld(daemon);
        wait_at_start(daemon, is_docker_told, DOCKER_WAIT_USEC);
        reconcile_begin(&daemon->reconciler);
        confirm_resume(daemon->confirm);
        lapse_arm(daemon->lapse);
        daemon->reconciler.serving = true;
        bus_begin(daemon);
        if (sd_bus_request_name_async(daemon->service, NULL, BUS_NAME, 0, on_name, daemon) < 0)
                sd_event_exit(daemon->event, EXIT_FAILURE);
}

static void on_world_changed(WorldChange what, gpointer userdata) {
        Daemon *daemon = userdata;
        bus_emit_world_changed(daemon, what);
        reconcile_changed(&daemon->reconciler, what);
        /* The start waits for both. */
        if (what & (WORLD_DOCKER_FACTS | WORLD_FIREWALLD_ANEW))
                wake_start(daemon);
}

/* Like sd_bus_open_system(), but nobody can send file descriptors, of which a process may have only so many. */
static int open_bus(Daemon *daemon, sd_bus **ret, int priority) {
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
                r = sd_bus_attach_event(*ret, daemon->event, priority);
        if (r >= 0)
                r = peer_init(*ret);
        if (r >= 0)
                r = sd_bus_match_signal_async(*ret, NULL, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
                                              "org.freedesktop.DBus.Local", "Disconnected", on_bus_lost, NULL, daemon);
        return r;
}

static void on_announcement(const Announcement *announcement, gpointer userdata) {
        Daemon *daemon = userdata;
        bus_announce(announcement, daemon);
        if (announcement->kind == ANNOUNCE_POLICIES)
                lapse_arm(daemon->lapse);
}

static int daemon_open(Daemon *daemon) {
        (void) confirm_previous(daemon->settings, &daemon->intent.runtime, &daemon->intent.permanent);
        policy_files_load(&daemon->intent, daemon->settings);
        int r = sd_event_default(&daemon->event);
        if (r < 0)
                return r;
        reconciler_init(&daemon->reconciler, daemon->event, &daemon->intent, &daemon->in_force,
                        (Announcer){ on_announcement, daemon });
        daemon->history = daemon->reconciler.history = history_new(daemon->settings);
        daemon->confirm = confirm_new(daemon->settings, daemon->event, &daemon->reconciler);
        daemon->carried = counts_recall(daemon->settings);
        daemon->lapse = lapse_new(daemon->event, &daemon->reconciler);
        r = sd_event_add_signal(daemon->event, NULL, SIGTERM, on_stop_signal, daemon);
        if (r >= 0)
                r = sd_event_add_signal(daemon->event, NULL, SIGINT, on_stop_signal, daemon);
        if (r >= 0)
                r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_sighup, daemon);
        if (r >= 0)
                r = sd_event_set_watchdog(daemon->event, 1);
        if (r >= 0)
                r = open_bus(daemon, &daemon->bus, BUS_PRIORITY);
        if (r >= 0)
                r = open_bus(daemon, &daemon->service, SERVICE_PRIORITY);
        if (r >= 0)
                r = auth_init(daemon->bus);
        if (r >= 0)
                r = bus_register(daemon);
        return r;
}

static void daemon_clear(Daemon *daemon) {
        explainer_free(daemon->explainer);
        world_free(daemon->world);
        bus_clear(daemon);
        confirm_free(daemon->confirm);
        lapse_free(daemon->lapse);
        history_free(daemon->history);
        g_clear_pointer(&daemon->carried, g_hash_table_unref);
        reconciler_clear(&daemon->reconciler);
        if (daemon->service)
                sd_bus_flush_close_unref(daemon->service);
        if (daemon->bus)
                sd_bus_flush_close_unref(daemon->bus);
        sd_event_unref(daemon->event);
        intent_clear(&daemon->intent);
        in_force_clear(&daemon->in_force);
        settings_free(daemon->settings);
        xmlCleanupParser();
}

/* Docker is not running yet; until it is, its facts from before the boot are used. */
static bool load_rules(const Settings *settings, PolicySet *of_administrators, DockerFacts *facts, GError **error) {
        Links *links = links_new(NULL);
        g_auto(GStrv) bridges = zones_list_bridges(links, NULL, facts), spared = spared_recall(settings, facts);
        const char *const *names = (const char *const *) bridges;
        g_autoptr(GArray) published = endpoint_list_published(facts);
        g_autoptr(GPtrArray) leading_out = zones_list_leading_out(links, names);
        g_autoptr(Ipsets) ipsets = ipsets_recall_permanent(settings);
        g_autoptr(PolicySet) policies = policy_set_copy(of_administrators);
        if (settings->labels)
                labels_add(policies, facts, ipsets, NULL);
        g_autoptr(ZoneRules) zones = zone_rules_recall_saved(settings);
        g_autoptr(ZoneClients) clients = zone_rules_assign(zones, links);
        const DesiredInput input = { .bridges = names,
                                     .leading_out = (const char *const *) leading_out->pdata,
                                     .spared = (const char *const *) spared,
                                     .published = published,
                                     .facts = facts,
                                     .ipsets_now = ipsets,
                                     .zones = zones,
                                     .clients = clients,
                                     .guard = true,
                                     .hold = settings->hold_unknown,
                                     .carries = settings->labels };
        DesiredInput without = input;
        without.zones = NULL;
        g_autoptr(Desired) desired = desired_new_for_guard(&input, policies, true);
        g_autoptr(Desired) closed = desired_new_for_guard(&without, policies, true);
        Guard *guard = guard_new();
        /* firewalld's rules of before the boot may be what the kernel does not take; then they let in nobody. */
        const bool done = guard_apply(guard, desired, NULL) || guard_apply(guard, closed, error);
        guard_free(guard);
        links_free(links);
        return done;
}

static int load_guard(Settings *settings) {
        Intent intent = { 0 };
        g_autoptr(GError) error = NULL;
        (void) confirm_previous(settings, &intent.runtime, &intent.permanent);
        policy_files_load(&intent, settings);
        bool whole = intent.file_problems->len == 0;
        for (guint i = 0; i < intent.file_problems->len; i++)
                journal_log(LOG_ERR, NULL, "%s", ((StoreProblem *) intent.file_problems->pdata[i])->message);
        if (settings->use_guard) {
                g_autofree char *file = g_build_filename(settings->state_folder, FACTS_FILE, NULL);
                g_autoptr(GError) unread = NULL;
                g_autoptr(DockerFacts) facts = facts_file_load(file, &unread);
                if (unread)
                        journal_log(LOG_WARNING, NULL, "%s", unread->message);
                whole &= load_rules(settings, intent.permanent, facts, &error);
        }
        if (error)
                journal_log(LOG_ERR, NULL, "%s", error->message);
        intent_clear(&intent);
        settings_free(settings);
        xmlCleanupParser();
        return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_removal(Settings *settings, bool only_check) {
        Daemon daemon = { .settings = settings };
        int r = sd_event_default(&daemon.event), status = EXIT_FAILURE;
        if (r >= 0)
                r = open_bus(&daemon, &daemon.bus, BUS_PRIORITY);
        if (r >= 0)
                status = removal_run(settings, daemon.event, daemon.bus, only_check);
        else
                fprintf(stderr, _("quaywalld: cannot connect to the system bus: %s\n"), g_strerror(-r));
        if (daemon.bus)
                sd_bus_flush_close_unref(daemon.bus);
        sd_event_unref(daemon.event);
        settings_free(settings);
        xmlCleanupParser();
        return status;
}

static int remove_rules(Settings *settings) {
        return run_removal(settings, false);
}

static int check_removal(Settings *settings) {
        return run_removal(settings, true);
}

static int run(Settings *settings) {
        Daemon daemon = { .settings = settings };
        int r = daemon_open(&daemon);
        if (r >= 0) {
                if (!settings->use_guard) {
                        guard_remove();
                        cut_table_remove();
                }
                daemon.world =
                        world_new(daemon.event, daemon.bus, settings, &daemon.reconciler.mutex, on_world_changed, &daemon);
                reconciler_set_world(&daemon.reconciler, daemon.world);
                daemon.explainer = explainer_new(daemon.world);
                if (daemon.world->links)
                        reconcile_changed(&daemon.reconciler, WORLD_LINKS);
                world_start(daemon.world);
                fiber_start(start_main, &daemon);
                r = sd_event_loop(daemon.event);
        }
        if (r < 0)
                journal_log(LOG_ERR, NULL, _("cannot run: %s"), g_strerror(-r));
        daemon_clear(&daemon);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
        enum { OPT_VERSION = 256, OPT_CONFIG, OPT_LOAD_GUARD, OPT_REMOVE_RULES, OPT_CHECK_REMOVAL };
        static const struct option OPTIONS[] = { { "help", no_argument, NULL, 'h' },
                                                 { "version", no_argument, NULL, OPT_VERSION },
                                                 { "config", required_argument, NULL, OPT_CONFIG },
                                                 { "load-guard", no_argument, NULL, OPT_LOAD_GUARD },
                                                 { "remove-rules", no_argument, NULL, OPT_REMOVE_RULES },
                                                 { "check-removal", no_argument, NULL, OPT_CHECK_REMOVAL },
                                                 { NULL, 0, NULL, 0 } };
        const char *config = NULL;
        language_set();
        int (*work)(Settings * settings) = run;
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
                        work = load_guard;
                        break;
                case OPT_REMOVE_RULES:
                        work = remove_rules;
                        break;
                case OPT_CHECK_REMOVAL:
                        work = check_removal;
                        break;
                default:
                        fprintf(stderr, _("Try 'quaywalld --help'\n"));
                        return 2;
                }
        if (optind < argc) {
                fprintf(stderr, _("quaywalld: unexpected argument \"%s\"\nTry 'quaywalld --help'\n"), argv[optind]);
                return 2;
        }

        /* Otherwise glibc would keep the memory of a caller's large message. */
        (void) mallopt(M_MMAP_THRESHOLD, 256 << 10);

        /* The event loop handles signals. */
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        sigprocmask(SIG_BLOCK, &mask, NULL);

        g_autoptr(GError) error = NULL;
        Settings *settings = settings_load(config ? config : SYSCONFDIR "/quaywall/quaywalld.conf", config, &error);
        if (!settings) {
                /* Also on stderr, where users look: the journal may no longer know to which unit so short-lived a process
                 * belonged. */
                fprintf(stderr, _("quaywalld: %s\n"), error->message);
                journal_log(LOG_ERR, NULL, "%s", error->message);
                return 2;
        }
        return work(settings);
}
