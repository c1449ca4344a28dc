// SPDX-License-Identifier: Apache-2.0
#pragma once

// Postings: for each code of one column of a segment, the blocks that have it.
//
// For columns of many values, of which each is in few blocks: a search for one device then
// opens these blocks and no other.  Where most blocks have most codes postings say nothing,
// and postings_end() makes none.  One to three bytes a row, written once with the segment.
//
//     struct postings_builder *b = postings_builder_new();
//     for each block: postings_builder_block(b, codes, count);
//     if (postings_builder_end(b, &out)) ...
//     postings_builder_free(b);
//
// A builder belongs to one thread; opened postings are only read.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum { POSTINGS_BLOCKS_MAX = 65536 };

struct postings_builder;

struct postings_builder *postings_builder_new(void);
void postings_builder_free(struct postings_builder *b); // NULL is fine
// The next block's codes; CODE_NONE is passed over.  Cheap once it shows that postings
// will be of no use.
void postings_builder_block(struct postings_builder *b, const uint32_t *codes, uint32_t count);
// Adds the postings to `out`; false, and nothing is added, when they are of no use.
bool postings_builder_end(struct postings_builder *b, struct buf *out);

struct postings { // points into the bytes it was opened over
    uint32_t block_count;
    uint32_t code_count;
    uint32_t group_count;
    const uint8_t *groups;
    struct slice lists;
};

// The lists are checked when they are read, as there are millions and a search wants a few.
// ERR_CORRUPT.
enum err postings_open(struct slice bytes, uint32_t block_count, struct postings *out,
                       struct fault *why);
// Sets the bit of each block that has `code`; block 0 is bit `first` of `bits`.  ERR_CORRUPT where
// the lists say what cannot be: some bits may be missing then, and none is of a block that is not
// there.
enum err postings_blocks(const struct postings *p, uint32_t code, uint32_t first, uint64_t *bits,
                         struct fault *why);
// All lists.  ERR_CORRUPT.
enum err postings_check(const struct postings *p, struct fault *why);
