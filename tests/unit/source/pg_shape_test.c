// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "source/pg_shape.h"
#include "test.h"

static const char *const columns[] = {"id", "name"};
static const uint32_t keys[] = {0};
static const struct source_table table = {"public", "t", 2, columns, 1, keys};
static uint32_t type_oids[] = {23, 25};

static enum pg_kind kinds[] = {PG_KIND_INT4, PG_KIND_TEXT};
static const struct pg_shape shape = {
    .table = &table, .oid = 7, .type_oids = type_oids, .kinds = kinds};
static const uint16_t places[] = {1, 0}; // the stream has them the other way round

static const char *letter(enum row_op op)
{
    static const char *const letters[] = {"put", "delete", "move", "truncate"};
    return letters[op];
}

static void print(struct buf *out, const struct raw *v)
{
    if (v->type == RAW_I64)
        buf_print(out, " %d", (int)v->i64);
    else if (v->type == RAW_TEXT)
        buf_print(out, " %.*s", SLICE_PRINT(v->text));
    else
        buf_text(out, v->type == RAW_NULL ? " null" : " same");
}

static enum err take(void *context, uint32_t index, enum row_op op, const struct raw *values,
                     const struct raw *old_key, struct fault *why)
{
    (void)why;
    struct buf *out = context;
    buf_print(out, "%u %s", index, letter(op));
    print(out, &values[0]);
    print(out, &values[1]);
    if (old_key) {
        buf_text(out, " from");
        print(out, &old_key[0]);
    }
    return OK;
}

static struct pg_field field(char kind, const char *bytes, size_t len)
{
    return (struct pg_field){.kind = kind, .bytes = slice_of(bytes, len)};
}

#define INT4(bytes) field('b', bytes, 4)

static struct pg_tuple tuple(const struct pg_field fields[2])
{
    return (struct pg_tuple){.count = 2, .fields = fields};
}

// The row that message `m` becomes, in words; "" when it is refused.
static enum err changed(const struct pg_message *m, const char *want)
{
    struct buf out = buf_init(1000);
    const struct source_sink sink = {.context = &out, .row = take};
    struct pg_rows rows;
    pg_rows_init(&rows, &sink);
    enum err e = pg_rows_changed(&rows, 3, &shape, places, m, NULL);
    pg_rows_done(&rows);
    bool is_same = slice_is(buf_slice(&out), want);
    if (!is_same)
        test_fail(__FILE__, __LINE__, "%.*s, not %s", SLICE_PRINT(buf_slice(&out)), want);
    buf_done(&out);
    return e;
}

TEST(pg_rows_insert_is_a_put_with_columns_by_place)
{
    const struct pg_field fresh[] = {field('b', "ann", 3), INT4("\0\0\0\5")};
    const struct pg_message m = {.type = 'I', .change.new_tuple = tuple(fresh)};
    EXPECT_EQ(changed(&m, "3 put 5 ann"), OK);
}

TEST(pg_rows_update_without_old_key_is_a_put)
{
    const struct pg_field fresh[] = {field('u', NULL, 0), INT4("\0\0\0\5")};
    const struct pg_message m = {.type = 'U', .change.new_tuple = tuple(fresh)};
    EXPECT_EQ(changed(&m, "3 put 5 same"), OK);
}

TEST(pg_rows_update_of_the_key_is_a_move)
{
    const struct pg_field old[] = {field('n', NULL, 0), INT4("\0\0\0\4")};
    const struct pg_field fresh[] = {field('u', NULL, 0), INT4("\0\0\0\5")};
    const struct pg_message m = {
        .type = 'U',
        .change = {.old_kind = 'K', .old_tuple = tuple(old), .new_tuple = tuple(fresh)}};
    EXPECT_EQ(changed(&m, "3 move 5 same from 4"), OK);
}

TEST(pg_rows_update_with_the_same_old_key_is_a_put)
{
    const struct pg_field old[] = {field('n', NULL, 0), INT4("\0\0\0\5")};
    const struct pg_field fresh[] = {field('n', NULL, 0), INT4("\0\0\0\5")};
    const struct pg_message m = {
        .type = 'U',
        .change = {.old_kind = 'O', .old_tuple = tuple(old), .new_tuple = tuple(fresh)}};
    EXPECT_EQ(changed(&m, "3 put 5 null"), OK);
}

TEST(pg_rows_a_key_not_sent_is_the_old_one)
{
    const struct pg_field old[] = {field('n', NULL, 0), INT4("\0\0\0\5")};
    const struct pg_field fresh[] = {field('b', "bob", 3), field('u', NULL, 0)};
    struct pg_message m = {
        .type = 'U',
        .change = {.old_kind = 'K', .old_tuple = tuple(old), .new_tuple = tuple(fresh)}};
    EXPECT_EQ(changed(&m, "3 put 5 bob"), OK);
    m.change.old_tuple = (struct pg_tuple){0};
    EXPECT_EQ(changed(&m, ""), ERR_CORRUPT);
}

TEST(pg_rows_delete_has_its_key_alone)
{
    const struct pg_field old[] = {field('b', "bob", 3), INT4("\0\0\0\5")};
    struct pg_message m = {.type = 'D', .change = {.old_kind = 'K', .old_tuple = tuple(old)}};
    EXPECT_EQ(changed(&m, "3 delete 5 null"), OK);
    const struct pg_field no_key[] = {field('b', "bob", 3), field('n', NULL, 0)};
    m.change.old_tuple = tuple(no_key);
    EXPECT_EQ(changed(&m, ""), ERR_CORRUPT);
}

TEST(pg_rows_a_tuple_too_short_is_refused)
{
    const struct pg_field fresh[] = {field('b', "ann", 3), INT4("\0\0\0\5")};
    struct pg_message m = {.type = 'I', .change.new_tuple = tuple(fresh)};
    m.change.new_tuple.count = 1;
    EXPECT_EQ(changed(&m, ""), ERR_CORRUPT);
}

TEST(pg_rows_copied_row_is_a_put_in_order)
{
    const struct pg_field fields[] = {INT4("\0\0\0\7"), field('n', NULL, 0)};
    struct buf out = buf_init(1000);
    const struct source_sink sink = {.context = &out, .row = take};
    struct pg_rows rows;
    pg_rows_init(&rows, &sink);
    EXPECT_EQ(pg_rows_copied(&rows, 0, &shape, fields, NULL), OK);
    EXPECT(slice_is(buf_slice(&out), "0 put 7 null"));
    const struct pg_field bad[] = {field('b', "\0\0", 2), field('n', NULL, 0)};
    struct fault why = {0};
    EXPECT_EQ(pg_rows_copied(&rows, 0, &shape, bad, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "table t, column id") != NULL);
    pg_rows_done(&rows);
    buf_done(&out);
}
