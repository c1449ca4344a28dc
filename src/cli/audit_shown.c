// SPDX-License-Identifier: Apache-2.0
#include "cli/audit_shown.h"

#include "audit/entry_json.h"
#include "base/date.h"
#include "cli/amount.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FIELDS_BYTES_MAX = 1 << 20 };

static enum err time_given(const struct shown *s, const char *flag, int64_t *out, struct fault *why)
{
    const char *given = arguments_get(s->a, flag);
    enum err e =
        given ? date_parse(slice_text(given), slice_of(NULL, 0), date_zone_utc(), false, out, why)
              : OK;
    return e ? fail_in(why, e, "--%s", flag) : OK;
}

enum err shown_trace(struct shown *s, struct fault *why)
{
    const char *of = arguments_get(s->a, "of");
    const char *principal = arguments_get(s->a, "principal");
    enum err e = of ? trace_parse(slice_text(of), &s->trace, why) : OK;
    if (e)
        return fail_in(why, e, "--of");
    s->trace.principal = principal ? slice_text(principal) : slice_of(NULL, 0);
    s->trace.from_ms = INT64_MIN;
    s->trace.to_ms = INT64_MAX;
    e = time_given(s, "from", &s->trace.from_ms, why);
    return e ? e : time_given(s, "to", &s->trace.to_ms, why);
}

// --- who --of

static enum err tell_reading(void *context, const struct audit_entry *e, struct fault *why)
{
    struct shown *s = context;
    (void)why;
    if (!trace_covers(&s->trace, e))
        return OK;
    enum trace_found found = trace_find(&s->trace, e);
    s->counted += found == TRACE_COUNTED;
    if (found != TRACE_READ)
        return OK;
    if (!arguments_has(s->a, "json")) {
        audit_reading_row(&s->table, e);
        return OK;
    }
    struct json_writer w = json_writer_to(&s->out);
    audit_entry_json(e, false, &w);
    buf_text(&s->out, "\n");
    return OK;
}

enum err shown_readings(struct shown *s, struct fault *why)
{
    char count[AMOUNT_BYTES];
    s->table = audit_reading_table(s->scratch);
    enum err e = book_each(s->book, book_facts(s->book).first, tell_reading, s, why);
    if (e || arguments_has(s->a, "json"))
        return e;
    table_render(&s->table, &s->out);
    if (s->counted)
        buf_print(&s->out,
                  "beside these, entries with numbers in which it may have been one of many: %s\n",
                  amount_count((int64_t)s->counted, count));
    return OK;
}

// --- prove-absent

static void sign_with(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                      uint8_t out[SIGNATURE_BYTES])
{
    key_ring_sign(context, SIGN_STATEMENT, digest, out);
}

static enum err make_statement(struct shown *s, struct absence *found, struct buf *out,
                               struct fault *why)
{
    const char *directory = arguments_get(s->a, "dir");
    struct world dir;
    struct key_ring *ring = NULL;
    if (!directory)
        return absence_state(s->book, &s->trace, NULL, found, out, why);
    enum err e = world_open(directory, &dir, why);
    if (e)
        return e;
    e = key_ring_open(&dir, &ring, why);
    world_close(&dir);
    const struct absence_signer signer = {sign_with, ring};
    if (!e)
        e = absence_state(s->book, &s->trace, &signer, found, out, why);
    key_ring_close(ring);
    return e;
}

static enum err write_new(const char *path, struct slice bytes, struct fault *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(why, ERR_IO, "--statement %s cannot be made new: %s", path, strerror(errno));
    bool is_written = write(fd, bytes.at, bytes.len) == (ssize_t)bytes.len && fsync(fd) == 0;
    int error = errno;
    close(fd);
    return is_written ? OK
                      : fail(why, ERR_IO, "--statement %s is not complete, remove it: %s", path,
                             strerror(error));
}

enum err shown_absence(struct shown *s, struct fault *why)
{
    const char *path = arguments_get(s->a, "statement");
    struct absence found;
    enum err e = shown_trace(s, why);
    if (!e)
        e = make_statement(s, &found, &s->statement, why);
    if (!e && path)
        e = write_new(path, buf_slice(&s->statement), why);
    if (e)
        return e;
    s->is_unproven = strcmp(absence_verdict(&found), "not read") != 0;
    if (arguments_has(s->a, "json"))
        buf_slice_add(&s->out, buf_slice(&s->statement));
    else
        absence_text(&found, &s->out);
    return OK;
}

enum err shown_statement(struct shown *s, struct fault *why)
{
    struct absence found;
    enum err e = absence_check(s->book, buf_slice(&s->statement), s->key, &found, why);
    if (e)
        return fail_in(why, e, "--statement");
    if (arguments_has(s->a, "json")) {
        buf_slice_add(&s->out, buf_slice(&s->statement));
        return OK;
    }
    buf_text(&s->out, "the statement is signed by this key, and the log says the same\n");
    absence_text(&found, &s->out);
    return OK;
}
