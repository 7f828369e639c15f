/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the right side of nftables' matches: whether a packet's value is what the rule names, or one of a set's elements. Must not know
 * what the value is of. */

#include "explain/nft-value.h"

#define NFT_CONCAT_MAX 8

/* The packet's value for a match: a single one, or several in a concatenation. */
typedef struct Values {
        guint n;
        Value values[NFT_CONCAT_MAX];
} Values;

bool nft_is_string(JsonNode *node);

/* The only member's name and value of {"name": value}; "": it is something else. */
const char *nft_single(JsonNode *node, JsonNode **ret_inner);

/* NULL: it is no array. */
JsonArray *nft_array(JsonNode *node);

/* The element without its attributes. */
JsonNode *nft_plain_element(JsonNode *element);

Answer nft_match_element(const Values *values, JsonNode *element);

/* ret_element: set to the one that matches; NULL: not wanted. ret_mapped: the elements are a map's pairs; set to what the matching key is
 * mapped to. Both borrowed. */
Answer nft_match_elements(const Values *values, JsonArray *elements, JsonNode **ret_element, JsonNode **ret_mapped);

/* As nft prints it: "10.0.0.0/8", "10.0.0.1-10.0.0.9", "10.0.0.1 . 80". Free with g_free(). */
char *nft_format_element(JsonNode *element);
