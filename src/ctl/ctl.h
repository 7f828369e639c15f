/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns one run of quaywallctl: the global options, the parsing of each command's options, the connection, and the way to print an
 * answer. Every command gets one Ctl. Must not know any command. */

#include <stdbool.h>

#include <glib.h>

#include "ctl/client.h"
#include "ctl/ctl-error.h"
#include "ctl/text.h"

/* What GOptionContext writes to is gboolean, which is larger than bool; so it is in every struct of options. */
typedef struct Ctl {
        gboolean json;
        gboolean runtime;
        gboolean permanent;
        gboolean no_ask_password;
        int confirm_within; /* seconds; 0: the change need not be confirmed */
        gboolean cut;       /* end open connections that the policies forbid */
        gboolean no_pager;
        gboolean no_legend; /* lists: rows, and nothing else */
        gboolean quiet;     /* lists: the first column, and nothing else */
        gboolean system;    /* the default and the only bus; accepted for scripts that say so */
        CtlExit status;     /* of a command that worked and found something wrong: status, verify, repair, explain */
        Client *client;     /* made by the first ctl_connect() */
} Ctl;

/* A command: argv[0] is its name. Returns false and sets the error when it failed. */
typedef bool (*CtlCommandFunc)(Ctl *ctl, GStrv argv, GError **error);

/* What one command takes from its command line. */
typedef struct CtlUsage {
        const char *synopsis;             /* after "quaywallctl [OPTION...]" */
        const char *summary;              /* what it does, the paragraph of --help before the options */
        const char *description;          /* the paragraph after the options; NULL: none */
        const GOptionEntry *entries;      /* ends with G_OPTION_ENTRY_NULL; NULL: none */
        const GOptionEntry *more_entries; /* likewise, those that it shares with other commands */
        const char *const *list_options;  /* long names of the options that take several words; NULL: none */
        bool scope;                       /* takes --runtime and --permanent */
        bool confirm;                     /* takes --confirm-within and --cut */
        bool list;                        /* takes --no-legend and --quiet */
        bool strict;                      /* stop at the first word that is no option, and keep "--" */
} CtlUsage;

/* Parses argv (argv[0]: the command) and leaves the words that are no options in it, without "--" unless strict. What the command
 * does not take is CTL_ERROR_USAGE. */
bool ctl_parse(Ctl *ctl, const CtlUsage *usage, GStrv *argv, GError **error);

/* As ctl_parse() for the options that stand before the command; leaves the command and its words in argv. */
bool ctl_parse_global(Ctl *ctl, const CtlUsage *usage, gboolean *ret_version, GStrv *argv, GError **error);

/* CTL_ERROR_USAGE, and false, when --runtime or --permanent was given and not scope, or --confirm-within or --cut and not confirm.
 * command: its words, for the sentence. ctl_parse() asks it; a command whose subcommands differ asks it again. */
bool ctl_expect_options(const Ctl *ctl, const char *command, bool scope, bool confirm, GError **error);

/* The same for --no-legend and --quiet, where the command prints no list. */
bool ctl_expect_list_options(const Ctl *ctl, const char *command, bool list, GError **error);

/* CTL_ERROR_USAGE, and false, when there is a word where the command line should end; NULL: it ends. */
bool ctl_expect_end(const char *word, GError **error);

/* The client, connected on first use, owned by ctl; NULL and the error when there is no bus. */
Client *ctl_connect(Ctl *ctl, GError **error);

/* Whether a command that reads one scope reads the permanent one. As in firewall-cmd it is the runtime unless --permanent is given. */
bool ctl_reads_permanent(const Ctl *ctl);

/* "scope" for the options of a method, where --runtime or --permanent was given alone. */
void ctl_add_scope(const Ctl *ctl, GVariantDict *options);

/* The a{sv} options of a method that changes something: "scope", "confirm-within" and "cut" where they were given; floating. */
GVariant *ctl_method_options(const Ctl *ctl);

/* Writes a whole answer to stdout at once and flushes it, so that a script never reads half of one. */
bool ctl_print(const char *text, GError **error);

/* The same for text that people read, which may be long: by the pager, if stdout is a terminal. */
bool ctl_page(const Ctl *ctl, const char *text, GError **error);

/* Where lines for people end: at the terminal's right edge, or as $COLUMNS says; 0: nowhere, so that each row of a list is one line for
 * the program that reads it. */
guint ctl_width(void);

/* Prints a list by ctl_page(), with text above and below it (lines, or ""), both of which --no-legend leaves out. */
bool ctl_print_table(const Ctl *ctl, TextTable *table, const char *above, const char *below, GError **error);

/* As ctl_print(), for JSON: over several lines, with a final newline. Takes a floating value. */
bool ctl_print_json(GVariant *value, GError **error);

/* The same for an object with this one member. Takes a floating value. */
bool ctl_print_json_member(const char *name, GVariant *value, GError **error);

/* A string of an a{sv}; "" when it has none of that name. Borrowed. */
const char *ctl_lookup_string(GVariant *dictionary, const char *key);

/* Whether stdout is a terminal, and its user wants colours (https://no-color.org). */
bool ctl_use_colour(void);

/* Ends the connection. */
void ctl_clear(Ctl *ctl);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ctl, ctl_clear)
