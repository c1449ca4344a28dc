// SPDX-License-Identifier: Apache-2.0
#include "audit/trace.h"

#include "base/num.h"
#include "keys/crypto.h"

enum { PSEUDONYM_TEXT_BYTES = 22, PSEUDONYM_ROOM_BYTES = 64 };

// --- what is looked for

static bool find(struct slice text, char c, size_t *out)
{
    const uint8_t *at = text.len ? memchr(text.at, c, text.len) : NULL;
    *out = at ? (size_t)(at - text.at) : 0;
    return at != NULL;
}

static enum err parse_subject(struct slice text, size_t colon, struct trace *out, struct fault *why)
{
    struct slice pseudonym = slice_from(text, colon + 1);
    struct buf bytes AUTO(buf_donep) = buf_init(PSEUDONYM_ROOM_BYTES);
    if (colon == 0 || pseudonym.len != PSEUDONYM_TEXT_BYTES ||
        base64_parse(pseudonym, &bytes) != OK || bytes.len != SUBJECT_BYTES)
        return fail(why, ERR_INVALID,
                    "a person is KIND:PSEUDONYM, with the pseudonym's %d characters as answers "
                    "show it",
                    PSEUDONYM_TEXT_BYTES);
    out->about = TRACE_SUBJECT;
    out->name = slice_of(text.at, colon);
    memcpy(out->subject.at, bytes.at, SUBJECT_BYTES);
    return OK;
}

static enum err parse_row(struct slice text, size_t slash, struct trace *out, struct fault *why)
{
    out->about = TRACE_ROW;
    out->name = slice_of(text.at, slash);
    if (slash == 0 || row_key_parse(slice_from(text, slash + 1), &out->row) != OK)
        return fail(why, ERR_INVALID, "a row is INDEX/ID, with the _id as answers show it");
    return OK;
}

enum err trace_parse(struct slice text, struct trace *out, struct fault *why)
{
    size_t at = 0;
    if (find(text, ':', &at))
        return parse_subject(text, at, out, why);
    if (find(text, '/', &at))
        return parse_row(text, at, out, why);
    out->about = TRACE_NAME;
    out->name = text;
    return text.len ? OK
                    : fail(why, ERR_INVALID,
                           "KIND:PSEUDONYM, INDEX/ID, INDEX or INDEX.FIELD is looked for");
}

void trace_print(const struct trace *t, struct buf *out)
{
    buf_slice_add(out, t->name);
    switch (t->about) {
    case TRACE_SUBJECT:
        buf_text(out, ":");
        base64url_print(slice_of(t->subject.at, SUBJECT_BYTES), out);
        break;
    case TRACE_ROW:
        buf_text(out, "/");
        row_key_print(t->row, out);
        break;
    case TRACE_NAME:
        break;
    }
}

// --- what an entry says of it

bool trace_covers(const struct trace *t, const struct audit_entry *e)
{
    return e->time_ms >= t->from_ms && e->time_ms < t->to_ms &&
           (t->principal.len == 0 || slice_equal(e->principal, t->principal));
}

static bool has_subject(const struct audit_set *s, const struct trace *t)
{
    size_t low = 0;
    size_t high = slice_equal(s->kind, t->name) ? s->subject_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(s->subjects[middle].at, t->subject.at, SUBJECT_BYTES);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool has_row(const struct audit_entry *e, const struct audit_set *s, const struct trace *t)
{
    bool is_its_index = slice_equal(e->indices[s->index], t->name);
    for (uint32_t i = 0; is_its_index && i < s->row_count; i++)
        if (s->rows[i].hi == t->row.hi && s->rows[i].lo == t->row.lo)
            return true;
    return false;
}

static bool is_named(const struct trace *t, const struct audit_entry *e)
{
    bool named = false;
    for (uint32_t i = 0; i < e->set_count && !named; i++)
        named =
            t->about == TRACE_SUBJECT ? has_subject(&e->sets[i], t) : has_row(e, &e->sets[i], t);
    return named;
}

// A field of another table, reached by a look-up, is "prefix.name".  Then that table was read
// without being named, and a row of it shown without being in a set.
static struct slice looked_up(const struct audit_field *f)
{
    size_t dot = 0;
    return find(f->name, '.', &dot) ? slice_from(f->name, dot + 1) : slice_of(NULL, 0);
}

static bool has_look_up(const struct audit_entry *e)
{
    bool has = false;
    for (uint32_t i = 0; i < e->field_count && !has; i++)
        has = looked_up(&e->fields[i]).len > 0;
    return has;
}

// Something was answered out of the rows of its indices.  A push may read too: to delete what a
// query finds.
static bool is_reading(const struct audit_entry *e)
{
    return (e->kind == AUDIT_ANSWER || e->kind == AUDIT_PUSH) && e->index_count > 0 &&
           e->status != 404 && slice_starts(e->action, slice_text("indices:data/read/"));
}

// Rows by their ids and nothing else: no number is about a row that the sets do not name.
static bool is_only_rows(const struct audit_entry *e)
{
    return e->rows > 0 && e->shape.len == 0 && e->buckets == 0;
}

// "index.field" in one.
static bool is_field(const struct trace *t, struct slice index, struct slice field)
{
    return t->name.len == index.len + 1 + field.len && slice_starts(t->name, index) &&
           t->name.at[index.len] == '.' && slice_equal(slice_from(t->name, index.len + 1), field);
}

static enum trace_found find_name(const struct trace *t, const struct audit_entry *e)
{
    size_t dot = 0;
    // Tables that look-ups lead to have no dot in their names.
    bool has_field = find(t->name, '.', &dot);
    const struct slice index = has_field ? slice_of(t->name.at, dot) : t->name;
    enum trace_found found = TRACE_NOTHING;
    for (uint32_t i = 0; i < e->index_count; i++)
        if (slice_equal(e->indices[i], t->name))
            return TRACE_READ;
    for (uint32_t i = 0; i < e->field_count; i++) {
        const struct audit_field *f = &e->fields[i];
        struct slice far = looked_up(f);
        if (is_field(t, e->indices[f->index], f->name))
            return TRACE_READ;
        if (far.len && (!has_field || is_field(t, index, far)))
            found = TRACE_COUNTED;
    }
    return found;
}

enum trace_found trace_find(const struct trace *t, const struct audit_entry *e)
{
    if (t->about != TRACE_NAME && is_named(t, e))
        return TRACE_READ;
    if (!is_reading(e))
        return TRACE_NOTHING;
    if (t->about == TRACE_NAME)
        return find_name(t, e);
    bool knows_all = is_only_rows(e) && (t->about == TRACE_SUBJECT || !has_look_up(e));
    return knows_all ? TRACE_NOTHING : TRACE_COUNTED;
}

uint64_t trace_floor(const struct audit_entry *e)
{
    uint64_t floor = 0;
    for (uint32_t i = 0; i < e->fact_count; i++)
        if (slice_is(e->facts[i].name, "floor") && parse_u64(e->facts[i].value, &floor) != OK)
            floor = 0;
    return floor;
}
