/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the description of a command: what the parser takes, --help shows and the completion offers is this one table, in the file of
 * each command. Must not know what a command does. */

#include <stdbool.h>

#include <glib.h>

typedef struct Ctl Ctl;

/* A command: argv[0] is its name. Returns false and sets the error when it failed. */
typedef bool (*CtlCommandFunc)(Ctl *ctl, GStrv argv, GError **error);

/* What a command prints that is a list, and so which options it takes. */
typedef enum CtlList {
        CTL_LIST_NONE,
        CTL_LIST_ROWS,  /* --no-legend */
        CTL_LIST_NAMES, /* and --quiet: the first column names what the rows are of */
} CtlList;

/* The second word of a command that has some, "list" of "policy". */
typedef struct CtlVerb {
        const char *name;
        const char *
                words; /* what follows it: "NAME", "[NAME...]", "yes|no"; capitals: what there is ("NEW-NAME": what there is not); NULL: nothing */
        const char *summary;  /* what it does: one line of the command's help, and the first paragraph of its own */
        const char *details;  /* more paragraphs of that; NULL: none */
        const char *options;  /* those that it takes of its command's own ones, "name replace"; NULL: none */
        const char *examples; /* lines; NULL: none */
        bool scope;           /* takes --runtime and --permanent */
        bool confirm;         /* takes --confirm-within and --cut, and the next one */
        bool prints;          /* takes --print-firewall-cmd */
        CtlList list;         /* the options of a list that it takes */
        CtlCommandFunc run;   /* NULL: its command runs it */
} CtlVerb;

/* What one command takes from its command line. */
typedef struct CtlUsage {
        const char *synopsis;    /* after "quaywallctl [OPTION...]" */
        const char *summary;     /* what it does, the paragraph of --help before the options */
        const char *description; /* the paragraph after the options; NULL: none */
        const char *examples;    /* lines; NULL: none */
        const char *words;    /* as of CtlVerb, of a command without verbs; for the completion alone; NULL: nothing to offer */
        const CtlVerb *verbs; /* ended by one without a name; the first is the default; NULL: none */
        const CtlVerb *verb;  /* the one that was taken from the line before; NULL: it is there, if there are verbs */
        const GOptionEntry *entries;      /* ends with G_OPTION_ENTRY_NULL; NULL: none. Hidden: in the help of its verbs only */
        const GOptionEntry *more_entries; /* likewise, those that it shares with other commands */
        const char *const *list_options;  /* long names of the options that take several words; NULL: none */
        bool scope;                       /* takes --runtime and --permanent; with verbs: if they do */
        bool confirm;                     /* takes --confirm-within and --cut, and the next one; likewise */
        bool prints;                      /* takes --print-firewall-cmd; likewise */
        CtlList list;                     /* the options of a list that it takes; with verbs: the most of theirs */
        bool strict;                      /* stop at the first word that is no option, and keep "--" */
} CtlUsage;

/* The verb of this name; NULL: there is none. */
const CtlVerb *usage_find_verb(const CtlUsage *usage, const char *name);

/* Whether the verb takes this one of its command's own options. */
bool usage_verb_takes(const CtlVerb *verb, const char *option);

/* How many words there must and may be (G_MAXUINT: any number), by "NAME...", "[FILE|-]"; NULL: none. */
void usage_count_words(const char *words, guint *ret_least, guint *ret_most);

/* The placeholder of the word with this index: "NAME" for "[NAME...]"; NULL: no word can be there. Free with g_free(). */
char *usage_get_word(const char *words, guint index);

/* "quaywallctl [OPTION...] " and the synopsis of the command, or of this verb of it. Free with g_free(). */
char *usage_get_synopsis(const CtlUsage *usage, const char *command, const CtlVerb *verb);
