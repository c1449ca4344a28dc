// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of metric/ share: a cube, its dimensions, and how a row falls into it.
//
// A dimension through a look-up keeps, per key of the referred table, the value under
// which all rows with that key are counted (`accounted`).  That is what makes a look-up
// exact: a row that goes is taken from where it was put, whatever its dimension row says
// by then, and rows are moved only by cube_move.c, all rows of a key at once.

#include "base/buf.h"
#include "metric/cube.h"
#include "metric/levels.h"

#include <pthread.h>

// `accounted` of a key that no row of the cube has had yet.  Codes never reach it.
#define CODE_UNSEEN (CODE_NONE - 1)

enum { METRIC_DIMS_MAX = 64 };

enum { ACCOUNT_KEYS = 1 << 16, ACCOUNT_PIECES = 1 << 16 };

struct dim {
    const struct metric_by *by;
    int target;           // table looked up, -1 for a plain field
    uint32_t key_field;   // of the target
    enum field_type type; // of the value
    enum storage storage;
    struct dict *numbers; // codes of values that have none in the store: 8 bytes each
    // Look-ups.  What is accounted lies in pieces that stay where they are, so that whoever
    // moves rows may read it without the lock.
    uint32_t **accounted;   // ACCOUNT_PIECES, by key code / ACCOUNT_KEYS; NULL: none of them
    size_t accounted_count; // keys up to here have their place
    uint64_t *is_dirty;     // keys whose dimension row changed since the cube looked
    uint32_t *dirty;
    uint32_t dirty_count, dirty_cap;
    bool all_dirty; // the referred table was emptied
    bool is_frozen; // a copy that nothing may be added to
    bool looks_now; // such a copy, for which look-ups look at the snapshot
};

struct cube {
    const struct metric_decl *decl;
    const struct schema *schema;
    struct dim *dims; // decl->by_count
    struct levels levels;
    bool is_over;     // CELLS_MAX was reached: no answer any more
    bool is_unread;   // rows could not be read; is_over too
    int64_t untimed;  // rows without a time, which are in no cell
    int64_t time_min; // no row's time is outside; a row that goes leaves them as they are
    int64_t time_max;
    struct flight *flight; // rows being moved between cells just now; NULL when none are
    pthread_mutex_t move;  // held by whoever moves; taken before cubes.lock
    uint32_t waiting;      // askers at `move`: the mover lets them go first; atomic
    // ratio
    enum storage ratio_storage;
    bool ratio_is_number; // the declared value can be one
    int64_t ratio_i64;
    double ratio_f64;
};

struct cubes {
    const struct schema *schema;
    struct cubes_begun begun;
    // `lock` guards everything below and in every cube.
    pthread_rwlock_t lock;
    uint64_t version; // of the last snapshot counted
    struct cube *all; // schema->metric_count

    // The thread that moves rows (cube_mover.c); `due_lock` guards what it waits for.
    struct store *store; // NULL while there is none
    pthread_t mover;
    pthread_mutex_t due_lock;
    pthread_cond_t due_news;
    bool is_due, is_over;
};

// ---- dimensions (cube_dim.c) ----

enum err dim_init(struct dim *d, const struct schema *s, const struct table *t,
                  const struct metric_by *by, struct fault *why);
void dim_done(struct dim *d);
uint64_t dim_bytes(const struct dim *d); // of memory held
void dim_forget(struct dim *d);          // no key has been seen
// A frozen copy that asks the snapshot where `d` would ask what is accounted.  Owns nothing.
struct dim dim_of_now(const struct dim *d);
// Value codes of referred rows, by key codes; CODE_NONE where there is no value or row.
void dim_look_up(struct dim *d, const struct snapshot *now, const uint32_t *ords, uint32_t count,
                 uint32_t *out);
// The code a row is (to be) accounted under, and its key code (CODE_NONE without look-up).
uint32_t dim_code_of_row(struct dim *d, const struct view *v, struct row_ref at,
                         const struct snapshot *now, uint32_t *out_ord);

// The code of a key, CODE_UNSEEN for one that no row has had.
static inline uint32_t dim_accounted(const struct dim *d, uint32_t ord)
{
    const uint32_t *piece = d->accounted ? d->accounted[ord / ACCOUNT_KEYS] : NULL;
    return piece ? __atomic_load_n(&piece[ord % ACCOUNT_KEYS], __ATOMIC_RELAXED) : CODE_UNSEEN;
}

// Of a key that has been accounted.
static inline void dim_account_as(struct dim *d, uint32_t ord, uint32_t code)
{
    __atomic_store_n(&d->accounted[ord / ACCOUNT_KEYS][ord % ACCOUNT_KEYS], code, __ATOMIC_RELAXED);
}

void dim_mark(struct dim *d, uint32_t ord);
// Accounts the first `count` keys by these codes (CODE_UNSEEN: no row has had it).
void dim_restore(struct dim *d, const uint32_t *codes, uint32_t count);
// Where `ord` is accounted; looks at `now` when it is new.
uint32_t dim_account(struct dim *d, uint32_t ord, const struct snapshot *now);

struct dim_block {
    const struct block *block;
    const struct snapshot *now;
    int64_t *i64; // scratch: BLOCK_ROWS
    double *f64;
    uint64_t *present;
    uint32_t *ords; // key codes come here; left alone for a plain dimension
};

