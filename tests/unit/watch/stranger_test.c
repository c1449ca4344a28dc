// SPDX-License-Identifier: Apache-2.0
// Answers of real servers are in tests/flow/test_probe.py.
#include "test.h"
#include "watch/stranger.h"

static enum answer read_as(const char *path, long status, const char *body)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(1 << 20);
    const struct stranger_question *q;
    for (unsigned i = 0; (q = stranger_at(i)); i++) {
        if (strcmp(q->path, path) != 0)
            continue;
        struct stranger_reply r = {.status = status, .body = slice_text(body)};
        return q->read(&r, scratch);
    }
    test_fail(__FILE__, __LINE__, "no question %s", path);
}

TEST(stranger_questions_only_read)
{
    const struct stranger_question *q;
    unsigned of_store[STORE_KINDS] = {0};
    for (unsigned i = 0; (q = stranger_at(i)); i++) {
        of_store[q->store]++;
        EXPECT(q->gives != GIVES_NOTHING && q->path && q->read);
        EXPECT_EQ(q->method != NULL, store_is_http(q->store));
        EXPECT(!q->method || q->path[0] == '/');
        EXPECT(q->method || q->body.len);
    }
    for (unsigned i = 0; i < STORE_KINDS; i++)
        EXPECT(of_store[i] && store_port((enum store_kind)i) && *store_name((enum store_kind)i));
    EXPECT_EQ(of_store[STORE_ELASTICSEARCH], 16);
}

TEST(stranger_answers_count_by_their_shape)
{
    static const struct {
        const char *path, *body;
    } given[] = {
        {"/", "{\"cluster_name\":\"x\",\"tagline\":\"You Know, for Search\"}"},
        {"/_nodes", "{\"nodes\":{\"a\":{}}}"},
        {"/_cat/indices?format=json&bytes=b", "[{\"index\":\"a\"}]"},
        {"/_cat/indices?format=json&bytes=b", "[]"},
        {"/_mapping", "{\"a\":{\"mappings\":{}}}"},
        {"/_security/user", "{\"elastic\":{\"roles\":[]}}"},
        {"/_all/_search?size=1", "{\"took\":1}"},
        {"/_sql?format=json", "{\"columns\":[],\"rows\":[]}"},
        {"/ping", "Ok.\n"},
        {"/?query=SELECT%20count()%20FROM%20system.tables", "71\n"},
        {"/_all_dbs", "[\"_users\"]"},
        {"/v3/kv/range", "{\"header\":{},\"count\":\"1\"}"},
        {"INFO server", "$3000\r\n# Server\r\nredis_version:7.0.15\r\n"},
        {"DBSIZE", ":12\r\n"},
        {"stats", "STAT pid 1\r\nSTAT curr_items 3\r\nEND\r\n"},
    };

    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (read_as(given[i].path, 200, given[i].body) != ANSWER_GIVEN)
            test_fail(__FILE__, __LINE__, "%s is not given", given[i].path);
    }
}

TEST(stranger_pages_that_say_200_to_everything_give_nothing)
{
    static const char *const pages[] = {
        "", "<html>It works!</html>", "{}", "[1]", "null", "\"ok\"", "{\"a\":1}", "71 rows"};
    const struct stranger_question *q;
    struct arena *scratch AUTO(arena_freep) = arena_new(1 << 20);
    for (unsigned i = 0; (q = stranger_at(i)); i++) {
        bool is_bare_list = strcmp(q->path, "/_mapping") == 0 || strcmp(q->path, "/_aliases") == 0;
        for (size_t p = 0; p < sizeof pages / sizeof *pages; p++) {
            struct stranger_reply r = {.status = 200, .body = slice_text(pages[p])};
            // "{}" is what a server without an index says.
            if (!(is_bare_list && strcmp(pages[p], "{}") == 0) &&
                q->read(&r, scratch) != ANSWER_OTHER)
                test_fail(__FILE__, __LINE__, "%s is given by '%s'", q->path, pages[p]);
        }
    }
}

TEST(stranger_refusals_are_told_from_other_answers)
{
    EXPECT_EQ(read_as("/", 401, "{\"error\":{}}"), ANSWER_REFUSED);
    EXPECT_EQ(read_as("/_nodes", 403, ""), ANSWER_REFUSED);
    EXPECT_EQ(read_as("/_nodes", 404, "{\"nodes\":{\"a\":{}}}"), ANSWER_OTHER);
    EXPECT_EQ(read_as("INFO server", 0, "-NOAUTH Authentication required.\r\n"), ANSWER_REFUSED);
    EXPECT_EQ(read_as("DBSIZE", 0, "-NOAUTH Authentication required.\r\n"), ANSWER_REFUSED);
    EXPECT_EQ(read_as("DBSIZE", 0, "-ERR unknown command\r\n"), ANSWER_OTHER);
    EXPECT_EQ(read_as("stats", 0, "CLIENT_ERROR unauthenticated\r\n"), ANSWER_REFUSED);
}
