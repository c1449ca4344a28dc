// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(source_has_four_forms)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT(request_of(request, "{'_source':false}").source.is_off);
    EXPECT(!request_of(request, "{'_source':true}").source.is_off);
    struct request r = request_of(request, "{'_source':'a.*'}");
    EXPECT(r.source.include_count == 1 && slice_is(r.source.includes[0], "a.*"));
    EXPECT_EQ(request_of(request, "{'_source':['a','b']}").source.include_count, 2);
    r = request_of(request, "{'_source':{'includes':['a'],'excludes':'b'}}");
    EXPECT(r.source.include_count == 1 && r.source.exclude_count == 1);
    request_refused("{'_source':1}",
                    "parsing_exception: [1:12] Expected one of [VALUE_BOOLEAN, VALUE_STRING, "
                    "START_ARRAY, START_OBJECT] but found [VALUE_NUMBER]");
    request_refused("{'_source':{'x':[]}}",
                    "parsing_exception: [1:17] Unknown key for a START_ARRAY in [x].");
}

TEST(fields_are_patterns_with_formats)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(request, "{'fields':['a*',{'field':'t','format':'epoch_millis',"
                                           "'include_unmapped':true}]}");
    EXPECT_EQ(r.field_count, 2);
    EXPECT(slice_is(r.fields[0].pattern, "a*") && r.fields[0].format.len == 0);
    EXPECT(slice_is(r.fields[1].pattern, "t") && slice_is(r.fields[1].format, "epoch_millis"));
    request_refused("{'fields':'a'}", "x_content_parse_exception: [1:11] [search] fields doesn't "
                                      "support values of type: VALUE_STRING");
    request_refused("{'docvalue_fields':[{}]}",
                    "illegal_argument_exception: [1:21] Required [field] in [docvalue_fields]");
}
