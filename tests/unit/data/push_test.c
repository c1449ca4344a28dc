// SPDX-License-Identifier: Apache-2.0
#include "data/push.h"
#include "test.h"

static const struct table tables[] = {{.name = "a", .source = "push/a"}};
static const struct schema schema = {.table_count = 1, .tables = tables};

static enum err decode(struct slice bytes)
{
    struct push_head h;
    struct slice body;
    return push_head_decode(bytes, &schema, &h, &body, NULL);
}

TEST(push_head_comes_back_with_what_follows)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    struct buf aliases AUTO(buf_donep) = buf_init(64);
    uint16_t table = 9;
    push_alias_add(&aliases, slice_text("x"), PUSH_NO_TABLE);
    push_alias_add(&aliases, slice_text("y"), 0);
    const struct push_head h = {.kind = PUSH_ONE,
                                .op = PUSH_CREATE,
                                .table = 0,
                                .allowed = {1, 0, 0, 7},
                                .id = slice_text("k"),
                                .index = slice_text("i"),
                                .needs_alias = true,
                                .aliases = buf_slice(&aliases),
                                .only_if = {true, 7, 1}};
    push_head_encode(&h, &out);
    expect_every_prefix_refused(buf_slice(&out), decode);
    buf_text(&out, "{}");
    struct push_head got;
    struct slice body;
    EXPECT_EQ(push_head_decode(buf_slice(&out), &schema, &got, &body, NULL), OK);
    EXPECT_EQ(got.kind, PUSH_ONE);
    EXPECT_EQ(got.op, PUSH_CREATE);
    EXPECT_EQ(got.allowed[3], 7);
    EXPECT(slice_is(got.id, "k") && slice_is(got.index, "i") && slice_is(body, "{}"));
    EXPECT(got.needs_alias && got.only_if.is_given);
    EXPECT_EQ(got.only_if.seq_no, 7);
    EXPECT_EQ(got.only_if.term, 1);
    EXPECT(push_alias_find(got.aliases, slice_text("y"), &table) && table == 0);
    EXPECT(push_alias_find(got.aliases, slice_text("x"), &table) && table == PUSH_NO_TABLE);
    EXPECT(!push_alias_find(got.aliases, slice_text("z"), &table));
    buf_reset(&aliases);
    buf_reset(&out);
    push_alias_add(&aliases, slice_text("y"), 1); // of a table that is not there
    struct push_head wrong = h;
    wrong.aliases = buf_slice(&aliases);
    push_head_encode(&wrong, &out);
    EXPECT_EQ(decode(buf_slice(&out)), ERR_CORRUPT);
}

TEST(push_head_of_a_bulk_has_no_table_and_others_have_one)
{
    for (int kind = 0; kind <= PUSH_KIND_COUNT; kind++) {
        for (int has = 0; has < 2; has++) {
            struct buf out AUTO(buf_donep) = buf_init(1024);
            const struct push_head h = {.kind = (enum push_kind)kind,
                                        .table = has ? 0 : PUSH_NO_TABLE};
            push_head_encode(&h, &out);
            bool good = kind < PUSH_KIND_COUNT && has == (kind != PUSH_BULK);
            EXPECT_EQ(decode(buf_slice(&out)), good ? OK : ERR_CORRUPT);
        }
    }
}

static enum err check(struct push_item item)
{
    const uint32_t rows[] = {2};
    return push_item_check(&item, 10, rows, 1, NULL);
}

TEST(push_item_is_within_its_bounds)
{
    const struct push_item good = {.op = PUSH_INDEX, .row = 1, .id = {4, 6}};
    struct push_item bad = good;
    EXPECT_EQ(check(good), OK);
    bad.row = 2;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad = good;
    bad.flags = PUSH_ITEM_UPSERT; // whose second row is not there
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad = good;
    bad.id.len = 7;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad.id = (struct push_text){UINT32_MAX, UINT32_MAX};
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad = good;
    bad.op = PUSH_OP_COUNT;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad = good;
    bad.table = 1;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad.table = PUSH_NO_TABLE;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad.flags = PUSH_ITEM_FAILED;
    EXPECT_EQ(check(bad), ERR_CORRUPT); // without a status
    bad.status = 404;
    EXPECT_EQ(check(bad), OK);
    bad.flags |= PUSH_ITEM_IF;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad.flags |= PUSH_ITEM_FLAGS + 1;
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad = good;
    bad.flags = PUSH_ITEM_IF; // without its condition
    EXPECT_EQ(check(bad), ERR_CORRUPT);
    bad.words = (struct push_text){0, PUSH_CONDITION_BYTES};
    EXPECT_EQ(push_item_check(&bad, 20, (const uint32_t[]){2}, 1, NULL), OK);
    bad.flags |= PUSH_ITEM_UPSERT;
    EXPECT_EQ(push_item_check(&bad, 20, (const uint32_t[]){3}, 1, NULL), ERR_CORRUPT);
}

TEST(push_keys_are_known_by_their_mark)
{
    struct row_key key;
    EXPECT(push_key_parse(slice_text("70757368000000000000000000000003"), &key));
    EXPECT(row_key_equal(key, push_key_of_number(3)));
    EXPECT(!push_key_parse(slice_text("71757368000000000000000000000003"), &key));
    EXPECT(!push_key_parse(slice_text("7075736800000003"), &key));
    EXPECT(!push_key_parse(slice_text("a@b"), &key));
    // A hash never looks like a number.
    EXPECT(!row_key_equal(push_key_of_hash((uint64_t)5 << 32, 3), push_key_of_number(3)));
    EXPECT(push_key_of_hash(UINT64_MAX, 9).hi >> 32 == PUSH_KEY_MARK);
}

TEST(push_ops_have_their_names)
{
    EXPECT(strcmp(push_op_name(PUSH_INDEX), "index") == 0);
    EXPECT(strcmp(push_op_name(PUSH_DELETE), "delete") == 0);
}
