// SPDX-License-Identifier: Apache-2.0
#include "cli/probe_text.h"

#include "cli/amount.h"
#include "cli/table.h"

static void say_head(const struct probe_result *r, const char *address, struct buf *out)
{
    static const char *const marks[] = {"no answer", "closed", "PARTLY OPEN", "OPEN"};
    buf_print(out, "%s  %s", marks[r->verdict], address);
    if (r->store != STORE_KINDS)
        buf_print(out, "  %s%s%s", store_name(r->store), *r->version ? " " : "", r->version);
    buf_text(out, "\n");
}

static void say_meaning(const struct probe_result *r, struct buf *out)
{
    static const char *const meanings[] = {
        "Nobody answers there: it is not running, or not to be reached from here.\n",
        "What finders of open servers ask was asked without a credential, and nothing was given.\n",
        "Whoever reaches this address learns what runs there, without a password; no names and no\n"
        "rows were given.\n",
        "Whoever reaches this address can read what is in it, without a password.  Close the port\n"
        "or stop the server now, keep its logs, and find out who has asked it since when.\n",
    };
    buf_text(out, meanings[r->verdict]);
}

static void say_given(const struct probe_result *r, struct buf *out)
{
    static const char *const gives[] = {"", "what runs there", "names and settings", "rows"};
    for (uint32_t i = 0; i < r->answer_count; i++) {
        const struct probe_answer *a = &r->answers[i];
        if (a->answer == ANSWER_GIVEN)
            buf_print(out, "  gave %-18s to %s%s%s\n", gives[a->question->gives],
                      a->question->method ? a->question->method : "",
                      a->question->method ? " " : "", a->question->path);
    }
}

static void say_people(const struct exposure *e, struct arena *scratch, struct buf *out)
{
    char rows[AMOUNT_BYTES];
    struct table_print t = table_print_of(scratch, 4);
    table_cell(&t, "what");
    table_cell(&t, "rows");
    table_cell(&t, "where");
    table_cell(&t, "known by");
    for (const struct exposed_field *f = e->fields; f; f = f->next) {
        table_cell(&t, "%s", f->kind);
        table_cell(&t, "%s", amount_count((int64_t)f->rows, rows));
        table_cell(&t, "%s  %s", f->index, f->field);
        table_cell(&t, "%s", f->by_form ? "form of its values" : "its name");
    }
    buf_text(out, "\ndata about people, by what a sample of rows shows (no value is kept):\n\n");
    table_render(&t, out);
}

static void say_exposure(const struct exposure *e, struct arena *scratch, struct buf *out)
{
    char rows[AMOUNT_BYTES];
    char bytes[AMOUNT_BYTES];
    if (!e->index_count)
        return;
    buf_print(out, "\nexposed: %llu %s, %s rows, %s\n", (unsigned long long)e->index_count,
              e->index_count == 1 ? "index" : "indices", amount_count((int64_t)e->rows, rows),
              amount_bytes((int64_t)e->bytes, bytes));
    if (e->has_ransom_note)
        buf_text(out, "An index is named as robbers name theirs: somebody has been here before.\n");
    if (e->left_unlooked)
        buf_print(out, "%llu more indices were counted and not looked into.\n",
                  (unsigned long long)e->left_unlooked);
    if (e->fields)
        say_people(e, scratch, out);
}

void probe_text(const struct probe_result *r, const char *address, struct arena *scratch,
                struct buf *out)
{
    say_head(r, address, out);
    say_meaning(r, out);
    say_given(r, out);
    say_exposure(&r->exposure, scratch, out);
}
