/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns a host for screens: containers of a shop, and policies for them. */

#include "fixture-docker.h"

/* A fixture with Docker, whose containers quaywalld knows. */
Fixture *shop_begin(MockDocker *docker);

void shop_make_policies(Fixture *f);
