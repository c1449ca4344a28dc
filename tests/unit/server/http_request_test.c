// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "json/json.h"
#include "server/gzip.h"
#include "server/http_request.h"
#include "test.h"

static struct http_request *begin(struct http_bodies *bodies, const char *target)
{
    struct http_request *r = http_request_new(bodies, target);
    EXPECT(r != NULL);
    http_request_begin(r, &(struct http_head){.credentials = 1});
    return r;
}

TEST(http_request_keeps_its_body_and_its_target_as_sent)
{
    struct http_bodies bodies = {.bytes_max = 100};
    struct http_request *r = begin(&bodies, "/a%2Fb?q=x%20y?z");
    EXPECT(http_request_more(r, slice_text("hel")));
    EXPECT(http_request_more(r, slice_text("lo")));
    http_request_end(r, NULL);
    struct api_request out = {0};
    http_request_target(r, &out);
    EXPECT(strcmp(out.path, "/a%2Fb") == 0);
    EXPECT(strcmp(out.query, "q=x%20y?z") == 0);
    EXPECT(slice_is(buf_slice(&r->body), "hello"));
    EXPECT_EQ(bodies.bytes, 5);
    http_request_free(r);
    EXPECT_EQ(bodies.bytes, 0);
}

TEST(http_request_without_a_credential_has_no_body)
{
    struct http_bodies bodies = {.bytes_max = 100};
    struct http_request *r = http_request_new(&bodies, "/");
    http_request_begin(r, &(struct http_head){.length = "5", .lengths = 1});
    EXPECT(http_request_more(r, slice_text("hello")));
    http_request_end(r, "gzip");
    EXPECT_EQ(r->status, 0);
    EXPECT_EQ(r->body.len, 0);
    EXPECT_EQ(bodies.bytes, 0);
    http_request_free(r);
}

TEST(http_request_longer_than_the_limit_is_413_before_its_body)
{
    struct http_bodies bodies = {.bytes_max = 100};
    struct http_request *r = http_request_new(&bodies, "/");
    http_request_begin(r,
                       &(struct http_head){.length = "104857601", .lengths = 1, .credentials = 1});
    EXPECT_EQ(r->status, 413);
    http_request_free(r);
    r = http_request_new(&bodies, "/");
    http_request_begin(r,
                       &(struct http_head){.length = "104857600", .lengths = 1, .credentials = 1});
    EXPECT_EQ(r->status, 0);
    http_request_free(r);
}

TEST(http_request_whose_end_or_owner_is_not_sure_is_refused)
{
    static const struct http_head doubtful[] = {
        {.length = "5", .lengths = 2},
        {.length = "5", .lengths = 1, .transfer = "chunked", .transfers = 1},
        {.transfer = "chunked", .transfers = 2},
        {.transfer = "xchunked", .transfers = 1},
        {.transfer = "gzip, chunked", .transfers = 1},
        {.credentials = 2},
        {.hosts = 2},
    };
    static const struct http_head sure[] = {
        {.length = "5", .lengths = 1, .credentials = 1, .hosts = 1},
        {.transfer = "Chunked", .transfers = 1, .credentials = 1, .hosts = 1},
        {.hosts = 1},
        {.length = NULL},
    };
    struct http_bodies bodies = {.bytes_max = 100};
    for (size_t i = 0; i < sizeof doubtful / sizeof doubtful[0]; i++) {
        struct http_request *r = http_request_new(&bodies, "/");
        http_request_begin(r, &doubtful[i]);
        EXPECT_EQ(r->status, 400);
        EXPECT(r->is_ambiguous);
        http_request_free(r);
    }
    for (size_t i = 0; i < sizeof sure / sizeof sure[0]; i++) {
        struct http_request *r = http_request_new(&bodies, "/");
        http_request_begin(r, &sure[i]);
        EXPECT_EQ(r->status, 0);
        EXPECT(!r->is_ambiguous);
        http_request_free(r);
    }
}

TEST(http_request_that_never_ends_is_413_and_then_cut_off)
{
    static uint8_t chunk[1 << 20];
    struct http_bodies bodies = {.bytes_max = (size_t)1 << 30};
    struct http_request *r = begin(&bodies, "/");
    int taken = 0;
    while (http_request_more(r, slice_of(chunk, sizeof chunk)) && taken < 1000)
        taken++;
    EXPECT_EQ(r->status, 413);
    EXPECT_EQ(taken, 199);
    EXPECT_EQ(bodies.bytes, 0);
    http_request_free(r);
}

TEST(http_requests_share_the_memory_for_bodies)
{
    struct http_bodies bodies = {.bytes_max = 8};
    struct http_request *first = begin(&bodies, "/");
    struct http_request *second = begin(&bodies, "/");
    EXPECT(http_request_more(first, slice_text("hello")));
    EXPECT(http_request_more(second, slice_text("hello")));
    EXPECT_EQ(first->status, 0);
    EXPECT_EQ(second->status, 429);
    EXPECT_EQ(bodies.bytes, 5);
    http_request_free(first);
    http_request_free(second);
    EXPECT_EQ(bodies.bytes, 0);
}

TEST(http_request_unpacks_gzip_and_counts_it)
{
    struct http_bodies bodies = {.bytes_max = 1000};
    struct buf packed AUTO(buf_donep) = buf_init(1000);
    EXPECT_EQ(gzip_pack(slice_text("hello, hello, hello, hello"), &packed, NULL), OK);
    struct http_request *r = begin(&bodies, "/");
    EXPECT(http_request_more(r, buf_slice(&packed)));
    http_request_end(r, "gzip");
    EXPECT_EQ(r->status, 0);
    EXPECT(slice_is(buf_slice(&r->body), "hello, hello, hello, hello"));
    EXPECT_EQ(bodies.bytes, 26);
    http_request_free(r);
    EXPECT_EQ(bodies.bytes, 0);
}

TEST(http_request_in_no_known_encoding_is_refused)
{
    struct http_bodies bodies = {.bytes_max = 1000};
    struct http_request *r = begin(&bodies, "/");
    EXPECT(http_request_more(r, slice_text("hello")));
    http_request_end(r, "br");
    EXPECT_EQ(r->status, 415);
    http_request_free(r);
    r = begin(&bodies, "/");
    EXPECT(http_request_more(r, slice_text("hello")));
    http_request_end(r, "gzip");
    EXPECT_EQ(r->status, 400);
    http_request_free(r);
    EXPECT_EQ(bodies.bytes, 0);
}

TEST(http_refusal_has_the_shape_of_elasticsearch)
{
    static const int statuses[] = {400, 413, 415, 429};
    for (size_t i = 0; i < 4; i++) {
        struct api_reply reply;
        http_refusal(statuses[i], "a \"reason\"", &reply);
        struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
        const struct json *tree = NULL;
        EXPECT_EQ(json_parse(buf_slice(&reply.body), a, &tree, NULL), OK);
        int64_t status = 0;
        EXPECT_EQ(json_i64(json_get(tree, "status"), &status, NULL), OK);
        EXPECT_EQ(status, statuses[i]);
        const struct json *error = json_get(tree, "error");
        EXPECT(slice_is(json_get(error, "reason")->text, "a \"reason\""));
        EXPECT_EQ(json_get(error, "root_cause")->count, 1);
        EXPECT_EQ(reply.retry_after_s, statuses[i] == 429 ? 1 : 0);
        buf_done(&reply.body);
    }
}
