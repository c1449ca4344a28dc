// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "unit/api/talk.h"

static enum err body_of(const char *body, const char *query, const struct json **out,
                        struct arena *request)
{
    const struct api_request r = {.body = slice_text(body), .method = "GET"};
    struct exchange x = {.request = &r, .arena = request};
    EXPECT_EQ(parameters_parse(slice_text(query), request, &x.parameters, NULL), OK);
    return exchange_body(&x, out, NULL);
}

TEST(exchange_body_may_come_in_the_url)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct json *v = NULL;
    EXPECT_EQ(body_of("", "", &v, request), OK);
    EXPECT(!v);
    EXPECT_EQ(
        body_of("", "source=%7B%22size%22:3%7D&source_content_type=application/json", &v, request),
        OK);
    EXPECT(json_get(v, "size"));
    EXPECT_EQ(body_of("{\"a\":1}", "source={}", &v, request), OK);
    EXPECT(json_get(v, "a"));
    EXPECT_EQ(body_of("{", "", &v, request), ERR_INVALID);
}

TEST(exchange_body_has_a_limit_before_it_is_read)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    static char large[SEARCH_BODY_BYTES + 2];
    memset(large, ' ', sizeof large - 1);
    const struct json *v = NULL;
    EXPECT_EQ(body_of(large, "", &v, request), ERR_LIMIT);
}
