// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "watch/exposure.h"

#include <stdio.h>

// A server of two indices and some that have names nobody can ask for.
static enum err send_rows(void *context, const struct stranger_question *q, struct arena *scratch,
                          struct stranger_reply *out, struct fault *why)
{
    (void)context;
    (void)why;
    const char *body = "{}";
    char fields[64];
    if (strncmp(q->path, "/_cat/", 6) == 0)
        body = "[{\"index\":\"people\",\"docs.count\":\"40\",\"store.size\":\"1000\"},"
               "{\"index\":\"read_me\",\"docs.count\":\"1\",\"store.size\":\"10\"},"
               "{\"index\":\"a/b\",\"docs.count\":\"2\",\"store.size\":\"20\"},"
               "{\"index\":7},{\"index\":\"\"}]";
    else if (strcmp(q->path, "/people/_search?size=100") == 0)
        body = "{\"hits\":{\"hits\":["
               "{\"_source\":{\"who\":{\"mail\":[\"a@example.org\",\"b@example.org\"]},"
               "\"device\":{\"wifi_ssid\":\"x\"},\"latency\":12}},"
               "{\"_source\":{\"who.mail\":\"c@example.org\",\"latency\":null}},"
               "{\"_source\":{\"latency\":13}},{\"no\":1}]}}";
    else if (strcmp(q->path, "/people/_count") == 0) {
        snprintf(fields, sizeof fields, "{\"count\":%d}",
                 memmem(q->body.at, q->body.len, "who.mail", 8) ? 30 : 4);
        body = arena_string(scratch, slice_text(fields));
    }
    *out = (struct stranger_reply){.status = 200, .body = slice_text(body)};
    return OK;
}

TEST(exposure_counts_rows_and_kinds_of_data_about_people)
{
    struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
    struct probe_ask ask = {.send = send_rows};
    struct exposure e = {0};
    exposure_look(&ask, memory, &e);
    EXPECT_EQ(e.index_count, 5);
    EXPECT_EQ(e.rows, 43);
    EXPECT_EQ(e.bytes, 1030);
    EXPECT(e.has_ransom_note);
    EXPECT_EQ(e.looked_into, 1);
    const struct exposed_field *mail = e.fields;
    EXPECT(slice_is(slice_text(mail->field), "who.mail") && mail->by_form);
    EXPECT_EQ(mail->rows, 30);
    const struct exposed_field *ssid = mail->next;
    EXPECT(slice_is(slice_text(ssid->field), "device.wifi_ssid") && !ssid->by_form);
    EXPECT(slice_is(slice_text(ssid->kind), "a network's name"));
    EXPECT_EQ(ssid->rows, 4);
    EXPECT(ssid->next == NULL);
}

static enum err send_bytes(void *context, const struct stranger_question *q, struct arena *scratch,
                           struct stranger_reply *out, struct fault *why)
{
    (void)q;
    (void)scratch;
    (void)why;
    *out = (struct stranger_reply){.status = 200, .body = *(const struct slice *)context};
    return OK;
}

TEST(exposure_takes_any_answer_without_harm)
{
    static const char *const answers[] = {
        "",
        "[]",
        "{}",
        "[1]",
        "[{\"index\":\"a\",\"docs.count\":\"-5\",\"store.size\":\"1e99\"}]",
        "[[]",
        "[{\"index\":[]}]",
        "[{\"index\":\"a\",\"docs.count\":99999999999999999999}]"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
        struct slice body = slice_text(answers[i]);
        struct probe_ask ask = {.send = send_bytes, .context = &body};
        struct exposure e = {0};
        exposure_look(&ask, memory, &e);
        EXPECT_EQ(e.rows, 0);
        EXPECT(e.fields == NULL);
    }
}

TEST(exposure_knows_the_names_of_ransom_notes)
{
    EXPECT(exposure_is_ransom(slice_text("read_me_now")));
    EXPECT(exposure_is_ransom(slice_text("abc-Meow")));
    EXPECT(!exposure_is_ransom(slice_text("connections-2026")));
}
