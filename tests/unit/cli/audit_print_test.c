// SPDX-License-Identifier: Apache-2.0
#include "cli/audit_print.h"
#include "test.h"

enum { SCRATCH_BYTES = 1 << 20, NOON_MS = 12 * 3600 * 1000 };

static struct slice row_of(const struct audit_entry *e, struct arena *scratch, struct buf *out)
{
    struct table_print t = audit_table(scratch);
    audit_row(&t, e);
    table_render(&t, out);
    const uint8_t *end = memchr(out->at, '\n', out->len);
    EXPECT(end != NULL);
    return slice_from(buf_slice(out), (size_t)(end - out->at) + 1);
}

TEST(audit_row_says_who_asked_from_where_what_of_which_indices)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    const struct slice indices[] = {slice_text("a"), slice_text("b"), slice_text("c"),
                                    slice_text("d"), slice_text("e")};
    const struct audit_entry e = {.number = 41,
                                  .time_ms = NOON_MS,
                                  .kind = AUDIT_ANSWER,
                                  .status = 200,
                                  .principal = slice_text("ana"),
                                  .key_id = slice_text("k7"),
                                  .address = slice_text("10.1.2.3"),
                                  .action = slice_text("indices:data/read/search"),
                                  .route = slice_text("GET /{index}/_search"),
                                  .rows = 1200,
                                  .indices = indices,
                                  .index_count = 5};
    struct slice row = row_of(&e, scratch, &out);
    static const char *const parts[] = {
        "41",  "1970-01-01T12:00:00.000Z", "answer",           "ana (key k7)", "10.1.2.3",
        "200", "GET /{index}/_search",     "a,b,c and 2 more", "1,200"};
    const char *text = arena_string(scratch, row);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text = strstr(text, parts[i]); // in this order
        EXPECT(text != NULL);
    }
}

TEST(audit_row_of_a_stranger_has_dashes_and_its_action)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    const struct audit_entry e = {.kind = AUDIT_LOGIN, .action = slice_text("login\x1b[2J")};
    const char *text = arena_string(scratch, row_of(&e, scratch, &out));
    EXPECT(strstr(text, "login    -     -") != NULL);
    EXPECT(strstr(text, "login?[2J") != NULL); // no control character reaches a terminal
}

TEST(account_is_told_as_a_row_and_as_an_object)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    const struct account one = {.principal = slice_text("ana"),
                                .entries = 3,
                                .rows_shown = 2000,
                                .rows = 1500,
                                .subjects = 700,
                                .refused = 1};
    struct table_print t = account_table(scratch);
    account_row(&t, &one);
    table_render(&t, &out);
    EXPECT(slice_is(buf_slice(&out),
                    "who  people   rows  rows shown  buckets  entries  changes  refused\n"
                    "ana     700  1,500       2,000        0        3        0        1\n"));
    buf_reset(&out);
    struct json_writer w = json_writer_to(&out);
    account_json(&one, &w);
    EXPECT(slice_is(buf_slice(&out),
                    "{\"principal\":\"ana\",\"subjects\":700,\"rows\":1500,\"rows_shown\":2000,"
                    "\"buckets\":0,\"entries\":3,\"changes\":0,\"refused\":1}"));
}

TEST(found_log_is_told_with_its_head_and_what_no_head_is_over)
{
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    struct audit_found f = {.facts = {.first = 10,
                                      .entries = 1510,
                                      .unsigned_entries = 10,
                                      .unsigned_since_ms = NOON_MS,
                                      .has_head = true,
                                      .head = {.number = 6, .size = 1500, .time_ms = NOON_MS}},
                            .first_ms = 0,
                            .last_ms = NOON_MS};
    audit_found_text(&f, &out);
    EXPECT(slice_is(buf_slice(&out),
                    "1,500 entries, 10 to 1509, from 1970-01-01T00:00:00.000Z to "
                    "1970-01-01T12:00:00.000Z: whole and unchanged\n"
                    "last signed head: number 6 over 1,500 entries, of 1970-01-01T12:00:00.000Z\n"
                    "entries after it, from 1970-01-01T12:00:00.000Z on, that no head is over yet: "
                    "10\n"));
    buf_reset(&out);
    audit_found_json(&f, &out);
    EXPECT(slice_is(buf_slice(&out),
                    "{\"first\":10,\"entries\":1500,\"from\":\"1970-01-01T00:00:00.000Z\","
                    "\"to\":\"1970-01-01T12:00:00.000Z\",\"head\":{\"number\":6,\"size\":1500,"
                    "\"time\":\"1970-01-01T12:00:00.000Z\"},\"without_head\":10}\n"));
}

TEST(found_log_without_entries_says_so)
{
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    const struct audit_found f = {0};
    audit_found_text(&f, &out);
    EXPECT(slice_is(buf_slice(&out), "no entries yet\nno head is signed yet\n"));
}
