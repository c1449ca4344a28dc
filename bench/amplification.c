// SPDX-License-Identifier: Apache-2.0
// How many bytes the store writes for each that stays.
//
//     build/bench-amplification DIR [MILLIONS]
//
// DIR is made, and the store in it stays.  Two loads, each a table of its own: `appended`,
// MILLIONS (20) million rows that are only added; and `updated`, a million rows, then MILLIONS
// million changes of any of them, as a table of devices sees them.  Sealing and merging are done
// between commits, as soon as they are due, so the figures are the same each time.  One line of
// JSON comes out for each load:
//
//     {"load":"appended","rows":20000000,"log":1,"segments":1,"stays":1,...}
#include "base/limits.h"
#include "base/num.h"
#include "base/world.h"
#include "policy/admit.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { APPENDED, UPDATED, TABLES, BATCH = 10000, KEYS = 1000000, OUTCOMES = 5 };

enum { F_OUTCOME, F_LATENCY, F_AT, FIELDS };

static const struct field fields[] = {
    [F_OUTCOME] = {"outcome", FIELD_KEYWORD, NULL, -1},
    [F_LATENCY] = {"latency", FIELD_LONG, NULL, -1},
    [F_AT] = {"at", FIELD_DATE, NULL, -1},
};

#define TABLE(name_)                                 \
    {                                                \
        name_, "fleet", FIELDS, fields, F_AT, -1, -1 \
    }
static const struct table tables[TABLES] = {
    [APPENDED] = TABLE("appended"), [UPDATED] = TABLE("updated")};
static const struct schema schema = {.table_count = TABLES, .tables = tables, .fingerprint = 7};

struct load {
    struct store *store;
    uint32_t table;
    uint64_t log_bytes; // appended
    uint64_t lsn;
    uint64_t random;
};

static void die(const struct fault *why)
{
    fprintf(stderr, "amplification: %s\n", why->words);
    exit(1);
}

static uint64_t draw(struct load *l)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return l->random;
}

static struct batch_column outcomes(struct load *l, struct arena *batch)
{
    struct slice *values = ARENA_ARRAY(batch, struct slice, OUTCOMES);
    uint32_t *codes = ARENA_ARRAY(batch, uint32_t, BATCH);
    for (uint32_t i = 0; i < OUTCOMES; i++)
        values[i] = arena_print(batch, "outcome %u", i);
    for (uint32_t i = 0; i < BATCH; i++)
        codes[i] = i < OUTCOMES ? i : (uint32_t)(draw(l) % OUTCOMES);
    return (struct batch_column){.codes = codes, .value_count = OUTCOMES, .values = values};
}

static void put(struct load *l, const struct row_key *keys, struct arena *batch)
{
    uint64_t *present = ARENA_ARRAY(batch, uint64_t, bit_words(BATCH));
    int64_t *latency = ARENA_ARRAY(batch, int64_t, BATCH);
    int64_t *at = ARENA_ARRAY(batch, int64_t, BATCH);
    for (uint32_t i = 0; i < BATCH; i++) {
        bit_set(present, i);
        latency[i] = (int64_t)(draw(l) % 1000 * (draw(l) % 8));
        at[i] = 1760000000000 + (int64_t)(l->lsn * BATCH + i) * 7 + (int64_t)(draw(l) % 5000);
    }
    struct batch_column columns[FIELDS] = {[F_OUTCOME] = outcomes(l, batch),
                                           [F_LATENCY] = {.present = present, .i64 = latency},
                                           [F_AT] = {.present = present, .i64 = at}};
    columns[F_OUTCOME].present = present;
    uint8_t *ops = ARENA_ARRAY(batch, uint8_t, BATCH); // ROW_PUT
    struct batch b = {l->table, BATCH, ops, keys, NULL, columns};
    struct changeset c = {.position = {.source = "fleet",
                                       .phase = PHASE_STREAMING,
                                       .generation = 1,
                                       .end_lsn = ++l->lsn},
                          .batch_count = 1,
                          .batches = &b};
    struct buf bytes AUTO(buf_donep) = buf_init(LIMIT_CHANGESET_BYTES);
    const struct admitted *a = NULL;
    struct fault why = {0};
    if (changeset_encode(&c, &schema, &bytes, &why) ||
        admitted_decode(buf_slice(&bytes), &schema, batch, &a, &why) ||
        store_append(l->store, a, &why) || store_commit(l->store, &why))
        die(&why);
    l->log_bytes += bytes.len;
}

static void maintain(struct load *l)
{
    struct fault why = {0};
    for (bool did = true; did;)
        if (store_maintain(l->store, &did, &why))
            die(&why);
}

// Keys are numbers, encrypted as the sieve's are: they look random.
static uint64_t key_of(uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

static void tell(const struct load *l, uint64_t rows, const struct store_stats *before)
{
    static struct store_stats now;
    store_stats(l->store, &now);
    uint64_t written = now.bytes_written - before->bytes_written;
    const struct store_table_stats *t = &now.tables[l->table];
    uint64_t stays = t->bytes_disk;
    printf("{\"load\":\"%s\",\"rows\":%llu,\"live\":%llu,\"segments\":%u,\"bytes_log\":%llu,"
           "\"bytes_segments\":%llu,\"bytes_stay\":%llu,\"segments_over_stay\":%.2f,"
           "\"all_over_stay\":%.2f,\"all_over_log\":%.2f}\n",
           t->name, (unsigned long long)rows, (unsigned long long)t->rows, t->segments,
           (unsigned long long)l->log_bytes, (unsigned long long)(written - l->log_bytes),
           (unsigned long long)stays, (double)(written - l->log_bytes) / (double)stays,
           (double)written / (double)stays, (double)written / (double)l->log_bytes);
    fflush(stdout);
}

static void run(struct load *l, uint64_t rows, bool updates)
{
    static struct store_stats before;
    struct arena *batch AUTO(arena_freep) = arena_new(256 << 20);
    store_stats(l->store, &before);
    for (uint64_t at = 0; at < rows; at += BATCH) {
        arena_reset(batch);
        struct row_key *keys = ARENA_ARRAY(batch, struct row_key, BATCH);
        bool fills = !updates || at < KEYS;
        for (uint32_t i = 0; i < BATCH; i++)
            keys[i].lo = key_of(fills ? at + i + 1 : draw(l) % KEYS + 1);
        put(l, keys, batch);
        maintain(l);
    }
    tell(l, rows, &before);
}

int main(int count, char **words)
{
    struct world w = {.dir = -1};
    struct store *store = NULL;
    struct store_options options = {0};
    struct fault why = {0};
    uint64_t millions = 20;
    if (count < 2 || (count > 2 && parse_u64(slice_text(words[2]), &millions) != OK)) {
        fprintf(stderr, "amplification DIR [MILLIONS]\n");
        return 2;
    }
    (void)mkdir(words[1], 0700); // fine if there
    if (world_open(words[1], &w, &why) || store_open(&w, &schema, &options, &store, &why))
        die(&why);
    struct load appended = {.store = store, .table = APPENDED, .random = 88172645463325252u};
    run(&appended, millions * 1000000, false);
    struct load updated = {
        .store = store, .table = UPDATED, .random = 362436069u, .lsn = appended.lsn};
    run(&updated, KEYS + millions * 1000000, true);
    store_close(store);
    world_close(&w);
    return 0;
}
