// SPDX-License-Identifier: Apache-2.0
#include "api/error.h"
#include "test.h"

static struct error of(enum err code, const char *words, struct fault *why)
{
    (void)fail(why, code, "%s", words);
    return error_of(code, why);
}

TEST(error_takes_the_type_out_of_the_words)
{
    struct fault why;
    struct error e = of(ERR_INVALID, "number_format_exception: For input string: \"x\"", &why);
    EXPECT_EQ(e.status, 400);
    EXPECT(slice_is(e.type, "number_format_exception"));
    EXPECT(slice_is(e.reason, "For input string: \"x\""));
}

TEST(error_without_a_type_has_the_codes)
{
    struct fault why;
    struct error e = of(ERR_INVALID, "column model: too long", &why);
    EXPECT(slice_is(e.type, "illegal_argument_exception"));
    EXPECT(slice_is(e.reason, "column model: too long"));
    e = of(ERR_UNAVAILABLE, "", &why);
    EXPECT_EQ(e.status, 503);
    EXPECT(slice_is(e.reason, "unavailable"));
}

TEST(error_of_each_code_has_a_status)
{
    static const int want[ERR_COUNT] = {
        [ERR_INVALID] = 400, [ERR_NOT_FOUND] = 404, [ERR_CONFLICT] = 409,
        [ERR_DENIED] = 403,  [ERR_LIMIT] = 400,     [ERR_CORRUPT] = 500,
        [ERR_IO] = 500,      [ERR_TIMEOUT] = 504,   [ERR_UNAVAILABLE] = 503};
    for (int code = ERR_INVALID; code < ERR_COUNT; code++) {
        struct fault why;
        EXPECT_EQ(of((enum err)code, "x", &why).status, want[code]);
    }
}

static bool prints(const struct error *e, const char *want)
{
    struct buf b = buf_init(4096);
    struct json_writer w = json_writer_to(&b);
    error_object(&w, e);
    bool same = slice_is(buf_slice(&b), want);
    buf_done(&b);
    return same;
}

TEST(error_object_names_the_missing_index)
{
    struct fault why;
    struct error e = of(ERR_NOT_FOUND, "index_not_found_exception: no such index [x]", &why);
    EXPECT(prints(&e,
                  "{\"root_cause\":[{\"type\":\"index_not_found_exception\",\"reason\":\"no such "
                  "index [x]\",\"resource.type\":\"index_or_alias\",\"resource.id\":\"x\","
                  "\"index_uuid\":\"_na_\",\"index\":\"x\"}],\"type\":\"index_not_found_exception\""
                  ",\"reason\":\"no such index [x]\",\"resource.type\":\"index_or_alias\","
                  "\"resource.id\":\"x\",\"index_uuid\":\"_na_\",\"index\":\"x\"}"));
}

TEST(error_object_tells_line_and_column_of_a_parsing_exception)
{
    struct fault why;
    struct error e = of(ERR_INVALID, "parsing_exception: [2:17] unknown query [foo]", &why);
    EXPECT(prints(&e, "{\"root_cause\":[{\"type\":\"parsing_exception\",\"reason\":\"unknown query "
                      "[foo]\",\"line\":2,\"col\":17}],\"type\":\"parsing_exception\",\"reason\":"
                      "\"unknown query [foo]\",\"line\":2,\"col\":17}"));
    e = of(ERR_INVALID, "parsing_exception: [x:1] y", &why);
    EXPECT(slice_is(e.reason, "[x:1] y"));
    e = of(ERR_INVALID, "parsing_exception: [1:2", &why);
    EXPECT(slice_is(e.reason, "[1:2"));
}

TEST(error_object_tells_the_limit_that_was_met)
{
    struct fault why;
    struct error e = of(ERR_LIMIT,
                        "circuit_breaking_exception: [parent] Data too large, data for [search] "
                        "would be [2048/2kb], which is larger than the limit of [1536/1.5kb].",
                        &why);
    EXPECT_EQ(e.status, 429);
    EXPECT_EQ(e.bytes_wanted, 2048);
    EXPECT_EQ(e.bytes_limit, 1536);
    struct buf b AUTO(buf_donep) = buf_init(4096);
    struct json_writer w = json_writer_to(&b);
    error_object(&w, &e);
    buf_u8(&b, 0);
    const char *members = "\"bytes_wanted\":2048,\"bytes_limit\":1536,\"durability\":"
                          "\"TRANSIENT\"}";
    EXPECT(strstr((const char *)b.at, members) != NULL);
    e = of(ERR_LIMIT,
           "too_many_buckets_exception: Trying to create too many buckets. Must be less than or "
           "equal to: [65536] but this number of buckets was exceeded.",
           &why);
    EXPECT_EQ(e.status, 400);
    buf_reset(&b);
    w = json_writer_to(&b);
    error_object(&w, &e);
    buf_u8(&b, 0);
    EXPECT(strstr((const char *)b.at, "exceeded.\",\"max_buckets\":65536}") != NULL);
    e = of(ERR_LIMIT, "circuit_breaking_exception: no numbers, would be [, limit of [x", &why);
    EXPECT_EQ(e.bytes_wanted, 0);
    EXPECT_EQ(e.bytes_limit, 0);
}

TEST(error_of_shards_is_wrapped)
{
    struct fault why;
    struct error e = of(ERR_INVALID, "illegal_argument_exception: no", &why);
    struct buf b = buf_init(4096);
    struct json_writer w = json_writer_to(&b);
    error_search_object(&w, &e, "events");
    buf_u8(&b, 0);
    EXPECT(strstr((const char *)b.at, "\"type\":\"search_phase_execution_exception\",\"reason\":"
                                      "\"all shards failed\",\"phase\":\"query\",\"grouped\":true,"
                                      "\"failed_shards\":[{\"shard\":0,\"index\":\"events\","
                                      "\"reason\":{\"type\":\"illegal_argument_exception\""));
    buf_done(&b);
    EXPECT(error_is_of_shards(&e));
    e = of(ERR_DENIED, "security_exception: no", &why);
    EXPECT(!error_is_of_shards(&e));
}

TEST(error_of_a_query_that_cannot_be_made_has_its_cause_and_index)
{
    struct fault why;
    struct error e = of(ERR_INVALID,
                        "query_shard_exception: failed to create query: number_format_exception: "
                        "For input string: \"x\"",
                        &why);
    EXPECT(slice_is(e.cause_type, "number_format_exception"));
    struct buf b = buf_init(4096);
    struct json_writer w = json_writer_to(&b);
    error_search_object(&w, &e, "events");
    buf_u8(&b, 0);
    EXPECT(strstr((const char *)b.at,
                  "\"root_cause\":[{\"type\":\"query_shard_exception\",\"reason\":\"failed to "
                  "create query: For input string: \\\"x\\\"\",\"index_uuid\":\"_na_\",\"index\":"
                  "\"events\"}]"));
    EXPECT(strstr((const char *)b.at, "\"caused_by\":{\"type\":\"number_format_exception\","
                                      "\"reason\":\"For input string: \\\"x\\\"\"}}}]}"));
    buf_done(&b);
}
