// SPDX-License-Identifier: Apache-2.0
#include "audit/absence.h"

#include "base/date.h"
#include "base/num.h"
#include "json/json_writer.h"

enum {
    SHOWN_MAX = 1000,                 // entries that are named
    STATEMENT_BYTES_MAX = 128 * 1024, // with its signature
    SCRATCH_BYTES = 4 << 20,
    TIME_BYTES = 64,
};

static const char mark[] = "tamis-audit-statement 1 ";
static const char form[] = "tamis audit absence 1";

const char *absence_verdict(const struct absence *a)
{
    if (a->found == TRACE_READ)
        return "read";
    if (a->is_renamed)
        return "unknown";
    return a->found == TRACE_COUNTED ? "not shown" : "not read";
}

// --- looking through the log

struct looking {
    const struct trace *t;
    uint64_t size; // of the head's tree
    struct absence found;
    bool has_first, has_next; // entries that are of the range, and behind it, were met
    bool has_before;          // and one before it
    int64_t oldest_ms, last_ms;
    uint64_t read[SHOWN_MAX];
};

static void note_counted(struct absence *a, const struct audit_entry *e)
{
    uint64_t floor = trace_floor(e);
    a->counted++;
    a->floorless += floor == 0;
    if (floor && (a->floor_min == 0 || floor < a->floor_min))
        a->floor_min = floor;
}

static void note_entry(struct looking *l, const struct audit_entry *e)
{
    struct absence *a = &l->found;
    if (!trace_covers(l->t, e))
        return;
    a->audit_readings +=
        e->kind == AUDIT_ANSWER && slice_starts(e->action, slice_text("cluster:admin/audit"));
    switch (trace_find(l->t, e)) {
    case TRACE_READ:
        if (a->read < SHOWN_MAX)
            l->read[a->read] = e->number;
        a->read++;
        break;
    case TRACE_COUNTED:
        note_counted(a, e);
        break;
    case TRACE_NOTHING:
        break;
    }
}

// Times never go back, so a range of time is one of numbers.
static enum err look(void *context, const struct audit_entry *e, struct fault *why)
{
    struct looking *l = context;
    struct absence *a = &l->found;
    (void)why;
    if (e->number >= l->size)
        return OK;
    if (l->oldest_ms == INT64_MIN)
        l->oldest_ms = e->time_ms;
    l->last_ms = e->time_ms;
    l->has_before = l->has_before || e->time_ms < l->t->from_ms;
    l->has_next = l->has_next || e->time_ms >= l->t->to_ms;
    if (!l->has_first && e->time_ms >= l->t->from_ms) {
        l->has_first = true;
        a->first = e->number;
    }
    if (e->time_ms < l->t->to_ms)
        a->next = e->number + 1;
    // Who was known by this pseudonym before it was renewed had another.
    if (l->t->about == TRACE_SUBJECT && l->has_first && e->kind == AUDIT_CHANGE && e->action.len &&
        memmem(e->action.at, e->action.len, "rekey", 5))
        a->is_renamed = true;
    note_entry(l, e);
    return OK;
}

static void print_time(int64_t ms, struct buf *out)
{
    if (date_print(out, ms, slice_of(NULL, 0), date_zone_utc(), NULL) != OK)
        buf_print(out, "%lld", (long long)ms);
}

static enum err look_through(struct book *b, struct looking *l, struct fault *why)
{
    struct book_facts facts = book_facts(b);
    struct absence *a = &l->found;
    a->first = a->next = l->size;
    l->oldest_ms = l->last_ms = INT64_MIN;
    enum err e = book_each(b, facts.first, look, l, why);
    if (e)
        return e;
    if (!l->has_first || l->t->to_ms <= l->t->from_ms)
        return fail(
            why, ERR_INVALID,
            "nothing can be said of this time: a signed head must be over an entry of it or "
            "after it, and it must end after it begins");
    if (a->next < a->first)
        a->next = a->first; // nothing was made within the range
    if (facts.first > 0 && !l->has_before) {
        struct buf oldest AUTO(buf_donep) = buf_init(TIME_BYTES);
        print_time(l->oldest_ms, &oldest);
        return fail(
            why, ERR_INVALID,
            "retention deleted the entries before number %llu, of which some may be of this "
            "time: what is asked for must begin after %.*s",
            (unsigned long long)facts.first, SLICE_PRINT(buf_slice(&oldest)));
    }
    a->until_ms = l->has_next ? l->t->to_ms : l->last_ms;
    a->found = a->read ? TRACE_READ : a->counted ? TRACE_COUNTED : TRACE_NOTHING;
    return OK;
}

