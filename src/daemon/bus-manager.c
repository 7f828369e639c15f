/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Manager: state, problems, verify, repair, reload. */

#include "config.h"

#include "daemon/bus.h"
#include "daemon/checks.h"
#include "daemon/enforce.h"
#include "daemon/policy-files.h"
#include "daemon/repair.h"
#include "docker/docker.h"
#include "model/error.h"

static int append_problems(sd_bus_message *reply, GPtrArray *problems) {
        int r = sd_bus_message_open_container(reply, 'a', "(ssa{sv})");
        for (guint i = 0; r >= 0 && problems && i < problems->len; i++) {
                const Problem *problem = problems->pdata[i];
                r = sd_bus_message_open_container(reply, 'r', "ssa{sv}");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "ss", problem->code, problem->sentence);
                if (r >= 0)
                        r = sd_bus_message_open_container(reply, 'a', "{sv}");
                for (guint d = 0; r >= 0 && d + 1 < problem->details->len; d += 2)
                        r = sd_bus_message_append(reply, "{sv}", problem->details->pdata[d], "s", problem->details->pdata[d + 1]);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool probe(Context *context, GError **error) {
        if (docker_probe(context->docker))
                return true;
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "quaywalld was told to end");
        return false;
}

bool manager_verify(Request *request, GError **error) {
        if (!probe(request->context, error))
                return false;
        enforce_verify(request->context);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, append_problems(reply, request->context->problems), error);
}

bool manager_prepare_repair(Request *request, G_GNUC_UNUSED GError **error) {
        request->prompt = g_strdup("Put back the rules that the policies mean where they are missing; this may reload firewalld, which ends "
                                   "what others have in it at runtime only");
        return true;
}

bool manager_repair(Request *request, GError **error) {
        if (!probe(request->context, error))
                return false;
        enforce_repair(request->context);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, append_problems(reply, request->context->problems), error);
}

bool manager_prepare_reload(Request *request, G_GNUC_UNUSED GError **error) {
        request->prompt = g_strdup("Read the policies from their files again: those that are for the runtime only end");
        return true;
}

bool manager_reload(Request *request, GError **error) {
        Context *context = request->context;
        fiber_mutex_lock(&context->mutex);
        bool done = enforce_reload(context, error) && policy_files_check(context, error);
        fiber_mutex_unlock(&context->mutex);
        return done && request_reply(request, request_new_reply(request), 0, error);
}

/* While it is not running nobody knows which version and backend the next one has. */
static const char *docker_string(Context *context, const char *property) {
        const Docker *docker = context->docker;
        if (g_str_equal(property, "DockerState"))
                return docker->state;
        if (g_str_equal(docker->state, "not-running"))
                return "";
        if (g_str_equal(property, "DockerVersion"))
                return docker->version;
        return check_docker_makes_rules(context) ? docker->firewall_backend : "none";
}

static int get_string(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                      const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Context *context = userdata;
        const char *value = g_str_equal(property, "Version")          ? PACKAGE_VERSION :
                            g_str_equal(property, "State")            ? context->state :
                            g_str_equal(property, "FirewalldState")   ? context->firewalld->state :
                            g_str_equal(property, "FirewalldVersion") ? context->firewalld->version :
                                                                        docker_string(context, property);
        return sd_bus_message_append(reply, "s", value);
}

static int get_problems(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                        G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                        G_GNUC_UNUSED sd_bus_error *error) {
        return append_problems(reply, ((const Context *) userdata)->problems);
}

static void append_repair(const char *code, guint32 count, gpointer userdata) {
        (void) sd_bus_message_append(userdata, "{su}", code, count);
}

static int get_repairs(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                       G_GNUC_UNUSED sd_bus_error *error) {
        int r = sd_bus_message_open_container(reply, 'a', "{su}");
        repair_visit(userdata, append_repair, reply);
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
        SD_BUS_METHOD_WITH_ARGS("Verify", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssa{sv})", problems), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Repair", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssa{sv})", problems), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_ARGS("a{sv}", connection), SD_BUS_RESULT("s", verdict, "a(sss)", trace),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("Repaired", SD_BUS_ARGS("s", code, "s", sentence), 0),
        SD_BUS_VTABLE_END,
};
