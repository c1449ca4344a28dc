// SPDX-License-Identifier: Apache-2.0
#include "access/trusted.h"

#include "access/access_private.h"
#include "base/reader.h"
#include "keys/catalog_key.h"

static const char head_name[] = "keys/catalog.head"; // counter u64

enum { HEAD_BYTES = 8 };

// 0 and ERR_NOT_FOUND when there is none.
static enum err read_head(const struct world *dir, int64_t *out, struct fault *why)
{
    struct buf head AUTO(buf_donep) = buf_init(HEAD_BYTES + 1);
    *out = 0;
    enum err e = world_read_file(dir, head_name, &head, why);
    if (e != OK)
        return e;
    if (head.len != HEAD_BYTES)
        return fail(why, ERR_CORRUPT, "%s is not of %d bytes", head_name, HEAD_BYTES);
    struct reader in = reader_over(buf_slice(&head));
    *out = (int64_t)reader_u64_le(&in);
    return OK;
}

static enum err check_head(const struct access *a, int64_t head, struct fault *why)
{
    int64_t counter = catalog_counter(a->catalog);
    if (counter >= head)
        return OK;
    return fail(why, ERR_CORRUPT,
                "catalog.db was changed %lld times, and there were %lld: an older one was put in "
                "its place; restore keys/ and access/ from the same backup",
                (long long)counter, (long long)head);
}

enum err access_settle_head(struct access *a, const struct world *dir, struct fault *why)
{
    int64_t head = 0;
    int64_t counter = catalog_counter(a->catalog);
    enum err e = read_head(dir, &head, why);
    if (e == OK && head == counter)
        return OK;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    struct buf bytes AUTO(buf_donep) = buf_init(HEAD_BYTES);
    buf_u64_le(&bytes, (uint64_t)counter);
    return world_write_file(dir, head_name, buf_slice(&bytes), why);
}

static enum err trust(struct access *a, const struct world *dir, const struct key_ring *ring,
                      struct fault *why)
{
    uint8_t key[KEY_BYTES];
    int64_t head = 0;
    enum err e = read_head(dir, &head, why);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    catalog_key_derive(ring, key);
    e = catalog_trust(a->catalog, key, e == ERR_NOT_FOUND, why);
    wipe(key, sizeof key);
    if (e == OK)
        e = check_head(a, head, why);
    return e ? e : access_settle_head(a, dir, why);
}

enum err access_open_trusted(const char *directory, bool create, const struct world *dir,
                             const struct key_ring *ring, struct access **out, struct fault *why)
{
    struct access *a = NULL;
    enum err e = access_open(directory, create, &a, why);
    if (e == OK)
        e = trust(a, dir, ring, why);
    if (e != OK) {
        access_close(a);
        return e;
    }
    *out = a;
    return OK;
}
