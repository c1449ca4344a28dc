// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"
#include "policy/source_sql.h"
#include "policy/statement.h"

// Any text as a policy: refused with a line, or a policy whose schema keeps its promises
// and that can be stated.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool rule)
{
    if (!rule)
        __builtin_trap();
}

static void check_table(const struct schema *s, const struct table *t)
{
    check(t->field_count > 0 && t->key_field < (int)t->field_count);
    check(t->time_field < 0 || t->fields[t->time_field].type == FIELD_DATE);
    for (uint32_t i = 0; i < t->field_count; i++) {
        const struct field *f = &t->fields[i];
        check((f->type == FIELD_PSEUDONYM) == (f->subject != NULL));
        check(f->lookup_table < (int)s->table_count);
        check(f->lookup_table < 0 || s->tables[f->lookup_table].key_field >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new(256 << 20);
    const struct policy *p = NULL;
    struct fault why = {0};
    if (policy_parse(slice_of(data, size), a, &p, &why)) {
        check(why.words[0] != '\0' && p == NULL);
        return 0;
    }
    for (uint32_t i = 0; i < p->schema->table_count; i++)
        check_table(p->schema, &p->schema->tables[i]);
    struct buf out AUTO(buf_donep) = buf_init(64 << 20);
    statement_text(p, &out);
    statement_json(p, false, &out);
    for (uint32_t i = 0; i < p->source_count; i++)
        source_sql_setup(&p->sources[i], &out);
    check(buf_end(&out, NULL) == OK);
    return 0;
}
