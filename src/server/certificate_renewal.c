// SPDX-License-Identifier: Apache-2.0
#include "server/certificate_renewal.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/log.h"
#include "base/world.h"
#include "keys/crypto.h"

#include <stdio.h>

enum { DAY_MS = 24 * 3600 * 1000, DATE_BYTES = 64 };

void renewal_begin(struct renewal *r, struct tls *tls, int64_t now_ms)
{
    *r = (struct renewal){.tls = tls_ref(tls), .since_ms = now_ms};
}

void renewal_end(struct renewal *r)
{
    tls_unref(r->tls);
    r->tls = NULL;
}

static enum err read_one(int file, struct buf *out, struct fault *why)
{
    uint64_t bytes = 0;
    enum err e = world_real_ops.size(file, &bytes, why);
    if (e)
        return e;
    if (bytes == 0 || bytes > TLS_PEM_BYTES)
        return fail(why, ERR_LIMIT, "a file of a certificate has 1 to %d bytes, and not %llu",
                    TLS_PEM_BYTES, (unsigned long long)bytes);
    *out = buf_init(TLS_PEM_BYTES);
    uint8_t *at = buf_room(out, bytes);
    if (!at)
        return buf_end(out, why);
    return world_real_ops.read_at(file, at, bytes, 0, why);
}

static enum err read_all(const int *files, size_t count, struct tls **out, struct fault *why)
{
    struct buf texts[3] = {0};
    enum err e =
        count == 2 || count == 3 ? OK : fail(why, ERR_CORRUPT, "%zu files of a certificate", count);
    for (size_t i = 0; !e && i < count; i++)
        e = read_one(files[i], &texts[i], why);
    const struct tls_pem pem = {buf_slice(&texts[0]), buf_slice(&texts[1]), buf_slice(&texts[2])};
    if (!e)
        e = tls_new(&pem, out, why);
    if (texts[0].at)
        wipe(texts[0].at, texts[0].size);
    for (size_t i = 0; i < 3; i++)
        buf_done(&texts[i]);
    return e;
}

static const char *date_of(int64_t at_ms, char out[DATE_BYTES])
{
    struct buf text AUTO(buf_donep) = buf_init(DATE_BYTES);
    (void)date_print(&text, at_ms, slice_of("", 0), NULL, NULL); // no date then
    snprintf(out, DATE_BYTES, "%.*s", SLICE_PRINT(buf_slice(&text)));
    return out;
}

static enum err check_time(const struct tls *tls, int64_t now_ms, struct fault *why)
{
    char date[DATE_BYTES];
    const struct tls_facts *f = tls_facts(tls);
    if (f->until_ms <= now_ms)
        return fail(why, ERR_INVALID, "the server's certificate ended on %s",
                    date_of(f->until_ms, date));
    if (f->from_ms > now_ms)
        return fail(why, ERR_INVALID, "the server's certificate begins only on %s",
                    date_of(f->from_ms, date));
    return OK;
}

static enum err record(struct audit *audit, const struct tls *tls, struct fault *why)
{
    char until[DATE_BYTES];
    char clients[24];
    const struct audit_who nobody = {0};
    const struct tls_facts *f = tls_facts(tls);
    snprintf(clients, sizeof clients, "%u", f->clients);
    const struct audit_fact facts[] = {
        {slice_text("sha256"), slice_text(f->print)},
        {slice_text("until"), slice_text(date_of(f->until_ms, until))},
        {slice_text("client_authorities"), slice_text(clients)}};
    return audit_change(audit, &nobody, "server.certificate", facts, 3, why);
}

void renewal_take(struct renewal *r, const int *files, size_t count, struct audit *audit,
                  int64_t now_ms, bool *out_new)
{
    char until[DATE_BYTES];
    struct tls *tls = NULL;
    struct fault why = {0};
    *out_new = false;
    r->looked_ms = now_ms;
    enum err e = read_all(files, count, &tls, &why);
    if (!e)
        e = check_time(tls, now_ms, &why);
    if (!e)
        e = record(audit, tls, &why);
    if (e) {
        tls_unref(tls);
        snprintf(r->refused, sizeof r->refused, "%s", why.words);
        log_line(LOG_ERROR, "the certificate stays as it is: %s", why.words);
        return;
    }
    tls_unref(r->tls);
    *r = (struct renewal){.tls = tls, .since_ms = now_ms, .looked_ms = now_ms};
    *out_new = true;
    log_line(LOG_INFO, "connections have the certificate %.16s... from now on, good until %s",
             tls_facts(tls)->print, date_of(tls_facts(tls)->until_ms, until));
}

void renewal_tick(struct renewal *r, int64_t now_ms)
{
    char until[DATE_BYTES];
    int64_t until_ms = tls_facts(r->tls)->until_ms;
    int64_t left_ms = until_ms - now_ms;
    bool was_told = r->told_ms && now_ms - r->told_ms < DAY_MS;
    if (left_ms > (int64_t)RENEWAL_AHEAD_DAYS * DAY_MS || was_told)
        return;
    r->told_ms = now_ms;
    log_line(left_ms > 0 ? LOG_WARN : LOG_ERROR,
             "the server's certificate %s on %s; put another one in its place and say 'tamis "
             "reload'",
             left_ms > 0 ? "ends" : "ended", date_of(until_ms, until));
}

struct status_tls renewal_status(const struct renewal *r)
{
    return (struct status_tls){.facts = tls_facts(r->tls),
                               .since_ms = r->since_ms,
                               .looked_ms = r->looked_ms,
                               .refused = r->refused};
}
