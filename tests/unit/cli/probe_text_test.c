// SPDX-License-Identifier: Apache-2.0
#include "cli/probe_text.h"
#include "test.h"

static const char *said(const struct probe_result *r, struct arena *scratch)
{
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    probe_text(r, "http://h:9200", scratch, &out);
    return arena_string(scratch, buf_slice(&out));
}

TEST(probe_text_says_each_verdict_in_words)
{
    static const char *const words[] = {"no answer  http://h:9200", "closed  http://h:9200",
                                        "PARTLY OPEN  http://h:9200", "OPEN  http://h:9200"};
    for (unsigned v = PROBE_NO_ANSWER; v <= PROBE_OPEN; v++) {
        struct arena *scratch AUTO(arena_freep) = arena_new(1 << 20);
        struct probe_result r = {.verdict = (enum probe_verdict)v, .store = STORE_KINDS};
        EXPECT(strncmp(said(&r, scratch), words[v], strlen(words[v])) == 0);
    }
}

TEST(probe_text_lists_what_was_given_and_of_whom)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(1 << 20);
    struct exposed_field mail = {.index = "users",
                                 .field = "m\x1b[2Jail",
                                 .kind = "e-mail address",
                                 .by_form = true,
                                 .rows = 1200};
    struct probe_result r = {.verdict = PROBE_OPEN,
                             .store = STORE_ELASTICSEARCH,
                             .version = "7.1.0",
                             .answer_count = 1,
                             .exposure = {.index_count = 1,
                                          .rows = 3400,
                                          .bytes = 1000,
                                          .has_ransom_note = true,
                                          .left_unlooked = 2,
                                          .fields = &mail}};
    r.answers[0] = (struct probe_answer){.question = stranger_at(0), .answer = ANSWER_GIVEN};
    const char *text = said(&r, scratch);
    EXPECT(strstr(text, "Elasticsearch or OpenSearch 7.1.0") != NULL);
    EXPECT(strstr(text, "to GET /\n") != NULL);
    EXPECT(strstr(text, "exposed: 1 index, 3,400 rows, 1.0 kB") != NULL);
    EXPECT(strstr(text, "robbers") != NULL);
    EXPECT(strstr(text, "2 more indices") != NULL);
    EXPECT(strstr(text, "1,200") != NULL);
    EXPECT(strchr(text, '\x1b') == NULL);
}
