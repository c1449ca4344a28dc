// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "metric/cube_private.h"

#include <stdlib.h>

static int64_t bucket_of(const struct cube *c, int64_t ms)
{
    return levels_floor(ms, c->decl->every_ms);
}

// ---- does a row of a ratio count ----

// Asked anew each time, because the value may enter the dictionary later.
static uint32_t ratio_code(const struct cube *c, const struct view *v)
{
    const struct dict *d = view_dict(v, (uint32_t)c->decl->ratio_field);
    return dict_find(d, slice_text(c->decl->ratio_value));
}

static bool row_is_value(const struct cube *c, const struct view *v, struct row_ref at)
{
    uint32_t field = (uint32_t)c->decl->ratio_field;
    uint32_t code;
    int64_t i64;
    double f64;
    if (c->ratio_storage == STORAGE_CODE)
        return row_code(v, at, field, &code) && code != CODE_NONE && code == ratio_code(c, v);
    if (!c->ratio_is_number)
        return false;
    if (c->ratio_storage == STORAGE_I64)
        return row_i64(v, at, field, &i64) && i64 == c->ratio_i64;
    return row_f64(v, at, field, &f64) && f64 == c->ratio_f64;
}

// A row without a value is not the value, so it counts for "is not".
static bool is_matched(const struct cube *c, const struct view *v, struct row_ref at)
{
    return c->decl->kind == METRIC_RATIO && row_is_value(c, v, at) != c->decl->ratio_is_not;
}

bool cube_place_row(struct cube *c, const struct view *v, struct row_ref at,
                    const struct snapshot *now, struct cube_row *out)
{
    int64_t ms;
    if (!row_i64(v, at, c->decl->time_field, &ms))
        return false;
    out->time = ms;
    out->bucket = bucket_of(c, ms);
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        out->codes[d] = dim_code_of_row(&c->dims[d], v, at, now, &out->ords[d]);
    out->by = (struct cell_count){.count = 1, .matched = is_matched(c, v, at)};
    return true;
}

// ---- a whole table, column by column ----

struct columns_at { // one block
    int64_t time[BLOCK_ROWS];
    uint64_t has_time[BLOCK_ROWS / 64];
    int64_t i64[BLOCK_ROWS];
    double f64[BLOCK_ROWS];
    uint64_t present[BLOCK_ROWS / 64];
    uint8_t matched[BLOCK_ROWS];
    uint32_t ratio[BLOCK_ROWS];
    uint32_t *codes; // dimension * BLOCK_ROWS + row
    uint32_t *ords;
};

static void match_block(const struct cube *c, const struct block *b, struct columns_at *at)
{
    memset(at->matched, 0, sizeof at->matched);
    if (c->decl->kind != METRIC_RATIO)
        return;
    uint32_t field = (uint32_t)c->decl->ratio_field;
    uint32_t rows = b->row_count;
    bool is_not = c->decl->ratio_is_not;
    if (c->ratio_storage == STORAGE_CODE) {
        uint32_t want = ratio_code(c, b->view);
        block_codes(b, field, at->ratio);
        for (uint32_t i = 0; i < rows; i++)
            at->matched[i] = (want != CODE_NONE && at->ratio[i] == want) != is_not;
        return;
    }
    if (c->ratio_storage == STORAGE_I64)
        block_i64(b, field, at->i64, at->present);
    else
        block_f64(b, field, at->f64, at->present);
    for (uint32_t i = 0; i < rows; i++) {
        bool same = c->ratio_storage == STORAGE_I64 ? at->i64[i] == c->ratio_i64
                                                    : at->f64[i] == c->ratio_f64;
        bool is = c->ratio_is_number && bit_get(at->present, i) && same;
        at->matched[i] = is != is_not;
    }
}

static void count_untimed(const struct cube_scan *s)
{
    if (s->untimed)
        *s->untimed += 1;
}

