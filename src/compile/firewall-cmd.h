/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how changes of firewalld's direct configuration are written as commands of firewall-cmd. A command is the words of one call,
 * the program's name first (GStrv). Must not know why anything changes: the rules are those of direct-plan.h. Pure. */

#include "compile/direct-plan.h"

#define FIREWALL_CMD "firewall-cmd"

/* An empty list of commands; unref it. */
GPtrArray *firewall_cmd_list_new(void);

/* Appends one command: the words behind the program's name, ended by NULL. */
void firewall_cmd_add(GPtrArray *commands, const char *first, ...) G_GNUC_NULL_TERMINATED;

/* The same with the one option "--zone=" and its value. scope: "--permanent"; NULL: none. */
void firewall_cmd_add_option(GPtrArray *commands, const char *scope, const char *option, const char *value);

/* Appends the steps (Step *) of direct_plan(), in their order: they change what is in force now. */
void firewall_cmd_add_steps(GPtrArray *commands, GPtrArray *steps);

/* Appends what turns one permanent configuration into the other. Passthroughs are left alone. */
void firewall_cmd_add_permanent(GPtrArray *commands, const DirectConfig *before, const DirectConfig *after);

/* Whether any of the commands is this one, without arguments ("--reload"). */
bool firewall_cmd_has(GPtrArray *commands, const char *option);
