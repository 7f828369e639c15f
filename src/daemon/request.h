/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how every method call is handled: read and validate, ask polkit, act, reply. One table names the polkit action and the
 * functions of every method; a call that is not in it is denied. Whether a caller is authorised is known in request.c alone. */

#include <sys/types.h>

#include "daemon/policy-bus.h"
#include "daemon/quota.h"
#include "model/change-record.h"
#include "model/policy-edit.h"

typedef struct Daemon Daemon;

typedef struct Request {
        Daemon *daemon;
        sd_bus_message *call;
        const struct Method *method;
        uid_t uid;          /* the sender's */
        Claim claim;        /* its share of the user's quota */
        bool had_turn;      /* it was a change, or read as much */
        gsize unidentified; /* bytes that it holds until the bus has named the sender's uid */

        /* What prepare() read from the call. */
        char *name;     /* policy, group, interface, or setting as "key=value" */
        char *new_name; /* policy */
        PolicyEditKind edit;
        PolicyDelta *delta;
        Policy *policy;
        PolicySet *policies;
        Group *group;         /* to set; or what adding or removing made of it */
        GArray *addresses;    /* AddressRange, to add or to remove */
        GStrv removed;        /* policies */
        Findings *findings;   /* what is wrong with them, for CheckChange */
        guint64 number;       /* of a change in the history */
        ChangeRecord *record; /* that change */
        Options options;
        Family family;
        int priority;
        GStrv args;
        char *token;
        bool truth;
        char *address;
        struct Dialled *connection;
        const struct CommandsMethod *commands; /* the method that is asked about, for ListFirewallCmd */
} Request;

/* One that g_new0() made. */
void request_free(Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

/* prepare fails without an error if the message is malformed. */
typedef struct Method {
        const char *interface, *member;
        const char *action;
        bool (*prepare)(Request *request, GError **error); /* reads and validates; changes nothing; NULL: no arguments */
        char *(*question)(const Request *request);         /* polkit's prompt, if a user is asked; NULL: the action's message */
        bool (*run)(Request *request, GError **error);     /* acts and replies; may wait */
        /* Whether this user was authorised for this very thing by an earlier call, so that no password is asked for again; NULL:
         * never. polkit's "no" counts all the same. */
        bool (*is_entitled)(const Request *request);
} Method;

/* All methods; the last entry has no member. */
extern const Method METHODS[];

/* "Policies.Set"; free with g_free(). */
char *request_method_name(const Request *request);

/* The handler of every vtable entry. userdata is the Daemon. */
int request_handle(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);

/* Sends the reply, and takes ownership of it. result: negative if it could not be filled. */
bool request_reply(Request *request, sd_bus_message *reply, int result, GError **error);

/* A new reply to fill; finish it with request_reply(). */
sd_bus_message *request_new_reply(Request *request);

/* As request_reply(), for what dict_append_table() appended: QUAYWALL_ERROR_LIMIT_EXCEEDED if that was too large. instead: what
 * the caller can do, "Get returns one of them". */
bool request_reply_list(Request *request, sd_bus_message *reply, int result, const char *instead, GError **error);

/* Takes the mutex of everything that changes or verifies what is in force. Fails if the caller expects a reply but left the bus
 * while waiting: a change that is made minutes after ^C is a surprise. */
bool request_lock(Request *request, GError **error);
void request_unlock(Request *request);
