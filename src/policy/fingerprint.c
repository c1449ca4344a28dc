// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "keys/crypto.h"
#include "policy/detector.h"
#include "policy/policy_private.h"
#include "policy/treatment.h"

// What decides which bytes a row of the source becomes:
//
//     per source: name
//       per table: schema, name, time field; key columns in order
//         per column that the source delivers: name, treatment, steps, type, subject,
//                                              detectors it allows,
//                                              look-up (table + 1), whether it is of the key
//
// Each text with its length before it, each number as a varint, so that no two policies
// give the same bytes.  Connections, metrics and the floor are left out: changing them
// needs no new copy.
static void text(struct buf *out, const char *words)
{
    buf_blob(out, words ? slice_text(words) : slice_of("", 0));
}

static void number(struct buf *out, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    buf_varint(out, bits);
}

static void add_column(struct buf *out, const struct policy_column *c, const struct table *t)
{
    text(out, c->name);
    text(out, c->treat->name);
    buf_varint(out, (uint64_t)c->round_ms);
    number(out, c->round_number);
    buf_varint(out, c->edge_count);
    for (uint32_t i = 0; i < c->edge_count; i++)
        number(out, c->edges[i]);
    number(out, c->width);
    buf_varint(out, c->characters);
    buf_varint(out, c->network_v4);
    buf_varint(out, c->network_v6);
    text(out, c->subject);
    struct buf allows AUTO(buf_donep) = buf_init(1024);
    detector_ids(c->allows, &allows);
    buf_blob(out, buf_slice(&allows));
    buf_u8(out, c->is_key);
    buf_varint(out, (uint64_t)c->field + 1);
    if (c->field >= 0) {
        buf_varint(out, t->fields[c->field].type);
        buf_varint(out, (uint64_t)t->fields[c->field].lookup_table + 1);
    }
}

static void add_table(struct buf *out, const struct policy_table *p, const struct table *t)
{
    text(out, p->schema_name);
    text(out, p->name);
    buf_varint(out, (uint64_t)t->time_field + 1);
    buf_varint(out, p->key_count);
    for (uint32_t i = 0; i < p->key_count; i++)
        text(out, p->columns[p->keys[i]].name);
    buf_varint(out, p->wanted_count);
    for (uint32_t i = 0; i < p->wanted_count; i++)
        add_column(out, &p->columns[p->wanted[i]], t);
}

static uint64_t number_of(const struct buf *out)
{
    uint8_t hash[32];
    plain_hash(buf_slice(out), hash);
    uint64_t fingerprint = 0;
    for (unsigned i = 0; i < 8; i++)
        fingerprint = fingerprint << 8 | hash[i];
    return fingerprint;
}

// Apart from the sources': a pushed index more or less is no reason to copy them anew.
uint64_t policy_push_fingerprint(const struct policy *p)
{
    struct buf out AUTO(buf_donep) = buf_init(SIZE_MAX / 2);
    for (uint32_t i = 0; i < p->push_count; i++)
        add_table(&out, &p->pushes[i].table, &p->schema->tables[p->pushes[i].table.table]);
    return p->push_count ? number_of(&out) : 0;
}

uint64_t policy_fingerprint(const struct policy *p)
{
    struct buf out AUTO(buf_donep) = buf_init(SIZE_MAX / 2);
    for (uint32_t s = 0; s < p->source_count; s++) {
        const struct policy_source *source = &p->sources[s];
        text(&out, source->name);
        buf_varint(&out, source->table_count);
        for (uint32_t t = 0; t < source->table_count; t++)
            add_table(&out, &source->tables[t], &p->schema->tables[source->tables[t].table]);
    }
    return number_of(&out);
}
