/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Engine: Docker's own settings. */

#include "bus/dict.h"

#include <glib/gi18n.h>
#include "daemon/bus.h"
#include "docker/docker.h"
#include "model/error.h"
#include "world/engine.h"

bool engine_prepare_iptables(Request *request, GError **error) {
        static const char *const OPTIONS[] = { "i-understand", NULL };
        int enabled;
        if (sd_bus_message_read(request->call, "b", &enabled) < 0 ||
            !options_read(request->call, OPTIONS, &request->options, error))
                return false;
        request->truth = enabled;
        if (!enabled && !request->options.i_understand) {
                g_set_error_literal(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                        _("option i-understand: must be true to switch iptables off. Published ports are no longer mapped to containers, "
                          "but for what docker-proxy serves; containers most likely reach nothing outside and not each other; what is in "
                          "DOCKER-USER, policies too, has no effect any more; and Docker's old rules stay until the next boot"));
                return false;
        }
        request->name = g_strdup(enabled ? "iptables=true" : "iptables=false");
        return true;
}

char *engine_question_iptables(const Request *request) {
        return g_strdup(
                request->truth ?
                        _("Let Docker make its firewall rules (from its next start on)") :
                        _("Let Docker make no firewall rules any more (from its next start on): published ports and the "
                          "containers' network will most likely break"));
}

bool engine_prepare_address(Request *request, GError **error) {
        static const char *const OPTIONS[] = { NULL };
        const char *address;
        if (sd_bus_message_read(request->call, "s", &address) < 0 ||
            !options_read(request->call, OPTIONS, &request->options, error))
                return false;
        request->address = engine_address_check(address, error);
        if (!request->address)
                return false;
        request->name = g_strconcat("ip=", request->address, NULL);
        return true;
}

char *engine_question_address(const Request *request) {
        return g_strdup_printf(_("Let Docker publish ports on %s where nothing else is said (from its next start on)"),
                               request->address[0] ? request->address : _("every address"));
}

bool engine_run_set_iptables(Request *request, GError **error) {
        return engine_set_iptables(request->daemon->world->engine, request->truth, error) &&
               request_reply(request, request_new_reply(request), 0, error);
}

bool engine_run_set_address(Request *request, GError **error) {
        return engine_set_address(request->daemon->world->engine, request->address, error) &&
               request_reply(request, request_new_reply(request), 0, error);
}

static int get_string(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                      const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        const Engine *engine = ((const Daemon *) userdata)->world->engine;
        return sd_bus_message_append(reply, "s",
                                     g_str_equal(property, "ConfigFile")  ? engine_config_file(engine) :
                                     g_str_equal(property, "ConfigError") ? engine_config_error(engine) :
                                                                            engine_next(engine).address);
}

static int get_boolean(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       const char *property, sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        const Engine *engine = ((const Daemon *) userdata)->world->engine;
        const bool value = g_str_equal(property, "RestartRequired") ? engine_restart_required(engine) :
                           g_str_equal(property, "Iptables")        ? engine_next(engine).iptables :
                                                                      engine_next(engine).ip6tables;
        return sd_bus_message_append(reply, "b", (int) value);
}

static int get_running(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                       G_GNUC_UNUSED sd_bus_error *error) {
        const Engine *engine = ((const Daemon *) userdata)->world->engine;
        const char *const *flags = engine_flags(engine);
        EngineValues now;
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0 && engine_running(engine, &now))
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "iptables", "b", (int) now.iptables, "ip6tables", "b",
                                          (int) now.ip6tables, "default-address", "s", now.address);
        if (r >= 0 && flags[0])
                r = dict_append_strings(reply, "flags", (char *const *) flags);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_known_until(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                           G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                           G_GNUC_UNUSED sd_bus_error *error) {
        return sd_bus_message_append(reply, "t", ((const Daemon *) userdata)->world->docker->known_until);
}

const sd_bus_vtable ENGINE_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("ConfigFile", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ConfigError", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Iptables", "b", get_boolean, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Ip6tables", "b", get_boolean, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("DefaultAddress", "s", get_string, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("RestartRequired", "b", get_boolean, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Running", "a{sv}", get_running, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("KnownUntil", "t", get_known_until, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_ARGS("SetIptables", SD_BUS_ARGS("b", enabled, "a{sv}", options), SD_BUS_NO_RESULT, request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetDefaultAddress", SD_BUS_ARGS("s", address, "a{sv}", options), SD_BUS_NO_RESULT,
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListPorts", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", ports), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListNetworks", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", networks), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListContainers", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", containers), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("PortsChanged", SD_BUS_NO_ARGS, 0),
        SD_BUS_SIGNAL_WITH_ARGS("NetworksChanged", SD_BUS_NO_ARGS, 0),
        SD_BUS_SIGNAL_WITH_ARGS("ContainersChanged", SD_BUS_NO_ARGS, 0),
        SD_BUS_VTABLE_END,
};
