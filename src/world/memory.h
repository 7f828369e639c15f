/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how the world's last known state is kept in files, for the next start. Must not know what is in them. */

#include <sys/types.h>

/* Replaces the file, without waiting for the disk. A failure is logged: what is known now holds all the same. */
void memory_save(const char *file, const char *text, mode_t mode);
