/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"

#include <string.h>

#include "model/error.h"
#include "model/show.h"

#define ERROR_NAME(code, name) [QUAYWALL_ERROR_##code] = "org.quaywall1.Error." name,

static const char *const NAMES[] = { QUAYWALL_ERROR_NAMES(ERROR_NAME) };

static const char *errors_name(const GError *error) {
        if (error->domain != QUAYWALL_ERROR)
                return SD_BUS_ERROR_FAILED;
        switch (error->code) {
        case QUAYWALL_ERROR_NOT_SUPPORTED:
                return SD_BUS_ERROR_NOT_SUPPORTED;
        case QUAYWALL_ERROR_ACCESS_DENIED:
                return SD_BUS_ERROR_ACCESS_DENIED;
        case QUAYWALL_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED:
                return SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED;
        default:
                return error->code >= 0 && error->code < (int) G_N_ELEMENTS(NAMES) ? NAMES[error->code] : SD_BUS_ERROR_FAILED;
        }
}

const char *errors_code(const GError *error) {
        return strrchr(errors_name(error), '.') + 1;
}

int errors_reply(sd_bus_message *call, const GError *error) {
        /* It may contain text from firewalld, Docker and libnftables. */
        g_autofree char *message = show_text(error->message);
        return sd_bus_reply_method_errorf(call, errors_name(error), "%s", message);
}
