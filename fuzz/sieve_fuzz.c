// SPDX-License-Identifier: Apache-2.0
#include "base/reader.h"
#include "keys/crypto.h"
#include "policy/sieve.h"

// Any rows at all through the sieve: what it admits must decode again, and a table it
// stopped must bring nothing.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy_text[] =
    "sources:\n"
    "  s:\n"
    "    postgres: host=h\n"
    "    replication: {user: r}\n"
    "    copy: {user: c}\n"
    "    tables:\n"
    "      one: {key: id, columns: {id: {treat: pseudonym, subject: a},"
    " k: {treat: keep, as: keyword}, l: {treat: keep, as: long},"
    " i: {treat: round, to: 10, as: integer}, t: {treat: round, to: 1h},"
    " d: {treat: keep, as: date}, f: {treat: keep, as: double}, r: {treat: round, to: 0.5},"
    " b: {treat: keep, as: boolean},"
    " e: {treat: bucket, edges: [-5, 0, 0.5, 1000]}, w: {treat: bucket, width: 0.3},"
    " c: {treat: truncate, characters: 3}, n: {treat: truncate, network: 24/48}}}\n"
    "      two: {key: [x, y], columns: {x: {treat: drop}, y: {treat: keep, as: keyword}}}\n";

static const uint8_t keys[2][32] = {{1}, {2}};
static const struct policy *policy;
static struct arena *forever;

static void check(bool rule)
{
    if (!rule)
        __builtin_trap();
}

static struct raw read_raw(struct reader *in)
{
    struct raw value = {.type = reader_u8(in) % (RAW_TIME_US + 1)};
    switch (value.type) {
    case RAW_BOOL:
        value.i64 = reader_u8(in) & 1;
        break;
    case RAW_I64:
    case RAW_TIME_US:
        value.i64 = (int64_t)reader_u64_le(in);
        break;
    case RAW_F64: {
        uint64_t bits = reader_u64_le(in);
        memcpy(&value.f64, &bits, sizeof bits);
        break;
    }
    case RAW_TEXT:
        value.text = reader_bytes(in, reader_u8(in));
        break;
    case RAW_NULL:
    case RAW_UNCHANGED:
        break;
    }
    return value;
}

static void put_row(struct sieve *s, struct reader *in)
{
    struct raw values[13];
    struct raw old_key[2];
    uint32_t table = reader_u8(in) & 1;
    enum row_op op = reader_u8(in) % ROW_OP_COUNT;
    for (uint32_t i = 0; i < policy->sources[0].tables[table].wanted_count; i++)
        values[i] = read_raw(in);
    for (uint32_t i = 0; i < 2; i++)
        old_key[i] = read_raw(in);
    enum err e = sieve_row(s, table, op, values, old_key, NULL);
    check(e == OK || (e == ERR_INVALID && sieve_refusal(s, table)));
}

static void cut(struct sieve *s)
{
    struct arena *a AUTO(arena_freep) = arena_new(600 << 20);
    const struct position position = {.source = "s"};
    const struct admitted *admitted = NULL;
    const struct admitted *again = NULL;
    check(sieve_cut(s, &position, false, a, &admitted, NULL) == OK);
    check(admitted_decode(admitted_bytes(admitted), policy->schema, a, &again, NULL) == OK);
    const struct changeset *c = admitted_changeset(again);
    check(c->batch_count == admitted_changeset(admitted)->batch_count);
    for (uint32_t i = 0; i < c->batch_count; i++)
        check(!sieve_refusal(s, c->batches[i].table));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sieve_keys all = {keys, keys, NULL, NULL};
    if (!policy) {
        forever = arena_new(16 << 20);
        check(crypto_start(NULL) == OK);
        check(policy_parse(slice_text(policy_text), forever, &policy, NULL) == OK);
    }
    struct sieve *s = NULL;
    check(sieve_new(policy, 0, &all, &s, NULL) == OK);
    struct reader in = reader_over(slice_of(data, size));
    while (reader_left(&in) > 0) {
        put_row(s, &in);
        if (reader_u8(&in) == 0xff)
            cut(s);
    }
    cut(s);
    sieve_free(s);
    return 0;
}
