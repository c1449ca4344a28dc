// SPDX-License-Identifier: Apache-2.0
#include "api/source_filter.h"
#include "test.h"

static bool shows(const char *include, const char *exclude, const char *field)
{
    struct slice in = slice_text(include);
    struct slice out = slice_text(exclude);
    const struct source_filter f = {.includes = &in,
                                    .include_count = in.len > 0,
                                    .excludes = &out,
                                    .exclude_count = out.len > 0};
    return source_shows(&f, slice_text(field));
}

TEST(source_filter_without_patterns_shows_all)
{
    EXPECT(shows("", "", "a"));
    const struct source_filter off = {.is_off = true};
    EXPECT(!source_shows(&off, slice_text("a")));
}

TEST(source_filter_patterns_name_fields_and_what_is_under_them)
{
    EXPECT(shows("a", "", "a") && !shows("a", "", "b"));
    EXPECT(shows("device", "", "device.model") && shows("device.*", "", "device.model"));
    EXPECT(!shows("device.*", "", "device") && shows("*.model", "", "device.model"));
    EXPECT(!shows("*", "device", "device.model") && shows("*", "device", "host"));
    EXPECT(!shows("", "h*", "host"));
}

static bool rebuilds(const struct hit_field *fields, uint32_t count, const char *want)
{
    const struct hit h = {.fields = fields, .field_count = count};
    const struct source_filter all = {0};
    const struct request q = {0};
    struct buf out = buf_init(4096);
    struct json_writer w = json_writer_to(&out);
    struct render r = render_start(&w, &q);
    source_render(&r, &h, &all);
    bool same = render_end(&r, NULL) == OK && slice_is(buf_slice(&out), want);
    buf_done(&out);
    return same;
}

#define FIELD(name_, number_)                          \
    {                                                  \
        {(const uint8_t *)(name_), sizeof(name_) - 1}, \
        {                                              \
            .type = VALUE_LONG, .i64 = (number_)       \
        }                                              \
    }

TEST(source_nests_names_with_dots_in_one_object_each)
{
    const struct hit_field fields[] = {FIELD("id", 1),    FIELD("d.a", 2), FIELD("x", 3),
                                       FIELD("d.b.c", 4), FIELD("e.a", 5), FIELD("d.b.d", 6)};
    EXPECT(rebuilds(fields, 6,
                    "{\"id\":1,\"d\":{\"a\":2,\"b\":{\"c\":4,\"d\":6}},\"x\":3,\"e\":{\"a\":5}}"));
    EXPECT(rebuilds(NULL, 0, "{}"));
}

TEST(source_of_names_with_odd_dots_stays_json)
{
    const struct hit_field fields[] = {FIELD(".a", 1), FIELD("b.", 2),
                                       FIELD("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", 3)};
    EXPECT(rebuilds(fields, 3,
                    "{\".a\":1,\"b.\":2,\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
                    "{\"a.a.a.a.a.a.a.a.a.a.a.a\":3}}}}}}}}}"));
}
