// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/table.h"

#include <stdio.h>

enum { SCRATCH_BYTES = 512 << 20, PATH_BYTES = 4096, OUT_BYTES = 64 << 20, BAR_WIDTH = 30 };

static const struct flag flags[] = {
    {"dir", "DIR"},         {"url", "URL"},   {"ca", "FILE"}, {"user", "NAME"},
    {"password-file", "F"}, {"from", "DATE"}, {"to", "DATE"}, {"by", "FIELD[,FIELD]"},
    {"every", "DURATION"},  {"json", NULL},   {NULL, NULL},
};

static void add_parameter(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    buf_text(path, memchr(path->at, '?', path->len) ? "&" : "?");
    buf_print(path, "%s=", name);
    for (const char *c = value; *c; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                     (*c >= 'A' && *c <= 'Z') || memchr("-._~,:", *c, 6);
        buf_print(path, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

static struct slice path_of(const struct arguments *a, struct arena *scratch)
{
    struct buf path AUTO(buf_donep) = buf_init(PATH_BYTES);
    buf_text(&path, "/_tamis/metrics");
    if (a->word_count > 1) {
        buf_print(&path, "/%s", a->words[1]);
        const char *const names[] = {"from", "to", "by", "every"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            add_parameter(&path, names[i], arguments_get(a, names[i]));
    }
    return arena_copy(scratch, buf_slice(&path));
}

static double number_of(const struct json *row, const char *key)
{
    double v = 0;
    const struct json *member = json_get(row, key);
    if (member && json_f64(member, &v, NULL))
        v = 0;
    return v;
}

static void add_text_cell(struct table_print *t, const struct json *v)
{
    if (!v || v->type == JSON_NULL)
        table_cell(t, "-");
    else
        table_cell(t, "%.*s", SLICE_PRINT(v->text));
}

// What the bar shows: the ratio of a ratio metric, else the count.
static double height_of(const struct json *row, bool is_ratio)
{
    return number_of(row, is_ratio ? "ratio" : "count");
}

static double highest(const struct json *rows, bool is_ratio)
{
    double max = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        double v = height_of(&rows->items[i], is_ratio);
        max = v > max ? v : max;
    }
    return max;
}

static bool has_time(const struct json *rows)
{
    const struct json *time = rows->count ? json_get(&rows->items[0], "time") : NULL;
    return time && time->type == JSON_STRING;
}

static void add_row(struct table_print *t, const struct json *row, const struct json *by,
                    bool timed, bool is_ratio)
{
    if (timed) {
        // 2019-12-04T00:05:00.000Z: the minutes are what people read.
        struct slice time = json_get(row, "time")->text;
        table_cell(t, "%.*s", (int)(time.len < 16 ? time.len : 16), (const char *)time.at);
    }
    for (uint32_t b = 0; b < by->count; b++)
        add_text_cell(t, json_get(row, (const char *)arena_copy(t->scratch, by->items[b].text).at));
    table_cell(t, "%.0f", number_of(row, "count"));
    if (is_ratio) {
        table_cell(t, "%.0f", number_of(row, "matched"));
        table_cell(t, "%.2f%%", 100 * number_of(row, "ratio"));
    }
}

static void draw(const struct json *reply, struct arena *scratch, struct buf *out)
{
    const struct json *rows = json_get(reply, "rows");
    const struct json *by = json_get(reply, "by");
    bool timed = has_time(rows);
    bool is_ratio = rows->count && json_get(&rows->items[0], "ratio");
    double max = highest(rows, is_ratio);

    struct table_print t =
        table_print_of(scratch, (timed ? 1 : 0) + by->count + (is_ratio ? 3 : 1) + 1);
    if (timed)
        table_cell(&t, "time (UTC)");
    for (uint32_t b = 0; b < by->count; b++)
        table_cell(&t, "%.*s", SLICE_PRINT(by->items[b].text));
    table_cell(&t, "count");
    if (is_ratio) {
        table_cell(&t, "matched");
        table_cell(&t, "ratio");
    }
    table_cell(&t, " ");
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct json *row = &rows->items[i];
        add_row(&t, row, by, timed, is_ratio);
        struct slice bar = bar_of(scratch, height_of(row, is_ratio), max, BAR_WIDTH);
        table_cell(&t, "%.*s", SLICE_PRINT(bar));
    }
    table_render(&t, out);
}

static void list(const struct json *reply, struct arena *scratch, struct buf *out)
{
    const struct json *metrics = json_get(reply, "metrics");
    struct table_print t = table_print_of(scratch, 4);
    table_cell(&t, "metric");
    table_cell(&t, "of");
    table_cell(&t, "every");
    table_cell(&t, "by");
    for (uint32_t i = 0; metrics && i < metrics->count; i++) {
        const struct json *m = &metrics->items[i];
        add_text_cell(&t, json_get(m, "metric"));
        add_text_cell(&t, json_get(m, "of"));
        add_text_cell(&t, json_get(m, "every"));
        struct buf names AUTO(buf_donep) = buf_init(PATH_BYTES);
        const struct json *by = json_get(m, "by");
        for (uint32_t b = 0; by && b < by->count; b++)
            buf_print(&names, "%s%.*s", b ? ", " : "", SLICE_PRINT(by->items[b].text));
        table_cell(&t, "%.*s", SLICE_PRINT(buf_slice(&names)));
    }
    table_render(&t, out);
}

static enum err ask(const struct arguments *a, struct arena *scratch, struct buf *out,
                    struct fault *why)
{
    struct client_options options = {
        .directory = arguments_get(a, "dir"),
        .url = arguments_get(a, "url"),
        .ca_file = arguments_get(a, "ca"),
        .user = arguments_get(a, "user"),
        .password_file = arguments_get(a, "password-file"),
    };
    struct client *c = NULL;
    enum err e = client_open(&options, &c, why);
    if (e)
        return e;
    const char *path = (const char *)path_of(a, scratch).at;
    const struct json *reply = NULL;
    e = client_json(c, "GET", path, (struct slice){0}, scratch, &reply, why);
    if (!e && arguments_has(a, "json")) {
        long status = 0;
        e = client_ask(c, "GET", path, (struct slice){0}, &status, out, why);
        buf_u8(out, '\n');
    } else if (!e && a->word_count > 1) {
        draw(reply, scratch, out);
    } else if (!e) {
        list(reply, scratch, out);
    }
    client_close(c);
    return e;
}

static enum exit_status run(const struct arguments *a)
{
    bool shows = strcmp(a->words[0], "show") == 0;
    if (!shows && strcmp(a->words[0], "list") != 0)
        return cli_misused("metric", "'%s' is neither show nor list", a->words[0]);
    if (shows != (a->word_count == 2))
        return cli_misused("metric", shows ? "which metric? `tamis metric list` names them"
                                           : "list takes no name");
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    struct fault why = {0};
    if (ask(a, scratch, &out, &why))
        return cli_failed(&why);
    fwrite(out.at, 1, out.len, stdout);
    return EXIT_STATUS_OK;
}

const struct verb verb_metric = {
    .name = "metric",
    .summary = "show a declared metric as a table with bars",
    .help = "tamis metric show failed_connections --dir DIR --user analyst --by device.firmware "
            "--every all\n\n"
            "  tamis metric list             which metrics the policy declares\n"
            "  tamis metric show NAME        one of them\n\n"
            "  --from DATE --to DATE         from (included) to (not included), in UTC\n"
            "  --by FIELD[,FIELD]            out of the metric's own\n"
            "  --every DURATION              a multiple of the metric's own, such as 1d, or all\n"
            "  --json                        the server's answer as it is\n\n"
            "  --dir DIR                     the directory of a server on this machine\n"
            "  --url URL --ca FILE           a server elsewhere, and the authority to check it by\n"
            "  --user NAME --password-file F who asks (default admin; asks for the password)\n",
    .flags = flags,
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
