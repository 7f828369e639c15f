/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the evaluation of a rule as "iptables -S" prints it: the matches and targets that Docker, firewalld and quaywall use,
 * and some that administrators use. It reports what it does not know. */

#include "explain/judgement.h"

/* args: what follows "-A CHAIN". Clear with judgement_clear(). */
Judgement iptables_judge(const char *const *args, const Packet *packet, const Host *host);
