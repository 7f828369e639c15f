/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"

/* The second screen, so that the page leaves no trace, and no cursor; and back. A row is not to go on in the next one. */
#define TERMINAL_BEGIN "\033[?1049h\033[?25l\033[?7l"
#define TERMINAL_END_ALL "\033[?7h\033[?25h\033[?1049l"

#define TERMINAL_CTRL(key) ((key) &0x1f)

static struct termios terminal_before;
static bool terminal_is_ours;

bool terminal_check(GError **error) {
        const char *kind = g_getenv("TERM");

        if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
                return ctl_fail(
                        error,
                        _("'watch' needs a terminal; 'monitor' prints changes as lines, 'status' and 'ports' what is now"));
        if (!kind || !*kind || g_str_equal(kind, "dumb"))
                return ctl_fail(error, _("this terminal (TERM is %s) cannot show a page; 'monitor' prints changes as lines"),
                                kind && *kind ? kind : _("not set"));
        return true;
}

static bool terminal_write(const char *text, size_t length) {
        while (length > 0) {
                const ssize_t n = write(STDOUT_FILENO, text, length);

                if (n < 0 && errno != EINTR && errno != EAGAIN)
                        return false;
                if (n > 0) {
                        text += n;
                        length -= n;
                }
        }
        return true;
}

void terminal_enter(void) {
        if (terminal_is_ours || tcgetattr(STDIN_FILENO, &terminal_before) < 0)
                return;
        struct termios raw = terminal_before;

        /* Ctrl-C and Ctrl-\ are signals as ever; Ctrl-Z is a key, because the terminal must be given back before. */
        raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
        raw.c_cc[VSUSP] = _POSIX_VDISABLE;
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
                return;
        terminal_is_ours = true;
        (void) terminal_write(TERMINAL_BEGIN, strlen(TERMINAL_BEGIN));
}

void terminal_leave(void) {
        if (!terminal_is_ours)
                return;
        terminal_is_ours = false;
        (void) terminal_write(TERMINAL_END_ALL, strlen(TERMINAL_END_ALL));
        (void) tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_before);
}

void terminal_get_size(guint *ret_width, guint *ret_height) {
        struct winsize size = { 0 };

        /* A serial line does not know its size. */
        (void) ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        *ret_width = size.ws_col > 0 ? size.ws_col : 80;
        *ret_height = size.ws_row > 0 ? size.ws_row : 24;
}

bool terminal_draw(const char *frame) {
        g_autofree char *whole = g_strconcat("\033[H", frame, NULL);

        return terminal_write(whole, strlen(whole));
}

/* ESC [ and what follows up to a letter or "~", as ECMA-48 has it; ESC O and a letter from keys in application mode. */
static const struct {
        const char *sequence;
        TerminalKey key;
} TERMINAL_SEQUENCES[] = {
        { "\033[A", TERMINAL_UP },   { "\033OA", TERMINAL_UP },       { "\033[B", TERMINAL_DOWN },
        { "\033OB", TERMINAL_DOWN }, { "\033[5~", TERMINAL_PAGE_UP }, { "\033[6~", TERMINAL_PAGE_DOWN },
        { "\033[H", TERMINAL_HOME }, { "\033OH", TERMINAL_HOME },     { "\033[1~", TERMINAL_HOME },
        { "\033[F", TERMINAL_END },  { "\033OF", TERMINAL_END },      { "\033[4~", TERMINAL_END },
};

static TerminalKey terminal_plain_key(char key) {
        switch (key) {
        case 'q':
        case 'Q':
                return TERMINAL_QUIT;
        case TERMINAL_CTRL('Z'):
                return TERMINAL_SUSPEND;
        case TERMINAL_CTRL('L'):
                return TERMINAL_REDRAW;
        case 'k':
                return TERMINAL_UP;
        case 'j':
        case '\n':
        case '\r':
                return TERMINAL_DOWN;
        case 'b':
                return TERMINAL_PAGE_UP;
        case ' ':
        case 'f':
                return TERMINAL_PAGE_DOWN;
        case 'g':
                return TERMINAL_HOME;
        case 'G':
                return TERMINAL_END;
        default:
                return TERMINAL_NONE;
        }
}

static gsize terminal_sequence_length(const char *text) {
        if (text[1] == 'O')
                return text[2] ? 3 : 2;
        if (text[1] != '[')
                return 1;
        gsize length = 2;
        while (text[length] && (guchar) text[length] >= 0x20 && (guchar) text[length] < 0x40)
                length++;
        return text[length] ? length + 1 : length;
}

TerminalKey terminal_next_key(GString *buffer) {
        TerminalKey key = TERMINAL_NONE;
        gsize length = 1;

        if (buffer->len == 0)
                return TERMINAL_NONE;
        if (buffer->str[0] != '\033')
                key = terminal_plain_key(buffer->str[0]);
        else {
                length = terminal_sequence_length(buffer->str);
                for (gsize i = 0; i < G_N_ELEMENTS(TERMINAL_SEQUENCES); i++)
                        if (strlen(TERMINAL_SEQUENCES[i].sequence) == length &&
                            strncmp(buffer->str, TERMINAL_SEQUENCES[i].sequence, length) == 0)
                                key = TERMINAL_SEQUENCES[i].key;
        }
        g_string_erase(buffer, 0, (gssize) length);
        return key;
}

bool terminal_read(GString *buffer) {
        char typed[256];
        const ssize_t n = read(STDIN_FILENO, typed, sizeof typed);

        if (n < 0)
                return errno == EINTR || errno == EAGAIN;
        /* A NUL means nothing, and would end the buffer's text. */
        for (ssize_t i = 0; i < n; i++)
                if (typed[i])
                        g_string_append_c(buffer, typed[i]);
        return n > 0;
}
