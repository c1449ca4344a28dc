// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "cli/home.h"
#include "cli/policy_life.h"
#include "policy/policy_mark.h"
#include "policy/treatment.h"

#include <stdio.h>

enum { OUT_BYTES = 1 << 20 };

static const struct policy_column *find_in(const struct policy_table *t, struct slice table,
                                           const char *column)
{
    if (!slice_is(table, t->name))
        return NULL;
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (strcmp(t->columns[i].name, column) == 0)
            return &t->columns[i];
    }
    return NULL;
}

static const struct policy_column *find(const struct policy *p, struct slice table,
                                        const char *column)
{
    const struct policy_column *found = NULL;
    for (uint32_t s = 0; !found && s < p->source_count; s++) {
        for (uint32_t t = 0; !found && t < p->sources[s].table_count; t++)
            found = find_in(&p->sources[s].tables[t], table, column);
    }
    for (uint32_t i = 0; !found && i < p->push_count; i++)
        found = find_in(&p->pushes[i].table, table, column);
    return found;
}

// What the others would leave of it, so that one sees what there is to choose from.
static void print_others(const struct treatment *mine, struct buf *out)
{
    static const char *const relations[] = {"less", "the same", "more", "something else"};
    for (const struct treatment *const *t = treatments; *t; t++) {
        if (*t != mine)
            buf_print(out, "  %-10s would reveal %s: %s\n", (*t)->name,
                      relations[treatment_compare(mine->name, (*t)->name)], (*t)->reveals);
    }
}

static void print_column(const struct policy_column *c, struct slice table, struct buf *out)
{
    buf_print(out, "%.*s.%s: %s (policy.yml line %u)\n", SLICE_PRINT(table), c->name,
              c->treat->name, c->line);
    buf_print(out, "  what can still be learned: %s\n", c->treat->reveals);
    if (c->subject)
        buf_print(out, "  rows about the same %s are linked by it, in every table\n", c->subject);
    if (c->is_key)
        buf_text(out, "  it is part of the key, of which a keyed hash tells rows apart\n");
    buf_print(out, "  detectors look at its values: %s\n", c->treat->scanned ? "yes" : "no");
    print_others(c->treat, out);
}

enum exit_status policy_run_explain(const struct arguments *a)
{
    struct fault why = {0};
    const char *dot = a->word_count < 2 ? NULL : strrchr(a->words[1], '.');
    if (!dot)
        return cli_misused("policy", "say which column: tamis policy explain TABLE.COLUMN");
    struct slice table = slice_of(a->words[1], (size_t)(dot - a->words[1]));
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    const struct policy *p = NULL;
    if (home_policy(arguments_get(a, "dir"), arguments_get(a, "file"), scratch, &p, &why))
        return cli_failed(&why);
    const struct policy_column *c = find(p, table, dot + 1);
    if (c)
        print_column(c, table, &out);
    else
        buf_print(&out, "%s: the policy does not name it, so it does not enter\n", a->words[1]);
    if (buf_end(&out, &why))
        return cli_failed(&why);
    fwrite(out.at, 1, out.len, stdout);
    return EXIT_STATUS_OK;
}
