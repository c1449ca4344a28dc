// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "policy/admit.h"
#include "policy/admit_private.h"
#include "test.h"
#include "unit/policy/fleet.h"

#include <stdlib.h>

// Made once and kept: expect_every_prefix_refused() takes a function without context.
static const struct schema *schema;

static struct slice encoded(struct arena *a)
{
    static const uint64_t present = 1;
    static const uint64_t none = 0;
    static const uint32_t code = 0;
    static const int64_t zero = 0;
    static const uint8_t op = ROW_PUT;
    static const struct row_key key = {.lo = 0x1234};
    schema = fleet_policy(a)->schema;
    struct slice *values = ARENA_ARRAY(a, struct slice, 2);
    values[0] = slice_text("0123456789abcdef");
    values[1] = slice_text("M1");
    struct batch_column columns[] = {
        {.present = &present, .codes = &code, .value_count = 1, .values = &values[0]},
        {.present = &present, .codes = &code, .value_count = 1, .values = &values[0]},
        {.present = &present, .codes = &code, .value_count = 1, .values = &values[1]},
        {.present = &none, .i64 = &zero},
    };
    const struct batch b = {.row_count = 1, .ops = &op, .keys = &key, .columns = columns};
    const struct changeset c = {.position = {.source = "fleet"}, .batch_count = 1, .batches = &b};
    const struct admitted *made = NULL;
    EXPECT_EQ(admitted_make(&c, schema, a, &made, NULL), OK);
    return admitted_bytes(made);
}

static enum err decode(struct slice bytes)
{
    struct arena *a AUTO(arena_freep) = arena_new(300 << 20);
    const struct admitted *out = NULL;
    enum err e = admitted_decode(bytes, schema, a, &out, NULL);
    EXPECT((e == OK) == (out != NULL));
    return e;
}

TEST(admitted_made_decodes_again)
{
    struct arena *a AUTO(arena_freep) = arena_new(300 << 20);
    struct slice bytes = encoded(a);
    const struct admitted *out = NULL;
    EXPECT_EQ(admitted_decode(bytes, schema, a, &out, NULL), OK);
    EXPECT(slice_equal(admitted_bytes(out), bytes));
    EXPECT(admitted_bytes(out).at != bytes.at); // its own copy
    const struct changeset *c = admitted_changeset(out);
    EXPECT_EQ(c->batch_count, 1);
    EXPECT(slice_is(c->batches[0].columns[2].values[0], "M1"));
}

TEST(admitted_cut_anywhere_is_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(300 << 20);
    expect_every_prefix_refused(encoded(a), decode);
}

TEST(admitted_changed_anywhere_is_refused_or_valid)
{
    struct arena *a AUTO(arena_freep) = arena_new(300 << 20);
    struct slice bytes = encoded(a);
    uint8_t *changed = arena_alloc(a, bytes.len);
    for (size_t i = 0; i < bytes.len; i++) {
        memcpy(changed, bytes.at, bytes.len);
        changed[i] ^= 0xff;
        (void)decode(slice_of(changed, bytes.len)); // either way without a slip
    }
}

TEST(admitted_over_the_limit_is_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(300 << 20);
    (void)encoded(a);
    uint8_t *large = calloc(1, LIMIT_CHANGESET_BYTES + 1);
    EXPECT(large != NULL);
    EXPECT_EQ(decode(slice_of(large, LIMIT_CHANGESET_BYTES + 1)), ERR_LIMIT);
    free(large);
}
