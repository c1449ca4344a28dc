// SPDX-License-Identifier: Apache-2.0
#pragma once

// Packed forms of answers that are kept (api/answer_reuse.h), so that giving one again to who
// takes gzip costs no packing: that takes longer than all else of such a request.
//
// An answer is known by its number, and the same number never stands for other bytes.  There are
// few places, each for the latest answer whose number falls to it; all together are bounded.  Any
// number of threads.

#include "api/api.h"

enum {
    PACKS_COUNT = 256,
    PACKS_BYTES_MAX = 32 << 20, // of all
};

struct packs;

struct packs *packs_new(void);
void packs_free(struct packs *p); // NULL is fine

// Appends the gzip of `body` to `out`, in which `kept` lies: packs that only when it was not
// before.
enum err packs_pack(struct packs *p, const struct api_kept *kept, struct slice body,
                    struct buf *out, struct fault *why);
size_t packs_bytes(struct packs *p);
