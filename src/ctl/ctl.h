/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns one run of quaywallctl: the global options, the parsing of each command's options, the connection, and the way to print an
 * answer. Every command gets one Ctl. Must not know any command. */

#include <stdbool.h>

#include <glib.h>

#include "ctl/client.h"
#include "ctl/ctl-error.h"
#include "ctl/text.h"
#include "ctl/usage.h"

/* Prints what may come at the end of argv (argv[0]: the command, the last: what is typed of that word), and returns false with
 * CTL_ERROR_DONE. verb: the one that argv names; entries: all options that it takes, ended by G_OPTION_ENTRY_NULL. */
typedef bool (*CtlCompleteFunc)(Ctl *ctl, const CtlUsage *usage, const CtlVerb *verb, const GOptionEntry *entries,
                                const char *const *argv, GError **error);

/* What GOptionContext writes to is gboolean, which is larger than bool; so it is in every struct of options. */
struct Ctl {
        gboolean json;
        gboolean runtime;
        gboolean permanent;
        gboolean no_ask_password;
        gboolean no_pager;
        gboolean no_legend;       /* lists: rows, and nothing else */
        gboolean quiet;           /* lists: the first column, and nothing else */
        int confirm_within;       /* seconds; 0: the change need not be confirmed */
        gboolean cut;             /* end open connections that the policies forbid */
        gboolean by_compose;      /* the containers were given as --compose, not as --container */
        gboolean print_commands;  /* --print-firewall-cmd: change nothing, print what firewalld would be told */
        gboolean system;          /* the default and the only bus; accepted for scripts that say so */
        const char *command;      /* its name, static; NULL: the line names none */
        const CtlVerb *verb;      /* of the command that was parsed, if it has any */
        CtlCompleteFunc complete; /* called instead of parsing a command's line; NULL: it is parsed */
        CtlExit status;           /* of a command that worked and found something wrong: status, verify, repair, explain */
        Client *client;           /* made by the first ctl_connect() */
};

/* Parses argv (argv[0]: the command) and leaves the words that are no options in it, without "--" unless strict; of a command with
 * verbs also the verb's name, in argv[1], and not more or less words than it takes. What the command does not take is
 * CTL_ERROR_USAGE. --help is answered here, with CTL_ERROR_DONE. */
bool ctl_parse(Ctl *ctl, const CtlUsage *usage, GStrv *argv, GError **error);

/* As ctl_parse() for the options that stand before the command, whose names are the verbs of usage; leaves the command and its words
 * in argv. */
bool ctl_parse_global(Ctl *ctl, const CtlUsage *usage, gboolean *ret_version, GStrv *argv, GError **error);

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
