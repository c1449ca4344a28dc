// SPDX-License-Identifier: Apache-2.0
#include "cli/amount.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/table.h"

#include <stdio.h>

enum { OUT_BYTES = 16 << 20 };

static const struct flag flags[] = {{"json", NULL}, {NULL, NULL}};

static void say_processes(const struct json *status, struct buf *out)
{
    const struct json *processes = status_list(status, "processes");
    buf_text(out, "processes: ");
    for (uint32_t i = 0; i < processes->count; i++) {
        const struct json *p = &processes->items[i];
        int64_t starts = status_number(p, "starts");
        buf_print(out, "%s%.*s %lld", i ? ", " : "", SLICE_PRINT(status_text(p, "name")),
                  (long long)status_number(p, "pid"));
        if (starts > 1)
            buf_print(out, " (started %lld times)", (long long)starts);
    }
    buf_u8(out, '\n');
}

static void say_server(const struct home_status *s, const char *directory, struct buf *out)
{
    char since[AMOUNT_BYTES];
    char age[AMOUNT_BYTES];
    struct slice listen = status_text(s->json, "listen");
    int64_t up_ms = status_number(s->json, "written_ms") - status_number(s->json, "started_ms");
    const struct json *ready = json_get(s->json, "ready");
    if (!s->is_running) {
        buf_print(out,
                  "NOT RUNNING: its last word is %s old, and below is what it was then; 'tamis "
                  "serve %s' starts it\n",
                  amount_duration(s->age_ms, age), directory);
        return;
    }
    buf_print(out, "tamis answers at https://%.*s, since %s; %s\n", SLICE_PRINT(listen),
              amount_duration(up_ms, since),
              ready && ready->truth ? "the copy is whole" : "the copy is NOT whole yet");
    say_processes(s->json, out);
}

static int64_t kept_total(const struct json *cache, const char *key)
{
    return status_number(json_get(cache, "answers"), key) +
           status_number(json_get(cache, "partials"), key);
}

static void say_cache(const struct json *cache, struct buf *out)
{
    char bytes[AMOUNT_BYTES];
    char most[AMOUNT_BYTES];
    char answers[AMOUNT_BYTES];
    char partials[AMOUNT_BYTES];
    if (status_number(cache, "bytes_max") == 0)
        return;
    buf_print(out, "kept answers: %s of %s; %s answers and %s partial ones given again\n",
              amount_bytes(kept_total(cache, "bytes"), bytes),
              amount_bytes(status_number(cache, "bytes_max"), most),
              amount_count(status_number(json_get(cache, "answers"), "hits"), answers),
              amount_count(status_number(json_get(cache, "partials"), "hits"), partials));
}

static void say_searches(const struct json *status, struct buf *out)
{
    char text[AMOUNT_BYTES];
    const struct json *search = json_get(status, "search");
    buf_print(out, "searches: %s", amount_count(status_number(search, "count"), text));
    buf_print(out, ", %lld running with %s", (long long)status_number(search, "running"),
              amount_bytes(status_number(search, "memory_bytes"), text));

    const struct {
        const char *key, *words;
    } ends[] = {{"gone", "given up by who asked"},
                {"late", "ended at their time limit"},
                {"over", "refused for their memory"}};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (status_number(search, ends[i].key) > 0)
            buf_print(out, ", %s %s", amount_count(status_number(search, ends[i].key), text),
                      ends[i].words);
    }
    buf_u8(out, '\n');
    say_cache(json_get(search, "cache"), out);
}

static void say_segments(const struct json *status, struct buf *out)
{
    char text[AMOUNT_BYTES];
    const struct json *store = json_get(status, "store");
    const struct json *segments = store ? json_get(store, "segments") : NULL;
    if (!segments)
        return;
    buf_print(out, "segments: %s in memory",
              amount_bytes(status_number(segments, "memory_bytes"), text));
    buf_print(out, " of %s", amount_bytes(status_number(segments, "memory_bytes_max"), text));
    buf_print(out, ", %s read from disk",
              amount_bytes(status_number(segments, "bytes_loaded"), text));
    if (status_number(segments, "gone") > 0)
        buf_print(out, ", %s made room", amount_count(status_number(segments, "gone"), text));
    buf_u8(out, '\n');
}

