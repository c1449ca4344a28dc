// SPDX-License-Identifier: Apache-2.0
#include "server/sealed_key.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/date.h"
#include "base/num.h"
#include "server/directory.h"
#include "server/drawn_key.h"

#include <stdio.h>

enum { FILE_NAME_BYTES = 96, HASH_BYTES = 16, GONE_BYTES = 1024, LABEL_BYTES = 512 };

void sealed_column_print(const struct sealed_column *c, char out[SEALED_NAME_BYTES])
{
    snprintf(out, SEALED_NAME_BYTES, "%s.%s", c->table, c->column);
}

static struct sealed_column column_of(const struct schema *s, uint32_t table, uint32_t field)
{
    return (struct sealed_column){s->tables[table].name, s->tables[table].fields[field].name, table,
                                  field};
}

struct sealed_column sealed_column_at(const struct schema *s, uint32_t index)
{
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t f = 0; f < s->tables[t].field_count; f++) {
            if (schema_sealed(s, t, f) == (int)index)
                return column_of(s, t, f);
        }
    }
    CHECK(false); // below schema_sealed_count()
    return (struct sealed_column){0};
}

// Whether `name` is this table's, with its source before it or without.
static bool is_named(const struct table *t, struct slice name)
{
    struct slice source = slice_text(t->source);
    if (slice_is(name, t->name))
        return true;
    return name.len > source.len + 1 && slice_starts(name, source) && name.at[source.len] == '.' &&
           slice_is(slice_from(name, source.len + 1), t->name);
}

enum err sealed_column_find(const struct schema *s, struct slice name, struct sealed_column *out,
                            struct fault *why)
{
    size_t dot = name.len;
    while (dot > 0 && name.at[dot - 1] != '.')
        dot--;
    struct slice table = slice_of(name.at, dot ? dot - 1 : 0);
    for (uint32_t t = 0; dot && t < s->table_count; t++) {
        int field =
            is_named(&s->tables[t], table) ? table_field(&s->tables[t], slice_from(name, dot)) : -1;
        if (field < 0)
            continue;
        *out = column_of(s, t, (uint32_t)field);
        if (s->tables[t].fields[field].type == FIELD_SEALED)
            return OK;
        return fail(why, ERR_INVALID, "column %s.%s is not sealed", out->table, out->column);
    }
    return fail(why, ERR_NOT_FOUND,
                "no column of the policy in force is called %.*s; say TABLE.COLUMN",
                name.len > 200 ? 200 : (int)name.len, (const char *)name.at);
}

static void file_name(const struct sealed_column *c, const char *ending, char out[FILE_NAME_BYTES])
{
    uint8_t hash[32];
    struct buf names AUTO(buf_donep) = buf_init(LABEL_BYTES);
    struct buf hex AUTO(buf_donep) = buf_init(FILE_NAME_BYTES);
    buf_blob(&names, slice_text(c->table));
    buf_blob(&names, slice_text(c->column));
    plain_hash(buf_slice(&names), hash);
    hex_print(slice_of(hash, HASH_BYTES), &hex);
    snprintf(out, FILE_NAME_BYTES, DIRECTORY_KEYS "/seal-%.*s.%s", SLICE_PRINT(buf_slice(&hex)),
             ending);
}

// The text of what is in the place of a destroyed key; ERR_NOT_FOUND without words: it is not.
static enum err read_gone(const struct world *w, const struct sealed_column *c, struct buf *out,
                          struct fault *why)
{
    char name[FILE_NAME_BYTES];
    struct fault said = {0};
    file_name(c, "gone", name);
    enum err e = world_read_file(w, name, out, &said);
    if (e && e != ERR_NOT_FOUND)
        return fail(why, e, "%s", said.words);
    return e;
}

enum err sealed_key_make(const struct world *w, const struct sealed_column *c, struct fault *why)
{
    char name[FILE_NAME_BYTES];
    char gone[FILE_NAME_BYTES];
    bool is_gone = false;
    file_name(c, "key", name);
    file_name(c, "gone", gone);
    enum err e = drawn_key_is_there(w, gone, &is_gone, why);
    return e || is_gone ? e : drawn_key_make(w, name, why);
}

static enum err tell_gone(const struct sealed_column *c, struct slice text, struct fault *why)
{
    int64_t at_ms = 0;
    struct buf when AUTO(buf_donep) = buf_init(64);
    const uint8_t *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
    if (!end || parse_i64(slice_of(text.at, (size_t)(end - text.at)), &at_ms) ||
        date_print(&when, at_ms, slice_of("", 0), NULL, NULL))
        return fail(why, ERR_DENIED, "the key of %s.%s is destroyed: nothing opens it any more",
                    c->table, c->column);
    return fail(why, ERR_DENIED,
                "the key of %s.%s was destroyed at %.*s: nothing opens it any more", c->table,
                c->column, SLICE_PRINT(buf_slice(&when)));
}

static enum err read_drawn(const struct world *w, const struct sealed_column *c,
                           uint8_t out[KEY_BYTES], struct fault *why)
{
    char name[FILE_NAME_BYTES];
    file_name(c, "key", name);
    enum err e = drawn_key_read(w, name, out, why);
    return e ? fail_in(why, e, "key of %s.%s", c->table, c->column) : OK;
}

