/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Manager: state, problems, verify, repair, reload. */

#include "config.h"

#include <glib/gi18n.h>

#include "bus/dict.h"
#include "daemon/bus.h"
#include "daemon/change.h"
#include "daemon/reconcile.h"
#include "daemon/explain.h"
#include "daemon/fights.h"
#include "daemon/confirm.h"
#include "daemon/policy-files.h"
#include "docker/docker.h"
#include "explain/sentence.h"
#include "model/error.h"
#include "world/carried.h"
#include "world/docker-rules.h"

static int append_problems(sd_bus_message *reply, GPtrArray *problems) {
        int r = sd_bus_message_open_container(reply, 'a', "(ssa{sv})");
        for (guint i = 0; r >= 0 && problems && i < problems->len; i++) {
                const Problem *problem = problems->pdata[i];
                r = sd_bus_message_open_container(reply, 'r', "ssa{sv}");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "ss", problem_code_to_string(problem->code), problem->sentence);
                if (r >= 0)
                        r = sd_bus_message_open_container(reply, 'a', "{sv}");
                for (guint d = 0; r >= 0 && d + 1 < problem->details->len; d += 2)
                        r = sd_bus_message_append(reply, "{sv}", problem->details->pdata[d], "s",
                                                  problem->details->pdata[d + 1]);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool probe(Docker *docker, GError **error) {
        if (docker_probe(docker))
                return true;
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("quaywalld was told to end"));
        return false;
}

/* Runs the reconciler, and replies with what is wrong after that, and before the next request has its turn. */
static bool run(Request *request, void (*verify_or_repair)(Reconciler *), GError **error) {
        Reconciler *reconciler = &request->daemon->reconciler;
        if (!probe(request->daemon->world->docker, error) || !request_lock(request, error))
                return false;
        verify_or_repair(reconciler);
        sd_bus_message *reply = request_new_reply(request);
        const int result = append_problems(reply, reconciler->problems);
        request_unlock(request);
        return request_reply(request, reply, result, error);
}

bool manager_verify(Request *request, GError **error) {
        return run(request, reconcile_verify, error);
}

char *manager_question_repair(G_GNUC_UNUSED const Request *request) {
        return g_strdup(_(
                "Restore missing rules of the policies; this may reload firewalld, which discards other programs' runtime changes"));
}

bool manager_repair(Request *request, GError **error) {
        return run(request, reconcile_repair, error);
}

char *manager_question_reload(G_GNUC_UNUSED const Request *request) {
        return g_strdup(_("Read the policy files again, and discard runtime changes"));
}

bool manager_reload(Request *request, GError **error) {
        Daemon *daemon = request->daemon;
        if (!request_lock(request, error))
                return false;
        const ChangeNote note = { .method = "Manager.Reload", .uid = request->uid };
        bool done = confirm_check_none(daemon->confirm, error) && change_reload(&daemon->reconciler, &note, error) &&
                    policy_files_check(&daemon->intent, error);
        request_unlock(request);
        return done && request_reply(request, request_new_reply(request), 0, error);
}

bool manager_prepare_explain(Request *request, GError **error) {
        request->connection = explain_read(request->call, error);
        return request->connection;
}

/* sentence: NULL: not wanted. */
static Explanation *explain(Request *request, char **sentence, GError **error) {
        const Daemon *daemon = request->daemon;
        Explanation *explanation = explain_run(daemon->explainer, request->connection, error);
        if (explanation && sentence) {
                g_autoptr(PolicySet) policies = carried_join(daemon->world, daemon->intent.runtime);
                *sentence = explanation_sentence(explanation, request->connection, policies);
        }
        /* It has read as much as a change. */
        request->had_turn = true;
        return explanation;
}

