// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/num.h"
#include "base/world.h"
#include "cli/amount.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/neighbours.h"
#include "cli/probe_line.h"
#include "policy/personal.h"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    FILE_BYTES = 1 << 20,
    HOST_BYTES = 64,
    LAG_MS_MAX = 60000,
    STARTS_MAX = 3,
    DAYS_MIN = 30,
    QUESTIONS_PER_SECOND = 100,
};

static const struct flag flags[] = {{"neighbours", NULL}, {NULL, NULL}};

struct address {
    char host[HOST_BYTES];
    uint16_t port;
};

struct visit {
    const char *directory;
    struct arena *scratch;
    int wrong; // what must be mended
    int doubtful;
    struct address own; // where the server can be asked; port 0: nowhere
};

static void fine(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void doubt(struct visit *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct visit *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const char *mark, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void say(const char *mark, const char *format, va_list args)
{
    printf("%s ", mark);
    vprintf(format, args);
    putchar('\n');
}

static void fine(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("fine ", format, args);
    va_end(args);
}

static void doubt(struct visit *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("LOOK ", format, args);
    va_end(args);
    v->doubtful++;
}

static void wrong(struct visit *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("WRONG", format, args);
    va_end(args);
    v->wrong++;
}

// Nobody but the owner may look into these.
static void see_rights(struct visit *v)
{
    static const char *const closed[] = {
        "keys",       "keys/master.key", "keys/sign.key", "tls/server.key",
        "tls/ca.key", "access",          "data",          "run"};
    int before = v->wrong;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        char path[PATH_BYTES];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", v->directory, closed[i]);
        if (stat(path, &st) < 0)
            continue; // ca.key may have been taken away; see_parts() tells what must be there
        if (st.st_mode & 077)
            wrong(v, "%s may be read by others (mode %03o): chmod go= %s", path,
                  (unsigned)(st.st_mode & 0777), path);
    }
    if (v->wrong == before)
        fine("keys, data and catalogue are closed to everybody else");
}

// What init made and no server starts without.
static void see_parts(struct visit *v)
{
    static const char *const parts[] = {
        "keys/master.key",   "keys/sign.key", "tls/ca.crt", "tls/server.key",
        "access/catalog.db", "data",          "run"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char path[PATH_BYTES];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", v->directory, parts[i]);
        if (stat(path, &st) < 0)
            wrong(v, "%s is missing or out of reach: bring it back from a copy", path);
    }
}

static void see_disk(struct visit *v)
{
    struct statvfs fs;
    if (statvfs(v->directory, &fs) < 0)
        return;
    double free_share = fs.f_blocks ? (double)fs.f_bavail / (double)fs.f_blocks : 1;
    double free_gb = (double)fs.f_bavail * (double)fs.f_frsize / 1e9;
    if (free_share < 0.05 || free_gb < 1)
        wrong(v, "the disk has only %.1f GB free (%.0f %%)", free_gb, 100 * free_share);
    else
        fine("the disk has %.1f GB free", free_gb);
}

static void see_certificate(struct visit *v)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/tls/server.crt", v->directory);
    gnutls_datum_t text = {0};
    gnutls_x509_crt_t certificate;
    gnutls_x509_crt_init(&certificate);
    if (gnutls_load_file(path, &text) < 0 ||
        gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM) < 0) {
        wrong(v, "%s is no certificate that can be read", path);
    } else {
        int64_t left_ms =
            (int64_t)gnutls_x509_crt_get_expiration_time(certificate) * 1000 - now_ms();
        long long days = (long long)(left_ms / (86400LL * 1000));
        if (days < 0)
            wrong(v, "the server's certificate ended %lld days ago", -days);
        else if (days < DAYS_MIN)
            doubt(v, "the server's certificate ends in %lld days", days);
        else
            fine("the server's certificate is good for %lld days", days);
    }
    gnutls_free(text.data);
    gnutls_x509_crt_deinit(certificate);
}

static void see_policy(struct visit *v)
{
    const struct policy *p = NULL;
    struct fault why = {0};
    if (home_policy(v->directory, NULL, v->scratch, &p, &why)) {
        wrong(v, "%s", why.words);
        return;
    }
    uint32_t kept = 0;
    for (uint32_t t = 0; t < p->schema->table_count; t++) {
        const struct table *table = &p->schema->tables[t];
        for (uint32_t f = 0; f < table->field_count; f++) {
            kept++;
            // No detector knows a name, so the column's own must do.
            if (table->fields[f].type == FIELD_KEYWORD && personal_by_name(table->fields[f].name))
                doubt(v, "the policy keeps %s.%s as it is; does it name people?", table->name,
                      table->fields[f].name);
        }
    }
    fine("the policy is sound: %u tables, %u columns enter", p->schema->table_count, kept);
    if (p->source_count == 0)
        doubt(v, "the policy declares no source, so nothing is copied");
}

