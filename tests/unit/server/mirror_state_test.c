// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"
#include "server/mirror_state.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static bool has(struct buf *out, const char *word)
{
    return memmem(out->at, out->len, word, strlen(word)) != NULL;
}

TEST(mirror_state_says_how_a_source_stands)
{
    struct mirror_state s;
    mirror_state_init(&s, "fleet", 2);
    s.tables[0].name = "devices";
    s.tables[1].name = "connections";
    mirror_state_copying(&s, "nothing is copied yet");
    s.tables[0].copied = 10;
    s.tables[0].rows_estimated = 40;
    snprintf(s.tables[1].refused, sizeof s.tables[1].refused, "looks like: e-mail address");
    s.server_end_lsn = 0x100000200;
    s.durable_lsn = 0x100000100;
    struct mirror_state *list[] = {&s};
    struct buf out = buf_init(1 << 16);
    mirror_state_print(list, 1, 5000, &out);
    EXPECT(has(&out, "\"name\":\"fleet\",\"phase\":\"copying\""));
    EXPECT(has(&out, "\"words\":\"first copy: nothing is copied yet\""));
    EXPECT(has(&out, "\"rows_copied\":10,\"rows_estimated\":40"));
    EXPECT(has(&out, "\"end_lsn\":\"1/100\",\"lag_bytes\":256,\"lag_ms\":0"));
    EXPECT(has(&out, "\"last_error\":null"));
    EXPECT(has(&out, "\"name\":\"connections\",\"rows\":0,\"refused\":\"looks like"));
    struct arena *scratch AUTO(arena_freep) = arena_new(1 << 20);
    const struct json *tree;
    EXPECT_EQ(json_parse(buf_slice(&out), scratch, &tree, NULL), OK);
    buf_done(&out);
    mirror_state_done(&s);
}

TEST(mirror_state_calls_a_copy_whole_only_once_it_is_kept)
{
    struct mirror_state s;
    mirror_state_init(&s, "fleet", 0);
    mirror_state_stage(&s, STAGE_STREAMING, "following every change");
    struct mirror_state *list[] = {&s};
    struct buf out = buf_init(1 << 16);
    mirror_state_print(list, 1, 5000, &out);
    EXPECT(has(&out, "\"phase\":\"copying\",\"words\":\"the last rows of the copy"));
    s.durable_lsn = 0x100;
    mirror_state_print(list, 1, 6000, &out);
    EXPECT(has(&out, "\"phase\":\"streaming\",\"words\":\"following every change\""));
    buf_done(&out);
    mirror_state_done(&s);
}

TEST(mirror_state_counts_failures_and_measures_speed)
{
    struct mirror_state s;
    mirror_state_init(&s, "fleet", 0);
    const struct fault why = {ERR_DENIED, "role x may not"};
    mirror_state_failed(&s, &why, 42);
    mirror_state_failed(&s, &why, 43);
    EXPECT(s.has_changed);
    struct mirror_state *list[] = {&s};
    struct buf out = buf_init(1 << 16);
    s.rows = 100;
    mirror_state_print(list, 1, 10000, &out);
    EXPECT(!s.has_changed);
    s.rows = 2100;
    mirror_state_print(list, 1, 12000, &out);
    EXPECT(has(&out, "\"rows_per_second\":1000.0"));
    EXPECT(has(&out, "\"retries\":2"));
    EXPECT(has(&out, "\"phase\":\"failed\",\"words\":\"role x may not\""));
    EXPECT(has(&out, "\"last_error_ms\":43"));
    buf_done(&out);
    mirror_state_done(&s);
}

TEST(mirror_state_lag_is_the_age_of_what_is_not_kept_yet)
{
    struct mirror_state s;
    mirror_state_init(&s, "fleet", 0);
    s.end_lsn = 20;
    s.durable_lsn = 10;
    s.commit_ms = 4000;
    struct mirror_state *list[] = {&s};
    struct buf out = buf_init(1 << 16);
    mirror_state_print(list, 1, 5500, &out);
    EXPECT(has(&out, "\"lag_ms\":1500"));
    s.durable_lsn = 20;
    mirror_state_print(list, 1, 9000, &out);
    EXPECT(has(&out, "\"lag_ms\":0"));
    buf_done(&out);
    mirror_state_done(&s);
}

TEST(mirror_state_leaves_tables_out_before_it_is_too_long)
{
    struct mirror_state s;
    mirror_state_init(&s, "fleet", 100);
    struct mirror_state *list[] = {&s};
    struct buf out = buf_init(1000);
    mirror_state_print(list, 1, 1, &out);
    EXPECT(!out.over_limit);
    EXPECT(has(&out, "\"name\":\"fleet\"") && !has(&out, "\"tables\""));
    buf_done(&out);
    mirror_state_done(&s);
}
