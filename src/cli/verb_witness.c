// SPDX-License-Identifier: Apache-2.0
#include "audit/follow.h"
#include "base/num.h"
#include "base/world.h"
#include "cli/amount.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/head_file.h"
#include "cli/probe_line.h"
#include "keys/crypto.h"
#include "policy/duration.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    SCRATCH_BYTES = 64 << 20,
    PROBE_BYTES = 64 << 20,
    HOST_BYTES = 256,
    EVERY_MS = 10000,
    PROVE_MS = 3600000,
    SILENT_ROUNDS_MAX = 3,
    QUESTIONS_PER_SECOND = 20,
};

static const struct flag flags[] = {
    {"url", "URL"},        {"ca", "FILE"},        {"cert", "FILE"},
    {"key", "FILE"},       {"user", "NAME"},      {"keep", "DIR"},
    {"every", "DURATION"}, {"prove", "DURATION"}, {"password-file", "F"},
    {"alarm", "PROGRAM"},  {"audit-key", "K"},    {"once", NULL},
    {NULL, NULL}};

struct watching {
    const char *url, *alarm;
    struct world keep; // the directory of what is kept
    struct client_options options;
    uint8_t key[SIGN_PUBLIC_BYTES];
    int64_t every_ms, prove_ms;
    bool has_last;
    struct audit_head last; // kept
    bool has_proven;
    struct audit_head proven; // up to where the tree was seen to go on from itself
    int64_t proven_ms;
    int silent_rounds;
    bool has_told; // the alarm of what is wrong now went through
    char told[FAULT_WORDS_BYTES];
};

// ---- one round ----

static enum err ask_json(struct client *c, const char *path, struct arena *scratch,
                         const struct json **out, struct fault *why)
{
    struct client_question q = {.method = "GET", .path = path};
    return client_json(c, &q, scratch, out, why);
}

static enum err read_head(struct client *c, struct arena *scratch, struct audit_head *out,
                          struct fault *why)
{
    const struct json *reply = NULL;
    enum err e = ask_json(c, "/_tamis/audit/head", scratch, &reply, why);
    if (e)
        return e;
    const struct json *line = json_get(reply, "head");
    if (!line || line->type != JSON_STRING)
        return fail(why, ERR_CORRUPT, "the server's answer has no head");
    return audit_head_parse(line->text, out, why);
}

static enum err read_path(const struct json *reply, struct merkle_proof *out, struct fault *why)
{
    const struct json *path = json_get(reply, "path");
    if (!path || path->type != JSON_ARRAY || path->count > MERKLE_PROOF_MAX)
        return fail(why, ERR_CORRUPT, "the server's proof is none");
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json *step = &path->items[i];
        if (step->type != JSON_STRING ||
            !audit_hex_parse(step->text, out->at[i].at, sizeof out->at[i].at))
            return fail(why, ERR_CORRUPT, "the server's proof is none");
    }
    out->count = path->count;
    return OK;
}

// A proof reads the whole log, so it is asked for seldom; numbers, sizes and roots tell the rest.
static enum err prove(struct watching *w, struct client *c, const struct audit_head *head,
                      struct arena *scratch, struct fault *why)
{
    char path[128];
    const struct json *reply = NULL;
    struct merkle_proof proof = {0};
    bool is_due = !w->has_proven || now_ms() - w->proven_ms >= w->prove_ms;
    if (!is_due)
        return OK;
    enum err e = OK;
    if (w->has_proven && w->proven.size < head->size && w->proven.size > 0) {
        snprintf(path, sizeof path, "/_tamis/audit/consistency?first=%llu&size=%llu",
                 (unsigned long long)w->proven.size, (unsigned long long)head->size);
        e = ask_json(c, path, scratch, &reply, why);
        if (!e)
            e = read_path(reply, &proof, why);
        if (!e)
            e = follow_proof(&w->proven, head, &proof, why);
    }
    if (!e)
        e = head_file_write(&w->keep, HEAD_FILE_PROVEN, head, why);
    if (!e) {
        w->has_proven = true;
        w->proven = *head;
        w->proven_ms = now_ms();
    }
    return e;
}