static void say_keys(const struct json *status, struct buf *out)
{
    char age[AMOUNT_BYTES];
    char since[AMOUNT_BYTES];
    const struct json *p = json_get(status, "protection");
    const struct json *audit = json_get(status, "audit");
    const struct json *change = audit ? json_get(audit, "last_change") : NULL;
    int64_t now = status_number(status, "written_ms");
    int64_t installed = status_number(p, "installed_ms");
    if (installed > 0)
        buf_print(out, "  signing and master key are %s old; the smallest group shown is %lld\n",
                  amount_duration(now - installed, age),
                  (long long)status_number(p, "smallest_group"));
    if (audit)
        buf_print(out, "  audit log: %s entries",
                  amount_count(status_number(audit, "entries"), age));
    if (change)
        buf_print(out, "; what protects was changed last %s ago: %.*s of %.*s",
                  amount_duration(now - status_number(change, "at_ms"), since),
                  SLICE_PRINT(status_text(change, "action")),
                  SLICE_PRINT(status_text(change, "name")));
    if (change && status_text(change, "by").len)
        buf_print(out, ", by %.*s", SLICE_PRINT(status_text(change, "by")));
    if (audit)
        buf_u8(out, '\n');
}

// Of an older server there is nothing.
static void say_protection(const struct json *status, struct buf *out)
{
    char text[AMOUNT_BYTES];
    const struct json *p = json_get(status, "protection");
    if (!p)
        return;
    const struct json *beyond = json_get(p, "listens_beyond_this_machine");
    const struct json *differs = json_get(p, "policy_file_differs");
    struct slice by = status_text(p, "by");
    int64_t age_ms = status_number(status, "written_ms") - status_number(p, "since_ms");
    buf_print(out, "protection: policy version %lld, in force since %s",
              (long long)status_number(p, "policy_version"), amount_duration(age_ms, text));
    if (by.len)
        buf_print(out, ", by %.*s", SLICE_PRINT(by));
    buf_print(out, "; %s\n",
              beyond && beyond->truth ? "OTHER MACHINES can reach the listener"
                                      : "only this machine reaches the listener");
    say_keys(status, out);
    if (differs && differs->truth)
        buf_text(out, "  policy.yml says something that is not in force; 'tamis policy diff' "
                      "shows it\n");
    if (status_number(p, "proposals_waiting") > 0)
        buf_print(out,
                  "  %lld proposals wait for a second administrator; 'tamis policy history' "
                  "shows them\n",
                  (long long)status_number(p, "proposals_waiting"));
}

static void say_certificate(const struct json *status, struct buf *out)
{
    const int64_t soon_ms = INT64_C(30) * 24 * 3600 * 1000;
    char text[AMOUNT_BYTES];
    const struct json *tls = json_get(status, "tls");
    if (!tls)
        return;
    int64_t left_ms = status_number(tls, "until_ms") - status_number(status, "written_ms");
    int64_t clients = status_number(tls, "client_authorities");
    struct slice refused = status_text(tls, "refused");
    if (left_ms <= 0)
        buf_print(out, "certificate: ENDED %s ago", amount_duration(-left_ms, text));
    else
        buf_print(out, "certificate: %s %s", left_ms < soon_ms ? "ENDS IN" : "good for",
                  amount_duration(left_ms, text));
    buf_text(out, clients > 0 ? "; clients show one too\n" : "\n");
    if (refused.len)
        buf_print(out, "  the files that were last looked at are not taken: %.*s\n",
                  SLICE_PRINT(refused));
}