static void see_source(struct visit *v, const struct json *source)
{
    struct slice name = status_text(source, "name");
    struct slice phase = status_text(source, "phase");
    struct slice error = status_text(source, "last_error");
    int64_t lag_ms = status_number(source, "lag_ms");
    const struct json *tables = status_list(source, "tables");
    for (uint32_t i = 0; i < tables->count; i++) {
        struct slice refused = status_text(&tables->items[i], "refused");
        if (refused.len)
            wrong(v,
                  "source %.*s, table %.*s is refused: %.*s; drop or treat the column in "
                  "policy.yml, then start tamis again",
                  SLICE_PRINT(name), SLICE_PRINT(status_text(&tables->items[i], "name")),
                  SLICE_PRINT(refused));
    }
    if (!slice_is(phase, "streaming") && !slice_is(phase, "copying"))
        wrong(v, "source %.*s is %.*s: %.*s", SLICE_PRINT(name), SLICE_PRINT(phase),
              SLICE_PRINT(error));
    else if (lag_ms > LAG_MS_MAX)
        doubt(v, "source %.*s is %lld s behind", SLICE_PRINT(name), (long long)(lag_ms / 1000));
    else
        fine("source %.*s is %.*s", SLICE_PRINT(name), SLICE_PRINT(phase));
}

static void see_processes(struct visit *v, const struct json *status)
{
    const struct json *processes = status_list(status, "processes");
    for (uint32_t i = 0; i < processes->count; i++) {
        int64_t starts = status_number(&processes->items[i], "starts");
        if (starts > STARTS_MAX)
            doubt(v, "process %.*s was started %lld times",
                  SLICE_PRINT(status_text(&processes->items[i], "name")), (long long)starts);
    }
    const struct json *sandbox = json_get(status, "sandbox");
    if (!json_get(sandbox, "own_user") || !json_get(sandbox, "own_user")->truth)
        doubt(v, "the processes share one user id; started as root, each gets its own");
    fine("sandbox: Landlock ABI %lld; TCP by %.*s",
         (long long)status_number(sandbox, "landlock_abi"),
         SLICE_PRINT(status_text(sandbox, "tcp")));
}

static bool is_loopback(struct slice host)
{
    if (slice_is(host, "[::1]"))
        return true;
    for (size_t i = 0; i < host.len; i++) {
        bool is_digit = host.at[i] >= '0' && host.at[i] <= '9';
        if (!is_digit && host.at[i] != '.')
            return false; // 127.example.org is a name of anywhere
    }
    return slice_starts(host, slice_text("127."));
}

// Where to ask on this machine a server that listens at `listen`; false when it answers
// only at an address beyond it.  The status file is serve's word, and a serve that strangers
// have taken must not send whoever looks for it, often root, to an address of its choice.
static bool loopback_of(struct slice listen, struct address *out)
{
    const uint8_t *colon = listen.len ? memrchr(listen.at, ':', listen.len) : NULL;
    size_t host_len = colon ? (size_t)(colon - listen.at) : 0;
    struct slice host = slice_of(listen.at, host_len);
    int64_t port = 0;
    if (!colon || parse_i64(slice_from(listen, host_len + 1), &port) || port < 1 || port > 65535)
        return false;
    if (slice_is(host, "0.0.0.0"))
        host = slice_text("127.0.0.1");
    if (slice_is(host, "[::]"))
        host = slice_text("[::1]");
    snprintf(out->host, sizeof out->host, "%.*s", SLICE_PRINT(host));
    out->port = (uint16_t)port;
    return is_loopback(host);
}

// Where clients need a certificate, one that has none must not even get to ask.
static void tell_answers(struct visit *v, const struct address *at, bool needs_certificate,
                         const struct probe_result *r)
{
    for (uint32_t i = 0; i < r->answer_count; i++) {
        const struct probe_answer *a = &r->answers[i];
        if (needs_certificate)
            wrong(v, "https://%s:%u%s ANSWERS WITHOUT A CERTIFICATE of the client's (status %ld)",
                  at->host, at->port, a->question->path, a->status);
        else if (a->answer != ANSWER_REFUSED)
            wrong(v, "https://%s:%u%s ANSWERS WITHOUT A CREDENTIAL (status %ld)", at->host,
                  at->port, a->question->path, a->status);
    }
}