static enum err see_log(struct watching *w, struct client *c, struct arena *scratch,
                        struct fault *why)
{
    struct audit_head head = {0};
    enum err e = read_head(c, scratch, &head, why);
    if (!e)
        e = follow_head(w->has_last ? &w->last : NULL, &head, w->key, why);
    if (!e)
        e = prove(w, c, &head, scratch, why);
    bool is_new = !w->has_last || head.number != w->last.number;
    if (!e && is_new)
        e = head_file_add(&w->keep, &head, why);
    if (e)
        return e;
    w->has_last = true;
    w->last = head;
    return OK;
}

// The place of https://HOST[:PORT], to be asked as a stranger.
static enum err see_from_outside(const struct watching *w, struct fault *why)
{
    struct arena *memory AUTO(arena_freep) = arena_new(PROBE_BYTES);
    struct probe_place place = {.per_second = QUESTIONS_PER_SECOND,
                                .ways = 1u << WAY_HTTPS | 1u << WAY_HTTP,
                                .stores = UINT32_MAX};
    char host[HOST_BYTES];
    char address[PROBE_ADDRESS_BYTES];
    struct probe_result r;
    const char *from = w->url + strlen("https://");
    const char *close = *from == '[' ? strchr(from, ']') : from;
    const char *colon = close ? strchr(close, ':') : NULL;
    int64_t port = 443;
    size_t len = colon ? (size_t)(colon - from) : strcspn(from, "/");
    if (colon && parse_i64(slice_of(colon + 1, strcspn(colon + 1, "/")), &port))
        return fail(why, ERR_INVALID, "%s names no port", w->url);
    snprintf(host, sizeof host, "%.*s", (int)len, from);
    place.host = host;
    place.port = (uint16_t)port;
    probe_place(&place, memory, &r, address);
    if (r.verdict <= PROBE_CLOSED)
        return OK;
    return fail(why, ERR_DENIED, "%s is OPEN: it answers without a credential; `tamis probe %s`",
                address, address);
}

static enum err see(struct watching *w, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct client *c = NULL;
    enum err e = see_from_outside(w, why);
    if (e)
        return e;
    e = client_open(&w->options, &c, why);
    if (!e)
        e = see_log(w, c, scratch, why);
    client_close(c);
    return e;
}

// ---- what becomes of it ----

// An alarm that does not get through is tried again each round, for as long as it takes.
static void raise_alarm(struct watching *w, const struct fault *what)
{
    struct fault why = {0};
    if (strcmp(w->told, what->words) != 0)
        w->has_told = false;
    if (w->has_told)
        return;
    snprintf(w->told, sizeof w->told, "%s", what->words);
    cli_say("ALARM: %s", what->words);
    struct child hook = {.words = {w->alarm, what->words, NULL}};
    w->has_told = !w->alarm || child_run(&hook, &why) == OK;
    if (!w->has_told)
        cli_say("the alarm did not get through, and is tried again: %s", why.words);
}

// One answer that does not come may be a restart; several are an alarm.
static bool is_alarming(struct watching *w, enum err e)
{
    w->silent_rounds = e == ERR_UNAVAILABLE ? w->silent_rounds + 1 : 0;
    return e && (e != ERR_UNAVAILABLE || w->silent_rounds >= SILENT_ROUNDS_MAX);
}

static enum err watch_once(struct watching *w)
{
    struct fault why = {0};
    enum err e = see(w, &why);
    if (is_alarming(w, e))
        raise_alarm(w, &why);
    else if (e)
        cli_say("no answer: %s", why.words);
    else if (*w->told)
        cli_say("well again: head %llu, %llu entries", (unsigned long long)w->last.number,
                (unsigned long long)w->last.size);
    if (!e)
        w->told[0] = '\0';
    return e;
}

static enum err parse_pace(const struct arguments *a, const char *name, int64_t otherwise,
                           int64_t *out, struct fault *why)
{
    const char *text = arguments_get(a, name);
    *out = otherwise;
    if (text && duration_parse(text, out))
        return fail(why, ERR_INVALID, "--%s is a time such as 10s or 1h, not '%s'", name, text);
    return OK;
}

