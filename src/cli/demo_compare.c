// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/num.h"
#include "base/world.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/demo.h"
#include "cli/demo_rows.h"
#include "cli/table.h"
#include "json/json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 5, SHOWN = 10, BAR_WIDTH = 24, OUT_BYTES = 1 << 20 };

struct metric {
    const char *title, *name;
    const char *sql;                     // keys, keys, count, matched
    const char *index, *aggregation;     // of _search
    const char *outer, *inner, *matched; // names of its aggregations; matched NULL for none
    const char *kept;                    // of /_tamis/metrics
    const char *key_names[2];
};

static const struct metric metrics[] = {
    {
        .title = "device activations per day and model",
        .name = "activations",
        .sql = "SELECT to_char(date_trunc('day', activated_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD'),"
               " model, count(*), 0 FROM devices GROUP BY 1, 2",
        .index = "devices",
        .aggregation = "{\"size\":0,\"aggs\":{\"day\":{\"date_histogram\":{\"field\":"
                       "\"activated_at\",\"calendar_interval\":\"day\",\"min_doc_count\":1,"
                       "\"format\":\"yyyy-MM-dd\"},"
                       "\"aggs\":{\"model\":{\"terms\":{\"field\":\"model\",\"size\":100}}}}}}",
        .outer = "day",
        .inner = "model",
        .kept = "/_tamis/metrics/activations?by=model&every=1d",
        .key_names = {"day", "model"},
    },
    {
        .title = "failed-connection rate per firmware and region",
        .name = "failed_connections",
        .sql = "SELECT d.firmware, d.region, count(*), count(*) FILTER (WHERE c.outcome <> 'ok')"
               " FROM connections c JOIN devices d ON d.id = c.device_id GROUP BY 1, 2",
        .index = "connections",
        .aggregation =
            "{\"size\":0,\"aggs\":{\"firmware\":{\"terms\":{\"field\":"
            "\"device.firmware\",\"size\":1000},\"aggs\":{\"region\":{\"terms\":"
            "{\"field\":\"device.region\",\"size\":100},\"aggs\":{\"failed\":{"
            "\"filter\":{\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"ok\"}}}}}}}}}}}",
        .outer = "firmware",
        .inner = "region",
        .matched = "failed",
        .kept = "/_tamis/metrics/failed_connections?by=device.firmware,device.region&every=all",
        .key_names = {"device.firmware", "device.region"},
    },
};

static double ms_since(int64_t start_us)
{
    return (double)(monotonic_us() - start_us) / 1000;
}

static int64_t whole(const struct json *object, const char *key)
{
    int64_t v = 0;
    const struct json *member = json_get(object, key);
    return member && json_i64(member, &v, NULL) == OK ? v : 0;
}

static int64_t count_in(const PGresult *r, int row, int column)
{
    int64_t v = 0;
    return parse_i64(slice_text(PQgetvalue(r, row, column)), &v) == OK ? v : 0;
}

static enum err by_postgres(struct demo *d, const struct metric *m, struct demo_rows *out,
                            struct fault *why)
{
    for (int run = 0; run < RUNS; run++) {
        PGresult *r = NULL;
        int64_t start_us = monotonic_us();
        enum err e = demo_sql(d, m->sql, &r, why);
        if (e)
            return e;
        double ms = ms_since(start_us);
        out->ms = run == 0 || ms < out->ms ? ms : out->ms;
        out->count = 0;
        for (int i = 0; i < PQntuples(r); i++)
            demo_rows_add(out,
                          (struct demo_row){
                              .keys = {arena_copy(d->scratch, slice_text(PQgetvalue(r, i, 0))),
                                       arena_copy(d->scratch, slice_text(PQgetvalue(r, i, 1)))},
                              .count = count_in(r, i, 2),
                              .matched = count_in(r, i, 3),
                          });
        PQclear(r);
    }
    return OK;
}

// Asks RUNS times, keeps the fastest time and the last answer.
static enum err ask(struct demo *d, const struct client_question *q, double *out_ms,
                    const struct json **out, struct fault *why)
{
    for (int run = 0; run < RUNS; run++) {
        struct buf reply AUTO(buf_donep) = buf_init(64 << 20);
        long status = 0;
        int64_t start_us = monotonic_us();
        enum err e = client_ask(d->client, q, &status, &reply, why);
        if (e)
            return e;
        double ms = ms_since(start_us);
        *out_ms = run == 0 || ms < *out_ms ? ms : *out_ms;
        struct slice bytes = arena_copy(d->scratch, buf_slice(&reply));
        if (status != 200)
            return fail(why, ERR_INVALID, "%s answers with status %ld: %.*s", q->path, status,
                        (int)(bytes.len < 300 ? bytes.len : 300), (const char *)bytes.at);
        e = json_parse(bytes, d->scratch, out, why);
        if (e)
            return e;
    }
    return OK;
}

