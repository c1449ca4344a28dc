// SPDX-License-Identifier: Apache-2.0
#include "api/index_facts.h"
#include "unit/api/talk.h"

TEST(index_uuid_is_the_same_for_ever_and_of_one_length)
{
    char one[INDEX_UUID_BYTES];
    char again[INDEX_UUID_BYTES];
    char other[INDEX_UUID_BYTES];
    index_uuid("events", one);
    index_uuid("events", again);
    index_uuid("devices", other);
    EXPECT_EQ(strlen(one), 22);
    EXPECT(strcmp(one, again) == 0);
    EXPECT(strcmp(one, other) != 0);
}

TEST(index_mappings_show_a_lookup_of_its_columns_name_as_multi_fields)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_mapping"), 200);
    EXPECT(talk_is(&t,
                   "{\"events\":{\"mappings\":{\"dynamic\":\"strict\",\"properties\":{\"device\":{"
                   "\"type\":\"keyword\",\"fields\":{\"id\":{\"type\":\"keyword\"},\"model\":{"
                   "\"type\":\"keyword\"},\"weight\":{\"type\":\"double\"},\"year\":{\"type\":"
                   "\"integer\"}}},\"outcome\":{\"type\":\"keyword\"},\"latency\":{\"type\":"
                   "\"long\"},\"at\":{\"type\":\"date\"},\"ok\":{\"type\":\"boolean\"},\"score\":{"
                   "\"type\":\"double\"},\"host\":{\"type\":\"keyword\"}}}}}"));
    talk_close(&t);
}

// The same with a column of another name than its look-up.
static const struct field fact_fields[] = {
    {.name = "device_id", .type = FIELD_PSEUDONYM, .lookup_table = 1, .lookup_prefix = "device"},
    {.name = "n", .type = FIELD_LONG, .lookup_table = -1},
};
static const struct field dimension_fields[] = {
    {.name = "model", .type = FIELD_KEYWORD, .lookup_table = -1},
};
static const struct table tables[] = {
    {.name = "facts", .field_count = 2, .fields = fact_fields},
    {.name = "devices", .field_count = 1, .fields = dimension_fields},
};
static const struct schema schema = {.table_count = 2, .tables = tables};

TEST(index_mappings_show_a_lookup_as_an_object)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct engine engine = {.schema = &schema};
    const struct api api = {.engine = &engine};
    struct buf out = buf_init(4096);
    struct principal who = {.name = "ada", .roles = 1u << ROLE_ANALYST};
    const struct permit *permit;
    EXPECT_EQ(permit_make(&who, ACTION_SCHEMA, slice_text(""), request, &permit, NULL), OK);
    struct exchange x = {
        .api = &api, .arena = request, .json = json_writer_to(&out), .permit = permit};
    index_mappings(&x, &tables[0]);
    bool same = slice_is(buf_slice(&out),
                         "{\"dynamic\":\"strict\",\"properties\":{\"device_id\":{\"type\":"
                         "\"keyword\"},\"n\":{\"type\":\"long\"},\"device\":{\"properties\":{"
                         "\"model\":{\"type\":\"keyword\"}}}}}");
    buf_done(&out);
    EXPECT(same);
}
