// SPDX-License-Identifier: Apache-2.0
#include "audit/heads.h"
#include "faulty_world.h"
#include "unit/audit/shelf.h"

#include <sys/stat.h>

static struct audit_head head_of(uint64_t number)
{
    return (struct audit_head){.number = number, .size = number * 2};
}

TEST(heads_go_on_where_they_ended_and_start_new_files)
{
    struct shelf s;
    shelf_open(&s);
    struct heads h;
    EXPECT_EQ(heads_open(&h, &s.world, NULL), OK);
    EXPECT(!h.has_last);
    for (uint64_t i = 0; i < 3; i++) {
        struct audit_head one = head_of(i);
        EXPECT_EQ(heads_add(&h, &one, NULL), OK);
    }
    heads_close(&h);
    EXPECT_EQ(heads_open(&h, &s.world, NULL), OK);
    EXPECT(h.has_last);
    EXPECT_EQ(h.last.number, 2);
    // A file begins where the one before it is full; only so many are kept.
    for (uint64_t file = 1; file < HEADS_FILES + 3; file++) {
        struct audit_head one = head_of(file * HEADS_PER_FILE);
        EXPECT_EQ(heads_add(&h, &one, NULL), OK);
    }
    EXPECT_EQ(h.file_count, HEADS_FILES);
    heads_close(&h);
    EXPECT_EQ(heads_open(&h, &s.world, NULL), OK);
    EXPECT_EQ(h.last.number, (HEADS_FILES + 2) * HEADS_PER_FILE);
    EXPECT_EQ(h.file_count, HEADS_FILES);
    heads_close(&h);
    shelf_close(&s);
}

TEST(heads_stay_whole_whatever_fails)
{
    struct shelf s;
    shelf_open(&s);
    struct world w = faulty_world(&s.world);
    bool fired = true;
    for (uint64_t n = 1; fired; n++) {
        struct heads h;
        EXPECT_EQ(heads_open(&h, &w, NULL), OK);
        uint64_t next = 0;
        faulty_arm(n, FAULT_ONCE);
        for (int i = 0; i < 4; i++) {
            struct audit_head one = head_of(next);
            next += heads_add(&h, &one, NULL) == OK;
        }
        fired = faulty_fired();
        faulty_arm(0, FAULT_ONCE);
        heads_close(&h);
        EXPECT_EQ(heads_open(&h, &w, NULL), OK);
        EXPECT(h.has_last);
        EXPECT_EQ(h.last.number, next - 1);
        heads_close(&h);
        shelf_empty(&s);
    }
    shelf_close(&s);
}
