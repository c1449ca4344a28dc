// SPDX-License-Identifier: Apache-2.0
#include "server/push_reader.h"
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/pushed.h"

static const uint8_t keys[3][32] = {{1}, {2}, {3}};

struct stage {
    struct arena *arena;
    const struct policy *policy;
    struct push_reader *reader;
    struct push_head head;
    struct buf bytes;
    struct push_result result;
    struct fault why;
};

static void stage_open(struct stage *s)
{
    const struct sieve_keys all = {keys, keys, NULL, NULL};
    *s = (struct stage){.arena = arena_new(POLICY_ARENA_BYTES), .bytes = buf_init(1 << 20)};
    EXPECT_EQ(policy_parse(slice_text(PUSHED_POLICY), s->arena, &s->policy, NULL), OK);
    EXPECT_EQ(push_reader_new(s->policy, &all, &s->reader, NULL), OK);
    s->head = (struct push_head){.kind = PUSH_BULK,
                                 .table = PUSH_NO_TABLE,
                                 .allowed = {UINT64_MAX},
                                 .index = slice_text("app-events")};
}

static void stage_done(struct stage *s)
{
    push_reader_free(s->reader);
    buf_done(&s->bytes);
    arena_free(s->arena);
}

static enum err take(struct stage *s, const char *body)
{
    buf_reset(&s->bytes);
    push_head_encode(&s->head, &s->bytes);
    buf_text(&s->bytes, body);
    return push_reader_take(s->reader, buf_slice(&s->bytes), &s->result, &s->why);
}

static void expect_refused_body(struct stage *s, const char *body, const char *words)
{
    EXPECT_EQ(take(s, body), ERR_INVALID);
    if (!strstr(s->why.words, words))
        test_fail(__FILE__, __LINE__, "%s", s->why.words);
}

TEST(push_reader_makes_items_of_actions)
{
    struct stage s;
    stage_open(&s);
    EXPECT_EQ(take(&s, "{\"index\":{}}\n{}\n\n{\"delete\":{\"_id\":\"k\"}}\n{\"create\":{}}\n"),
              OK);
    EXPECT_EQ(s.result.item_count, 2); // the last has no document
    EXPECT_EQ(s.result.items[0].op, PUSH_INDEX);
    EXPECT_EQ(s.result.items[1].op, PUSH_DELETE);
    EXPECT_EQ(s.result.items[1].row, 1);
    EXPECT_EQ(s.result.items[1].id.len, 1);
    EXPECT(s.result.changesets.len > 0);
    stage_done(&s);
}

TEST(push_reader_refuses_bodies_that_are_no_bulk)
{
    struct stage s;
    stage_open(&s);
    expect_refused_body(&s, "{\"index\":{}}\n{}", "terminated by a newline");
    expect_refused_body(&s, "\n\n", "no requests added");
    expect_refused_body(&s, "{\"delete\":{}}\n", "id is missing");
    expect_refused_body(&s, "{\"update\":{}}\n{}\n", "id is missing");
    expect_refused_body(&s, "{\"index\":{}}\n{}\nx\n", "Malformed action/metadata line [3]");
    s.head.index = slice_text("");
    expect_refused_body(&s, "{\"index\":{}}\n{}\n", "index is missing");
    // Nothing of a refused body stays for the next one.
    s.head.index = slice_text("app-events");
    EXPECT_EQ(take(&s, "{\"delete\":{\"_id\":\"k\"}}\n"), OK);
    EXPECT_EQ(s.result.items[0].row, 0);
    stage_done(&s);
}

TEST(push_reader_writes_only_where_the_client_may)
{
    struct stage s;
    stage_open(&s);
    s.head.allowed[0] = (uint64_t)1 << PUSHED_LOGS;
    EXPECT_EQ(take(&s, "{\"index\":{}}\n{}\n{\"index\":{\"_index\":\"app.logs\"}}\n{}\n"), OK);
    EXPECT_EQ(s.result.items[0].flags, PUSH_ITEM_FAILED);
    EXPECT_EQ(s.result.items[0].status, 403);
    EXPECT_EQ(s.result.items[1].flags, 0);
    EXPECT_EQ(s.result.items[1].table, PUSHED_LOGS);
    stage_done(&s);
}