static enum err parse(const struct arguments *a, struct watching *w, struct fault *why)
{
    static const char *const needed[] = {"url", "user", "password-file", "audit-key", "keep"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!arguments_get(a, needed[i]))
            return fail(why, ERR_INVALID, "--%s is missing", needed[i]);
    }
    *w = (struct watching){.url = arguments_get(a, "url"), .alarm = arguments_get(a, "alarm")};
    w->options = (struct client_options){.url = w->url,
                                         .ca_file = arguments_get(a, "ca"),
                                         .user = arguments_get(a, "user"),
                                         .password_file = arguments_get(a, "password-file"),
                                         .cert_file = arguments_get(a, "cert"),
                                         .key_file = arguments_get(a, "key")};
    enum err e = parse_pace(a, "every", EVERY_MS, &w->every_ms, why);
    if (!e)
        e = parse_pace(a, "prove", PROVE_MS, &w->prove_ms, why);
    if (!e && strncmp(w->url, "https://", 8) != 0)
        e = fail(why, ERR_INVALID, "the address '%s' does not begin with https://", w->url);
    return e;
}

static enum err open_keep(const char *directory, struct watching *w, struct fault *why)
{
    enum err e = world_open(directory, &w->keep, why);
    if (e)
        return e;
    e = head_file_read(&w->keep, HEAD_FILE_LAST, &w->has_last, &w->last, why);
    if (!e)
        e = head_file_read(&w->keep, HEAD_FILE_PROVEN, &w->has_proven, &w->proven, why);
    if (e)
        world_close(&w->keep);
    return e ? fail_in(why, e, "--keep %s", directory) : OK;
}

static enum exit_status run(const struct arguments *a)
{
    struct watching w = {0};
    struct fault why = {0};
    if (parse(a, &w, &why))
        return cli_misused("witness", "%s", why.words);
    if (crypto_start(&why) || head_key_read(arguments_get(a, "audit-key"), w.key, &why) ||
        open_keep(arguments_get(a, "keep"), &w, &why))
        return cli_failed(&why);
    enum err e = watch_once(&w);
    while (!arguments_has(a, "once") &&
           poll(NULL, 0, (int)(w.every_ms < PROVE_MS ? w.every_ms : PROVE_MS)) == 0)
        e = watch_once(&w);
    world_close(&w.keep);
    return e ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}

const struct verb verb_witness = {
    .name = "witness",
    .summary = "watches a server from elsewhere: is it open, was its log changed",
    .help =
        "tamis witness --url https://db:9200 --ca ca.crt --user wit --password-file F \\\n"
        "    --audit-key audit.key --keep /var/lib/witness --alarm /usr/local/bin/page-somebody\n\n"
        "Runs on another machine.  Each round it asks the server without a credential what "
        "finders\n"
        "of open servers ask, and then, as a user of role auditor, for the newest signed head of\n"
        "the audit log; that must go on from the head before.  Heads are kept, so that the\n"
        "log cannot be taken back unseen.\n\n"
        "  --url URL, --ca FILE     the server, and the authority to check it by\n"
        "  --user NAME              of role auditor\n"
        "  --password-file F        with the password in its first line\n"
        "  --cert FILE --key FILE   of the client, where the server wants one\n"
        "  --audit-key K            what `tamis audit key` printed, or a file with it\n"
        "  --keep DIR               a directory of its own, for the heads it was given\n"
        "  --alarm PROGRAM          started with one argument, what is wrong; again each round\n"
        "                           until it ends with status 0\n"
        "  --every DURATION         a round; default 10s\n"
        "  --prove DURATION         how often the server must prove that the log of now begins\n"
        "                           with the log of then, which reads all of it; default 1h\n"
        "  --once                   one round; status 1 when something is wrong\n\n"
        "An alarm: it is open; a head that cannot follow the one before; no answer three times.\n",
    .flags = flags,
    .run = run,
};
