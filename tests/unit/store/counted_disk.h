// SPDX-License-Identifier: Apache-2.0
#pragma once

// A segment on a disk that counts the bytes read, or lets none be read.

#include "segment_cases.h"
#include "store/read_fault.h"
#include "store/units.h"

static uint64_t bytes_read; // by counted worlds
static bool reads_fail;

static inline enum err count_read_at(int fd, void *at, size_t len, uint64_t offset,
                                     struct fault *why)
{
    bytes_read += len;
    if (reads_fail)
        return fail(why, ERR_IO, "the test said no");
    return world_real_ops.read_at(fd, at, len, offset, why);
}

struct counted {
    struct disk disk;
    struct world_ops ops;
    struct world world;
    struct units *units;
    uint64_t file_bytes;
};

static inline void counted_new(struct counted *c, uint64_t rows)
{
    disk_new(&c->disk);
    c->ops = world_real_ops;
    c->ops.read_at = count_read_at;
    c->world = (struct world){.ops = &c->ops, .dir = c->disk.real.dir};
    c->units = units_new(64 << 20);
    bytes_read = 0;
    reads_fail = false;
    EXPECT_EQ(seg_write(&c->disk.real, "seg", rows, &c->file_bytes), OK);
    (void)read_fault_take(NULL);
}

static inline struct segment *counted_open(struct counted *c)
{
    struct segment *s = NULL;
    EXPECT_EQ(segment_open(&c->world, "seg", &seg_table, c->units, &s, NULL), OK);
    return s;
}

static inline void counted_done(struct counted *c, struct segment *s)
{
    segment_close(s);
    units_free(c->units);
    disk_done(&c->disk, ".");
}
