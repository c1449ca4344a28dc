// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(agg_counts_are_whole_and_bounded)
{
    agg_refused("{'a':{'terms':{'field':'f','size':0}}}",
                "illegal_argument_exception: [size] must be greater than 0. Found [0] in [a]");
    agg_refused("{'a':{'terms':{'field':'f','size':4294967296}}}",
                "illegal_argument_exception: [size] must be less than 4294967296. Found "
                "[4294967296] in [a]");
    agg_refused("{'a':{'terms':{'field':'f','min_doc_count':-1}}}",
                "illegal_argument_exception: [min_doc_count] must be greater than or equal to 0. "
                "Found [-1] in [a]");
    agg_refused(
        "{'a':{'terms':{'field':'f','size':'x'}}}",
        "x_content_parse_exception: [1:35] [terms] failed to parse field [size]: expected a "
        "whole number, found another string");
}

TEST(aggs_need_a_field_and_have_no_scripts)
{
    agg_refused("{'a':{'avg':{}}}", "illegal_argument_exception: Required one of fields [field, "
                                    "script], but none were specified. ");
    agg_refused("{'a':{'avg':{'script':'1'}}}", "illegal_argument_exception: [1:23] [avg] does not "
                                                "support [script]: there are no scripts");
    agg_refused("{'a':{'avg':{'field':1}}}", "x_content_parse_exception: [1:22] [avg] field "
                                             "doesn't support values of type: VALUE_NUMBER");
}
