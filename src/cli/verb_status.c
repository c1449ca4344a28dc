// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/table.h"

#include <stdio.h>

enum { OUT_BYTES = 16 << 20, DURATION_BYTES = 32, NUMBER_BYTES = 32 };

static const struct flag flags[] = {{"json", NULL}, {NULL, NULL}};

static const char *duration(int64_t ms, char out[DURATION_BYTES])
{
    int64_t s = ms / 1000;
    if (ms < 10000)
        snprintf(out, DURATION_BYTES, "%.1f s", (double)(ms < 0 ? 0 : ms) / 1000);
    else if (s < 120)
        snprintf(out, DURATION_BYTES, "%lld s", (long long)s);
    else if (s < 7200)
        snprintf(out, DURATION_BYTES, "%lld min", (long long)(s / 60));
    else
        snprintf(out, DURATION_BYTES, "%lld h", (long long)(s / 3600));
    return out;
}

static const char *thousands(int64_t n, char out[NUMBER_BYTES])
{
    char digits[NUMBER_BYTES];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)(n < 0 ? 0 : n));
    int at = 0;
    for (int i = 0; i < len && at < NUMBER_BYTES - 2; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

static void say_server(const struct home_status *s, struct buf *out)
{
    char since[DURATION_BYTES];
    char age[DURATION_BYTES];
    struct slice listen = status_text(s->json, "listen");
    int64_t up_ms = status_number(s->json, "written_ms") - status_number(s->json, "started_ms");
    if (!s->is_running)
        buf_print(out, "NOT RUNNING: the last word of the server is %s old; below is what it was\n",
                  duration(s->age_ms, age));
    const struct json *ready = json_get(s->json, "ready");
    buf_print(out, "tamis serves https://%.*s, for %s; %s\n", SLICE_PRINT(listen),
              duration(up_ms, since),
              ready && ready->truth ? "the copy is whole" : "the copy is NOT whole yet");
    const struct json *processes = status_list(s->json, "processes");
    buf_text(out, "processes:");
    for (uint32_t i = 0; i < processes->count; i++) {
        const struct json *p = &processes->items[i];
        int64_t starts = status_number(p, "starts");
        buf_print(out, " %.*s %lld", SLICE_PRINT(status_text(p, "name")),
                  (long long)status_number(p, "pid"));
        if (starts > 1)
            buf_print(out, " (started %lld times)", (long long)starts);
    }
    buf_u8(out, '\n');
}

static const struct json *stored_table(const struct json *status, struct slice name)
{
    const struct json *tables = status_list(status, "tables");
    for (uint32_t i = 0; i < tables->count; i++) {
        if (slice_equal(status_text(&tables->items[i], "name"), name))
            return &tables->items[i];
    }
    return NULL;
}

static void say_tables(const struct json *status, const struct json *source, struct arena *scratch,
                       struct buf *out)
{
    const struct json *tables = status_list(source, "tables");
    struct table_print t = table_print_of(scratch, 6);
    const char *const head[] = {"  table", "rows", "bytes on disk", "per row", "segments", "state"};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        table_cell(&t, "%s", head[i]);
    for (uint32_t i = 0; i < tables->count; i++) {
        struct slice name = status_text(&tables->items[i], "name");
        const struct json *stored = stored_table(status, name);
        int64_t rows = status_number(stored, "rows");
        int64_t disk = status_number(stored, "bytes_disk");
        char number[NUMBER_BYTES];
        struct slice refused = status_text(&tables->items[i], "refused");
        table_cell(&t, "  %.*s", SLICE_PRINT(name));
        table_cell(&t, "%s", thousands(rows, number));
        table_cell(&t, "%s", thousands(disk, number));
        table_cell(&t, "%.1f", rows ? (double)disk / (double)rows : 0);
        table_cell(&t, "%lld", (long long)status_number(stored, "segments"));
        if (refused.len)
            table_cell(&t, "REFUSED: %.*s", SLICE_PRINT(refused));
        else
            table_cell(&t, "flows");
    }
    table_render(&t, out);
}

static void say_source(const struct json *status, const struct json *source, struct arena *scratch,
                       struct buf *out)
{
    char text[NUMBER_BYTES];
    char lag[DURATION_BYTES];
    struct slice phase = status_text(source, "phase");
    struct slice error = status_text(source, "last_error");
    buf_print(out, "\nsource %.*s: %.*s", SLICE_PRINT(status_text(source, "name")),
              SLICE_PRINT(phase));
    if (slice_is(phase, "copying"))
        buf_print(out, ", %s rows", thousands(status_number(source, "rows_copied"), text));
    if (slice_is(phase, "copying") && status_number(source, "rows_estimated") > 0)
        buf_print(out, " of about %s", thousands(status_number(source, "rows_estimated"), text));
    if (slice_is(phase, "streaming"))
        buf_print(out, ", %s behind (%s bytes of its log)",
                  duration(status_number(source, "lag_ms"), lag),
                  thousands(status_number(source, "lag_bytes"), text));
    struct slice words = status_text(source, "words");
    buf_print(out, "%s%.*s\n", words.len ? "; " : "", SLICE_PRINT(words));
    if (error.len)
        buf_print(out, "  last trouble: %.*s\n", SLICE_PRINT(error));
    say_tables(status, source, scratch, out);
}

static enum exit_status run(const struct arguments *a)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    struct home_status status;
    struct fault why = {0};
    if (home_status(a->words[0], scratch, &status, &why))
        return cli_failed(&why);
    if (arguments_has(a, "json")) {
        buf_slice_add(&out, status.bytes);
        buf_u8(&out, '\n');
    } else {
        say_server(&status, &out);
        const struct json *sources = status_list(status.json, "sources");
        for (uint32_t i = 0; i < sources->count; i++)
            say_source(status.json, &sources->items[i], scratch, &out);
        if (sources->count == 0)
            buf_text(&out, "no source: the policy declares none, or mirror has not spoken yet\n");
    }
    fwrite(out.at, 1, out.len, stdout);
    return status.is_running ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}

const struct verb verb_status = {
    .name = "status",
    .summary = "what runs, how far behind the copy is, what is refused and why",
    .help = "tamis status DIR\n\n"
            "Reads what the server of this directory writes once a second.  The exit status is\n"
            "1 when it does not run.\n\n"
            "  --json   as the server wrote it\n",
    .flags = flags,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
