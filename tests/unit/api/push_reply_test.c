// SPDX-License-Identifier: Apache-2.0
#include "api/push_reply.h"
#include "store/store.h"
#include "test.h"

static const struct table tables[] = {{.name = "ev", .source = "push/ev"}};
static const struct schema schema = {.table_count = 1, .tables = tables};

struct stage {
    struct push_answer *answer;
    struct push_reply reply;
    struct buf out;
};

static struct stage stage_new(const char *body, const char *texts)
{
    struct stage s = {.answer = push_answer_new(), .out = buf_init(1 << 16)};
    s.answer->first_number[0] = 10;
    buf_text(&s.answer->texts, texts);
    s.reply = (struct push_reply){
        .schema = &schema, .body = slice_text(body), .answer = s.answer, .term = 5};
    return s;
}

static void stage_done(struct stage *s)
{
    push_answer_free(s->answer);
    buf_done(&s->out);
}

static void row(struct stage *s, uint8_t outcome, uint64_t number)
{
    buf_u8(&s->answer->outcomes, outcome);
    buf_bytes(&s->answer->numbers, &number, sizeof number);
}

static void add(struct stage *s, const struct push_item *item)
{
    buf_bytes(&s->answer->items, item, sizeof *item);
}

static void expect(struct stage *s, const char *want)
{
    push_reply_bulk(&s->reply, 5, &s->out);
    if (!slice_is(buf_slice(&s->out), want))
        test_fail(__FILE__, __LINE__, "%.*s", SLICE_PRINT(buf_slice(&s->out)));
}

TEST(push_reply_has_elasticsearch_s_keys_in_their_order)
{
    struct stage s = stage_new("..k..", "");
    row(&s, OUTCOME_REPLACED, 9);
    s.reply.forced_refresh = true;
    add(&s, &(struct push_item){.op = PUSH_INDEX, .id = {2, 1}});
    expect(&s,
           "{\"took\":5,\"errors\":false,\"items\":[{\"index\":{\"_index\":\"ev\",\"_id\":\"k\","
           "\"_version\":10,\"result\":\"updated\",\"forced_refresh\":true,\"_shards\":{"
           "\"total\":1,\"successful\":1,\"failed\":0},\"_seq_no\":9,\"_primary_term\":5,"
           "\"status\":200}}]}");
    stage_done(&s);
}

TEST(push_reply_may_leave_out_what_did_not_fail)
{
    struct stage s = stage_new("..k..", "w: x");
    row(&s, OUTCOME_CAME, 9);
    row(&s, OUTCOME_CAME, 9);
    s.reply.only_failed = true;
    add(&s, &(struct push_item){.op = PUSH_INDEX, .id = {2, 1}});
    add(&s, &(struct push_item){
                .op = PUSH_INDEX, .flags = PUSH_ITEM_FAILED, .status = 400, .words = {5, 4}});
    add(&s, &(struct push_item){.op = PUSH_INDEX, .row = 1, .id = {2, 1}});
    expect(&s, "{\"took\":5,\"errors\":true,\"items\":[{\"index\":{\"_index\":\"ev\",\"_id\":"
               "null,\"status\":400,\"error\":{\"type\":\"illegal_argument_exception\","
               "\"reason\":\"w: x\"}}}]}");
    stage_done(&s);
}

TEST(push_reply_escapes_what_is_not_of_the_body)
{
    struct stage s = stage_new("body", "a\"btype: no \"x\"");
    add(&s, &(struct push_item){.op = PUSH_DELETE,
                                .flags = PUSH_ITEM_FAILED,
                                .table = PUSH_NO_TABLE,
                                .status = 404,
                                .id = {4, 3},
                                .index = {0, 4},
                                .words = {7, 12}});
    expect(&s, "{\"took\":5,\"errors\":true,\"items\":[{\"delete\":{\"_index\":\"body\",\"_id\":"
               "\"a\\\"b\",\"status\":404,\"error\":{\"type\":\"illegal_argument_exception\","
               "\"reason\":\"type: no \\\"x\\\"\"}}}]}");
    stage_done(&s);
}

