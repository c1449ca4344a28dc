// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"
#include "audit/absence.h"
#include "audit/account.h"
#include "audit/entry_json.h"
#include "audit/reading.h"
#include "base/date.h"
#include "base/num.h"

#include <stdatomic.h>

// The audit log, for whoever has the role auditor and nobody else.  Every reading is an entry
// itself, with what was asked for.
//
// One at a time: a reading may be of the whole log, and whoever asks for data comes first.

enum {
    TAIL_DEFAULT = 20,
    TAIL_MAX = 1000,
    READINGS_MAX = 1000, // entries of who?of=
    // What is checked as a whole here; of more the command line takes care.
    BOOK_BYTES_MAX = 1 << 30,
    HEX_BYTES_MAX = 256,
};

static atomic_flag is_reading = ATOMIC_FLAG_INIT;

static enum err begin(struct fault *why)
{
    return atomic_flag_test_and_set(&is_reading)
               ? fail(why, ERR_UNAVAILABLE,
                      "es_rejected_execution_exception: the audit log is being read for somebody "
                      "else; ask again")
               : OK;
}

static void end(void)
{
    atomic_flag_clear(&is_reading);
}

// --- parameters

static struct slice text_parameter(struct exchange *x, const char *name)
{
    const struct slice *text = parameter_get(&x->parameters, name);
    if (!text || text->len == 0)
        return slice_of(NULL, 0);
    record_fact(x, name, *text);
    return *text;
}

static enum err number_parameter(struct exchange *x, const char *name, uint64_t otherwise,
                                 uint64_t *out, struct fault *why)
{
    struct slice text = text_parameter(x, name);
    *out = otherwise;
    if (text.len && parse_u64(text, out) != OK)
        return fail(why, ERR_INVALID, "illegal_argument_exception: [%s] is not a number", name);
    return OK;
}

static enum err time_parameter(struct exchange *x, const char *name, int64_t otherwise,
                               int64_t *out, struct fault *why)
{
    struct slice text = text_parameter(x, name);
    *out = otherwise;
    if (text.len && date_parse(text, slice_of(NULL, 0), date_zone_utc(), false, out, why) != OK)
        return fail_in(why, ERR_INVALID, "illegal_argument_exception: [%s]", name);
    return OK;
}

static enum err read_trace(struct exchange *x, struct trace *out, struct fault *why)
{
    struct slice of = text_parameter(x, "of");
    if (of.len && trace_parse(of, out, why) != OK)
        return fail_in(why, ERR_INVALID, "illegal_argument_exception: [of]");
    out->principal = text_parameter(x, "principal");
    enum err e = time_parameter(x, "from", INT64_MIN, &out->from_ms, why);
    return e ? e : time_parameter(x, "to", INT64_MAX, &out->to_ms, why);
}

// --- entries

struct listing {
    struct exchange *x;
    const struct trace *trace;
    struct accounts *accounts;
    bool with_members;
    uint64_t read, counted;
};

static enum err check_asker(const struct exchange *x, struct fault *why)
{
    const struct api_request *r = x->request;
    return r->is_gone && r->is_gone(r->asker)
               ? fail(why, ERR_UNAVAILABLE, "whoever asked has closed the connection")
               : OK;
}

static struct reading reading_of(const struct exchange *x)
{
    struct audit_stats s;
    audit_stats(x->api->audit, &s);
    return (struct reading){.w = audit_files(x->api->audit),
                            .from = s.journal.first,
                            .end = s.journal.entries,
                            .from_ms = INT64_MIN,
                            .to_ms = INT64_MAX};
}

static enum err write_entry(void *context, const struct audit_entry *e, struct fault *why)
{
    struct listing *l = context;
    (void)why;
    audit_entry_json(e, l->with_members, &l->x->json);
    return OK;
}

// The last ones, or those from a number on, for who follows the log.
static enum err tail(struct exchange *x, struct fault *why)
{
    struct listing l = {.x = x};
    struct reading r = reading_of(x);
    uint64_t last = TAIL_DEFAULT;
    uint64_t from = UINT64_MAX;
    enum err e = number_parameter(x, "last", TAIL_DEFAULT, &last, why);
    if (!e)
        e = number_parameter(x, "entry", UINT64_MAX, &from, why);
    if (!e)
        e = parameter_truth(&x->parameters, "members", &l.with_members, why);
    if (!e && last > TAIL_MAX)
        e = fail(why, ERR_LIMIT, "illegal_argument_exception: [last] is at most %d", TAIL_MAX);
    if (!e)
        e = begin(why);
    if (e)
        return e;
    if (from == UINT64_MAX)
        from = r.end > last ? r.end - last : 0;
    r.from = from > r.from ? from : r.from;
    if (r.end > r.from + last)
        r.end = r.from + last;
    json_object(&x->json);
    json_key(&x->json, "entries");
    json_array(&x->json);
    e = reading_each(&r, write_entry, &l, why);
    end();
    json_end(&x->json);
    json_end(&x->json);
    return e;
}