static struct slice key_of(const struct json *bucket)
{
    const struct json *text = json_get(bucket, "key_as_string");
    return text ? text->text : json_get(bucket, "key")->text;
}

static enum err by_aggregation(struct demo *d, const struct metric *m, struct demo_rows *out,
                               struct fault *why)
{
    char path[128];
    // Asked several times, and to be worked out each time.
    snprintf(path, sizeof path, "/%s/_search?request_cache=false", m->index);
    const struct json *reply = NULL;
    struct client_question q = {"POST", path, slice_text(m->aggregation)};
    enum err e = ask(d, &q, &out->ms, &reply, why);
    if (e)
        return e;
    const struct json *outer =
        json_get(json_get(json_get(reply, "aggregations"), m->outer), "buckets");
    for (uint32_t i = 0; outer && i < outer->count; i++) {
        const struct json *inner = json_get(json_get(&outer->items[i], m->inner), "buckets");
        for (uint32_t j = 0; inner && j < inner->count; j++) {
            const struct json *b = &inner->items[j];
            demo_rows_add(
                out, (struct demo_row){
                         .keys = {key_of(&outer->items[i]), key_of(b)},
                         .count = whole(b, "doc_count"),
                         .matched = m->matched ? whole(json_get(b, m->matched), "doc_count") : 0});
        }
    }
    return OK;
}

static enum err by_kept(struct demo *d, const struct metric *m, struct demo_rows *out,
                        struct fault *why)
{
    const struct json *reply = NULL;
    struct client_question q = {.method = "GET", .path = m->kept};
    enum err e = ask(d, &q, &out->ms, &reply, why);
    if (e)
        return e;
    const struct json *rows = json_get(reply, "rows");
    for (uint32_t i = 0; rows && i < rows->count; i++) {
        const struct json *row = &rows->items[i];
        struct demo_row r = {.count = whole(row, "count"),
                             .matched = m->matched ? whole(row, "matched") : 0};
        for (int k = 0; k < 2; k++) {
            bool is_day = strcmp(m->key_names[k], "day") == 0;
            const struct json *v = json_get(row, is_day ? "time" : m->key_names[k]);
            r.keys[k] = v ? v->text : slice_text("");
            if (is_day && r.keys[k].len > 10)
                r.keys[k].len = 10;
        }
        demo_rows_add(out, r);
    }
    return OK;
}

static void show(struct demo *d, const struct metric *m, const struct demo_rows *tamis,
                 const struct demo_rows *postgres)
{
    uint32_t chosen[SHOWN];
    uint32_t count = demo_rows_choose(tamis, m->matched != NULL, SHOWN, chosen);
    struct table_print t = table_print_of(d->scratch, 5);
    table_cell(&t, "%s", m->key_names[0]);
    table_cell(&t, "%s", m->key_names[1]);
    table_cell(&t, "tamis");
    table_cell(&t, "PostgreSQL");
    table_cell(&t, "%s", "");
    double max = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct demo_row *r = &tamis->at[chosen[i]];
        double height = m->matched ? demo_row_rate(r) : (double)r->count;
        max = height > max ? height : max;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct demo_row *r = &tamis->at[chosen[i]];
        const struct demo_row *p = &postgres->at[chosen[i]];
        table_cell(&t, "%.*s", SLICE_PRINT(r->keys[0]));
        table_cell(&t, "%.*s", SLICE_PRINT(r->keys[1]));
        if (m->matched) {
            table_cell(&t, "%.4f%%", 100 * demo_row_rate(r));
            table_cell(&t, "%.4f%%", 100 * demo_row_rate(p));
        } else {
            table_cell(&t, "%lld", (long long)r->count);
            table_cell(&t, "%lld", (long long)p->count);
        }
        struct slice bar =
            bar_of(d->scratch, m->matched ? demo_row_rate(r) : (double)r->count, max, BAR_WIDTH);
        table_cell(&t, "%.*s", SLICE_PRINT(bar));
    }
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    table_render(&t, &out);
    fwrite(out.at, 1, out.len, stdout);
}

static enum err compare_one(struct demo *d, const struct metric *m, struct fault *why)
{
    struct demo_rows postgres = {.at = ARENA_ARRAY(d->scratch, struct demo_row, DEMO_ROWS_MAX)};
    struct demo_rows aggregation = {.at = ARENA_ARRAY(d->scratch, struct demo_row, DEMO_ROWS_MAX)};
    struct demo_rows kept = {.at = ARENA_ARRAY(d->scratch, struct demo_row, DEMO_ROWS_MAX)};
    enum err e = by_postgres(d, m, &postgres, why);
    if (!e)
        e = by_aggregation(d, m, &aggregation, why);
    if (!e)
        e = by_kept(d, m, &kept, why);
    if (e)
        return fail_in(why, e, "%s", m->title);
    struct demo_rows *const all[] = {&postgres, &aggregation, &kept};
    for (size_t i = 0; i < 3; i++)
        demo_rows_sort(all[i]);
    if (!demo_rows_are_same(&postgres, &aggregation) || !demo_rows_are_same(&postgres, &kept))
        return fail(why, ERR_INVALID, "%s: the answers are NOT equal (%u, %u and %u rows)",
                    m->title, postgres.count, aggregation.count, kept.count);

