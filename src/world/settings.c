/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include <glib/gi18n.h>

#include "model/error.h"

#define GROUP "quaywalld"

void settings_free(Settings *settings) {
        g_free(settings->policy_folder);
        g_free(settings->group_folder);
        g_free(settings->vendor_folder);
        g_free(settings->runtime_folder);
        g_free(settings->state_folder);
        g_free(settings->zone_file);
        g_free(settings->docker_socket);
        g_free(settings->docker_pid_file);
        g_free(settings->docker_config_file);
        g_free(settings);
}

static bool check_keys(GKeyFile *file, const char *path, GError **error) {
        static const char *const KEYS[] = { "PolicyDirectory",
                                            "GroupDirectory",
                                            "VendorPolicyDirectory",
                                            "RuntimeDirectory",
                                            "StateDirectory",
                                            "ZoneFile",
                                            "DockerSocket",
                                            "DockerPidFile",
                                            "DockerConfigFile",
                                            "Enforce",
                                            "HoldUnknown",
                                            "Labels",
                                            NULL };
        g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
        for (char **group = groups; *group; group++)
                if (!g_str_equal(*group, GROUP)) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("%s: [%s] is not known; see quaywalld.conf(5)"), path, *group);
                        return false;
                }
        g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
        for (char **key = keys; key && *key; key++)
                if (!g_strv_contains(KEYS, *key)) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("%s: [%s] %s= is not known; see quaywalld.conf(5)"), path, GROUP, *key);
                        return false;
                }
        return true;
}

static bool take_path(GKeyFile *file, const char *key, const char *path, char **value, GError **error) {
        g_autofree char *given = g_key_file_get_string(file, GROUP, key, NULL);
        if (!given)
                return true;
        if (!g_path_is_absolute(given)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION, _("%s: %s=%s must be an absolute path"), path,
                            key, given);
                return false;
        }
        g_free(*value);
        *value = g_steal_pointer(&given);
        return true;
}

static bool take_enforce(GKeyFile *file, const char *path, Settings *settings, GError **error) {
        g_auto(GStrv) names = g_key_file_get_string_list(file, GROUP, "Enforce", NULL, NULL);
        if (!names)
                return true;
        settings->use_direct = settings->use_guard = false;
        for (char **name = names; *name; name++)
                if (g_str_equal(*name, "docker-user"))
                        settings->use_direct = true;
                else if (g_str_equal(*name, "guard"))
                        settings->use_guard = true;
                else {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("%s: Enforce=%s must be made of \"docker-user\" and \"guard\""), path, *name);
                        return false;
                }
        if (!settings->use_direct && !settings->use_guard)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                            _("%s: Enforce= must name \"docker-user\", \"guard\" or both"), path);
        return settings->use_direct || settings->use_guard;
}

static bool take_switch(GKeyFile *file, const char *key, const char *path, bool *value, GError **error) {
        g_autofree char *given = g_key_file_get_string(file, GROUP, key, NULL);
        if (!given)
                return true;
        *value = g_str_equal(given, "yes");
        if (*value || g_str_equal(given, "no"))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION, _("%s: %s=%s must be \"yes\" or \"no\""), path, key,
                    given);
        return false;
}

/* In DOCKER-USER, whoever one list lets in is let in by all. */
static bool check_labels(const char *path, const Settings *settings, GError **error) {
        if (!settings->labels || settings->use_guard)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    _("%s: Labels=yes needs the guard, which Enforce= does not list"), path);
        return false;
}

Settings *settings_load(const char *path, bool required, GError **error) {
        g_autoptr(Settings) settings = g_new0(Settings, 1);
        settings->policy_folder = g_strdup(SYSCONFDIR "/quaywall/policies");
        settings->group_folder = g_strdup(SYSCONFDIR "/quaywall/groups");
        settings->vendor_folder = g_strdup(PREFIX "/lib/quaywall/policies");
        settings->runtime_folder = g_strdup(RUNSTATEDIR "/quaywall");
        settings->state_folder = g_strdup("/var/lib/quaywall");
        settings->zone_file = g_strdup(DATADIR "/quaywall/docker.xml");
        settings->docker_socket = g_strdup(RUNSTATEDIR "/docker.sock");
        settings->docker_config_file = g_strdup(SYSCONFDIR "/docker/daemon.json");
        settings->use_direct = settings->use_guard = settings->hold_unknown = true;

        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) failure = NULL;
        if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &failure)) {
                if (!required && g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                        return g_steal_pointer(&settings);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%s: %s", path, failure->message);
                return NULL;
        }
        if (!check_keys(file, path, error) || !take_path(file, "PolicyDirectory", path, &settings->policy_folder, error) ||
            !take_path(file, "GroupDirectory", path, &settings->group_folder, error) ||
            !take_path(file, "VendorPolicyDirectory", path, &settings->vendor_folder, error) ||
            !take_path(file, "RuntimeDirectory", path, &settings->runtime_folder, error) ||
            !take_path(file, "StateDirectory", path, &settings->state_folder, error) ||
            !take_path(file, "ZoneFile", path, &settings->zone_file, error) ||
            !take_path(file, "DockerSocket", path, &settings->docker_socket, error) ||
            !take_path(file, "DockerPidFile", path, &settings->docker_pid_file, error) ||
            !take_path(file, "DockerConfigFile", path, &settings->docker_config_file, error) ||
            !take_enforce(file, path, settings, error) ||
            !take_switch(file, "HoldUnknown", path, &settings->hold_unknown, error) ||
            !take_switch(file, "Labels", path, &settings->labels, error) || !check_labels(path, settings, error))
                return NULL;
        return g_steal_pointer(&settings);
}