static enum err take_entry(void *context, const struct audit_entry *e, struct fault *why)
{
    struct listing *l = context;
    if (e->number % 1024 == 0) {
        enum err gone = check_asker(l->x, why);
        if (gone)
            return gone;
    }
    if (!trace_covers(l->trace, e))
        return OK;
    if (l->accounts) {
        accounts_add(l->accounts, e);
        return OK;
    }
    enum trace_found found = trace_find(l->trace, e);
    l->counted += found == TRACE_COUNTED;
    if (found != TRACE_READ)
        return OK;
    if (l->read++ < READINGS_MAX)
        audit_entry_json(e, false, &l->x->json);
    return OK;
}

static void write_account(void *context, const struct account *one)
{
    account_json(one, context);
}

static void json_number(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_uint(w, n);
}

// With `of` the entries that read it, without how much each principal read.
static enum err who(struct exchange *x, struct fault *why)
{
    struct trace t = {0};
    struct listing l = {.x = x, .trace = &t};
    struct reading r = reading_of(x);
    enum err e = read_trace(x, &t, why);
    if (!e)
        e = begin(why);
    if (e)
        return e;
    bool is_of = t.name.len > 0;
    l.accounts = is_of ? NULL : accounts_new();
    r.from_ms = t.from_ms;
    r.to_ms = t.to_ms;
    json_object(&x->json);
    json_number(&x->json, "oldest_kept", r.from);
    json_key(&x->json, is_of ? "entries" : "principals");
    json_array(&x->json);
    e = reading_each(&r, take_entry, &l, why);
    end();
    if (!e && l.accounts)
        accounts_each(l.accounts, write_account, &x->json);
    accounts_free(l.accounts);
    json_end(&x->json);
    if (is_of) {
        json_number(&x->json, "read", l.read);
        json_number(&x->json, "counted", l.counted);
    }
    json_end(&x->json);
    return e;
}

// --- heads and proofs

static void write_hex(struct json_writer *w, const void *bytes, size_t len)
{
    struct buf hex AUTO(buf_donep) = buf_init(HEX_BYTES_MAX);
    hex_print(slice_of(bytes, len), &hex);
    json_string(w, buf_slice(&hex));
}

static void write_head(struct json_writer *w, const struct audit_head *h)
{
    struct buf line AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    audit_head_print(h, &line);
    json_key(w, "head");
    json_string(w, slice_of(line.at, line.len ? line.len - 1 : 0)); // without its line end
    json_number(w, "number", h->number);
    json_number(w, "size", h->size);
    json_key(w, "root");
    write_hex(w, h->root.at, sizeof h->root.at);
    json_key(w, "signature");
    write_hex(w, h->signature, sizeof h->signature);
}

static enum err head(struct exchange *x, struct fault *why)
{
    struct audit_stats s;
    audit_stats(x->api->audit, &s);
    if (!s.has_head)
        return fail(why, ERR_NOT_FOUND, "resource_not_found_exception: no head is signed yet");
    json_object(&x->json);
    write_head(&x->json, &s.head);
    json_number(&x->json, "entries", s.journal.entries);
    json_number(&x->json, "on_disk", s.journal.synced);
    json_number(&x->json, "oldest_kept", s.journal.first);
    json_end(&x->json);
    return OK;
}

// The whole log, checked; given back by close_book().
static enum err open_book(struct exchange *x, const struct book_options *o, struct book **out,
                          struct fault *why)
{
    struct audit_stats s;
    audit_stats(x->api->audit, &s);
    if (s.journal.bytes > BOOK_BYTES_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: the log has more than %d bytes; check it with "
                    "[tamis audit] on the machine or on an export",
                    BOOK_BYTES_MAX);
    enum err e = begin(why);
    if (e)
        return e;
    e = book_open(audit_files(x->api->audit), o, out, why);
    if (e)
        end();
    return e;
}

static void close_book(struct book *b)
{
    book_close(b);
    end();
}

static void write_path(struct json_writer *w, const struct merkle_proof *p)
{
    json_key(w, "path");
    json_array(w);
    for (uint32_t i = 0; i < p->count; i++)
        write_hex(w, p->at[i].at, sizeof p->at[i].at);
    json_end(w);
}

static enum err write_proof(struct exchange *x, const struct book *b, uint64_t entry, uint64_t size,
                            struct fault *why)
{
    struct book_proof proof = {0};
    enum err e = book_prove(b, entry, size, &proof, why);
    if (e)
        return e;
    json_object(&x->json);
    json_number(&x->json, "entry", entry);
    json_number(&x->json, "size", size);
    json_key(&x->json, "leaf");
    write_hex(&x->json, proof.leaf, sizeof proof.leaf);
    write_path(&x->json, &proof.path);
    json_end(&x->json);
    return OK;
}

