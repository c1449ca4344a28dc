// SPDX-License-Identifier: Apache-2.0
#pragma once

// The heads that were signed, one behind the other in files "%016x.heads", named after the
// number of their first.  A file takes HEADS_PER_FILE; the oldest go when there are more
// than HEADS_FILES.  One thread.

#include "audit/head.h"
#include "base/world.h"

enum { HEADS_PER_FILE = 65536, HEADS_FILES = 8, HEADS_NAME_BYTES = 32 };

struct heads {
    const struct world *w;
    int fd;                          // of the last file; -1: none yet
    uint64_t files[HEADS_FILES + 1]; // numbers of first heads, oldest first
    uint32_t file_count;
    bool has_last;
    struct audit_head last;
};

// A head that is only half there, which a crash leaves, is cut off.
enum err heads_open(struct heads *h, const struct world *w, struct fault *why);
void heads_close(struct heads *h);
// On disk when it returns.
enum err heads_add(struct heads *h, const struct audit_head *head, struct fault *why);

void heads_name(uint64_t first, char out[HEADS_NAME_BYTES]);
bool heads_name_parse(const char *name, uint64_t *out_first);
