// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "base/world.h"
#include "cli/cli.h"
#include "cli/probe_line.h"
#include "cli/probe_text.h"
#include "policy/duration.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { MEMORY_BYTES = 64 << 20, RATE_DEFAULT = 20, RATE_MAX = 100, HOST_BYTES = 256 };

enum { ALL_WAYS = 7, ALL_STORES = (1 << STORE_KINDS) - 1 };

static const struct flag flags[] = {
    {"json", NULL}, {"every", "DURATION"}, {"rate", "N"}, {NULL, NULL}};

struct wish {
    char host[HOST_BYTES];
    int64_t port; // 0: the usual ones of every kind of store
    uint32_t ways;
    unsigned per_second;
    bool is_json, is_over; // over: again and again
    int every_ms;
};

// ---- what is to be asked ----

static bool starts_with(const char **text, const char *start)
{
    size_t len = strlen(start);
    bool does = strncmp(*text, start, len) == 0;
    *text += does ? len : 0;
    return does;
}

// HOST, HOST:PORT, [V6], [V6]:PORT; a path behind it is left out.
static enum err parse_place(const char *text, struct wish *out, struct fault *why)
{
    size_t len = strcspn(text, "/?#");
    const char *close = *text == '[' ? memchr(text, ']', len) : NULL;
    const char *from = close ? close : text;
    const char *colon = memchr(from, ':', len - (size_t)(from - text));
    size_t host_len = colon ? (size_t)(colon - text) : len;
    if (host_len == 0 || host_len >= HOST_BYTES || memchr(text, '@', len) ||
        (*text == '[' && !close))
        return fail(why, ERR_INVALID, "'%s' names no host to ask", text);
    memcpy(out->host, text, host_len);
    out->host[host_len] = '\0';
    if (!colon)
        return OK;
    struct slice port = slice_of(colon + 1, len - host_len - 1);
    if (parse_i64(port, &out->port) || out->port < 1 || out->port > 65535)
        return fail(why, ERR_INVALID, "'%.*s' is no port: a number from 1 to 65535",
                    SLICE_PRINT(port));
    return OK;
}

static enum err parse_target(const char *text, struct wish *out, struct fault *why)
{
    out->ways = ALL_WAYS;
    int64_t usual = 0;
    if (starts_with(&text, "https://")) {
        out->ways = 1u << WAY_HTTPS;
        usual = 443;
    } else if (starts_with(&text, "http://")) {
        out->ways = 1u << WAY_HTTP;
        usual = 80;
    } else if (strstr(text, "://")) {
        return fail(why, ERR_INVALID, "'%s' is neither http:// nor https://, nor HOST[:PORT]",
                    text);
    }
    enum err e = parse_place(text, out, why);
    if (!e && out->port == 0)
        out->port = usual;
    return e;
}

static enum err parse_pace(const struct arguments *a, struct wish *out, struct fault *why)
{
    const char *rate = arguments_get(a, "rate");
    const char *every = arguments_get(a, "every");
    int64_t n = RATE_DEFAULT;
    int64_t ms = 0;
    if (rate && (parse_i64(slice_text(rate), &n) || n < 1 || n > RATE_MAX))
        return fail(why, ERR_INVALID, "--rate is a number from 1 to %d, not '%s'", RATE_MAX, rate);
    if (every && duration_parse(every, &ms))
        return fail(why, ERR_INVALID, "--every is a time such as 10s or 5m, not '%s'", every);
    out->per_second = (unsigned)n;
    out->is_over = every != NULL;
    out->every_ms = (int)(ms < 3600000 ? ms : 3600000);
    return OK;
}

// ---- asking ----

static void show(const struct wish *w, const struct probe_result *r, const char *address,
                 struct arena *memory)
{
    struct buf out AUTO(buf_donep) = buf_init(4 << 20);
    if (w->is_json) {
        struct json_writer json = json_writer_to(&out);
        probe_json(r, address, &json);
        buf_text(&out, "\n");
    } else {
        probe_text(r, address, memory, &out);
    }
    fwrite(out.at, 1, out.len, stdout);
    fflush(stdout);
}

static enum probe_verdict ask_place(const struct wish *w, uint16_t port, uint32_t stores)
{
    struct arena *memory AUTO(arena_freep) = arena_new(MEMORY_BYTES);
    struct probe_result r;
    char address[PROBE_ADDRESS_BYTES];
    struct probe_place place = {.host = w->host,
                                .port = port,
                                .ways = w->ways,
                                .stores = stores,
                                .per_second = w->per_second};
    probe_place(&place, memory, &r, address);
    // Of the usual ports, those without anybody are told together.
    if (w->port || r.verdict != PROBE_NO_ANSWER)
        show(w, &r, address, memory);
    return r.verdict;
}

static enum probe_verdict ask_all(const struct wish *w)
{
    if (w->port)
        return ask_place(w, (uint16_t)w->port, ALL_STORES);
    enum probe_verdict worst = PROBE_NO_ANSWER;
    for (unsigned i = 0; i < STORE_KINDS; i++) {
        enum probe_verdict v = ask_place(w, store_port((enum store_kind)i), 1u << i);
        worst = v > worst ? v : worst;
    }
    if (worst == PROBE_NO_ANSWER)
        cli_say("nobody answers at any of the usual ports of %s", w->host);
    return worst;
}

static enum exit_status status_of(enum probe_verdict v)
{
    return v == PROBE_CLOSED      ? EXIT_STATUS_OK
           : v == PROBE_NO_ANSWER ? EXIT_STATUS_UNKNOWN
                                  : EXIT_STATUS_FAILED;
}

static enum exit_status run(const struct arguments *a)
{
    struct wish w = {.is_json = arguments_has(a, "json")};
    struct fault why = {0};
    if (parse_target(a->words[0], &w, &why) || parse_pace(a, &w, &why))
        return cli_misused("probe", "%s", why.words);
    enum probe_verdict v = ask_all(&w);
    while (w.is_over && poll(NULL, 0, w.every_ms) == 0)
        v = ask_all(&w);
    return status_of(v);
}

const struct verb verb_probe = {
    .name = "probe",
    .summary = "asks a server what finders of open servers ask",
    .help =
        "tamis probe https://search.example.org:9200\n\n"
        "Asks, without a credential, what LeakIX, nuclei and Shodan ask, and more: of\n"
        "Elasticsearch, OpenSearch, their dashboards, ClickHouse, CouchDB, etcd, Redis, MongoDB\n"
        "and memcached.  It only reads, says who it is (User-Agent: tamis-probe), and asks\n"
        "nobody but the host that you name.  Of an open Elasticsearch it counts indices, rows and\n"
        "which kinds of data about people are in how many of them; no value is kept.\n\n"
        "  http://HOST:PORT, https://HOST:PORT   this way only\n"
        "  HOST:PORT                             with TLS, without, and as bare bytes\n"
        "  HOST                                  the usual ports of all of these\n\n"
        "  --every DURATION   again and again, until it is stopped\n"
        "  --rate N           questions a second at most; default 20\n"
        "  --json             each result as one JSON object a line\n\n"
        "The exit status is 0 when all is closed, 1 when something was given, 3 when nobody\n"
        "answers.  A server's certificate is not looked at: a stranger would not either.\n",
    .flags = flags,
    .words = "HOST[:PORT] | URL",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
