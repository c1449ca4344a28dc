// SPDX-License-Identifier: Apache-2.0
#pragma once

// A segment: some rows of one table in one file, never changed once written.
//
// The file is drawn in segment_open.c.  It is written in blocks (BLOCK_ROWS rows, the
// last may be shorter), each column of a block in the encoding that codec/ found
// smallest, with its statistics; a checksum over every column chunk and the footer.
//
// Opening reads header and footer only.  Columns come into memory when they are first
// wanted, in units of one column of some blocks, which are checked then, and may have to go
// again (store/units.h).  A unit that cannot be read, or does not check, gives rows without
// values and a note for the thread (store/read_fault.h), and the segment tells of it.

#include "base/world.h"
#include "store/view.h"

struct segment;
struct units;
struct segment_writer;

// One column of one block on the way in; arrays as block_codes() ... give them.
struct segment_column {
    const uint32_t *codes;
    const int64_t *i64;
    const double *f64;
    const uint64_t *present; // for i64 and f64
};

// The file appears under `name` only with segment_writer_finish().
enum err segment_writer_new(const struct world *w, const char *name, const struct table *t,
                            struct segment_writer **out, struct fault *why);
// Before the first block: how many blocks lie together, column by column (a power of two).
// Else what suits the table.
void segment_writer_group(struct segment_writer *sw, uint32_t blocks);
// One block: `columns` holds t->field_count entries.  Every block but the last has BLOCK_ROWS.
enum err segment_writer_block(struct segment_writer *sw, uint32_t row_count,
                              const struct row_key *keys, const struct segment_column *columns,
                              struct fault *why);
// Footer, sync, rename from NAME.tmp, sync of the directory.  Frees the writer, on failure too.
enum err segment_writer_finish(struct segment_writer *sw, uint64_t *out_bytes, struct fault *why);
void segment_writer_drop(struct segment_writer *sw); // gives up; NULL is fine

// `pool` holds what is read, and must outlive the segment, as must `t`.
enum err segment_open(const struct world *w, const char *name, const struct table *t,
                      struct units *pool, struct segment **out, struct fault *why);
void segment_close(struct segment *s); // nobody may be reading; NULL is fine
// Reads all of it, past the pool, and checks every byte.  Names file, field and block.
enum err segment_check(const struct segment *s, struct fault *why);
// Some of it could not be read when that was last tried: the words of the first time, good
// while the segment is; else NULL.
const char *segment_broken(const struct segment *s);

uint64_t segment_rows(const struct segment *s);
uint64_t segment_bytes(const struct segment *s);  // of the file
uint64_t segment_memory(const struct segment *s); // of what is in memory now
uint64_t segment_beside(const struct segment *s); // of that what is no unit: places, ranges
uint32_t segment_block_count(const struct segment *s);
uint32_t segment_block_rows(const struct segment *s, uint32_t block);

void segment_codes(const struct segment *s, uint32_t block, uint32_t field, uint32_t *out);
// As block_codes_narrow() and block_offsets().
void segment_codes_narrow(const struct segment *s, uint32_t block, uint32_t field, unsigned width,
                          void *out);
bool segment_offsets(const struct segment *s, uint32_t block, uint32_t field, struct offsets *o);
// As block_codes_held(), block_code_runs(), block_codes_of() and block_i64_of().
uint32_t segment_codes_held(const struct segment *s, uint32_t block, uint32_t field, unsigned width,
                            void *out, uint64_t *out_present);
uint32_t segment_code_runs(const struct segment *s, uint32_t block, uint32_t field, uint8_t *codes,
                           uint16_t *ends);
void segment_codes_of(const struct segment *s, uint32_t block, uint32_t field,
                      const struct block_rows *rows, uint32_t *out);
void segment_i64_of(const struct segment *s, uint32_t block, uint32_t field,
                    const struct block_rows *rows, int64_t *out, bool *out_has);
void segment_i64(const struct segment *s, uint32_t block, uint32_t field, int64_t *out,
                 uint64_t *out_present);
void segment_f64(const struct segment *s, uint32_t block, uint32_t field, double *out,
                 uint64_t *out_present);
void segment_keys(const struct segment *s, uint32_t block, struct row_key *out);
// Sets the bit of each block that has one of the codes (dead rows' too); block 0 is bit
// `first`.  False, and nothing is set, where the field has no postings (index/postings.h).
bool segment_blocks_of(const struct segment *s, uint32_t field, const uint32_t *codes,
                       uint32_t count, uint32_t first, uint64_t *bits);
struct block_range segment_range(const struct segment *s, uint32_t block, uint32_t field);

// One value, without decoding the block (CODE_NONE / false where there is none).
uint32_t segment_code_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field);
bool segment_i64_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field,
                    int64_t *out);
bool segment_f64_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field,
                    double *out);
struct row_key segment_key_at(const struct segment *s, uint32_t block, uint32_t row);
