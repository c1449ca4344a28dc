// SPDX-License-Identifier: Apache-2.0
#include "query/request.h"

// Any search body and any URL parameter: parsed or refused with words, nothing else.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lay_over(struct request *r, struct slice in, struct arena *request)
{
    static const char *const names[] = {"q",       "sort",     "_source", "track_total_hits",
                                        "timeout", "from",     "size",    "docvalue_fields",
                                        "version", "min_score"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool known = false;
        struct fault why = {0};
        enum err e = request_parameter(r, slice_text(names[i]), in, request, &known, &why);
        if (!known || (e && !strchr(why.words, ':')))
            __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *request AUTO(arena_freep) = arena_new(256 << 20);
    struct slice in = slice_of(data, size);
    const struct json *v = NULL;
    struct request r;
    struct fault why = {0};
    if (request_parse(NULL, request, &r, NULL))
        __builtin_trap();
    lay_over(&r, in, request);
    if (json_parse(in, request, &v, NULL))
        return 0;
    enum err e = request_parse(v, request, &r, &why);
    if (e && !strstr(why.words, "_exception: "))
        __builtin_trap();
    if (!e && (!r.query || (request_check(&r, &why) && !strstr(why.words, "_exception: "))))
        __builtin_trap();
    return 0;
}
