/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log-cmd.h"

#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "ctl/json-out.h"
#include "ctl/log-line.h"
#include "ctl/text.h"

/* So many earlier lines come before what is followed, as with "journalctl --follow". */
#define LOG_EARLIER 10

typedef struct Log {
        Ctl *ctl;
        const char *name; /* of the policy; NULL: all */
        guint count;      /* lines that were printed */
} Log;

/* --- one line --------------------------------------------------------------------------------------------------------- */

static char *log_json(const LogLine *line, gint64 usec) {
        g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_local(usec / G_USEC_PER_SEC);
        g_autoptr(GDateTime) time = g_date_time_add(seconds, usec % G_USEC_PER_SEC);
        g_autofree char *text = g_date_time_format_iso8601(time);
        GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        g_variant_builder_add(&object, "{sv}", "time", g_variant_new_string(text));
        g_variant_builder_add(&object, "{sv}", "policy", g_variant_new_string(line->policy));
        g_variant_builder_add(&object, "{sv}", "source", g_variant_new_string(line->source));
        if (line->source_port > 0)
                g_variant_builder_add(&object, "{sv}", "source-port", g_variant_new_uint32(line->source_port));
        g_variant_builder_add(&object, "{sv}", "destination", g_variant_new_string(line->destination));
        g_variant_builder_add(&object, "{sv}", "port", g_variant_new_string(line->port));
        if (*line->interface)
                g_variant_builder_add(&object, "{sv}", "interface", g_variant_new_string(line->interface));
        g_autofree char *json = json_out_line(g_variant_builder_end(&object));
        return g_strconcat(json, "\n", NULL);
}

enum { LOG_TIME, LOG_POLICY, LOG_FROM, LOG_TO, LOG_PORT, LOG_ON, LOG_COLUMNS };

/* What a screen of LOG_SCREEN columns has room for, with two blanks between columns. */
#define LOG_SCREEN 80
static const guint LOG_WIDTHS[LOG_COLUMNS] = { 14, 11, 15, 15, 9, 6 };

/* What the columns take on a wider one, in this order: the year, names of interfaces and policies, IPv6. */
static const struct {
        guint column, width;
} LOG_WIDER[] = { { LOG_TIME, 19 }, { LOG_ON, 15 }, { LOG_POLICY, 20 }, { LOG_FROM, 39 }, { LOG_TO, 39 } };

/* On a screen: longer words take several lines. */
static char *log_row(const char *const *words, guint width, bool heading) {
        guint widths[LOG_COLUMNS], more = width > LOG_SCREEN ? width - LOG_SCREEN : 0;

        memcpy(widths, LOG_WIDTHS, sizeof widths);
        for (gsize i = 0; i < G_N_ELEMENTS(LOG_WIDER); i++) {
                const guint missing = LOG_WIDER[i].width - widths[LOG_WIDER[i].column], wider = MIN(missing, more);

                if (LOG_WIDER[i].column == LOG_TIME && more < missing)
                        continue;
                widths[LOG_WIDER[i].column] += wider;
                more -= wider;
        }
        /* A time without the year begins behind it. */
        const char *const cells[] = { heading || widths[LOG_TIME] == LOG_WIDER[0].width ? words[LOG_TIME] : words[LOG_TIME] + 5,
                                      words[LOG_POLICY],
                                      words[LOG_FROM],
                                      words[LOG_TO],
                                      words[LOG_PORT],
                                      words[LOG_ON],
                                      NULL };
        g_autoptr(TextTable) table = text_table_new(cells);

        text_table_set_columns(table, widths);
        return text_table_format(table, heading && ctl_use_colour());
}

/* To a program: a line; a longer word pushes the next one aside, since what comes later is not known yet. The last may be "". */
static char *log_line(const char *const *words) {
        static const guint WIDTHS[] = { 19, 12, 15, 15, 8 };
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(WIDTHS); i++) {
                const bool last = i + 1 == G_N_ELEMENTS(WIDTHS);

                text_append_padded(text, words[i], WIDTHS[i]);
                g_string_append(text, !last || *words[i + 1] ? "  " : "");
        }
        g_string_append_printf(text, "%s\n", words[G_N_ELEMENTS(WIDTHS)]);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *log_columns(const char *const *words, bool heading) {
        const guint width = ctl_width();

        return width > 0 ? log_row(words, width, heading) : log_line(words);
}

static char *log_text(const LogLine *line, gint64 usec) {
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(usec / G_USEC_PER_SEC);
        g_autofree char *when = g_date_time_format(time, "%Y-%m-%d %H:%M:%S");

        return log_columns(
                (const char *const[]){ when, line->policy, line->source, line->destination, line->port, line->interface },
                false);
}

