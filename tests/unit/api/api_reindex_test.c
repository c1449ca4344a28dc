// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

// What is copied needs mirror's end: tests/flow/test_documents.py.  Here is what is refused before.

TEST(api_reindex_refuses_what_it_cannot_copy)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const bad[][2] = {
        {"{\"source\":{\"index\":\"events\"}}", "Validation Failed: 1: index is missing;"},
        {"{\"dest\":{\"index\":\"events\"}}", "use _all if you really want"},
        {"{\"source\":{\"index\":[]},\"dest\":{\"index\":\"x\"}}", "a name or a list of names"},
        {"{\"source\":{\"remote\":{}},\"dest\":{}}", "[remote] is not supported"},
        {"{\"source\":{\"index\":\"events\",\"size\":0}}", "[size] must be from 1 to 10000, got 0"},
        {"{\"source\":{\"index\":\"events\",\"slice\":{}}}", "[source] unknown field [slice]"},
        {"{\"dest\":{\"index\":\"x\",\"pipeline\":\"p\"}}", "[dest] unknown field [pipeline]"},
        {"{\"dest\":{\"index\":\"x\",\"version_type\":\"external\"}}", "[version_type]"},
        {"{\"script\":{}}", "there are no scripts"},
        {"{\"colour\":1}", "[reindex] unknown field [colour]"},
        {"{\"max_docs\":0}", "[max_docs] must be from 1"},
        {"{\"source\":{\"index\":\"devices\"},\"dest\":{\"index\":\"events\"}}",
         "documents are not pushed into it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /_reindex", bad[i][0]), 400);
        talk_expect(&t, bad[i][1]);
    }
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /_reindex", NULL), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /_reindex?wait_for_completion=false",
                       "{\"source\":{\"index\":\"devices\"},\"dest\":{\"index\":\"events\"}}"),
              400);
    talk_expect(&t, "there are no tasks");
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /_reindex",
                       "{\"source\":{\"index\":\"devices\"},\"dest\":{\"index\":\"nosuch\"}}"),
              404);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_reindex",
                       "{\"source\":{\"index\":\"devices\"},\"dest\":{\"index\":\"events\"}}"),
              403);
    talk_close(&t);
}