    printf("\n%s%s\n\n", m->title, m->matched ? " (the worst)" : " (the last days)");
    show(d, m, &kept, &postgres);
    printf("\n%u rows, equal to PostgreSQL's own to the last digit.\n", postgres.count);
    printf("  %9.2f ms  PostgreSQL\n"
           "  %9.2f ms  tamis, aggregation over the Elasticsearch API   %6.1f times faster\n"
           "  %9.2f ms  tamis, metric kept ready                        %6.1f times faster\n",
           postgres.ms, aggregation.ms, postgres.ms / aggregation.ms, kept.ms,
           postgres.ms / kept.ms);
    fflush(stdout);
    return OK;
}

enum err demo_compare(struct demo *d, struct fault *why)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof metrics / sizeof *metrics; i++) {
        arena_reset(d->scratch);
        e = compare_one(d, &metrics[i], why);
    }
    return e;
}

static enum err count_outcome(struct demo *d, const char *outcome, int64_t *out, struct fault *why)
{
    char body[128];
    snprintf(body, sizeof body, "{\"query\":{\"term\":{\"outcome\":\"%s\"}}}", outcome);
    arena_reset(d->scratch);
    const struct json *reply = NULL;
    struct client_question q = {"POST", "/connections/_count", slice_text(body)};
    enum err e = client_json(d->client, &q, d->scratch, &reply, why);
    *out = e ? 0 : whole(reply, "count");
    return e;
}

enum err demo_live_change(struct demo *d, struct fault *why)
{
    int64_t found = 0;
    enum err e = demo_sql(d,
                          "INSERT INTO connections SELECT max(id) + 1, 1, clock_timestamp(),"
                          " 'demo', NULL, 42 FROM connections",
                          NULL, why);
    int64_t start_us = monotonic_us();
    while (!e && found == 0) {
        e = count_outcome(d, "demo", &found, why);
        if (!e && ms_since(start_us) > 10000)
            e = fail(why, ERR_TIMEOUT, "a row inserted in PostgreSQL is not in the answer");
    }
    if (!e)
        printf("\na row committed in PostgreSQL was in tamis's answer after %.1f ms\n",
               ms_since(start_us));
    // Leave the fleet as it was.
    return e ? e : demo_sql(d, "DELETE FROM connections WHERE outcome = 'demo'", NULL, why);
}

static enum err write_patterns(struct demo *d, const char *file, int *out_count, struct fault *why)
{
    PGresult *r = NULL;
    enum err e = demo_sql(d,
                          "SELECT email FROM customers UNION SELECT email FROM device_shares UNION "
                          "SELECT wifi_ssid FROM devices UNION SELECT nickname FROM devices UNION "
                          "SELECT token FROM third_party_tokens UNION "
                          "SELECT mac::text FROM devices UNION "
                          "SELECT weight_kg::text FROM scale_testers",
                          &r, why);
    FILE *f = e ? NULL : fopen(file, "we");
    if (!e && !f)
        e = fail(why, ERR_IO, "cannot write %s", file);
    *out_count = e ? 0 : PQntuples(r);
    for (int i = 0; f && i < *out_count; i++)
        fprintf(f, "%s\n", PQgetvalue(r, i, 0));
    if (f)
        fclose(f);
    PQclear(r);
    return e;
}

enum err demo_look_for_personal_data(struct demo *d, struct fault *why)
{
    char file[DEMO_PATH_BYTES + 16];
    snprintf(file, sizeof file, "%s/patterns", d->directory);
    int count = 0;
    enum err e = write_patterns(d, file, &count, why);
    struct child grep = {.words = {"grep", "-r", "-a", "-q", "-F", "-f", file, d->home}};
    pid_t pid = 0;
    int status = 0;
    if (!e)
        e = child_start(&grep, &pid, why);
    if (!e)
        e = child_wait(pid, &status, why);
    unlink(file);
    if (e)
        return e;
    if (status == 0)
        return fail(why, ERR_INVALID, "personal data was found below %s", d->home);
    if (status != 1)
        return fail(why, ERR_IO, "grep ended with status %d", status);
    printf("none of %d e-mail addresses, SSIDs, nicknames, MAC addresses, tokens and body measures "
           "is anywhere below %s\n",
           count, d->home);
    return OK;
}
