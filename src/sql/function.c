// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"

#include "base/check.h"

#include <stdio.h>
#include <strings.h>

static const struct function_list *const lists[] = {
    &functions_aggregate, &functions_logic, &functions_number, &functions_text, &functions_time,
};

// NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
enum { LISTS = sizeof lists / sizeof *lists, NAME_BYTES_MAX = 32 };

const struct function *function_at(size_t i)
{
    for (size_t l = 0; l < LISTS; l++) {
        if (i < lists[l]->count)
            return &lists[l]->at[i];
        i -= lists[l]->count;
    }
    return NULL;
}

const struct function *function_find(struct slice name)
{
    const struct function *f = NULL;
    for (size_t i = 0; (f = function_at(i)); i++) {
        if (name.len == strlen(f->name) &&
            strncasecmp((const char *)name.at, f->name, name.len) == 0)
            return f;
    }
    return NULL;
}

const struct function *function_of(const char *name)
{
    const struct function *f = function_find(slice_text(name));
    CHECK(f != NULL);
    return f;
}

static int folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

// Levenshtein's distance, a row of the table at a time.
uint32_t letters_apart(struct slice a, struct slice b, uint32_t most)
{
    uint32_t row[NAME_BYTES_MAX + 1];
    if (b.len > NAME_BYTES_MAX || a.len > NAME_BYTES_MAX)
        return most + 1;
    for (uint32_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (uint32_t i = 0; i < a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = i + 1;
        for (uint32_t k = 0; k < b.len; k++) {
            uint32_t swap = diagonal + (folded(a.at[i]) != folded(b.at[k]));
            diagonal = row[k + 1];
            uint32_t shift = (row[k] < row[k + 1] ? row[k] : row[k + 1]) + 1;
            row[k + 1] = swap < shift ? swap : shift;
        }
    }
    return row[b.len] <= most ? row[b.len] : most + 1;
}

const char *function_like(struct slice name)
{
    uint32_t best = 3;
    const char *found = NULL;
    const struct function *f = NULL;
    for (size_t i = 0; (f = function_at(i)); i++) {
        uint32_t apart = f->is_hidden ? best : letters_apart(name, slice_text(f->name), best);
        if (apart < best) {
            best = apart;
            found = f->name;
        }
    }
    return found;
}

void evaluation_fail(struct evaluation *v, const char *format, ...)
{
    char words[256];
    if (v->failed)
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    v->failed = fail(&v->why, ERR_INVALID, "illegal_argument_exception: %s", words);
}