static int append_trace(sd_bus_message *reply, const Explanation *explanation) {
        int r = sd_bus_message_open_container(reply, 'a', "(sss)");
        for (guint i = 0; r >= 0 && i < explanation->trace->len; i++) {
                const TraceRow *row = explanation->trace->pdata[i];
                r = sd_bus_message_append(reply, "(sss)", row->where, row->rule, row->effect);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

bool manager_explain(Request *request, GError **error) {
        g_autoptr(Explanation) explanation = explain(request, NULL, error);
        if (!explanation)
                return false;
        sd_bus_message *reply = request_new_reply(request);
        const int r = sd_bus_message_append(reply, "s", explanation_verdict(explanation));
        return request_reply(request, reply, r < 0 ? r : append_trace(reply, explanation), error);
}

/* {"trace": a(sss)} */
static int append_trace_entry(sd_bus_message *reply, const Explanation *explanation) {
        const int r = dict_open_entry(reply, "trace", "a(sss)");
        return dict_close_entry(reply, r < 0 ? r : append_trace(reply, explanation));
}

bool manager_explain_connection(Request *request, GError **error) {
        g_autofree char *sentence = NULL;
        g_autoptr(Explanation) explanation = explain(request, &sentence, error);
        if (!explanation)
                return false;
        const Finding *finding = &explanation->finding;
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}", "verdict", "s", explanation_verdict(explanation), "sentence", "s",
                                          sentence);
        if (r >= 0 && finding->policy)
                r = sd_bus_message_append(reply, "{sv}", "policy", "s", finding->policy);
        if (r >= 0 && finding->layer)
                r = sd_bus_message_append(reply, "{sv}", "layer", "s", finding->layer);
        if (r >= 0)
                r = append_trace_entry(reply, explanation);
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

/* While Docker is not running, the version and backend of the next one are unknown. */
static const char *docker_string(const World *world, const char *property) {
        const Docker *docker = world->docker;
        if (g_str_equal(property, "DockerState"))
                return docker->state;
        if (g_str_equal(docker->state, "not-running"))
                return "";
        if (g_str_equal(property, "DockerVersion"))
                return docker->version;
        return docker_rules_are_made(world) ? docker->firewall_backend : "none";
}

static int get_string(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                      const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Daemon *daemon = userdata;
        const char *value = g_str_equal(property, "Version")          ? PACKAGE_VERSION :
                            g_str_equal(property, "State")            ? daemon->reconciler.state :
                            g_str_equal(property, "FirewalldState")   ? daemon->world->firewalld->state :
                            g_str_equal(property, "FirewalldVersion") ? daemon->world->firewalld->version :
                                                                        docker_string(daemon->world, property);
        return sd_bus_message_append(reply, "s", value);
}

static int get_problems(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                        G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                        G_GNUC_UNUSED sd_bus_error *error) {
        return append_problems(reply, ((const Daemon *) userdata)->reconciler.problems);
}

static void append_repair(ProblemCode code, guint32 count, gpointer userdata) {
        (void) sd_bus_message_append(userdata, "{su}", problem_code_to_string(code), count);
}

static int get_repairs(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                       G_GNUC_UNUSED sd_bus_error *error) {
        int r = sd_bus_message_open_container(reply, 'a', "{su}");
        fights_visit(((const Daemon *) userdata)->reconciler.repairs.fights, append_repair, reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

const sd_bus_vtable MANAGER_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Problems", "a(ssa{sv})", get_problems, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Repairs", "a{su}", get_repairs, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("FirewalldState", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("FirewalldVersion", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("DockerState", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("DockerVersion", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("DockerFirewallBackend", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Limits", "a{sv}", forms_get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Features", "as", forms_get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Interfaces", "as", forms_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("HostAddresses", "as", forms_get, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("Verify", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssa{sv})", problems), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Repair", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssa{sv})", problems), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_ARGS("a{sv}", connection), SD_BUS_RESULT("s", verdict, "a(sss)", trace),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ExplainConnection", SD_BUS_ARGS("a{sv}", connection), SD_BUS_RESULT("a{sv}", explanation),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListNames", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sas}", names), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListFirewallCmd", SD_BUS_ARGS("s", method, "v", arguments),
                                SD_BUS_RESULT("aas", commands, "a(ss)", notes), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("Repaired", SD_BUS_ARGS("s", code, "s", sentence), 0),
        SD_BUS_VTABLE_END,
};