static void scan_rows(const struct cube_scan *s, const struct block *b, const struct columns_at *at)
{
    uint32_t dims = s->cube->decl->by_count;
    struct cube_row row;
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (!bit_get(b->live, i))
            continue;
        if (!bit_get(at->has_time, i)) {
            count_untimed(s);
            continue;
        }
        row.time = at->time[i];
        row.bucket = bucket_of(s->cube, at->time[i]);
        for (uint32_t d = 0; d < dims; d++) {
            row.codes[d] = at->codes[(size_t)d * BLOCK_ROWS + i];
            row.ords[d] = at->ords[(size_t)d * BLOCK_ROWS + i];
        }
        row.by = (struct cell_count){.count = 1, .matched = at->matched[i]};
        s->each(s->context, &row);
    }
}

static void scan_block(const struct cube_scan *s, const struct block *b, struct columns_at *at)
{
    const struct cube *c = s->cube;
    block_i64(b, c->decl->time_field, at->time, at->has_time);
    for (uint32_t d = 0; d < c->decl->by_count; d++) {
        size_t first = (size_t)d * BLOCK_ROWS;
        struct dim_block in = {.block = b,
                               .now = s->now,
                               .i64 = at->i64,
                               .f64 = at->f64,
                               .present = at->present,
                               .ords = at->ords + first};
        dim_codes_of_block(&c->dims[d], &in, at->codes + first);
    }
    match_block(c, b, at);
    scan_rows(s, b, at);
}

static struct columns_at *columns_new(const struct cube *c)
{
    size_t cells = (size_t)BLOCK_ROWS * (c->decl->by_count + 1);
    struct columns_at *at = calloc(1, sizeof *at);
    CHECK(at != NULL);
    at->codes = calloc(cells, sizeof *at->codes);
    at->ords = malloc(cells * sizeof *at->ords);
    CHECK(at->codes && at->ords);
    memset(at->ords, 0xff, cells * sizeof *at->ords);
    return at;
}

static void columns_free(struct columns_at *at)
{
    if (!at)
        return;
    free(at->codes);
    free(at->ords);
    free(at);
}

void cube_scan(const struct cube_scan *s)
{
    const struct view *v = snapshot_view(s->now, s->cube->decl->table);
    struct columns_at *at = columns_new(s->cube);
    for (uint32_t b = 0; b < view_block_count(v); b++) {
        struct block block = view_block(v, b);
        scan_block(s, &block, at);
    }
    columns_free(at);
}

// ---- some rows, those that stand together by columns ----

enum { TOGETHER_MIN = BLOCK_ROWS / 16 }; // fewer of a block are quicker one by one

// How many rows from the first on are of one block, each behind the one before.
static uint32_t run_length(const struct row_ref *rows, uint32_t count)
{
    uint32_t n = 1;
    while (n < count && rows[n].block == rows[0].block && rows[n].row > rows[n - 1].row)
        n++;
    return n;
}

static void scan_together(const struct cube_scan *s, const struct view *v,
                          const struct row_ref *rows, uint32_t count, struct columns_at *at)
{
    uint64_t only[BLOCK_ROWS / 64] = {0};
    struct block block = view_block(v, rows[0].block);
    for (uint32_t i = 0; i < count; i++)
        bit_set(only, rows[i].row);
    block.live = only;
    block.all_live = false;
    scan_block(s, &block, at);
}

static void scan_each(const struct cube_scan *s, const struct view *v, const struct row_ref *rows,
                      uint32_t count)
{
    struct cube_row row;
    for (uint32_t i = 0; i < count; i++)
        if (cube_place_row(s->cube, v, rows[i], s->now, &row))
            s->each(s->context, &row);
        else
            count_untimed(s);
}

void cube_scan_rows(const struct cube_scan *s, const struct view *v, const struct row_ref *rows,
                    uint32_t count)
{
    struct columns_at *at = NULL;
    while (count > 0) {
        uint32_t n = run_length(rows, count);
        if (n < TOGETHER_MIN) {
            scan_each(s, v, rows, n);
        } else {
            at = at ? at : columns_new(s->cube);
            scan_together(s, v, rows, n, at);
        }
        rows += n;
        count -= n;
    }
    columns_free(at);
}
