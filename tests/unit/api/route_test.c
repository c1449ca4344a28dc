// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "unit/api/talk.h"

static int find(const char *method, const char *path, const char **out_pattern)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct api_request r = {.method = method, .path = path};
    struct exchange x = {.request = &r, .arena = request};
    int outcome = -1;
    unsigned methods = 0;
    EXPECT_EQ(route_find(&x, &outcome, &methods, NULL), OK);
    *out_pattern = x.route ? x.route->path : "";
    return outcome;
}

static bool goes(const char *method, const char *path, const char *pattern)
{
    const char *got;
    return find(method, path, &got) == ROUTE_FOUND && strcmp(got, pattern) == 0;
}

TEST(route_literal_parts_go_before_values)
{
    EXPECT(goes("GET", "/", "/"));
    EXPECT(goes("GET", "", "/"));
    EXPECT(goes("POST", "/_search", "/_search"));
    EXPECT(goes("GET", "/a,b/_search/", "/{index}/_search"));
    EXPECT(goes("GET", "/_all/_search", "/{index}/_search"));
    EXPECT(goes("HEAD", "/a", "/{index}"));
    EXPECT(goes("PUT", "/a/_doc/1", "/{index}/_doc/{id}"));
    EXPECT(goes("GET", "/_nodes/_all/http", "/_nodes/_all/http"));
}

TEST(route_underscore_names_are_no_indices)
{
    const char *got;
    EXPECT_EQ(find("GET", "/_foo", &got), ROUTE_UNKNOWN);
    EXPECT_EQ(find("GET", "/_foo/_search", &got), ROUTE_UNKNOWN);
    EXPECT_EQ(find("GET", "/a/b/c/d/e/f/g/h/i/j", &got), ROUTE_UNKNOWN);
    EXPECT_EQ(find("DELETE", "/_search", &got), ROUTE_OTHER_METHOD);
    EXPECT_EQ(find("PATCH", "/", &got), ROUTE_OTHER_METHOD);
}

TEST(route_every_one_is_reached_by_its_own_path)
{
    size_t count = 0;
    const struct route_group *const *groups = route_groups(&count);
    for (size_t g = 0; g < count; g++) {
        for (size_t r = 0; r < groups[g]->count; r++) {
            const struct route *route = &groups[g]->routes[r];
            const char *method = route->methods & METHOD_GET      ? "GET"
                                 : route->methods & METHOD_POST   ? "POST"
                                 : route->methods & METHOD_DELETE ? "DELETE"
                                                                  : "PUT";
            EXPECT(route->handle && route->note && route->action < ACTION_COUNT);
            if (!goes(method, route->path, route->path))
                test_fail(__FILE__, __LINE__, "%s %s goes elsewhere", method, route->path);
        }
    }
}

TEST(route_values_are_decoded)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct api_request r = {.method = "GET", .path = "/a%2Cb/_doc/x%2Fy"};
    struct exchange x = {.request = &r, .arena = request};
    int outcome = -1;
    unsigned methods = 0;
    EXPECT_EQ(route_find(&x, &outcome, &methods, NULL), OK);
    EXPECT(slice_is(exchange_path(&x, 0), "a,b") && slice_is(exchange_path(&x, 1), "x/y"));
    EXPECT_EQ(exchange_path(&x, 2).len, 0);
}

TEST(route_methods_print_with_head)
{
    struct buf out = buf_init(64);
    route_methods_print(METHODS_ALL, &out);
    EXPECT(slice_is(buf_slice(&out), "GET, HEAD, POST, PUT, DELETE"));
    buf_done(&out);
}
