// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "test.h"

#include <math.h>

static bool prints(const struct request *q, const struct hit *h, const char *want)
{
    struct buf out = buf_init(4096);
    struct json_writer w = json_writer_to(&out);
    struct render r = render_start(&w, q);
    render_hit(&r, h);
    bool same = render_end(&r, NULL) == OK && slice_is(buf_slice(&out), want);
    buf_done(&out);
    return same;
}

TEST(render_hit_shows_score_source_fields_and_sort)
{
    const struct hit_field fields[] = {
        {slice_of("at", 2), {.type = VALUE_DATE, .i64 = 1000}},
        {slice_of("n", 1), {.type = VALUE_LONG, .i64 = 7}},
    };
    const struct value sort[] = {{.type = VALUE_DATE, .i64 = 1000}, {.type = VALUE_NONE}};
    struct hit h = {
        .index = "events", .key = {0, 255}, .score = 1, .fields = fields, .field_count = 2};
    struct request q = {.source = {.is_off = true}};
    EXPECT(prints(&q, &h, "{\"_index\":\"events\",\"_id\":\"00000000000000ff\",\"_score\":1.0}"));
    const struct sort_key keys[] = {{.field = {0}}, {.field = {0}}};
    const struct field_wish wish = {slice_of("a*", 2), slice_of("epoch_millis", 12)};
    q = (struct request){.sort = keys, .sort_count = 2, .fields = &wish, .field_count = 1};
    h.sort = sort;
    h.score = NAN;
    EXPECT(prints(&q, &h,
                  "{\"_index\":\"events\",\"_id\":\"00000000000000ff\",\"_score\":null,\"_source\":"
                  "{\"at\":\"1970-01-01T00:00:01.000Z\",\"n\":7},\"fields\":{\"at\":[\"1000\"]},"
                  "\"sort\":[1000,null]}"));
}

TEST(render_hit_has_no_source_where_stored_fields_are_asked)
{
    struct hit h = {.index = "events", .key = {0, 255}, .score = 1};
    struct request q = {.has_stored_fields = true};
    EXPECT(prints(&q, &h, "{\"_index\":\"events\",\"_id\":\"00000000000000ff\",\"_score\":1.0}"));
    q.source.is_given = true;
    EXPECT(prints(&q, &h,
                  "{\"_index\":\"events\",\"_id\":\"00000000000000ff\",\"_score\":1.0,"
                  "\"_source\":{}}"));
    q = (struct request){.has_stored_fields = true, .hides_id = true};
    EXPECT(prints(&q, &h, "{\"_index\":\"events\",\"_score\":1.0}"));
}

TEST(render_hit_shows_versions_on_wish)
{
    const struct hit h = {.index = "e", .key = {1, 2}, .number = 7, .term = 3, .score = 1};
    const struct request q = {
        .source = {.is_off = true}, .wants_version = true, .wants_seq_no = true};
    EXPECT(prints(&q, &h,
                  "{\"_index\":\"e\",\"_id\":\"00000000000000010000000000000002\","
                  "\"_version\":8,\"_seq_no\":7,\"_primary_term\":3,\"_score\":1.0}"));
}
