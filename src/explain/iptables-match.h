/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a rule as "iptables -S" prints it says about a packet: the matches and targets that Docker, firewalld and
 * quaywall use, and some that people use. What it does not know it says. */

#include "explain/judgement.h"

/* args: what stands behind "-A CHAIN". Clear with judgement_clear(). */
Judgement iptables_judge(const char *const *args, const Packet *packet, const Host *host);
