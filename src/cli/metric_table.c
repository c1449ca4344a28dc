// SPDX-License-Identifier: Apache-2.0
#include "cli/metric_table.h"

#include "cli/home.h"
#include "cli/table.h"

enum { BAR_WIDTH = 30, BY_MAX = 8, NAMES_BYTES = 4096, DATE_CHARS = 10, MINUTE_CHARS = 16 };

// What all rows of one answer have in common.
struct shape {
    const struct json *rows, *by;
    uint32_t by_count; // that are shown
    size_t time_chars; // of 2019-12-04T00:05:00.000Z that are shown; 0: the rows have no time
    bool is_ratio;
    double max; // the highest bar's
};

static double number_of(const struct json *row, const char *key)
{
    double v = 0;
    const struct json *member = json_get(row, key);
    return member && json_f64(member, &v, NULL) == OK ? v : 0;
}

static void add_text_cell(struct table_print *t, struct slice text)
{
    if (text.len)
        table_cell(t, "%.*s", SLICE_PRINT(text));
    else
        table_cell(t, "-");
}

static double height_of(const struct json *row, bool is_ratio)
{
    return number_of(row, is_ratio ? "ratio" : "count");
}

// Days when every row starts at one, else minutes, which are what people read.
static size_t time_chars_of(const struct json *rows)
{
    size_t chars = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        struct slice time = status_text(&rows->items[i], "time");
        if (time.len < MINUTE_CHARS)
            return 0;
        if (memcmp(time.at + DATE_CHARS, "T00:00", MINUTE_CHARS - DATE_CHARS) != 0)
            return MINUTE_CHARS;
        chars = DATE_CHARS;
    }
    return chars;
}

static struct shape shape_of(const struct json *reply)
{
    struct shape s = {.rows = status_list(reply, "rows"), .by = status_list(reply, "by")};
    s.by_count = s.by->count < BY_MAX ? s.by->count : BY_MAX;
    s.time_chars = time_chars_of(s.rows);
    s.is_ratio = s.rows->count && json_get(&s.rows->items[0], "ratio");
    for (uint32_t i = 0; i < s.rows->count; i++) {
        double v = height_of(&s.rows->items[i], s.is_ratio);
        s.max = v > s.max ? v : s.max;
    }
    return s;
}

static void add_heading(struct table_print *t, const struct shape *s)
{
    if (s->time_chars)
        table_cell(t, s->time_chars == DATE_CHARS ? "day (UTC)" : "time (UTC)");
    for (uint32_t b = 0; b < s->by_count; b++)
        table_cell(t, "%.*s", SLICE_PRINT(s->by->items[b].text));
    table_cell(t, "count");
    if (s->is_ratio) {
        table_cell(t, "matched");
        table_cell(t, "ratio");
    }
    table_cell(t, "%s", ""); // over the bars
}

static void add_time(struct table_print *t, struct slice time, size_t chars)
{
    if (chars == DATE_CHARS)
        table_cell(t, "%.*s", DATE_CHARS, (const char *)time.at);
    else
        table_cell(t, "%.*s %.*s", DATE_CHARS, (const char *)time.at, MINUTE_CHARS - DATE_CHARS - 1,
                   (const char *)time.at + DATE_CHARS + 1);
}

static void add_row(struct table_print *t, const struct shape *s, const struct json *row)
{
    if (s->time_chars)
        add_time(t, status_text(row, "time"), s->time_chars);
    for (uint32_t b = 0; b < s->by_count; b++)
        add_text_cell(t, status_text(row, arena_string(t->scratch, s->by->items[b].text)));
    table_cell(t, "%.0f", number_of(row, "count"));
    if (s->is_ratio) {
        table_cell(t, "%.0f", number_of(row, "matched"));
        table_cell(t, "%.2f%%", 100 * number_of(row, "ratio"));
    }
    struct slice bar = bar_of(t->scratch, height_of(row, s->is_ratio), s->max, BAR_WIDTH);
    table_cell(t, "%.*s", SLICE_PRINT(bar));
}

uint32_t metric_table_rows(const struct json *reply, uint32_t rows_max, struct arena *scratch,
                           struct buf *out)
{
    struct shape s = shape_of(reply);
    uint32_t columns = (s.time_chars ? 1 : 0) + s.by_count + (s.is_ratio ? 3 : 1) + 1;
    struct table_print t = table_print_of(scratch, columns);
    uint32_t shown = s.rows->count < rows_max ? s.rows->count : rows_max;
    add_heading(&t, &s);
    for (uint32_t i = 0; i < shown; i++)
        add_row(&t, &s, &s.rows->items[i]);
    table_render(&t, out);
    return s.rows->count - shown;
}

void metric_table_list(const struct json *reply, struct arena *scratch, struct buf *out)
{
    static const char *const keys[] = {"metric", "kind", "index", "every"};
    const struct json *metrics = status_list(reply, "metrics");
    struct table_print t = table_print_of(scratch, 5);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        table_cell(&t, "%s", keys[k]);
    table_cell(&t, "by");
    for (uint32_t i = 0; i < metrics->count; i++) {
        const struct json *m = &metrics->items[i];
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            add_text_cell(&t, status_text(m, keys[k]));
        struct buf names AUTO(buf_donep) = buf_init(NAMES_BYTES);
        const struct json *by = status_list(m, "by");
        for (uint32_t b = 0; b < by->count; b++)
            buf_print(&names, "%s%.*s", b ? ", " : "", SLICE_PRINT(by->items[b].text));
        add_text_cell(&t, buf_slice(&names));
    }
    table_render(&t, out);
}