TEST(push_reader_takes_both_rows_of_an_upsert_or_none)
{
    struct stage s;
    stage_open(&s);
    EXPECT_EQ(take(&s, "{\"update\":{\"_id\":\"a\"}}\n"
                       "{\"doc\":{\"ok\":true},\"upsert\":{\"ok\":\"perhaps\"}}\n"
                       "{\"update\":{\"_id\":\"a\"}}\n"
                       "{\"doc\":{\"ok\":true},\"upsert\":{\"ok\":false}}\n"),
              OK);
    EXPECT_EQ(s.result.items[0].flags, PUSH_ITEM_FAILED);
    EXPECT_EQ(s.result.items[1].flags, PUSH_ITEM_UPSERT);
    EXPECT_EQ(s.result.items[1].row, 0);
    stage_done(&s);
}

TEST(push_reader_finds_keys)
{
    struct stage s;
    stage_open(&s);
    s.head = (struct push_head){.kind = PUSH_FIND, .table = PUSHED_EVENTS, .id = slice_text("a")};
    EXPECT_EQ(take(&s, ""), OK);
    EXPECT_EQ(s.result.texts.len, 16);
    s.head.table = PUSHED_DEVICES;
    EXPECT_EQ(take(&s, ""), ERR_NOT_FOUND);
    stage_done(&s);
}

TEST(push_reader_takes_one_document)
{
    struct stage s;
    stage_open(&s);
    s.head = (struct push_head){.kind = PUSH_ONE,
                                .op = PUSH_CREATE,
                                .table = PUSHED_LOGS,
                                .allowed = {UINT64_MAX},
                                .id = slice_text("a")};
    EXPECT_EQ(take(&s, "{\n\"level\":\"warn\"\n}"), OK);
    EXPECT_EQ(s.result.item_count, 1);
    EXPECT_EQ(s.result.items[0].flags, 0);
    EXPECT_EQ(s.result.texts.len, 1); // the id is not of the body
    stage_done(&s);
}

static void expect_item(struct stage *s, const char *body, int status, uint16_t table)
{
    EXPECT_EQ(take(s, body), OK);
    EXPECT_EQ(s->result.items[0].status, status);
    EXPECT_EQ(s->result.items[0].table, table);
}

TEST(push_reader_knows_aliases_as_names_of_where_they_are_written)
{
    static const char plain[] = "{\"index\":{\"_index\":\"now\"}}\n{}\n";
    static const char needs[] = "{\"index\":{\"_index\":\"now\",\"require_alias\":true}}\n{}\n";
    struct stage s;
    struct buf aliases AUTO(buf_donep) = buf_init(1 << 10);
    stage_open(&s);
    expect_item(&s, plain, 404, PUSH_NO_TABLE);
    push_alias_add(&aliases, slice_text("several"), PUSH_NO_TABLE);
    push_alias_add(&aliases, slice_text("now"), PUSHED_LOGS);
    s.head.aliases = buf_slice(&aliases);
    expect_item(&s, plain, 0, PUSHED_LOGS);
    expect_item(&s, needs, 0, PUSHED_LOGS);
    expect_item(&s, "{\"index\":{\"_index\":\"several\"}}\n{}\n", 400, PUSH_NO_TABLE);
    expect_item(&s, "{\"index\":{\"_index\":\"app.logs\",\"require_alias\":true}}\n{}\n", 404,
                PUSH_NO_TABLE);
    // Within one body too, where the line before named the same index.
    EXPECT_EQ(take(&s, "{\"index\":{}}\n{}\n{\"index\":{\"require_alias\":true}}\n{}\n"), OK);
    EXPECT_EQ(s.result.items[0].status, 0);
    EXPECT_EQ(s.result.items[1].status, 404);
    s.head.index = slice_text("now");
    expect_item(&s, "{\"index\":{}}\n{}\n", 0, PUSHED_LOGS);
    // An alias does not make of a mirrored index one that takes documents.
    push_alias_add(&aliases, slice_text("mirrored"), PUSHED_DEVICES);
    s.head.aliases = buf_slice(&aliases);
    expect_item(&s, "{\"index\":{\"_index\":\"mirrored\"}}\n{}\n", 400, PUSHED_DEVICES);
    stage_done(&s);
}

TEST(push_reader_clears_an_index_that_is_pushed_into)
{
    struct stage s;
    stage_open(&s);
    s.head = (struct push_head){
        .kind = PUSH_CLEAR, .table = PUSHED_LOGS, .allowed = {(uint64_t)1 << PUSHED_LOGS}};
    EXPECT_EQ(take(&s, ""), OK);
    EXPECT_EQ(s.result.item_count, 1);
    EXPECT(s.result.changesets.len > 0);
    s.head.allowed[0] = 0;
    EXPECT_EQ(take(&s, ""), ERR_INVALID);
    s.head.table = PUSHED_DEVICES;
    s.head.allowed[0] = UINT64_MAX;
    EXPECT_EQ(take(&s, ""), ERR_INVALID);
    stage_done(&s);
}
