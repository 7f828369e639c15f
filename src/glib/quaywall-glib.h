/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* libquaywall-glib: quaywalld's D-Bus interfaces as GObjects. quaywall-generated.h has a proxy for each, made from org.quaywall1.xml,
 * which says what its members mean. QuaywallClient connects to them; QUAYWALL_ERROR has their errors. */

#include <quaywall-generated.h>

#include <quaywall-client.h>
#include <quaywall-error.h>
