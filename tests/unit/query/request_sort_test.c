// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(sort_is_a_string_a_map_or_an_array)
{
    static const char *const forms[] = {
        "{'sort':'a'}",
        "{'sort':['a']}",
        "{'sort':{'a':'asc'}}",
        "{'sort':[{'a':{}}]}",
        "{'sort':{'a':{'order':'asc'}}}",
    };
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct request r = request_of(request, forms[i]);
        EXPECT(r.sort_count == 1 && slice_is(r.sort[0].field, "a") && !r.sort[0].descending);
        EXPECT(!r.sort[0].missing_first && r.sort[0].missing.type == LITERAL_NULL);
    }
}

TEST(sort_takes_its_options)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(
        request,
        "{'sort':[{'@t':{'order':'DESC','unmapped_type':'boolean','missing':'_first',"
        "'format':'yyyy','mode':'min','numeric_type':'date'}},{'n':{'missing':7}},'_score',"
        "{'_doc':{'order':'desc'}},{'x':{'missing':'_last'}}]}");
    EXPECT_EQ(r.sort_count, 5);
    EXPECT(r.sort[0].descending && r.sort[0].is_unmapped_ok && r.sort[0].missing_first);
    EXPECT(slice_is(r.sort[0].format, "yyyy"));
    EXPECT(slice_is(r.sort[1].missing.text, "7") && !r.sort[1].missing_first);
    EXPECT(slice_is(r.sort[2].field, "_score") && r.sort[2].descending);
    EXPECT(slice_is(r.sort[3].field, "_doc") && r.sort[3].descending);
    EXPECT(!r.sort[4].missing_first && r.sort[4].missing.type == LITERAL_NULL);
}

TEST(sort_refuses_other_forms)
{
    request_refused("{'sort':{'a':'up'}}",
                    "illegal_argument_exception: Unknown sort order [up] of [a]");
    request_refused("{'sort':{'a':{'x':1}}}",
                    "x_content_parse_exception: [1:19] [field_sort] unknown field [x]");
    request_refused("{'sort':[1]}",
                    "illegal_argument_exception: [1:10] malformed sort format, within the sort "
                    "array, an object, or an actual string are allowed");
    request_refused("{'sort':[{'_script':{}}]}",
                    "illegal_argument_exception: [1:21] cannot sort by [_script]");
}

TEST(sort_fields_are_bounded)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 16);
    buf_text(&text, "{'sort':['a'");
    for (int i = 0; i < 64; i++)
        buf_text(&text, ",'a'");
    buf_text(&text, "]}");
    request_refused(arena_string(request, buf_slice(&text)),
                    "illegal_argument_exception: more than [64] sort fields");
}
