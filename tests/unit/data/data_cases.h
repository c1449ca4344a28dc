// SPDX-License-Identifier: Apache-2.0
#pragma once

// A schema of two tables with every type of field, and changesets over it.

#include "data/changeset.h"
#include "test.h"

#include <stdlib.h>

enum { EVENTS, DEVICES };

enum { KIND, DEVICE, MS, PLACE, DEGREES, IS_OK, AT, EVENT_FIELDS };

static const struct field event_fields[EVENT_FIELDS] = {
    [KIND] = {.name = "kind", .type = FIELD_KEYWORD, .lookup_table = -1},
    [DEVICE] = {.name = "device_id",
                .type = FIELD_PSEUDONYM,
                .subject = "device",
                .lookup_table = DEVICES,
                .lookup_prefix = "device"},
    [MS] = {.name = "ms", .type = FIELD_LONG, .lookup_table = -1},
    [PLACE] = {.name = "place", .type = FIELD_INTEGER, .lookup_table = -1},
    [DEGREES] = {.name = "degrees", .type = FIELD_DOUBLE, .lookup_table = -1},
    [IS_OK] = {.name = "device.ok", .type = FIELD_BOOLEAN, .lookup_table = -1},
    [AT] = {.name = "at", .type = FIELD_DATE, .lookup_table = -1},
};

static const struct field device_fields[] = {
    {.name = "id", .type = FIELD_PSEUDONYM, .subject = "device", .lookup_table = -1},
    {.name = "model", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "ok", .type = FIELD_LONG, .lookup_table = -1},
};

static const struct table case_tables[] = {
    {.name = "events",
     .source = "main",
     .field_count = EVENT_FIELDS,
     .fields = event_fields,
     .time_field = AT,
     .subject_field = DEVICE,
     .key_field = -1},
    {.name = "devices",
     .source = "main",
     .field_count = 3,
     .fields = device_fields,
     .time_field = -1,
     .subject_field = 0,
     .key_field = 0},
};

static const char *const case_subjects[] = {"device"};

static const struct schema case_schema = {
    .table_count = 2,
    .tables = case_tables,
    .subject_count = 1,
    .subjects = case_subjects,
    .fingerprint = 77,
};

static inline uint64_t case_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline struct position case_position(void)
{
    return (struct position){
        .source = "main",
        .phase = PHASE_STREAMING,
        .generation = 0x1122334455667788,
        .end_lsn = 99,
        .commit_time_ms = -5,
        .system_id = UINT64_MAX,
        .timeline = 3,
        .policy_fingerprint = 77,
        .stopped = {1, 0, 0, (uint64_t)1 << 63},
    };
}

// Rows of `events`; about one value in `gap_in` is missing (0: none).
static inline struct batch case_events(struct arena *a, uint32_t row_count, uint32_t gap_in,
                                       uint64_t *random)
{
    uint8_t *ops = ARENA_ARRAY(a, uint8_t, row_count);
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, row_count);
    struct batch_column *columns = ARENA_ARRAY(a, struct batch_column, EVENT_FIELDS);
    uint32_t value_count = row_count < 50 ? row_count : 50;
    for (uint32_t i = 0; i < row_count; i++)
        keys[i].lo = case_random(random);
    for (int f = 0; f < EVENT_FIELDS; f++) {
        uint64_t *present = ARENA_ARRAY(a, uint64_t, bit_words(row_count));
        uint32_t *codes = ARENA_ARRAY(a, uint32_t, row_count);
        int64_t *i64 = ARENA_ARRAY(a, int64_t, row_count);
        double *f64 = ARENA_ARRAY(a, double, row_count);
        for (uint32_t i = 0; i < row_count; i++) {
            if (gap_in && case_random(random) % gap_in == 0) {
                codes[i] = UINT32_MAX;
                continue;
            }
            bit_set(present, i);
            codes[i] = (uint32_t)(case_random(random) % value_count);
            i64[i] = (int64_t)(case_random(random) % 2);
            if (f == MS)
                i64[i] = (int64_t)(case_random(random) % 5000);
            if (f == AT)
                i64[i] = 1700000000000 + i * 100 + (int64_t)(case_random(random) % 100);
            f64[i] = (double)(case_random(random) % 1000) / 10;
        }
        struct slice *values = ARENA_ARRAY(a, struct slice, value_count);
        for (uint32_t v = 0; v < value_count; v++)
            values[v] = f == DEVICE ? arena_print(a, "device%010u", v) : arena_print(a, "é%u", v);
        columns[f] = (struct batch_column){
            .present = present,
            .codes = codes,
            .value_count = value_count,
            .values = values,
            .i64 = i64,
            .f64 = f64,
        };
    }
    return (struct batch){
        .table = EVENTS, .row_count = row_count, .ops = ops, .keys = keys, .columns = columns};
}

static inline struct slice case_encode(const struct changeset *c, struct arena *a)
{
    struct buf out = buf_init(16 << 20);
    EXPECT_EQ(changeset_encode(c, &case_schema, &out, NULL), OK);
    struct slice bytes = arena_copy(a, buf_slice(&out));
    buf_done(&out);
    return bytes;
}

// Decodes in memory of the exact size.
static inline enum err case_decode(struct slice bytes)
{
    uint8_t *at = malloc(bytes.len ? bytes.len : 1);
    if (bytes.len)
        memcpy(at, bytes.at, bytes.len);
    struct arena *a = arena_new(600 << 20);
    struct changeset c;
    enum err e = changeset_decode(slice_of(at, bytes.len), &case_schema, a, &c, NULL);
    arena_free(a);
    free(at);
    return e;
}
