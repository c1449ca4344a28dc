// SPDX-License-Identifier: Apache-2.0
#include "search/subjects.h"

#include "search/crowd.h"

static void tell_apart(uint32_t count, const uint32_t *codes, uint64_t kind, uint64_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = codes[i] == CODE_NONE ? SUBJECT_NONE : kind << 32 | codes[i];
}

// Subjects of one kind share codes over all tables; a field of no kind has its own.
static uint64_t kind_of(const struct columns *cs, uint32_t table, uint32_t field)
{
    int kind = schema_subject(cs->schema, cs->schema->tables[table].fields[field].subject);
    if (kind >= 0)
        return (uint64_t)kind;
    return (uint64_t)1 << 30 | (uint64_t)table << 12 | field;
}

static bool is_code(const struct table *t, int field)
{
    return field >= 0 && field_storage(t->fields[field].type) == STORAGE_CODE;
}

static bool through_lookup(const struct columns *cs, const struct table *t, uint32_t *scratch,
                           uint64_t *out)
{
    for (uint32_t f = 0; f < t->field_count; f++) {
        int to = t->fields[f].lookup_table;
        if (to < 0 || !is_code(&cs->schema->tables[to], cs->schema->tables[to].subject_field))
            continue;
        uint32_t subject = (uint32_t)cs->schema->tables[to].subject_field;
        block_codes(&cs->block, f, scratch);
        lookup_codes(snapshot_view(cs->snapshot, (uint32_t)to), subject, scratch,
                     cs->block.row_count, scratch);
        tell_apart(cs->block.row_count, scratch, kind_of(cs, (uint32_t)to, subject), out);
        return true;
    }
    return false;
}

static void find_subjects(const struct columns *cs, uint32_t *scratch, uint64_t *out)
{
    uint32_t table = cs->tables[cs->at];
    const struct table *t = &cs->schema->tables[table];
    if (is_code(t, t->subject_field)) {
        uint32_t field = (uint32_t)t->subject_field;
        block_codes(&cs->block, field, scratch);
        tell_apart(cs->block.row_count, scratch, kind_of(cs, table, field), out);
        return;
    }
    if (through_lookup(cs, t, scratch, out))
        return;
    uint64_t first = (uint64_t)1 << 63 | (uint64_t)cs->at << 48;
    for (uint32_t i = 0; i < cs->block.row_count; i++)
        out[i] = first | ((uint64_t)cs->block.index * BLOCK_ROWS + i);
}

void subjects_of_block(const struct columns *cs, const struct veil_key *key, uint32_t *scratch,
                       uint64_t *out)
{
    find_subjects(cs, scratch, out);
    veil_subjects(key, out, cs->block.row_count);
}