// That an entry is in the tree of `size`, the last head's when it is not said.
static enum err proof(struct exchange *x, struct fault *why)
{
    const struct book_options o = {0};
    struct book *b = NULL;
    uint64_t entry = 0;
    uint64_t size = 0;
    record_fact(x, "entry", exchange_path(x, 0));
    if (parse_u64(exchange_path(x, 0), &entry) != OK)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: an entry is known by its number");
    enum err e = number_parameter(x, "size", UINT64_MAX, &size, why);
    if (!e)
        e = open_book(x, &o, &b, why);
    if (e)
        return e;
    struct book_facts facts = book_facts(b);
    if (size == UINT64_MAX)
        size = facts.head.size;
    e = write_proof(x, b, entry, size, why);
    close_book(b);
    return e;
}

// That the tree of `size` begins with the tree of `first`.
static enum err consistency(struct exchange *x, struct fault *why)
{
    const struct book_options o = {0};
    struct merkle_proof path = {0};
    struct book *b = NULL;
    uint64_t first = 0;
    uint64_t size = 0;
    enum err e = number_parameter(x, "first", 0, &first, why);
    if (!e)
        e = number_parameter(x, "size", UINT64_MAX, &size, why);
    if (!e)
        e = open_book(x, &o, &b, why);
    if (e)
        return e;
    if (size == UINT64_MAX)
        size = book_facts(b).head.size;
    e = book_consistency(b, first, size, &path, why);
    close_book(b);
    if (e)
        return e;
    json_object(&x->json);
    json_number(&x->json, "first", first);
    json_number(&x->json, "size", size);
    write_path(&x->json, &path);
    json_end(&x->json);
    return OK;
}

static void write_whole(struct json_writer *w, const struct book_facts *f)
{
    json_number(w, "first", f->first);
    json_number(w, "entries", f->entries - f->first);
    json_number(w, "without_head", f->unsigned_entries);
    if (f->has_head)
        write_head(w, &f->head);
}

// With `key`, the public one from elsewhere, signatures too; a head that was kept in `head`.
static enum err read_check(struct exchange *x, uint8_t key[SIGN_PUBLIC_BYTES],
                           struct audit_head *witness, struct book_options *o, struct fault *why)
{
    struct slice given = text_parameter(x, "key");
    struct slice line = text_parameter(x, "head");
    *o = (struct book_options){.witnesses = witness, .witness_count = line.len > 0};
    if (given.len && audit_key_parse(given, key, why) != OK)
        return fail_in(why, ERR_INVALID, "illegal_argument_exception: [key]");
    if (given.len)
        o->key = key;
    if (line.len && audit_head_parse(line, witness, why) != OK)
        return fail_in(why, ERR_INVALID, "illegal_argument_exception: [head]");
    return OK;
}

// What is wrong is the answer, not an error.
static enum err verify(struct exchange *x, struct fault *why)
{
    uint8_t key[SIGN_PUBLIC_BYTES];
    struct audit_head witness;
    struct book_options o;
    struct book *b = NULL;
    enum err e = read_check(x, key, &witness, &o, why);
    if (!e)
        e = open_book(x, &o, &b, why);
    if (e && e != ERR_CORRUPT)
        return e;
    json_object(&x->json);
    json_key(&x->json, "whole");
    json_truth(&x->json, e == OK);
    json_key(&x->json, "signatures");
    json_text(&x->json, o.key ? "checked" : "not checked: no key was given");
    if (e) {
        json_key(&x->json, "reason");
        json_text(&x->json, why->words);
    } else {
        struct book_facts facts = book_facts(b);
        write_whole(&x->json, &facts);
        close_book(b);
    }
    json_end(&x->json);
    return OK;
}

// What `tamis audit prove-absent` states, without a signature: that is for who has the keys.
static enum err absent(struct exchange *x, struct fault *why)
{
    const struct book_options o = {0};
    struct absence found;
    struct trace t = {0};
    struct book *b = NULL;
    enum err e = read_trace(x, &t, why);
    if (!e && t.name.len == 0)
        e = fail(why, ERR_INVALID, "illegal_argument_exception: [of] is missing");
    if (!e)
        e = open_book(x, &o, &b, why);
    if (e)
        return e;
    e = absence_state(b, &t, NULL, &found, &x->reply->body, why);
    close_book(b);
    return e;
}

static const struct route routes[] = {
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/head", head, "", "the newest signed head"},
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/tail", tail, "last entry members", "entries"},
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/who", who, "of principal from to",
     "docs/reference/audit.md"},
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/absent", absent, "of principal from to",
     "without a signature"},
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/verify", verify, "key head", "the whole log"},
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/consistency", consistency, "first size", "RFC 6962"},
    {METHOD_GET, ACTION_AUDIT, "/_tamis/audit/proof/{entry}", proof, "size", "RFC 6962"},
};

const struct route_group audit_routes = ROUTE_GROUP("The audit log", routes);
