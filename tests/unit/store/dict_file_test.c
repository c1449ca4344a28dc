// SPDX-License-Identifier: Apache-2.0
#include "store/dict_file.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct dict *dict_of(uint32_t count)
{
    struct dict *d = dict_new(0);
    for (uint32_t i = 0; i < count; i++) {
        char text[16];
        uint32_t code = 0;
        int len = snprintf(text, sizeof text, "%u", i * 7);
        EXPECT_EQ(dict_add(d, slice_of(text, (size_t)len), &code, NULL), OK);
    }
    return d;
}

static struct world begin(void)
{
    struct world w = fixture_world();
    EXPECT_EQ(w.ops->make_dir(&w, "dict", NULL), OK);
    return w;
}

TEST(dict_file_gives_back_values_appended_in_parts)
{
    struct world w = begin();
    struct dict *d = dict_of(3000);
    struct manifest_dict state = {0};
    EXPECT_EQ(dict_file_append(&w, d, 10, 7, &state, NULL), OK);
    struct manifest_dict early = state;
    EXPECT_EQ(dict_file_append(&w, d, 3000, 8, &state, NULL), OK);
    EXPECT(state.file == 7 && state.count == 3000);

    struct dict *back = dict_new(0);
    EXPECT_EQ(dict_file_read(&w, &state, 0, back, NULL), OK);
    EXPECT_EQ(dict_count(back), 3000);
    EXPECT(slice_is(dict_value(back, 2999), "20993"));
    struct dict *some = dict_new(0);
    EXPECT_EQ(dict_file_read(&w, &early, 0, some, NULL), OK);
    EXPECT_EQ(dict_count(some), 10);
    dict_free(back);
    dict_free(some);
    dict_free(d);
    fixture_world_drop(&w);
}

TEST(dict_file_cuts_off_what_the_manifest_does_not_count)
{
    struct world w = begin();
    struct dict *d = dict_of(40);
    struct manifest_dict state = {0};
    EXPECT_EQ(dict_file_append(&w, d, 10, 7, &state, NULL), OK);
    struct manifest_dict lost = state;
    EXPECT_EQ(dict_file_append(&w, d, 30, 7, &lost, NULL), OK);
    EXPECT_EQ(dict_file_append(&w, d, 40, 7, &state, NULL), OK);
    struct dict *back = dict_new(0);
    EXPECT_EQ(dict_file_read(&w, &state, 0, back, NULL), OK);
    EXPECT_EQ(dict_count(back), 40);
    dict_free(back);
    dict_free(d);
    fixture_world_drop(&w);
}

TEST(dict_file_refuses_every_changed_byte)
{
    struct world w = begin();
    struct dict *d = dict_of(20);
    struct manifest_dict state = {0};
    EXPECT_EQ(dict_file_append(&w, d, 8, 7, &state, NULL), OK);
    EXPECT_EQ(dict_file_append(&w, d, 20, 7, &state, NULL), OK);
    char name[DICT_FILE_NAME_BYTES];
    dict_file_name(7, name);
    int fd = openat(w.dir, name, O_RDWR | O_CLOEXEC);
    for (uint64_t at = 0; at < state.bytes; at++) {
        uint8_t byte = 0;
        EXPECT_EQ(pread(fd, &byte, 1, (off_t)at), 1);
        byte ^= 0x21;
        EXPECT_EQ(pwrite(fd, &byte, 1, (off_t)at), 1);
        struct dict *back = dict_new(0);
        EXPECT_EQ(dict_file_read(&w, &state, 0, back, NULL), ERR_CORRUPT);
        dict_free(back);
        byte ^= 0x21;
        EXPECT_EQ(pwrite(fd, &byte, 1, (off_t)at), 1);
    }
    struct dict *fixed = dict_new(16);
    EXPECT_EQ(dict_file_read(&w, &state, 16, fixed, NULL), ERR_CORRUPT);
    dict_free(fixed);
    EXPECT_EQ(ftruncate(fd, (off_t)state.bytes - 1), 0);
    struct dict *back = dict_new(0);
    EXPECT_EQ(dict_file_read(&w, &state, 0, back, NULL), ERR_CORRUPT);
    dict_free(back);
    close(fd);
    state.file = 99;
    back = dict_new(0);
    EXPECT_EQ(dict_file_read(&w, &state, 0, back, NULL), ERR_CORRUPT);
    dict_free(back);
    dict_free(d);
    fixture_world_drop(&w);
}