static bool log_print(Log *log, const LogLine *line, gint64 usec, GError **error) {
        g_autofree char *text = log->ctl->json ? log_json(line, usec) : log_text(line, usec);

        if (log->count++ == 0 && !log->ctl->json && !log->ctl->no_legend) {
                g_autofree char *heading = log_columns(
                        (const char *const[]){ _("TIME"), _("POLICY"), _("FROM"), _("TO"), _("PORT"), _("ON") }, true);
                if (!ctl_print(heading, error))
                        return false;
        }
        return ctl_print(text, error);
}

/* An entry of the journal as "journalctl --output=json" prints it. False: it is not about a packet, or another policy blocked it. */
static bool log_read_entry(const Log *log, const char *json, LogLine *ret, gint64 *ret_usec, char **ret_cursor) {
        g_autoptr(JsonParser) parser = json_parser_new();
        JsonNode *root = json_parser_load_from_data(parser, json, -1, NULL) ? json_parser_get_root(parser) : NULL;
        JsonObject *entry = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;

        if (!entry)
                return false;
        /* One that is no text, or too long, is an array or null. */
        const char *message = json_object_get_string_member_with_default(entry, "MESSAGE", NULL);
        const char *time = json_object_get_string_member_with_default(entry, "__REALTIME_TIMESTAMP", NULL);
        const char *cursor = json_object_get_string_member_with_default(entry, "__CURSOR", NULL);

        g_free(*ret_cursor);
        *ret_cursor = g_strdup(cursor);
        if (!message || !time || !g_ascii_string_to_signed(time, 10, 0, G_MAXINT64, ret_usec, NULL) ||
            !log_line_parse(message, ret))
                return false;
        if (!log->name || log_line_is_of(ret, log->name))
                return true;
        log_line_clear(ret);
        return false;
}

/* --- journalctl ------------------------------------------------------------------------------------------------------- */

/* It is to end with this process, however that ends. */
static void log_end_with_parent(G_GNUC_UNUSED gpointer userdata) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static GSubprocess *log_start(const char *const *arguments, GError **error) {
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
        g_autoptr(GError) reason = NULL;

        g_subprocess_launcher_set_child_setup(launcher, log_end_with_parent, NULL, NULL);
        GSubprocess *process = g_subprocess_launcher_spawnv(launcher, arguments, &reason);
        if (!process)
                ctl_fail(
                        error,
                        _("the journal cannot be read: %s; without systemd's journal the kernel's log has the lines, which begin "
                          "with \"quaywall:\""),
                        reason->message);
        return process;
}

/* With "--system" journalctl fails for users who may read nothing but their own lines; otherwise it would be silent about it. cursor:
 * only what comes after it, and what is still to come. NULL: all that there is. */
static GSubprocess *log_start_reading(bool follow, const char *cursor, GError **error) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autofree char *after = cursor ? g_strconcat("--after-cursor=", cursor, NULL) : NULL;

        g_strv_builder_add_many(builder, "journalctl", "--system", "--no-pager", "--output=json", "--output-fields=MESSAGE",
                                "--grep=^quaywall:", "--case-sensitive=yes", NULL);
        if (follow)
                g_strv_builder_add_many(builder, "--follow", after ? "--no-tail" : "--lines=0", NULL);
        if (after)
                g_strv_builder_add(builder, after);
        /* Only the kernel's own lines: other programs can log whatever they like. */
        g_strv_builder_add(builder, "_TRANSPORT=kernel");
        g_auto(GStrv) arguments = g_strv_builder_end(builder);
        return log_start((const char *const *) arguments, error);
}

/* What it said on standard error, in one line; "" for nothing. */
static char *log_read_complaint(GSubprocess *process) {
        char text[1024];
        gsize length = 0;

        g_input_stream_read_all(g_subprocess_get_stderr_pipe(process), text, sizeof text - 1, &length, NULL, NULL);
        text[length] = '\0';
        g_strdelimit(text, "\n", ' ');
        return g_strdup(g_strstrip(text));
}

static bool log_refused(const char *complaint, GError **error) {
        if (geteuid() == 0)
                return ctl_fail(error, _("the journal cannot be read: %s"), complaint);
        g_set_error(error, CTL_ERROR, CTL_ERROR_NOT_AUTHORISED,
                    _("you may not read the kernel's lines in the journal, as members of the group systemd-journal may (%s)"),
                    complaint);
        return false;
}

/* At the end of its output. False: it failed. */
static bool log_finish(GSubprocess *process, GError **error) {
        g_autofree char *complaint = log_read_complaint(process);

        g_subprocess_wait(process, NULL, NULL);
        if (g_subprocess_get_if_signaled(process))
                return ctl_fail(error, _("journalctl was ended by signal %d"), g_subprocess_get_term_sig(process));
        /* Where --grep finds nothing, it fails without a word. */
        return !*complaint || g_subprocess_get_successful(process) || log_refused(complaint, error);
}

