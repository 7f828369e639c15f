/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ctl: one run of quaywallctl: the global options and the way to print an answer. Every command gets one Ctl. Must not
 * know any command. */
#pragma once

#include <glib.h>

#include "client.h"
#include "ctl-error.h"

typedef struct Ctl {
        gboolean json;
        gboolean runtime;
        gboolean permanent;
        gboolean no_ask_password;
        int confirm_within; /* seconds; 0: the change need not be confirmed */
        gboolean cut;       /* end open connections that the policies forbid */
        gboolean system; /* the only bus there is; said or not, it makes no difference */
        CtlExit status;  /* for commands that worked and still have bad news: verify, repair, status */
        Client *client;  /* made by the first ctl_connect() */
} Ctl;

/* A command: argv[0] is its name. Returns FALSE and sets the error when it failed. */
typedef gboolean (*CtlCommandFunc)(Ctl *ctl, GStrv argv, GError **error);

/* What one command takes from its command line. */
typedef struct CtlUsage {
        const char *synopsis;            /* after "quaywallctl [OPTION...]" */
        const char *summary;             /* what it does, the paragraph of --help before the options */
        const char *description;         /* the paragraph after the options, may be NULL */
        const GOptionEntry *entries;     /* ends with G_OPTION_ENTRY_NULL, may be NULL */
        const char *const *list_options; /* long names of the options that take several words, may be NULL */
        gboolean scope;                  /* takes --runtime and --permanent */
        gboolean confirm;                /* takes --confirm-within and --cut */
        gboolean strict;                 /* stop at the first word that is no option, and keep "--" */
} CtlUsage;

/* Parses argv (argv[0]: the command) and leaves the words that are no options, without "--" unless strict, in it. */
gboolean ctl_parse(Ctl *ctl, const CtlUsage *usage, GStrv *argv, GError **error);

/* As ctl_parse() for the options that stand before the command; leaves command and the rest in argv. */
gboolean ctl_parse_global(Ctl *ctl, const CtlUsage *usage, gboolean *version, GStrv *argv, GError **error);

/* The client, connected on first use; owned by ctl. */
Client *ctl_connect(Ctl *ctl, GError **error);

/* The a{sv} options of a method, with "scope" where --runtime or --permanent was given alone, "confirm-within" and "cut"
 * where they were given; floating. */
GVariant *ctl_method_options(Ctl *ctl);
void ctl_add_scope(Ctl *ctl, GVariantDict *options);

/* Writes a whole answer to stdout in one go and flushes it, so that nobody ever reads half of one. */
gboolean ctl_print(const char *text, GError **error);

/* As ctl_print(), for JSON: pretty, with a final newline. */
gboolean ctl_print_json(GVariant *value, GError **error);

/* The same for an object with this one member. Takes a floating value. */
gboolean ctl_print_json_member(const char *name, GVariant *value, GError **error);

/* A string of an a{sv}; empty when it is not there. Borrowed. */
const char *ctl_lookup_string(GVariant *dictionary, const char *key);

/* Whether stdout is a terminal that likes colours; https://no-color.org. */
gboolean ctl_use_colour(void);

void ctl_clear(Ctl *ctl);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ctl, ctl_clear)
