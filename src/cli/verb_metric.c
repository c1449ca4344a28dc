// SPDX-License-Identifier: Apache-2.0
#include "cli/amount.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/home.h"
#include "cli/metric_table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SCRATCH_BYTES = 512 << 20,
    PATH_BYTES = 4096,
    OUT_BYTES = 64 << 20,
    TERMINAL_ROWS_MAX = 50, // a pipe and --json get all
};

static const struct flag flags[] = {
    {"dir", "DIR"},         {"url", "URL"},   {"ca", "FILE"}, {"user", "NAME"},
    {"password-file", "F"}, {"from", "DATE"}, {"to", "DATE"}, {"by", "FIELD[,FIELD]"},
    {"every", "DURATION"},  {"json", NULL},   {"cert", "F"},  {"key", "F"},
    {NULL, NULL},
};

static void add_escaped(struct buf *path, const char *text)
{
    for (const char *c = text; *c; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                     (*c >= 'A' && *c <= 'Z') || strchr("-._~,:", *c);
        buf_print(path, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

static struct slice path_of(const struct arguments *a, struct arena *scratch)
{
    struct buf path AUTO(buf_donep) = buf_init(PATH_BYTES);
    buf_text(&path, "/_tamis/metrics");
    if (a->word_count > 1) {
        buf_u8(&path, '/');
        add_escaped(&path, a->words[1]);
        const char *between = "?";
        const char *const names[] = {"from", "to", "by", "every"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const char *value = arguments_get(a, names[i]);
            if (!value)
                continue;
            buf_print(&path, "%s%s=", between, names[i]);
            add_escaped(&path, value);
            between = "&";
        }
    }
    buf_u8(&path, '\0');
    return arena_copy(scratch, buf_slice(&path));
}

// An answer without rows is no failure, but silence would look like one.
static void draw(const struct json *reply, struct arena *scratch, struct buf *out)
{
    if (status_list(reply, "rows")->count == 0) {
        cli_say("no rows: nothing happened in that time");
        return;
    }
    uint32_t most = isatty(STDOUT_FILENO) ? TERMINAL_ROWS_MAX : UINT32_MAX;
    uint32_t more = metric_table_rows(reply, most, scratch, out);
    char text[AMOUNT_BYTES];
    if (more)
        buf_print(out,
                  "and %s more rows: narrow it with --from, --to, --by and --every, or have "
                  "them all with --json or through a pipe\n",
                  amount_count(more, text));
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
        .cert_file = arguments_get(a, "cert"),
        .key_file = arguments_get(a, "key"),
    };
    struct client *c = NULL;
    enum err e = options.directory ? home_check(options.directory, why) : OK;
    if (!e)
        e = client_open(&options, &c, why);
    if (e)
        return e;
    struct client_question q = {.method = "GET", .path = (const char *)path_of(a, scratch).at};
    const struct json *reply = NULL;
    e = client_json(c, &q, scratch, &reply, why);
    if (!e && arguments_has(a, "json")) {
        long status = 0;
        e = client_ask(c, &q, &status, out, why);
        buf_u8(out, '\n');
    } else if (!e && a->word_count > 1) {
        draw(reply, scratch, out);
    } else if (!e) {
        metric_table_list(reply, scratch, out);
    }
    client_close(c);
    return e;
}

static bool gives_any(const struct arguments *a, const char *const *names)
{
    while (*names && !arguments_has(a, *names))
        names++;
    return *names != NULL;
}

static enum exit_status run(const struct arguments *a)
{
    bool shows = strcmp(a->words[0], "show") == 0;
    if (!shows && strcmp(a->words[0], "list") != 0)
        return cli_misused("metric", "'%s' is neither show nor list", a->words[0]);
    if (shows != (a->word_count == 2))
        return cli_misused("metric", shows ? "which metric? `tamis metric list` names them"
                                           : "list takes no name");
    if (!shows && gives_any(a, (const char *const[]){"from", "to", "by", "every", NULL}))
        return cli_misused("metric", "--from, --to, --by and --every go with show");
    if (!gives_any(a, (const char *const[]){"dir", "url", NULL}))
        return cli_misused("metric", "say which server: --dir DIR of this machine, or --url URL");
    if (!arguments_has(a, "user"))
        return cli_misused("metric", "say who asks: --user NAME, of role analyst or metrics");
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    struct fault why = {0};
    enum err e = ask(a, scratch, &out, &why);
    if (!e)
        e = buf_end(&out, &why);
    if (e) {
        enum exit_status status = cli_failed(&why);
        if (shows && strstr(why.words, "more than")) // rows; as the flags of this verb have it
            cli_say("Such as: tamis metric show %s --every 1d --by FIELD; `tamis metric list` says "
                    "which fields",
                    a->words[1]);
        return status;
    }
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
            "A terminal gets the first 50 rows, a pipe all.\n\n"
            "  --dir DIR                     the directory of a server on this machine\n"
            "  --url URL --ca FILE           a server elsewhere, and the authority to check it by\n"
            "  --user NAME                   who asks, of role analyst or metrics\n"
            "  --password-file F             with the password; else it is asked for\n"
            "  --cert F --key F              where clients show a certificate (tls.client_ca)\n",
    .flags = flags,
    .words = "list | show NAME",
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
