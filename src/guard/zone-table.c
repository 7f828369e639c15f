/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-table.h"

#include "compile/zone-rules.h"
#include "guard/nft.h"
#include "guard/tables.h"

bool zone_table_is_whole(void) {
        return tables_have("inet", ZONE_TABLE) && !tables_have("inet", ZONE_TABLE_DROP);
}

char *zone_table_read(void) {
        if (!zone_table_is_whole())
                return NULL;
        struct nft_ctx *nft = nft_open();
        nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_STATELESS);
        g_autofree char *text = nft_run_cmd_from_buffer(nft, "list table inet " ZONE_TABLE) == 0 ?
                                        g_strdup(nft_ctx_get_output_buffer(nft)) :
                                        NULL;
        nft_ctx_free(nft);
        /* It may have begun meanwhile. */
        return zone_table_is_whole() ? g_steal_pointer(&text) : NULL;
}
