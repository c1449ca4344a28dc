// SPDX-License-Identifier: Apache-2.0
#include "policy/layers.h"
#include "policy/sieve.h"
#include "test.h"
#include "unit/policy/fleet.h"

enum { DEVICES, CONNECTIONS, DEVICE_ID = 0, CUSTOMER_ID = 1 };

static const uint8_t subjects[2][32] = {{1}, {2}};
static const uint8_t row_keys[2][32] = {{3}, {4}};
static const uint8_t layer_keys[2][32] = {{0}, {5}}; // customers have one

static void pseudonyms(const uint8_t (*layers)[32], struct arena *a, struct slice out[2])
{
    const struct policy *p = fleet_policy(a);
    const struct sieve_keys keys = {subjects, row_keys, NULL, layers};
    const struct position position = {.source = "fleet", .phase = PHASE_STREAMING};
    const struct admitted *admitted = NULL;
    struct sieve *s = NULL;
    const struct raw values[] = {{.type = RAW_I64, .i64 = 41},
                                 {.type = RAW_I64, .i64 = 4},
                                 {.type = RAW_TEXT, .text = slice_text("m1")},
                                 {.type = RAW_TIME_US, .i64 = 3600000000}};
    EXPECT_EQ(sieve_new(p, 0, &keys, &s, NULL), OK);
    EXPECT_EQ(sieve_row(s, DEVICES, ROW_PUT, values, NULL, NULL), OK);
    EXPECT_EQ(sieve_cut(s, &position, false, a, &admitted, NULL), OK);
    const struct batch *b = &admitted_changeset(admitted)->batches[0];
    out[0] = b->columns[DEVICE_ID].values[0];
    out[1] = b->columns[CUSTOMER_ID].values[0];
    sieve_free(s);
}

TEST(layers_are_over_the_pseudonyms_of_their_kind_alone)
{
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    struct slice plain[2];
    struct slice layered[2];
    struct layer l;
    uint8_t want[PSEUDONYM_BYTES];
    EXPECT_EQ(crypto_start(NULL), OK);
    pseudonyms(NULL, a, plain);
    pseudonyms(layer_keys, a, layered);
    EXPECT(slice_equal(plain[0], layered[0]));
    layer_init(&l, layer_keys[1]);
    memcpy(want, plain[1].at, sizeof want);
    layer_put(&l, want);
    EXPECT(slice_equal(layered[1], slice_of(want, sizeof want)));
}

TEST(layers_of_a_table_are_by_its_fields)
{
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    const struct policy *p = fleet_policy(a);
    struct layers l;
    layers_init(&l, p->schema, DEVICES, layer_keys);
    EXPECT(!l.by_field[DEVICE_ID] && l.by_field[CUSTOMER_ID]);
    layers_done(&l);
    layers_init(&l, p->schema, DEVICES, NULL);
    EXPECT(!l.by_field[DEVICE_ID] && !l.by_field[CUSTOMER_ID] && !l.made);
    layers_done(&l);
}
