// SPDX-License-Identifier: Apache-2.0
#include "cli/probe_line.h"

#include "base/check.h"
#include "base/world.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    REPLY_BYTES_MAX = 32 << 20,
    BARE_REPLY_BYTES_MAX = 64 << 10,
    CONNECT_MS = 3000,
    FIRST_MS = 3000, // until something has answered in this way
    REPLY_MS = 10000,
    BARE_MS = 1000, // who speaks the protocol of a bare question answers it at once
    QUIET_MS = 300, // a bare reply has ended when nothing more comes for so long
};

struct probe_line {
    CURL *curl;
    struct probe_target to;
    int64_t next_ms; // not before then
    bool is_answered;
};

enum err probe_line_open(const struct probe_target *to, struct probe_line **out, struct fault *why)
{
    struct probe_line *l = calloc(1, sizeof *l);
    CHECK(l != NULL);
    l->to = *to;
    l->curl = curl_easy_init();
    if (!l->curl) {
        free(l);
        return fail(why, ERR_UNAVAILABLE, "the HTTP library does not start");
    }
    *out = l;
    return OK;
}

void probe_line_close(struct probe_line *l)
{
    if (!l)
        return;
    curl_easy_cleanup(l->curl);
    free(l);
}

static int patience_ms(const struct probe_line *l)
{
    return l->is_answered ? REPLY_MS : FIRST_MS;
}

static void wait_turn(struct probe_line *l)
{
    int64_t now = now_ms();
    if (now < l->next_ms)
        poll(NULL, 0, (int)(l->next_ms - now));
    l->next_ms = now_ms() + 1000 / l->to.per_second;
}

static size_t take_reply(char *bytes, size_t size, size_t count, void *context)
{
    struct buf *out = context;
    buf_bytes(out, bytes, size * count);
    return out->over_limit ? 0 : size * count;
}

