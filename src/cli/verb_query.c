// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/home.h"
#include "cli/query_print.h"
#include "json/json_writer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SCRATCH_BYTES = 512 << 20,
    STATEMENT_BYTES_MAX = 256 << 10,
    PAGE_ROWS = 5000,
    TERMINAL_ROWS_MAX = 200, // a pipe, --json and --csv get all
};

static const struct flag flags[] = {
    {"dir", "DIR"},        {"url", "URL"}, {"ca", "FILE"}, {"user", "NAME"}, {"password-file", "F"},
    {"time-zone", "ZONE"}, {"json", NULL}, {"csv", NULL},  {NULL, NULL},
};

// The statement of the command line, or all of standard input.
static enum err read_statement(const struct arguments *a, struct buf *out, struct fault *why)
{
    if (a->word_count == 1 && strcmp(a->words[0], "-") != 0) {
        buf_text(out, a->words[0]);
        return buf_end(out, why);
    }
    if (a->word_count == 0 && isatty(STDIN_FILENO))
        cli_say("The statement, ended with Ctrl-D:");
    char part[4096];
    size_t len = 0;
    while ((len = fread(part, 1, sizeof part, stdin)) > 0)
        buf_bytes(out, part, len);
    if (ferror(stdin))
        return fail(why, ERR_IO, "standard input cannot be read");
    return buf_end(out, why);
}

static struct slice first_body(const struct arguments *a, struct slice statement,
                               struct arena *scratch)
{
    struct buf body AUTO(buf_donep) = buf_init((size_t)4 * STATEMENT_BYTES_MAX);
    struct json_writer w = json_writer_to(&body);
    json_object(&w);
    json_key(&w, "query");
    json_string(&w, statement);
    json_key(&w, "fetch_size");
    json_int(&w, PAGE_ROWS);
    if (arguments_get(a, "time-zone")) {
        json_key(&w, "time_zone");
        json_text(&w, arguments_get(a, "time-zone"));
    }
    json_end(&w);
    return arena_copy(scratch, buf_slice(&body));
}

static struct slice next_body(struct slice cursor, struct arena *scratch)
{
    return arena_print(scratch, "{\"cursor\":\"%.*s\"}", SLICE_PRINT(cursor));
}

static enum query_form form_of(const struct arguments *a)
{
    if (arguments_has(a, "json"))
        return QUERY_JSON;
    if (arguments_has(a, "csv"))
        return QUERY_CSV;
    return isatty(STDOUT_FILENO) ? QUERY_TABLE : QUERY_ALL;
}

// Page after page, each written before the next is asked for.
static enum err ask_pages(const struct arguments *a, struct client *c, struct slice body,
                          struct arena *scratch, struct fault *why)
{
    struct query_print p = {.form = form_of(a), .rows_max = TERMINAL_ROWS_MAX};
    enum err e = OK;
    while (!e && body.len) {
        struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
        struct client_question q = {.method = "POST", .path = "/_sql", .body = body};
        const struct json *reply = NULL;
        struct arena *page AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
        e = client_json(c, &q, page, &reply, why);
        if (!e)
            query_print_page(&p, reply, page, &out);
        if (!e)
            e = buf_end(&out, why);
        if (!e)
            fwrite(out.at, 1, out.len, stdout);
        struct slice cursor = e ? slice_of(NULL, 0) : status_text(reply, "cursor");
        body = cursor.len && !p.is_full ? next_body(cursor, scratch) : slice_of(NULL, 0);
    }
    query_print_end(&p, stdout);
    return e;
}

static enum err ask(const struct arguments *a, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf statement AUTO(buf_donep) = buf_init(STATEMENT_BYTES_MAX);
    const struct client_options options = {
        .directory = arguments_get(a, "dir"),
        .url = arguments_get(a, "url"),
        .ca_file = arguments_get(a, "ca"),
        .user = arguments_get(a, "user"),
        .password_file = arguments_get(a, "password-file"),
    };
    struct client *c = NULL;
    enum err e = options.directory ? home_check(options.directory, why) : OK;
    if (!e)
        e = read_statement(a, &statement, why);
    if (!e)
        e = client_open(&options, &c, why);
    if (e)
        return e;
    e = ask_pages(a, c, first_body(a, buf_slice(&statement), scratch), scratch, why);
    client_close(c);
    return e;
}

static enum exit_status run(const struct arguments *a)
{
    if (!arguments_has(a, "dir") && !arguments_has(a, "url"))
        return cli_misused("query", "say which server: --dir DIR of this machine, or --url URL");
    if (!arguments_has(a, "user"))
        return cli_misused("query", "say who asks: --user NAME, of role analyst or metrics");
    if (arguments_has(a, "json") && arguments_has(a, "csv"))
        return cli_misused("query", "--json or --csv, not both");
    struct fault why = {0};
    return ask(a, &why) ? cli_failed(&why) : EXIT_STATUS_OK;
}

const struct verb verb_query = {
    .name = "query",
    .summary = "ask in SQL: a table, CSV or JSON",
    .help = "tamis query \"SELECT model, COUNT(*) FROM devices GROUP BY model\" --dir DIR --user "
            "analyst\n\n"
            "tamis query [SQL | -] [--json | --csv] --dir DIR --user NAME\n\n"
            "Without a statement, or with -, it is read from standard input.  What SQL there is\n"
            "says docs/reference/sql.md; SHOW TABLES and DESCRIBE TABLE say what there is to ask.\n"
            "A terminal gets a table of the first 200 rows, a pipe all.\n\n"
            "  --json                        a JSON object for each row, one a line\n"
            "  --csv                         comma-separated values with a heading (RFC 4180)\n"
            "  --time-zone ZONE              in which days begin and dates are shown; UTC\n\n"
            "  --dir DIR                     the directory of a server on this machine\n"
            "  --url URL --ca FILE           a server elsewhere, and the authority to check it by\n"
            "  --user NAME                   who asks, of role analyst or metrics\n"
            "  --password-file F             with the password; else it is asked for\n",
    .flags = flags,
    .words = "[SQL | -]",
    .words_min = 0,
    .words_max = 1,
    .run = run,
};
