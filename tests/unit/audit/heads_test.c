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

TEST(heads_are_not_forgotten_when_a_new_file_got_none)
{
    struct shelf s;
    shelf_open(&s);
    struct heads h;
    int fd = -1;
    char name[HEADS_NAME_BYTES];
    EXPECT_EQ(heads_open(&h, &s.world, NULL), OK);
    const struct audit_head full = head_of(HEADS_PER_FILE - 1);
    const struct audit_head next = head_of(HEADS_PER_FILE);
    EXPECT_EQ(heads_add(&h, &full, NULL), OK);
    heads_close(&h);
    // A crash between the making of the file and its first head.
    heads_name(HEADS_PER_FILE, name);
    EXPECT_EQ(s.world.ops->open_write(&s.world, name, false, &fd, NULL), OK);
    s.world.ops->close(fd);
    for (int round = 0; round < 2; round++) {
        EXPECT_EQ(heads_open(&h, &s.world, NULL), OK);
        EXPECT(h.has_last);
        EXPECT_EQ(h.last.number, HEADS_PER_FILE - 1 + round);
        if (round == 0)
            EXPECT_EQ(heads_add(&h, &next, NULL), OK);
        EXPECT_EQ(h.file_count, 2);
        heads_close(&h);
    }
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