// What goes for every question, of whichever way.
static void prepare(struct probe_line *l, const char *path)
{
    char url[2048];
    snprintf(url, sizeof url, "%s://%s:%u%s", l->to.way == WAY_HTTPS ? "https" : "http", l->to.host,
             l->to.port, path);
    curl_easy_setopt(l->curl, CURLOPT_URL, url);
    curl_easy_setopt(l->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(l->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(l->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(l->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(l->curl, CURLOPT_TIMEOUT_MS, (long)patience_ms(l));
    curl_easy_setopt(l->curl, CURLOPT_USERAGENT, "tamis-probe/" TAMIS_VERSION);
    curl_easy_setopt(l->curl, CURLOPT_SSL_VERIFYPEER, l->to.ca_file ? 1L : 0L);
    curl_easy_setopt(l->curl, CURLOPT_SSL_VERIFYHOST, l->to.ca_file ? 2L : 0L);
    if (l->to.ca_file)
        curl_easy_setopt(l->curl, CURLOPT_CAINFO, l->to.ca_file);
}

static enum err silence_of(CURLcode code)
{
    bool is_nobody = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                     code == CURLE_OPERATION_TIMEDOUT;
    return is_nobody ? ERR_UNAVAILABLE : ERR_DENIED;
}

static enum err send_http(struct probe_line *l, const struct stranger_question *q,
                          struct arena *scratch, struct stranger_reply *out, struct fault *why)
{
    struct buf body AUTO(buf_donep) = buf_init(REPLY_BYTES_MAX);
    struct curl_slist *headers = NULL;
    curl_easy_reset(l->curl);
    prepare(l, q->path);
    curl_easy_setopt(l->curl, CURLOPT_CUSTOMREQUEST, q->method);
    curl_easy_setopt(l->curl, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(l->curl, CURLOPT_WRITEDATA, &body);
    if (q->header)
        headers = curl_slist_append(NULL, q->header);
    curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, headers);
    if (strcmp(q->method, "GET") != 0) {
        curl_easy_setopt(l->curl, CURLOPT_POSTFIELDSIZE, (long)q->body.len);
        curl_easy_setopt(l->curl, CURLOPT_POSTFIELDS, q->body.len ? (const char *)q->body.at : "");
    }
    CURLcode code = curl_easy_perform(l->curl);
    curl_slist_free_all(headers);
    // A reply that is too long has said enough by its status.
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && body.over_limit))
        return fail(why, silence_of(code), "%s", curl_easy_strerror(code));
    curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &out->status);
    out->body = arena_copy(scratch, buf_slice(&body));
    return OK;
}

// What comes until it is quiet, or the other side has ended.
static void receive(struct probe_line *l, curl_socket_t socket, struct buf *out)
{
    int patience = BARE_MS;
    for (;;) {
        struct pollfd fd = {.fd = socket, .events = POLLIN};
        if (poll(&fd, 1, patience) <= 0)
            return;
        char piece[4096];
        size_t got = 0;
        CURLcode code = curl_easy_recv(l->curl, piece, sizeof piece, &got);
        if (code == CURLE_AGAIN)
            continue;
        if (code != CURLE_OK || got == 0)
            return;
        buf_bytes(out, piece, got);
        if (out->over_limit)
            return;
        patience = QUIET_MS;
    }
}

static enum err send_bare(struct probe_line *l, const struct stranger_question *q,
                          struct arena *scratch, struct stranger_reply *out, struct fault *why)
{
    struct buf body AUTO(buf_donep) = buf_init(BARE_REPLY_BYTES_MAX);
    curl_socket_t socket = CURL_SOCKET_BAD;
    size_t sent = 0;
    curl_easy_reset(l->curl);
    prepare(l, "/");
    curl_easy_setopt(l->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(l->curl, CURLOPT_FRESH_CONNECT, 1L);
    CURLcode code = curl_easy_perform(l->curl);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(l->curl, CURLINFO_ACTIVESOCKET, &socket);
    if (code == CURLE_OK)
        code = curl_easy_send(l->curl, q->body.at, q->body.len, &sent);
    if (code != CURLE_OK || sent != q->body.len)
        return fail(why, silence_of(code), "%s", curl_easy_strerror(code));
    receive(l, socket, &body);
    if (body.len == 0)
        return fail(why, ERR_DENIED, "no word came back");
    out->body = arena_copy(scratch, buf_slice(&body));
    return OK;
}

static enum err send_question(void *context, const struct stranger_question *q,
                              struct arena *scratch, struct stranger_reply *out, struct fault *why)
{
    struct probe_line *l = context;
    wait_turn(l);
    *out = (struct stranger_reply){0};
    enum err e =
        q->method ? send_http(l, q, scratch, out, why) : send_bare(l, q, scratch, out, why);
    l->is_answered |= e == OK;
    return e;
}

struct probe_ask probe_line_ask(struct probe_line *l)
{
    return (struct probe_ask){.send = send_question, .context = l};
}

uint32_t probe_stores(enum way way)
{
    uint32_t stores = 0;
    for (unsigned i = 0; i < STORE_KINDS; i++) {
        if (store_is_http((enum store_kind)i) == (way != WAY_BARE))
            stores |= 1u << i;
    }
    return stores;
}

void probe_place(const struct probe_place *p, struct arena *memory, struct probe_result *out,
                 char address[PROBE_ADDRESS_BYTES])
{
    static const char *const schemes[] = {"https://", "http://", ""};
    *out = (struct probe_result){.store = STORE_KINDS};
    snprintf(address, PROBE_ADDRESS_BYTES, "%s:%u", p->host, p->port);
    for (enum way way = WAY_HTTPS; way <= WAY_BARE; way++) {
        uint32_t stores = probe_stores(way) & p->stores;
        // What answers with TLS is not asked for plain HTTP as well.
        bool is_answered = way == WAY_HTTP && out->verdict != PROBE_NO_ANSWER;
        struct probe_line *line = NULL;
        if (!(p->ways & 1u << way) || !stores || is_answered || out->verdict == PROBE_OPEN)
            continue;
        struct probe_target to = {
            .way = way, .host = p->host, .port = p->port, .per_second = p->per_second};
        if (probe_line_open(&to, &line, NULL))
            return;
        struct probe_ask ask = probe_line_ask(line);
        struct probe_result here;
        probe_run(&ask, stores, memory, &here);
        if (here.verdict > out->verdict) {
            *out = here;
            snprintf(address, PROBE_ADDRESS_BYTES, "%s%s:%u", schemes[way], p->host, p->port);
        }
        probe_line_close(line);
    }
}
