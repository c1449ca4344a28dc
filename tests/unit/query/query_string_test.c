// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(query_string_takes_its_options)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct query *q =
        query_of(request, "{'query_string':{'query':'*','analyze_wildcard':true}}");
    EXPECT_EQ(q->kind, QUERY_MATCH_ALL);
    q = query_of(request, "{'query_string':{'query':'a:x b:y','default_operator':'and','lenient':"
                          "true,'boost':2,'_name':'n'}}");
    EXPECT(q->kind == QUERY_BOOL && q->bool_.must_count == 2 && q->boost == 2);
    EXPECT(slice_is(q->name, "n") && q->bool_.must[0]->terms.is_lenient);
    q = query_of(request, "{'query_string':{'query':'x','default_field':'f'}}");
    EXPECT(slice_is(q->terms.field, "f"));
    q = query_of(request, "{'query_string':{'query':'x','fields':['f']}}");
    EXPECT(slice_is(q->terms.field, "f"));
    q = query_of(request, "{'query_string':{'query':'t:>2020','time_zone':'+01:00'}}");
    EXPECT(q->kind == QUERY_RANGE && slice_is(q->range.time_zone, "+01:00"));
}

TEST(query_string_refuses_other_keys)
{
    query_refused("{'query_string':{}}",
                  "parsing_exception: [1:17] [query_string] must be provided with a [query]");
    query_refused("{'query_string':{'x':1}}",
                  "parsing_exception: [1:22] [query_string] query does not support [x]");
    query_refused("{'query_string':{'default_operator':'xor'}}",
                  "illegal_argument_exception: [1:37] operator needs to be either [AND] or [OR]");
    query_refused("{'query_string':{'query':'x','default_field':'*'}}",
                  "query_shard_exception: Failed to parse query [x]: a word needs a field, as in "
                  "field:word");
}