/* Nothing was found. Is there a journal at all, and may one read it? */
static bool log_explain_silence(const Log *log, GError **error) {
        g_autoptr(GSubprocess) process = log_start(
                (const char *const[]){ "journalctl", "--system", "--no-pager", "--output=cat", "--lines=1", NULL }, error);
        char first;
        gsize length = 0;

        if (!process)
                return false;
        g_input_stream_read_all(g_subprocess_get_stdout_pipe(process), &first, 1, &length, NULL, NULL);
        g_autofree char *complaint = log_read_complaint(process);
        g_subprocess_wait(process, NULL, NULL);
        if (*complaint)
                return log_refused(complaint, error);
        if (length == 0)
                return ctl_fail(
                        error,
                        _("this host keeps no journal (systemd-journald(8)); the kernel's log has the lines, which begin "
                          "with \"quaywall:\""));
        if (log->name)
                g_printerr(_("Nothing was logged of policy %s. Policies log what they block with --log, at a limited rate.\n"),
                           log->name);
        else
                g_printerr(_("Nothing was logged. Policies log what they block with --log, at a limited rate.\n"));
        return true;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

typedef struct Entry {
        LogLine line;
        gint64 usec;
} Entry;

static void entry_free(gpointer data) {
        Entry *entry = data;

        log_line_clear(&entry->line);
        g_free(entry);
}

/* Prints each line, or, with earlier, keeps the last ones. *ret_cursor: of the last entry, whatever it was about. */
static bool log_read(Log *log, GSubprocess *process, GQueue *earlier, char **ret_cursor, GError **error) {
        g_autoptr(GDataInputStream) stream = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));

        for (;;) {
                g_autofree char *json = g_data_input_stream_read_line(stream, NULL, NULL, NULL);
                g_autofree Entry *entry = g_new0(Entry, 1);

                if (!json)
                        return log_finish(process, error);
                if (!log_read_entry(log, json, &entry->line, &entry->usec, ret_cursor))
                        continue;
                if (earlier) {
                        g_queue_push_tail(earlier, g_steal_pointer(&entry));
                        if (earlier->length > LOG_EARLIER)
                                entry_free(g_queue_pop_head(earlier));
                        continue;
                }
                const bool printed = log_print(log, &entry->line, entry->usec, error);
                log_line_clear(&entry->line);
                if (!printed)
                        return false;
        }
}

static bool log_print_earlier(Log *log, GQueue *earlier, GError **error) {
        bool printed = true;

        for (Entry *entry; (entry = g_queue_pop_head(earlier));) {
                printed = printed && log_print(log, &entry->line, entry->usec, error);
                entry_free(entry);
        }
        return printed;
}

static bool log_all(Log *log, GError **error) {
        g_autoptr(GSubprocess) process = log_start_reading(false, NULL, error);
        g_autofree char *cursor = NULL;

        if (!process || !log_read(log, process, NULL, &cursor, error))
                return false;
        return log->count > 0 || log_explain_silence(log, error);
}

static bool log_follow(Log *log, GError **error) {
        g_autoptr(GSubprocess) process = log_start_reading(false, NULL, error);
        g_autofree char *cursor = NULL, *last = NULL;
        GQueue earlier = G_QUEUE_INIT;

        if (!process || !log_read(log, process, &earlier, &cursor, error) || !log_print_earlier(log, &earlier, error))
                return false;
        if (log->count == 0 && !log_explain_silence(log, error))
                return false;
        g_autoptr(GSubprocess) rest = log_start_reading(true, cursor, error);
        return rest && log_read(log, rest, NULL, &last, error);
}

bool log_cmd_run(Ctl *ctl, GStrv words, GError **error) {
        gboolean follow = FALSE;
        const GOptionEntry entries[] = { { "follow", 'f', 0, G_OPTION_ARG_NONE, &follow,
                                           _("Print the last lines, and then what is blocked as it happens"), NULL },
                                         G_OPTION_ENTRY_NULL };
        const CtlUsage usage = {
                .synopsis = "log [NAME]",
                .words = "[NAME]",
                .summary = _("What policies with --log blocked, from the journal: all of it, or what the policy NAME blocked."),
                .examples = "quaywallctl log\n"
                            "quaywallctl log web --follow",
                .list = CTL_LIST_ROWS,
                .entries = entries,
        };
        g_auto(GStrv) argv = g_strdupv(words);

        if (!ctl_parse(ctl, &usage, &argv, error) || !ctl_expect_end(argv[1] ? argv[2] : NULL, error))
                return false;
        Log log = { .ctl = ctl, .name = argv[1] };
        return follow ? log_follow(&log, error) : log_all(&log, error);
}
