// SPDX-License-Identifier: Apache-2.0
#include "keys/seal.h"

#include "base/arena.h"
#include "base/reader.h"

enum { FORM = 1, BOUND_BYTES = 1024, PLAIN_BYTES = SEAL_CLASS_MAX };

static void agreed_key(const uint8_t shared[AGREE_BYTES], const uint8_t *sealer_half,
                       const uint8_t *column_half, uint8_t out[KEY_BYTES])
{
    uint8_t halves[2 * AGREE_BYTES];
    memcpy(halves, sealer_half, AGREE_BYTES);
    memcpy(halves + AGREE_BYTES, column_half, AGREE_BYTES);
    keyed_hash(shared, slice_of(halves, sizeof halves), out, KEY_BYTES);
}

void sealer_init(struct sealer *s, const uint8_t column_key[AGREE_BYTES])
{
    static const uint8_t destroyed[AGREE_BYTES];
    uint8_t own[AGREE_BYTES];
    uint8_t shared[AGREE_BYTES];
    *s = (struct sealer){.is_destroyed = true};
    if (memcmp(column_key, destroyed, AGREE_BYTES) == 0)
        return;
    random_bytes(own, sizeof own);
    agree_public(own, s->public_half);
    s->is_destroyed = !agree(own, column_key, shared);
    agreed_key(shared, s->public_half, column_key, s->key);
    wipe(own, sizeof own);
    wipe(shared, sizeof shared);
}

static void print_bound(const struct seal_of *of, uint64_t policy, const uint8_t *sealer_half,
                        struct buf *out)
{
    buf_text(out, "tamis seal 1");
    buf_blob(out, slice_text(of->table));
    buf_blob(out, slice_text(of->column));
    buf_u64_le(out, policy);
    buf_bytes(out, sealer_half, AGREE_BYTES);
}

static size_t class_of(size_t bytes)
{
    size_t class = SEAL_CLASS_FIRST;
    while (class < bytes && class < SEAL_CLASS_STEP)
        class *= 2;
    return class >= bytes ? class
                          : (bytes + SEAL_CLASS_STEP - 1) / SEAL_CLASS_STEP * SEAL_CLASS_STEP;
}

enum err seal(const struct sealer *s, const struct seal_of *of, const uint64_t row[2],
              struct slice text, struct buf *out, struct fault *why)
{
    if (text.len > SEAL_TEXT_BYTES_MAX)
        return fail(why, ERR_INVALID, "a value longer than %d bytes cannot be sealed",
                    SEAL_TEXT_BYTES_MAX);
    struct buf plain AUTO(buf_donep) = buf_init(PLAIN_BYTES);
    struct buf bound AUTO(buf_donep) = buf_init(BOUND_BYTES);
    size_t class = class_of(SEAL_HEAD_BYTES + text.len);
    uint8_t *at = buf_room(&plain, class); // all at once: no copy is left behind by growing
    memset(at, 0, class);
    buf_reset(&plain);
    buf_u64_le(&plain, row[0]);
    buf_u64_le(&plain, row[1]);
    buf_u32_le(&plain, (uint32_t)text.len);
    buf_slice_add(&plain, text);
    print_bound(of, of->policy, s->public_half, &bound);
    buf_u8(out, FORM);
    buf_u64_le(out, of->policy);
    buf_bytes(out, s->public_half, AGREE_BYTES);
    lock_bytes(s->key, buf_slice(&bound), slice_of(at, class), out);
    wipe(at, class);
    return OK;
}

bool seal_is_formed(struct slice sealed)
{
    if (sealed.len < SEAL_BYTES_MIN || sealed.len > SEAL_BYTES_MAX || sealed.at[0] != FORM)
        return false;
    size_t plain = sealed.len - SEAL_OPEN_BYTES - LOCK_BYTES;
    return plain == class_of(plain);
}

uint64_t seal_policy(struct slice sealed)
{
    struct reader in = reader_over(slice_from(sealed, 1));
    return reader_u64_le(&in);
}

static enum err take_plain(struct slice plain, uint64_t out_row[2], struct buf *out,
                           struct fault *why)
{
    struct reader in = reader_over(plain);
    out_row[0] = reader_u64_le(&in);
    out_row[1] = reader_u64_le(&in);
    uint32_t len = reader_u32_le(&in);
    struct slice text = reader_bytes(&in, len);
    if (in.short_of_bytes)
        return fail(why, ERR_CORRUPT, "a sealed value is shorter than it says");
    buf_slice_add(out, text);
    return OK;
}

enum err seal_open(const uint8_t secret_half[AGREE_BYTES], const struct seal_of *of,
                   struct slice sealed, uint64_t out_row[2], struct buf *out, struct fault *why)
{
    if (!seal_is_formed(sealed))
        return fail(why, ERR_CORRUPT, "these bytes are no sealed value");
    const uint8_t *sealer_half = sealed.at + 1 + 8;
    uint8_t column_half[AGREE_BYTES];
    uint8_t shared[AGREE_BYTES];
    uint8_t key[KEY_BYTES];
    agree_public(secret_half, column_half);
    if (!agree(secret_half, sealer_half, shared))
        return fail(why, ERR_CORRUPT, "a sealed value was made with no key");
    agreed_key(shared, sealer_half, column_half, key);
    struct buf plain AUTO(buf_donep) = buf_init(PLAIN_BYTES);
    struct buf bound AUTO(buf_donep) = buf_init(BOUND_BYTES);
    print_bound(of, seal_policy(sealed), sealer_half, &bound);
    uint8_t *at = buf_room(&plain, sealed.len - SEAL_OPEN_BYTES - LOCK_BYTES);
    enum err e = unlock_bytes(key, buf_slice(&bound), slice_from(sealed, SEAL_OPEN_BYTES), at)
                     ? take_plain(buf_slice(&plain), out_row, out, why)
                     : fail(why, ERR_CORRUPT,
                            "a sealed value of %s.%s does not open: it was changed, or sealed for "
                            "another column or under another key",
                            of->table, of->column);
    wipe(at, plain.len);
    wipe(shared, sizeof shared);
    wipe(key, sizeof key);
    return e;
}