static struct push_end end_of(enum push_op op, uint8_t flags, uint8_t first, uint8_t second)
{
    struct stage s = stage_new("", "");
    const struct push_item item = {.op = (uint8_t)op, .flags = flags};
    struct push_end end;
    row(&s, first, 9);
    row(&s, second, 10);
    push_end_of(&s.reply, &item, &end);
    stage_done(&s);
    return end;
}

TEST(push_reply_says_what_became_of_a_row)
{
    EXPECT_EQ(end_of(PUSH_INDEX, 0, OUTCOME_CAME, 0).status, 201);
    EXPECT_EQ(end_of(PUSH_INDEX, 0, OUTCOME_REPLACED, 0).status, 200);
    EXPECT_EQ(end_of(PUSH_CREATE, 0, OUTCOME_NOTHING, 0).status, 409);
    EXPECT_EQ(end_of(PUSH_UPDATE, 0, OUTCOME_NOTHING, 0).status, 404);
    EXPECT(end_of(PUSH_UPDATE, 0, OUTCOME_NOTHING, 0).result == NULL);
    EXPECT_EQ(end_of(PUSH_DELETE, 0, OUTCOME_WENT, 0).status, 200);
    struct push_end gone = end_of(PUSH_DELETE, 0, OUTCOME_NOTHING, 0);
    EXPECT_EQ(gone.status, 404);
    EXPECT(strcmp(gone.result, "not_found") == 0);
    struct push_end upsert = end_of(PUSH_UPDATE, PUSH_ITEM_UPSERT, OUTCOME_NOTHING, OUTCOME_CAME);
    EXPECT_EQ(upsert.status, 201);
    EXPECT_EQ(upsert.seq_no, 10);
    EXPECT_EQ(end_of(PUSH_UPDATE, PUSH_ITEM_UPSERT, OUTCOME_REPLACED, OUTCOME_NOTHING).status, 200);
}

TEST(push_reply_says_that_nothing_had_to_be_done)
{
    struct stage s = stage_new("..k..", "");
    row(&s, OUTCOME_SAME, 9);
    add(&s, &(struct push_item){.op = PUSH_UPDATE, .id = {2, 1}});
    expect(&s,
           "{\"took\":5,\"errors\":false,\"items\":[{\"update\":{\"_index\":\"ev\",\"_id\":\"k\","
           "\"_version\":10,\"result\":\"noop\",\"_shards\":{\"total\":0,\"successful\":0,"
           "\"failed\":0},\"_seq_no\":9,\"_primary_term\":5,\"status\":200}}]}");
    stage_done(&s);
}

static void expect_conflict(uint64_t number, enum push_op op, int status, const char *words)
{
    struct stage s = stage_new("..k..", "");
    const struct push_condition only_if = {true, 3, 5};
    const struct push_item item = {
        .op = (uint8_t)op, .flags = PUSH_ITEM_IF, .id = {2, 1}, .words = {5, PUSH_CONDITION_BYTES}};
    struct push_end end;
    struct fault said;
    row(&s, PUSH_CONFLICT, number);
    push_condition_encode(&only_if, &s.answer->texts);
    push_end_of(&s.reply, &item, &end);
    push_reply_words(&s.reply, &item, &end, &said);
    EXPECT_EQ(end.status, status);
    if (strcmp(said.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s", said.words);
    stage_done(&s);
}

TEST(push_reply_says_which_row_was_there_instead)
{
    expect_conflict(4, PUSH_INDEX, 409,
                    "version_conflict_engine_exception: [k]: version conflict, required seqNo [3], "
                    "primary term [5]. current document has seqNo [4] and primary term [5]");
    expect_conflict(STORE_NO_ROW, PUSH_DELETE, 409,
                    "version_conflict_engine_exception: [k]: version conflict, required seqNo [3], "
                    "primary term [5]. but no document was found");
    expect_conflict(STORE_NO_ROW, PUSH_UPDATE, 404,
                    "document_missing_exception: [k]: document missing");
}
