/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "model/error.h"

struct nft_ctx *nft_open(void) {
        struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
        if (!nft)
                g_error("libnftables could not be set up");
        nft_ctx_buffer_output(nft);
        nft_ctx_buffer_error(nft);
        return nft;
}

bool nft_run(struct nft_ctx *nft, const char *table, const char *commands, GError **error) {
        const bool done = nft_run_cmd_from_buffer(nft, commands) == 0;
        /* Reading the buffers empties them. */
        (void) nft_ctx_get_output_buffer(nft);
        g_autofree char *message = g_strdup(nft_ctx_get_error_buffer(nft));
        if (!done) {
                message[strcspn(message, "\n")] = '\0';
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("nftables refused the table \"%s\": %s"), table,
                            message);
        }
        return done;
}

int nft_list_quietly(struct nft_ctx *nft, const char *command) {
        const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        const int null = kept < 0 ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0) {
                (void) dup2(null, STDERR_FILENO);
                (void) close(null);
        }
        const int r = nft_run_cmd_from_buffer(nft, command);
        if (null >= 0)
                (void) dup2(kept, STDERR_FILENO);
        if (kept >= 0)
                (void) close(kept);
        return r;
}