// --- its words

static void write_time(struct json_writer *w, const char *key, int64_t ms)
{
    struct buf text AUTO(buf_donep) = buf_init(TIME_BYTES);
    print_time(ms, &text);
    json_key(w, key);
    json_string(w, buf_slice(&text));
}

static void write_number(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_uint(w, n);
}

static void write_question(struct json_writer *w, const struct trace *t)
{
    struct buf of AUTO(buf_donep) = buf_init(STATEMENT_BYTES_MAX);
    trace_print(t, &of);
    json_key(w, "of");
    json_string(w, buf_slice(&of));
    if (t->principal.len) {
        json_key(w, "principal");
        json_string(w, t->principal);
    }
    if (t->from_ms != INT64_MIN)
        write_time(w, "from", t->from_ms);
    if (t->to_ms != INT64_MAX)
        write_time(w, "to", t->to_ms);
}

static void write_found(struct json_writer *w, const struct looking *l)
{
    const struct absence *a = &l->found;
    json_key(w, "verdict");
    json_text(w, absence_verdict(a));
    json_key(w, "read");
    json_object(w);
    write_number(w, "count", a->read);
    json_key(w, "entries");
    json_array(w);
    for (uint64_t i = 0; i < a->read && i < SHOWN_MAX; i++)
        json_uint(w, l->read[i]);
    json_end(w);
    json_end(w);
    json_key(w, "counted");
    json_object(w);
    write_number(w, "count", a->counted);
    write_number(w, "in_groups_of_any_size", a->floorless);
    write_number(w, "smallest_group_of_others", a->floor_min);
    json_end(w);
    json_key(w, "pseudonyms_renewed");
    json_truth(w, a->is_renamed);
    write_number(w, "audit_readings", a->audit_readings);
}

static void write_statement(const struct looking *l, const struct audit_head *head, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    struct buf line AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    audit_head_print(head, &line);
    json_object(&w);
    json_key(&w, "statement");
    json_text(&w, form);
    write_question(&w, l->t);
    if (l->last_ms != INT64_MIN)
        write_time(&w, "until", l->found.until_ms);
    write_number(&w, "first", l->found.first);
    write_number(&w, "next", l->found.next);
    json_key(&w, "head");
    json_string(&w, slice_of(line.at, line.len ? line.len - 1 : 0)); // without its line end
    write_found(&w, l);
    json_end(&w);
    buf_u8(out, '\n');
}

static enum err make(struct book *b, const struct trace *t, const struct audit_head *head,
                     struct absence *out_found, struct buf *out, struct fault *why)
{
    struct looking l = {.t = t, .size = head->size};
    enum err e = look_through(b, &l, why);
    if (e)
        return e;
    write_statement(&l, head, out);
    *out_found = l.found;
    return buf_end(out, why);
}

static void digest_of(struct slice line, uint8_t out[SIGN_DIGEST_BYTES])
{
    sha256_parts(&line, 1, out);
}