// Asks what finders of open servers ask, without a credential.  Nothing may be other than a
// refusal, whatever an answer's shape.
static void see_from_outside(struct visit *v, const struct address *at, bool needs_certificate)
{
    char ca[PATH_BYTES];
    snprintf(ca, sizeof ca, "%s/tls/ca.crt", v->directory);
    struct probe_target to = {.way = WAY_HTTPS,
                              .host = at->host,
                              .port = at->port,
                              .ca_file = ca,
                              .per_second = QUESTIONS_PER_SECOND};
    struct probe_line *line = NULL;
    struct probe_result r;
    struct fault why = {0};
    if (probe_line_open(&to, &line, &why)) {
        wrong(v, "%s", why.words);
        return;
    }
    struct probe_ask ask = probe_line_ask(line);
    int before = v->wrong;
    probe_run(&ask, probe_stores(WAY_HTTPS), v->scratch, &r);
    probe_line_close(line);
    bool is_there = needs_certificate && r.silence.code != ERR_UNAVAILABLE;
    if (r.verdict == PROBE_NO_ANSWER && !is_there)
        wrong(v, "no answer from https://%s:%u with a certificate of %s: %s", at->host, at->port,
              ca, r.silence.words);
    tell_answers(v, at, needs_certificate, &r);
    if (v->wrong == before)
        fine("asked without a credential, it refuses everything that finders of open servers ask");
}

// ---- what else listens here ----

static void see_neighbour(struct visit *v, const struct neighbour *n)
{
    char address[PROBE_ADDRESS_BYTES];
    struct probe_result r;
    struct probe_place place = {.host = n->host,
                                .port = n->port,
                                .ways = UINT32_MAX,
                                .stores = UINT32_MAX,
                                .per_second = QUESTIONS_PER_SECOND};
    probe_place(&place, v->scratch, &r, address);
    if (r.verdict == PROBE_OPEN)
        wrong(v, "%s is open to %s: %s%s%s; `tamis probe %s` says what it shows", address,
              n->is_everywhere ? "whoever reaches this machine" : "everybody on this machine",
              store_name(r.store), *r.version ? " " : "", r.version, address);
    else if (r.verdict == PROBE_PARTLY)
        doubt(v, "%s tells everybody what it is: %s%s%s", address, store_name(r.store),
              *r.version ? " " : "", r.version);
}

static void read_whole(const char *path, struct buf *out)
{
    char piece[4096];
    FILE *f = fopen(path, "re");
    for (size_t got = 1; f && got > 0;) {
        got = fread(piece, 1, sizeof piece, f);
        buf_bytes(out, piece, got);
    }
    if (f)
        fclose(f);
}

static void see_neighbours(struct visit *v, const struct address *own)
{
    static const char *const files[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    struct neighbour *all = ARENA_ARRAY(v->scratch, struct neighbour, NEIGHBOURS_MAX);
    unsigned count = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct buf text AUTO(buf_donep) = buf_init(FILE_BYTES);
        read_whole(files[i], &text);
        count = neighbours_add(buf_slice(&text), i == 1, all, count);
    }
    int before = v->wrong;
    for (unsigned i = 0; i < count; i++) {
        if (all[i].port != own->port)
            see_neighbour(v, &all[i]);
    }
    if (v->wrong == before)
        fine("of %u ports that listen on this machine none is a store that is open", count);
}

static void see_server(struct visit *v)
{
    struct home_status status;
    struct fault why = {0};
    if (home_status(v->directory, v->scratch, &status, &why)) {
        doubt(v, "%s", why.words);
        return;
    }
    if (!status.is_running) {
        char age[AMOUNT_BYTES];
        wrong(v, "the server does not run (its last word is %s old); 'tamis serve %s' starts it",
              amount_duration(status.age_ms, age), v->directory);
        return;
    }
    struct slice listen = status_text(status.json, "listen");
    if (!slice_starts(listen, slice_text("127.")) && !slice_starts(listen, slice_text("[::1]")))
        doubt(v, "it listens beyond this machine: %.*s", SLICE_PRINT(listen));
    see_processes(v, status.json);
    const struct json *sources = status_list(status.json, "sources");
    for (uint32_t i = 0; i < sources->count; i++)
        see_source(v, &sources->items[i]);
    if (loopback_of(listen, &v->own))
        see_from_outside(v, &v->own,
                         status_number(json_get(status.json, "tls"), "client_authorities") > 0);
    else
        doubt(v, "it was not asked from outside: only an address of this machine alone is asked");
}

static enum exit_status run(const struct arguments *a)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct visit v = {.directory = a->words[0], .scratch = scratch};
    struct fault why = {0};
    if (home_check(v.directory, &why))
        return cli_failed(&why);
    see_parts(&v);
    see_rights(&v);
    see_disk(&v);
    see_certificate(&v);
    see_policy(&v);
    see_server(&v);
    if (arguments_has(a, "neighbours"))
        see_neighbours(&v, &v.own);
    printf("%d wrong, %d to look at\n", v.wrong, v.doubtful);
    return v.wrong ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .summary = "looks for what is wrong, in plain words",
    .help = "tamis doctor DIR [--neighbours]\n\n"
            "Looks at the directory's rights, disk, certificate and policy, at the processes and\n"
            "sources, and asks the server from outside, without a credential, what finders of\n"
            "open servers ask.  The exit status is 1 when something must be mended.\n\n"
            "  --neighbours   asks the same of whatever else listens on this machine: a store\n"
            "                 beside this one that is open is found here first\n",
    .flags = flags,
    .words = "DIR",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
