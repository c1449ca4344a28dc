// SPDX-License-Identifier: Apache-2.0
#include "cli/head_file.h"
#include "unit/server/place.h"

TEST(head_files_hold_the_last_and_all_before)
{
    struct place p = place_make();
    struct world w;
    struct audit_head back;
    bool has;
    EXPECT_EQ(world_open(p.path, &w, NULL), OK);
    EXPECT_EQ(head_file_read(&w, HEAD_FILE_LAST, &has, &back, NULL), OK);
    EXPECT(!has);
    for (uint64_t i = 0; i < 3; i++) {
        struct audit_head h = {.number = i, .size = 10 * i, .time_ms = 1575417600000};
        EXPECT_EQ(head_file_add(&w, &h, NULL), OK);
    }
    EXPECT_EQ(head_file_read(&w, HEAD_FILE_LAST, &has, &back, NULL), OK);
    EXPECT(has && back.number == 2 && back.size == 20);
    struct buf text AUTO(buf_donep) = buf_init(4096);
    EXPECT_EQ(world_read_file(&w, "heads.txt", &text, NULL), OK);
    unsigned lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    EXPECT_EQ(lines, 3);
    EXPECT_EQ(world_write_file(&w, HEAD_FILE_PROVEN, slice_text("no head\n"), NULL), OK);
    struct fault why = {0};
    EXPECT_EQ(head_file_read(&w, HEAD_FILE_PROVEN, &has, &back, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "proven") != NULL);
    world_close(&w);
    place_drop(&p);
}

TEST(head_key_is_read_as_digits_or_out_of_a_file)
{
    static const char digits[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct place p = place_make();
    char path[96];
    uint8_t key[SIGN_PUBLIC_BYTES] = {0};
    snprintf(path, sizeof path, "%s/audit.key", p.path);
    EXPECT_EQ(head_key_read(digits, key, NULL), OK);
    EXPECT_EQ(key[1], 0x11);
    FILE *f = fopen(path, "w");
    fprintf(f, "%s\n", digits);
    fclose(f);
    key[1] = 0;
    EXPECT_EQ(head_key_read(path, key, NULL), OK);
    EXPECT_EQ(key[1], 0x11);
    EXPECT(head_key_read("/no/such/file", key, NULL) != OK);
    EXPECT(head_key_read("zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", key,
                         NULL) != OK);
    place_drop(&p);
}