static void say_penalties(const struct json *status, struct buf *out)
{
    char text[AMOUNT_BYTES];
    char refused[AMOUNT_BYTES];
    const struct json *p = json_get(status, "penalties");
    int64_t wrong = status_number(p, "credential") + status_number(p, "code");
    if (wrong + status_number(p, "refused") == 0)
        return;
    buf_print(out, "strangers: %s wrong passwords, keys and codes, %s requests held off",
              amount_count(wrong, text), amount_count(status_number(p, "refused"), refused));
    if (status_number(p, "acting") > 0)
        buf_print(out, "; %lld addresses are held off now", (long long)status_number(p, "acting"));
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

static void add_bytes_of_a_row(struct table_print *t, int64_t bytes, int64_t rows)
{
    if (rows > 0)
        table_cell(t, "%.1f B", (double)bytes / (double)rows);
    else
        table_cell(t, "-");
}

static void add_table(struct table_print *t, const struct json *status, const struct json *table)
{
    char text[AMOUNT_BYTES];
    struct slice name = status_text(table, "name");
    struct slice refused = status_text(table, "refused");
    const struct json *stored = stored_table(status, name);
    int64_t rows = status_number(stored, "rows");
    int64_t disk = status_number(stored, "bytes_disk");
    int64_t memory = status_number(stored, "bytes_memory");
    table_cell(t, "  %.*s", SLICE_PRINT(name));
    table_cell(t, "%s", amount_count(rows, text));
    table_cell(t, "%s", amount_bytes(disk, text));
    add_bytes_of_a_row(t, disk, rows);
    table_cell(t, "%s", amount_bytes(memory, text));
    add_bytes_of_a_row(t, memory, rows);
    struct slice broken = status_text(stored, "broken");
    if (broken.len)
        table_cell(t, "BROKEN: %.*s", SLICE_PRINT(broken));
    else if (refused.len)
        table_cell(t, "REFUSED: %.*s", SLICE_PRINT(refused));
    else
        table_cell(t, "flows");
}

static void say_tables(const struct json *status, const struct json *source, struct arena *scratch,
                       struct buf *out)
{
    static const char *const head[] = {"  table",   "rows",  "on disk", "a row",
                                       "in memory", "a row", "state"};
    const struct json *tables = status_list(source, "tables");
    struct table_print t = table_print_of(scratch, sizeof head / sizeof *head);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        table_cell(&t, "%s", head[i]);
    for (uint32_t i = 0; i < tables->count; i++)
        add_table(&t, status, &tables->items[i]);
    if (tables->count)
        table_render(&t, out);
}

static void say_copying(const struct json *source, struct buf *out)
{
    char text[AMOUNT_BYTES];
    int64_t copied = status_number(source, "rows_copied");
    int64_t about = status_number(source, "rows_estimated");
    int64_t speed = status_number(source, "rows_per_second");
    buf_print(out, ", %s rows", amount_count(copied, text));
    if (about > 0)
        buf_print(out, " of about %s", amount_count(about, text));
    if (speed > 0)
        buf_print(out, ", %s a second", amount_count(speed, text));
    if (speed > 0 && about > copied)
        buf_print(out, ", about %s to go", amount_duration((about - copied) / speed * 1000, text));
}

static void say_source(const struct json *status, const struct json *source, struct arena *scratch,
                       struct buf *out)
{
    char text[AMOUNT_BYTES];
    struct slice phase = status_text(source, "phase");
    struct slice error = status_text(source, "last_error");
    buf_print(out, "\nsource %.*s: %.*s", SLICE_PRINT(status_text(source, "name")),
              SLICE_PRINT(phase));
    if (slice_is(phase, "copying"))
        say_copying(source, out);
    if (slice_is(phase, "streaming")) {
        buf_print(out, ", %s behind", amount_duration(status_number(source, "lag_ms"), text));
        buf_print(out, " (%s of its log)", amount_bytes(status_number(source, "lag_bytes"), text));
    }
    struct slice words = status_text(source, "words");
    buf_print(out, "%s%.*s\n", words.len ? "; " : "", SLICE_PRINT(words));
    if (error.len)
        buf_print(out, "  last trouble, %s ago: %.*s\n",
                  amount_duration(status_number(status, "written_ms") -
                                      status_number(source, "last_error_ms"),
                                  text),
                  SLICE_PRINT(error));
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
        say_server(&status, a->words[0], &out);
        say_protection(status.json, &out);
        say_certificate(status.json, &out);
        say_penalties(status.json, &out);
        if (json_get(status.json, "search"))
            say_searches(status.json, &out);
        say_segments(status.json, &out);
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
    .words = "DIR",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
