// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "api/filter_path.h"
#include "base/check.h"

// What a stranger's request line may hold: the path through the routes, the query through
// the parameters, and what filter_path makes of a reply.  No crash, no overrun; decoded
// text is UTF-8 without NUL.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_ARENA_BYTES = 64 << 20, FUZZ_TEXT_MAX = 4096 };

static void check_text(struct slice s)
{
    CHECK(s.len == 0 || !memchr(s.at, 0, s.len));
}

static void route(struct arena *request, const char *path)
{
    static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"};
    for (int m = 0; m < 6; m++) {
        const struct api_request r = {.method = methods[m], .path = path};
        struct exchange x = {.request = &r, .arena = request};
        int outcome = -1;
        unsigned allowed = 0;
        if (route_find(&x, &outcome, &allowed, NULL) != OK)
            continue;
        CHECK((outcome == ROUTE_FOUND) == (x.route != NULL));
        for (uint32_t i = 0; i < x.path_value_count; i++)
            check_text(exchange_path(&x, i));
    }
}

static void query(struct arena *request, struct slice text)
{
    struct parameters p;
    if (parameters_parse(text, request, &p, NULL) != OK)
        return;
    CHECK(p.count <= URL_PARAMETERS_MAX);
    for (uint32_t i = 0; i < p.count; i++) {
        check_text(p.at[i].name);
        check_text(p.at[i].value);
        CHECK(parameter_get(&p, "pretty") == NULL || p.count > 0);
    }
}

static void filter(struct slice paths)
{
    static const char reply[] = "{\"took\":1,\"hits\":{\"hits\":[{\"_id\":\"1\",\"s\":{\"a.b\":1}},"
                                "{}]},\"a\":[[{\"a\":2}]]}";
    struct buf out = buf_init(FUZZ_TEXT_MAX);
    if (filter_path_apply(slice_text(reply), paths, false, &out, NULL) == OK)
        CHECK(out.len >= 2 && out.len <= sizeof reply);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > FUZZ_TEXT_MAX)
        return 0;
    struct arena *request AUTO(arena_freep) = arena_new(FUZZ_ARENA_BYTES);
    route(request, arena_string(request, slice_of(data, size)));
    query(request, slice_of(data, size));
    filter(slice_of(data, size));
    struct media media;
    int status = 0;
    if (negotiate(slice_of(data, size), slice_of(data, size), true, &media, &status, NULL) == OK)
        CHECK(media.json_type.len > 0);
    return 0;
}