// Codes of a block's rows, keys not seen yet looked up and accounted.
void dim_codes_of_block(struct dim *d, const struct dim_block *b, uint32_t *out);
struct value dim_value(const struct dim *d, const struct snapshot *now, const struct table *t,
                       uint32_t code, struct arena *request);

// ---- rows (cube_rows.c) ----

struct cube_row {
    int64_t time; // ms
    int64_t bucket;
    uint32_t codes[METRIC_DIMS_MAX];
    uint32_t ords[METRIC_DIMS_MAX]; // key codes of look-ups, else CODE_NONE
    struct cell_count by;
};

// Where a row of `v` belongs; false for a row without a time, which is in no cell.
bool cube_place_row(struct cube *c, const struct view *v, struct row_ref at,
                    const struct snapshot *now, struct cube_row *out);

// Calls `each` with the place of every live row of the table.
struct cube_scan {
    struct cube *cube;
    const struct snapshot *now;
    void (*each)(void *context, const struct cube_row *row);
    void *context;
    uint64_t *untimed; // rows without a time are added here; NULL: nobody asks
};

void cube_scan(const struct cube_scan *s);
// The same of these rows of `v`, the scan's table; `now` is where look-ups look.
void cube_scan_rows(const struct cube_scan *s, const struct view *v, const struct row_ref *rows,
                    uint32_t count);

// ---- counting (cube.c) ----

void cube_forget(struct cube *c);
void cube_count_anew(struct cube *c, const struct snapshot *now);

// ---- keeping (cube_copy.c, cube_file.c) ----

struct dim_copy {
    uint32_t number_count; // values of `numbers`, by code
    uint64_t *numbers;
    uint32_t key_count; // keys up to the last that a row has had
    uint32_t *accounted;
    bool all_dirty;
    uint32_t dirty_count;
    uint32_t *dirty; // also those that were being moved
};

// What a cube has counted; its coarser levels follow from the finest.
struct cube_copy {
    uint64_t identity; // cube_identity()
    int64_t untimed, time_min, time_max;
    uint32_t dim_count;
    struct dim_copy *dims;
    uint32_t combo_count;
    uint32_t *codes; // combo * dim_count + dimension
    uint32_t bucket_count;
    int64_t *starts;        // by bucket, rising
    uint32_t *bucket_cells; // by bucket, how many
    uint32_t cell_count;
    uint32_t *combos; // by cell, bucket after bucket
    struct cell_count *counts;
};

struct cubes_copy {
    uint32_t count;
    struct cube_copy *cubes;
};

// Changes with anything of the declaration and of the tables that a cell's meaning hangs on.
uint64_t cube_identity(const struct schema *s, const struct metric_decl *m);
struct cubes_copy *cubes_copy_new(uint32_t count);
void cubes_copy_free(struct cubes_copy *copy); // NULL is fine
// Under the lock.
void cube_copy_take(const struct cube *c, struct cube_copy *out);
// Makes an empty cube what the copy says; `at` is what it was taken at.  ERR_CORRUPT leaves
// the cube as far as it came.
enum err cube_copy_put(const struct cube_copy *copy, struct cube *c, const struct snapshot *at,
                       struct fault *why);

void cubes_file_encode(const struct cubes_copy *copy, struct buf *out);
// Any bytes; codes and keys are for cube_copy_put() to check.  ERR_CORRUPT.
enum err cubes_file_decode(struct slice bytes, struct cubes_copy **out, struct fault *why);

// The store's side of it (cube_keep.c).
void cubes_begin(void *context, const struct snapshot *at, struct slice kept, const char *lost);
void *cubes_hold(void *context, const struct snapshot *at);
void cubes_write(const void *held, struct buf *out);
void cubes_release(void *held);

// ---- moving (cube_move.c) ----

// Moves rows of remembered keys to where their dimension rows are now, if `now` is what the
// cubes have counted.  Takes the lock itself, for no longer than it must.
void cube_move(struct cubes *cs, struct cube *c, const struct snapshot *now);
// The same for somebody who asks by these dimensions; nothing when they are settled.
void cube_move_for(struct cubes *cs, struct cube *c, const struct snapshot *now,
                   const uint32_t *dims, uint32_t dim_count);
// Some key of the cube is remembered.  Under the lock.
bool cube_is_due(const struct cube *c);
// Every row is where it belongs, as far as these of its dimensions go.  Under the lock.
bool cube_is_settled(const struct cube *c, const uint32_t *dims, uint32_t dim_count);
// A row came (+1) or went (-1) while others are moved; under the lock.
void cube_move_note(struct cube *c, const struct cube_row *row, int sign);
// Keys of a dimension that are under way; returns how many.  Under the lock.
uint32_t cube_move_taken(const struct cube *c, uint32_t dim, const uint32_t **out_keys);
// Nothing of what is under way counts any more; under the lock.
void cube_move_cancel(struct cube *c);

// ---- the mover (cube_mover.c) ----

void mover_init(struct cubes *cs);
void mover_done(struct cubes *cs);
void mover_tell(struct cubes *cs); // keys are remembered; not under the lock