enum err sealed_key_secret(const struct world *w, const struct key_ring *ring,
                           const struct sealed_column *c, uint8_t out[AGREE_BYTES],
                           struct fault *why)
{
    char label[LABEL_BYTES];
    uint8_t of_master[KEY_BYTES];
    uint8_t drawn[KEY_BYTES];
    struct buf gone AUTO(buf_donep) = buf_init(GONE_BYTES);
    enum err e = read_gone(w, c, &gone, why);
    if (e == OK)
        return tell_gone(c, buf_slice(&gone), why);
    if (e == ERR_NOT_FOUND)
        e = read_drawn(w, c, drawn, why);
    if (e)
        return e;
    snprintf(label, sizeof label, "seal/%s/%s", c->table, c->column);
    key_ring_derive(ring, label, of_master);
    keyed_hash(of_master, slice_of(drawn, sizeof drawn), out, AGREE_BYTES);
    wipe(of_master, sizeof of_master);
    wipe(drawn, sizeof drawn);
    return OK;
}

enum err sealed_key_public(const struct world *w, const struct key_ring *ring,
                           const struct sealed_column *c, uint8_t out[AGREE_BYTES],
                           struct fault *why)
{
    uint8_t secret_half[AGREE_BYTES];
    enum err e = sealed_key_secret(w, ring, c, secret_half, why);
    if (e == ERR_DENIED) {
        memset(out, 0, AGREE_BYTES);
        return OK;
    }
    if (e)
        return e;
    agree_public(secret_half, out);
    wipe(secret_half, sizeof secret_half);
    return OK;
}

enum err sealed_key_destroy(const struct world *w, const struct sealed_column *c, int64_t at_ms,
                            struct fault *why)
{
    char name[FILE_NAME_BYTES];
    char gone[FILE_NAME_BYTES];
    struct buf text AUTO(buf_donep) = buf_init(GONE_BYTES);
    bool is_said = false;
    file_name(c, "key", name);
    file_name(c, "gone", gone);
    buf_print(&text, "%lld\n%s.%s\n", (long long)at_ms, c->table, c->column);
    enum err e = drawn_key_is_there(w, gone, &is_said, why);
    if (!e && !is_said)
        e = world_write_file(w, gone, buf_slice(&text), why);
    if (!e && !is_said)
        e = drawn_key_give(w, gone, why);
    return e ? e : drawn_key_destroy(w, name, why);
}

enum err sealed_keys_settle(const struct world *w, const struct ratchet *r, const struct schema *s,
                            uint32_t *out_destroyed, struct fault *why)
{
    uint32_t count = schema_sealed_count(s);
    *out_destroyed = 0;
    for (uint32_t i = 0; i < count; i++) {
        char name[SEALED_NAME_BYTES];
        struct sealed_column c = sealed_column_at(s, i);
        sealed_column_print(&c, name);
        const struct ratchet_entry *gone = ratchet_in_force(r, RATCHET_SEAL_DESTROY, name);
        *out_destroyed += gone != NULL;
        enum err e =
            gone ? sealed_key_destroy(w, &c, gone->at_ms, why) : sealed_key_make(w, &c, why);
        if (e)
            return e;
    }
    return OK;
}

// ---- warrants ----

void warrant_print(const struct warrant *of, struct buf *out)
{
    buf_print(out, "%s\n%s\n%s\n%s\n%lld\n", of->column, of->row, of->who, of->why,
              (long long)of->until_ms);
}

static bool take_line(struct slice *text, char *out, size_t size)
{
    const uint8_t *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->at) : size;
    if (len >= size || memchr(text->at, 0, len))
        return false;
    memcpy(out, text->at, len);
    out[len] = '\0';
    *text = slice_from(*text, len + 1);
    return true;
}

enum err warrant_parse(struct slice text, struct warrant *out, struct fault *why)
{
    char until[24];
    struct warrant w = {0};
    if (!take_line(&text, w.column, sizeof w.column) || !take_line(&text, w.row, sizeof w.row) ||
        !take_line(&text, w.who, sizeof w.who) || !take_line(&text, w.why, sizeof w.why) ||
        !take_line(&text, until, sizeof until) || text.len > 0 ||
        parse_i64(slice_text(until), &w.until_ms))
        return fail(why, ERR_CORRUPT, "a warrant is not of five lines");
    *out = w;
    return OK;
}

void warrant_name(int64_t number, char *out, size_t size)
{
    snprintf(out, size, DIRECTORY_KEYS "/warrant-%lld", (long long)number);
}

enum err warrant_write(const struct world *w, const struct warrant *of, struct fault *why)
{
    char name[FILE_NAME_BYTES];
    struct buf text AUTO(buf_donep) = buf_init(WARRANT_TEXT_BYTES);
    warrant_name(of->number, name, sizeof name);
    warrant_print(of, &text);
    enum err e = buf_end(&text, why);
    if (!e)
        e = world_write_file(w, name, buf_slice(&text), why);
    return e ? e : drawn_key_give(w, name, why);
}

enum err warrant_read(const struct world *w, int64_t number, struct warrant *out, struct fault *why)
{
    char name[FILE_NAME_BYTES];
    struct buf text AUTO(buf_donep) = buf_init(WARRANT_TEXT_BYTES);
    warrant_name(number, name, sizeof name);
    enum err e = world_read_file(w, name, &text, why);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "nobody has approved proposal %lld", (long long)number);
    if (!e)
        e = warrant_parse(buf_slice(&text), out, why);
    if (!e)
        out->number = number;
    return e;
}

void warrant_key(const struct key_ring *ring, int64_t number, uint8_t out[KEY_BYTES])
{
    char label[64];
    snprintf(label, sizeof label, "warrant/%lld", (long long)number);
    key_ring_derive(ring, label, out);
}