static void write_signature(struct slice line, const struct absence_signer *signer, struct buf *out)
{
    uint8_t digest[SIGN_DIGEST_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    digest_of(line, digest);
    signer->sign(signer->context, digest, signature);
    buf_text(out, mark);
    hex_print(slice_of(signature, sizeof signature), out);
    buf_u8(out, '\n');
}

enum err absence_state(struct book *b, const struct trace *t, const struct absence_signer *signer,
                       struct absence *out_found, struct buf *out, struct fault *why)
{
    struct book_facts facts = book_facts(b);
    struct buf line AUTO(buf_donep) = buf_init(STATEMENT_BYTES_MAX);
    if (!facts.has_head)
        return fail(why, ERR_NOT_FOUND, "no head is signed yet; a server does so once a second");
    enum err e = make(b, t, &facts.head, out_found, &line, why);
    if (e)
        return e;
    buf_slice_add(out, buf_slice(&line));
    if (!signer)
        return OK;
    write_signature(buf_slice(&line), signer, out);
    return OK;
}

// --- checking one

struct parts {
    struct slice line; // with its end
    uint8_t signature[SIGNATURE_BYTES];
};

static enum err split(struct slice statement, struct parts *out, struct fault *why)
{
    const uint8_t *end = statement.len ? memchr(statement.at, '\n', statement.len) : NULL;
    struct slice rest = {0};
    if (end && statement.len <= STATEMENT_BYTES_MAX) {
        out->line = slice_of(statement.at, (size_t)(end - statement.at) + 1);
        rest = slice_from(statement, out->line.len);
    }
    if (rest.len && rest.at[rest.len - 1] == '\n')
        rest.len--;
    size_t words = sizeof mark - 1;
    if (rest.len < words || !slice_starts(rest, slice_of(mark, words)) ||
        !audit_hex_parse(slice_from(rest, words), out->signature, SIGNATURE_BYTES))
        return fail(why, ERR_CORRUPT, "this is no statement: a line, and one with its signature");
    return OK;
}

static struct slice text_of(const struct json *v, const char *key)
{
    const struct json *at = json_get(v, key);
    return at && at->type == JSON_STRING ? at->text : slice_of(NULL, 0);
}

static enum err time_of(const struct json *v, const char *key, int64_t otherwise, int64_t *out,
                        struct fault *why)
{
    struct slice text = text_of(v, key);
    *out = otherwise;
    return text.len ? date_parse(text, slice_of(NULL, 0), date_zone_utc(), false, out, why) : OK;
}

static enum err parse(struct slice line, struct arena *scratch, const struct json **out,
                      struct fault *why)
{
    enum err e = json_parse(line, scratch, out, why);
    if (!e && ((*out)->type != JSON_OBJECT || !slice_is(text_of(*out, "statement"), form)))
        e = fail(why, ERR_CORRUPT, "not of this kind");
    return e ? fail_in(why, ERR_CORRUPT, "the statement") : OK;
}

enum err absence_head(struct slice statement, struct audit_head *out, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    const struct json *v = NULL;
    struct parts p = {0};
    enum err e = split(statement, &p, why);
    if (!e)
        e = parse(p.line, scratch, &v, why);
    return e ? e : audit_head_parse(text_of(v, "head"), out, why);
}

static enum err question(const struct json *v, struct trace *out, struct fault *why)
{
    enum err e = trace_parse(text_of(v, "of"), out, why);
    out->principal = text_of(v, "principal");
    if (!e)
        e = time_of(v, "from", INT64_MIN, &out->from_ms, why);
    if (!e)
        e = time_of(v, "to", INT64_MAX, &out->to_ms, why);
    return e ? fail_in(why, ERR_CORRUPT, "the statement's question") : OK;
}

enum err absence_check(struct book *b, struct slice statement, const uint8_t key[SIGN_PUBLIC_BYTES],
                       struct absence *out_found, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf again AUTO(buf_donep) = buf_init(STATEMENT_BYTES_MAX);
    const struct json *v = NULL;
    struct trace t = {0};
    struct audit_head head;
    struct parts p = {0};
    uint8_t digest[SIGN_DIGEST_BYTES];
    enum err e = split(statement, &p, why);
    if (e)
        return e;
    digest_of(p.line, digest);
    if (!sign_verify_of(SIGN_STATEMENT, key, digest, p.signature))
        return fail(why, ERR_CORRUPT, "the statement's signature is not of this key");
    e = parse(p.line, scratch, &v, why);
    if (!e)
        e = question(v, &t, why);
    if (!e)
        e = audit_head_parse(text_of(v, "head"), &head, why);
    if (!e)
        e = make(b, &t, &head, out_found, &again, why);
    if (!e && !slice_equal(buf_slice(&again), p.line))
        e = fail(why, ERR_CORRUPT, "the log says otherwise: %.*s",
                 again.len > 200 ? 200 : (int)again.len, (const char *)again.at);
    return e;
}
