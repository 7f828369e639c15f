/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way of every method call: read and validate, ask polkit, act, answer. One table names for every method its
 * polkit action and its functions; a call that is not in it is denied. */

#include "daemon/context.h"
#include "daemon/policy-bus.h"
#include "daemon/quota.h"

typedef struct Request {
        Context *context;
        sd_bus_message *call;
        const struct Method *method;
        uid_t uid;        /* the sender's */
        Claim claim;      /* what it takes of what the user may have under way */
        bool authorized;
        gsize unidentified; /* bytes that it holds while the bus is asked who sent it */
        char *prompt;     /* what a person is asked to approve; NULL: the action's own words */

        /* What prepare() read from the call. */
        char *name;       /* policy, interface, or setting as "key=value" */
        Policy *policy;
        PolicySet *policies;
        Options options;
        Family family;
        int priority;
        GStrv args;
        char *token;
        bool truth;
        char *address;
        struct Dialled *connection;
} Request;

/* prepare fails without an error where the message is not well-formed. */
typedef struct Method {
        const char *interface, *member;
        const char *action;
        bool (*prepare)(Request *request, GError **error); /* reads and validates; changes nothing; NULL: no arguments */
        bool (*run)(Request *request, GError **error);     /* acts and answers; may wait */
} Method;

/* All methods, ended by one without a member. */
extern const Method METHODS[];

/* The handler of every vtable entry. userdata is the Context. */
int request_handle(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);

/* Sends the reply, which it takes; result: negative when it could not be filled. */
bool request_reply(Request *request, sd_bus_message *reply, int result, GError **error);

/* A reply to fill; finish it with request_reply(). */
sd_bus_message *request_new_reply(Request *request);
