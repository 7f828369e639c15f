/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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
        /* Asking empties them. */
        (void) nft_ctx_get_output_buffer(nft);
        g_autofree char *message = g_strdup(nft_ctx_get_error_buffer(nft));
        if (!done) {
                message[strcspn(message, "\n")] = '\0';
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "nftables refused the table \"%s\": %s", table, message);
        }
        return done;
}

static void write_all(int fd, const char *text) {
        gsize left = strlen(text);
        while (left > 0) {
                const ssize_t n = write(fd, text, left);
                if (n < 0 && errno != EINTR)
                        _exit(EXIT_FAILURE);
                text += MAX(n, 0);
                left -= MAX(n, 0);
        }
}

/* Its exit status tells whether it is a listing or the reason why there is none. */
G_NORETURN static void list_in_child(int fd, const char *command, unsigned flags) {
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (nowhere >= 0)
                (void) dup2(nowhere, STDERR_FILENO);
        struct nft_ctx *nft = nft_open();
        nft_ctx_output_set_flags(nft, flags);
        const bool done = nft_run_cmd_from_buffer(nft, command) == 0;
        write_all(fd, done ? nft_ctx_get_output_buffer(nft) : nft_ctx_get_error_buffer(nft));
        _exit(done ? EXIT_SUCCESS : EXIT_FAILURE);
}

static GString *read_all(int fd) {
        GString *text = g_string_new(NULL);
        char buffer[65536];
        ssize_t n;
        while ((n = read(fd, buffer, sizeof buffer)) != 0)
                if (n > 0)
                        g_string_append_len(text, buffer, n);
                else if (errno != EINTR)
                        break;
        return text;
}

char *nft_list(const char *command, unsigned flags, GError **error) {
        int fds[2], status = 0;
        const bool has_pipe = pipe2(fds, O_CLOEXEC) == 0;
        const pid_t child = has_pipe ? fork() : -1;
        if (child == 0)
                list_in_child(fds[1], command, flags);
        if (child < 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "cannot ask nftables: %s", g_strerror(errno));
                if (has_pipe) {
                        close(fds[0]);
                        close(fds[1]);
                }
                return NULL;
        }
        close(fds[1]);
        g_autofree char *answer = g_string_free(read_all(fds[0]), FALSE);
        close(fds[0]);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
                return g_steal_pointer(&answer);
        answer[strcspn(answer, "\n")] = '\0';
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "nftables did not answer \"%s\": %s", command,
                    answer[0] ? answer : "it ended in the middle");
        return NULL;
}
