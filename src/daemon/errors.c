/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"

#include <string.h>

#include "model/error.h"
#include "model/show.h"

#define PREFIX_ERROR "org.quaywall1.Error."

static const char *const NAMES[_QUAYWALL_ERROR_MAX] = {
        [QUAYWALL_ERROR_INVALID_POLICY] = PREFIX_ERROR "InvalidPolicy",
        [QUAYWALL_ERROR_INVALID_ADDRESS] = PREFIX_ERROR "InvalidAddress",
        [QUAYWALL_ERROR_INVALID_INTERFACE] = PREFIX_ERROR "InvalidInterface",
        [QUAYWALL_ERROR_INVALID_PORT] = PREFIX_ERROR "InvalidPort",
        [QUAYWALL_ERROR_INVALID_OPTION] = PREFIX_ERROR "InvalidOption",
        [QUAYWALL_ERROR_NO_SUCH_POLICY] = PREFIX_ERROR "NoSuchPolicy",
        [QUAYWALL_ERROR_POLICY_EXISTS] = PREFIX_ERROR "PolicyExists",
        [QUAYWALL_ERROR_INVALID_GROUP] = PREFIX_ERROR "InvalidGroup",
        [QUAYWALL_ERROR_NO_SUCH_GROUP] = PREFIX_ERROR "NoSuchGroup",
        [QUAYWALL_ERROR_GROUP_EXISTS] = PREFIX_ERROR "GroupExists",
        [QUAYWALL_ERROR_GROUP_IN_USE] = PREFIX_ERROR "GroupInUse",
        [QUAYWALL_ERROR_CHANGE_PENDING] = PREFIX_ERROR "ChangePending",
        [QUAYWALL_ERROR_CONFLICT] = PREFIX_ERROR "Conflict",
        [QUAYWALL_ERROR_NO_SUCH_CHANGE] = PREFIX_ERROR "NoSuchChange",
        [QUAYWALL_ERROR_NO_SUCH_INTERFACE] = PREFIX_ERROR "NoSuchInterface",
        [QUAYWALL_ERROR_ZONE_CONFLICT] = PREFIX_ERROR "ZoneConflict",
        [QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING] = PREFIX_ERROR "FirewalldNotRunning",
        [QUAYWALL_ERROR_FIREWALLD_FAILED] = PREFIX_ERROR "FirewalldFailed",
        [QUAYWALL_ERROR_DOCKER_NOT_RUNNING] = PREFIX_ERROR "DockerNotRunning",
        [QUAYWALL_ERROR_LIMIT_EXCEEDED] = PREFIX_ERROR "LimitExceeded",
        [QUAYWALL_ERROR_IO] = PREFIX_ERROR "Io",
        [QUAYWALL_ERROR_NOT_SUPPORTED] = SD_BUS_ERROR_NOT_SUPPORTED,
        [QUAYWALL_ERROR_ACCESS_DENIED] = SD_BUS_ERROR_ACCESS_DENIED,
        [QUAYWALL_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED] = SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
};

static const char *errors_name(const GError *error) {
        if (error->domain == QUAYWALL_ERROR && error->code >= 0 && error->code < _QUAYWALL_ERROR_MAX)
                return NAMES[error->code];
        return SD_BUS_ERROR_FAILED;
}

const char *errors_code(const GError *error) {
        return strrchr(errors_name(error), '.') + 1;
}

int errors_reply(sd_bus_message *call, const GError *error) {
        /* It may contain text from firewalld, Docker and libnftables. */
        g_autofree char *message = show_text(error->message);
        return sd_bus_reply_method_errorf(call, errors_name(error), "%s", message);
}
