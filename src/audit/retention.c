// SPDX-License-Identifier: Apache-2.0
#include "audit/retention.h"

#include "audit/account.h"
#include "audit/segment_file.h"
#include "base/check.h"
#include "json/json_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KEEP_DAYS = 400,
    SEGMENT_READ_BYTES_MAX = 512 << 20,
    SUMMARY_BYTES_MAX = 16 << 20,
    NAME_BYTES = 32,
    HEX_BYTES = 2 * SHA256_BYTES,
};

static const uint64_t bytes_default = (uint64_t)16 << 30;
static const int64_t day_ms = 86400000;

struct retention_rule retention_rule_of(uint64_t bytes_max, int64_t keep_days)
{
    return (struct retention_rule){.bytes_max = bytes_max ? bytes_max : bytes_default,
                                   .keep_ms = (keep_days > 0 ? keep_days : KEEP_DAYS) * day_ms};
}

struct epoch {
    struct merkle before, after;
    int64_t first_ms, last_ms;
    uint64_t kinds[AUDIT_KIND_COUNT];
    struct accounts *accounts;
    struct arena *scratch;   // of one entry
    struct json_writer json; // into the summary
};

static enum err add_entry(void *context, const struct audit_record *r, const struct hash256 *leaf,
                          struct fault *why)
{
    struct epoch *epoch = context;
    struct audit_entry e;
    (void)leaf;
    arena_reset(epoch->scratch);
    enum err failed = audit_body_decode(r->body, epoch->scratch, &e, why);
    if (failed)
        return failed;
    if (epoch->first_ms == 0)
        epoch->first_ms = r->leaf.time_ms;
    epoch->last_ms = r->leaf.time_ms;
    epoch->kinds[e.kind]++;
    accounts_add(epoch->accounts, &e);
    return OK;
}

static enum err read_epoch(const struct world *w, uint64_t first, struct epoch *out,
                           struct fault *why)
{
    struct buf bytes AUTO(buf_donep) = buf_init(SEGMENT_READ_BYTES_MAX);
    char name[SEGMENT_NAME_BYTES];
    size_t end = 0;
    segment_name(first, name);
    enum err e = world_read_file(w, name, &bytes, why);
    if (!e)
        e = segment_header_decode(buf_slice(&bytes), &out->before, &end, why);
    const struct segment_walk walk = {add_entry, out};
    if (!e)
        e = segment_walk(buf_slice(&bytes), &walk, &out->after, &end, why);
    return e ? fail_in(why, e, "%s", name) : OK;
}

static void write_root(struct json_writer *w, const char *key, const struct merkle *m)
{
    struct hash256 root;
    struct buf hex AUTO(buf_donep) = buf_init(HEX_BYTES);
    merkle_root(m, &root);
    hex_print(slice_of(root.at, SHA256_BYTES), &hex);
    json_key(w, key);
    json_string(w, buf_slice(&hex));
}

static void write_account(void *context, const struct account *one)
{
    account_json(one, &((struct epoch *)context)->json);
}

static void write_summary(struct epoch *e, struct buf *out)
{
    struct json_writer *w = &e->json;
    *w = json_writer_to(out);
    json_object(w);
    json_key(w, "first");
    json_uint(w, e->before.size);
    json_key(w, "next");
    json_uint(w, e->after.size);
    json_key(w, "from_ms");
    json_int(w, e->first_ms);
    json_key(w, "to_ms");
    json_int(w, e->last_ms);
    write_root(w, "root_before", &e->before);
    write_root(w, "root_after", &e->after);
    json_key(w, "kinds");
    json_object(w);
    for (int k = 1; k < AUDIT_KIND_COUNT; k++) {
        json_key(w, audit_kind_name((enum audit_kind)k));
        json_uint(w, e->kinds[k]);
    }
    json_end(w);
    json_key(w, "principals");
    json_array(w);
    accounts_each(e->accounts, write_account, e);
    json_end(w);
    json_end(w);
    buf_u8(out, '\n');
}

// The entry is on the disk before anything is deleted.
static enum err record_drop(struct journal *j, const struct epoch *epoch, struct slice summary,
                            struct fault *why)
{
    char first[NAME_BYTES];
    char next[NAME_BYTES];
    uint8_t digest[SHA256_BYTES];
    snprintf(first, sizeof first, "%llu", (unsigned long long)epoch->before.size);
    snprintf(next, sizeof next, "%llu", (unsigned long long)epoch->after.size);
    sha256_parts(&summary, 1, digest);
    struct buf hex AUTO(buf_donep) = buf_init(HEX_BYTES);
    hex_print(slice_of(digest, sizeof digest), &hex);
    const struct audit_fact facts[] = {{slice_text("first"), slice_text(first)},
                                       {slice_text("next"), slice_text(next)},
                                       {slice_text("summary"), buf_slice(&hex)}};
    struct audit_entry e = {
        .kind = AUDIT_DROP, .action = slice_text("retention"), .facts = facts, .fact_count = 3};
    struct buf body AUTO(buf_donep) = buf_init(SUMMARY_BYTES_MAX);
    uint64_t number = 0;
    audit_body_encode(&e, &body);
    enum err failed = journal_append(j, buf_slice(&body), &number, why);
    return failed ? failed : journal_sync(j, number, why);
}

static enum err drop(const struct world *w, struct journal *j, struct epoch *epoch,
                     struct fault *why)
{
    struct buf summary AUTO(buf_donep) = buf_init(SUMMARY_BYTES_MAX);
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%016llx.summary", (unsigned long long)epoch->before.size);
    write_summary(epoch, &summary);
    enum err e = buf_end(&summary, why);
    if (!e)
        e = world_write_file(w, name, buf_slice(&summary), why);
    if (!e)
        e = record_drop(j, epoch, buf_slice(&summary), why);
    return e ? e : journal_drop_first(j, why);
}

enum err retention_apply(const struct retention_rule *r, const struct world *w, struct journal *j,
                         struct fault *why)
{
    struct journal_stats s;
    journal_stats(j, &s);
    bool is_large = s.bytes > r->bytes_max;
    bool is_old = s.second_ms > 0 && s.second_ms + r->keep_ms < w->ops->now_ms();
    if (s.segments < 2 || (!is_large && !is_old))
        return OK;
    struct epoch epoch = {.accounts = accounts_new(),
                          .scratch = arena_new(AUDIT_ENTRY_ARENA_BYTES)};
    enum err e = read_epoch(w, s.first, &epoch, why);
    if (!e)
        e = drop(w, j, &epoch, why);
    accounts_free(epoch.accounts);
    arena_free(epoch.scratch);
    return e ? fail_in(why, e, "retention") : OK;
}
