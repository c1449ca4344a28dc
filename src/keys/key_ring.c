// SPDX-License-Identifier: Apache-2.0
#include "keys/key_ring.h"

#include "base/check.h"

#include <stdlib.h>
#include <sys/stat.h>

struct key_ring {
    struct secret *master;
    struct secret *sign;
};

static const char master_name[] = "keys/master.key";
static const char sign_name[] = "keys/sign.key";

static enum err check_absent(const struct world *w, const char *name, struct fault *why)
{
    int fd = -1;
    enum err e = w->ops->open_read(w, name, &fd, why);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e)
        return e;
    w->ops->close(fd);
    return fail(why, ERR_CONFLICT, "%s is there already; a key is never written over", name);
}

static enum err draw(const struct world *w, const char *name, struct fault *why)
{
    struct secret *s = secret_random(KEY_BYTES);
    enum err e = world_write_file(w, name, secret_bytes(s), why);
    secret_free(s);
    return e;
}

enum err key_ring_make(const struct world *w, struct fault *why)
{
    enum err e = w->ops->make_dir(w, "keys", why);
    if (!e)
        e = check_absent(w, master_name, why);
    if (!e)
        e = check_absent(w, sign_name, why);
    if (!e)
        e = draw(w, master_name, why);
    if (!e)
        e = draw(w, sign_name, why);
    return e;
}

// Asks the descriptor itself, not the name, so that there is no moment between the
// question and the reading.
static enum err check_private(int fd, const char *name, struct fault *why)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail(why, ERR_IO, "%s: its mode cannot be read", name);
    if (st.st_mode & 077)
        return fail(why, ERR_DENIED, "%s may be used by others than its owner; chmod 600 it", name);
    return OK;
}

static enum err read_key(const struct world *w, int fd, const char *name, struct secret **out,
                         struct fault *why)
{
    uint64_t bytes = 0;
    enum err e = check_private(fd, name, why);
    if (!e)
        e = w->ops->size(fd, &bytes, why);
    if (e)
        return e;
    if (bytes != KEY_BYTES)
        return fail(why, ERR_CORRUPT, "%s is not of %d bytes", name, KEY_BYTES);
    uint8_t key[KEY_BYTES];
    e = w->ops->read_at(fd, key, sizeof key, 0, why);
    if (!e)
        *out = secret_new(key, sizeof key);
    wipe(key, sizeof key);
    return e;
}

static enum err load(const struct world *w, const char *name, struct secret **out,
                     struct fault *why)
{
    int fd = -1;
    enum err e = w->ops->open_read(w, name, &fd, why);
    if (e)
        return e;
    e = read_key(w, fd, name, out, why);
    w->ops->close(fd);
    return e;
}

enum err key_ring_open(const struct world *w, struct key_ring **out, struct fault *why)
{
    struct key_ring *ring = calloc(1, sizeof *ring);
    CHECK(ring != NULL);
    enum err e = load(w, master_name, &ring->master, why);
    if (!e)
        e = load(w, sign_name, &ring->sign, why);
    if (e) {
        key_ring_close(ring);
        return e;
    }
    *out = ring;
    return OK;
}

void key_ring_close(struct key_ring *ring)
{
    if (!ring)
        return;
    secret_free(ring->master);
    secret_free(ring->sign);
    free(ring);
}

void key_ring_derive(const struct key_ring *ring, const char *label, uint8_t out[KEY_BYTES])
{
    key_derive(ring->master, label, out);
}

enum { SIGNED_BYTES_MAX = 64 };

static struct slice signed_bytes(enum sign_domain domain, const uint8_t digest[SIGN_DIGEST_BYTES],
                                 uint8_t room[SIGNED_BYTES_MAX])
{
    static const char *const words[SIGN_DOMAIN_COUNT] = {
        [SIGN_AUDIT_HEAD] = "tamis audit head", [SIGN_POLICY] = "tamis policy",
        [SIGN_FLOOR] = "tamis floor",           [SIGN_STATEMENT] = "tamis audit statement",
        [SIGN_CATALOG] = "tamis catalog",
    };
    CHECK((unsigned)domain < SIGN_DOMAIN_COUNT && words[domain]);
    size_t len = strlen(words[domain]) + 1; // with its NUL
    memcpy(room, words[domain], len);
    memcpy(room + len, digest, SIGN_DIGEST_BYTES);
    return slice_of(room, len + SIGN_DIGEST_BYTES);
}

void key_ring_sign(const struct key_ring *ring, enum sign_domain domain,
                   const uint8_t digest[SIGN_DIGEST_BYTES], uint8_t out[SIGNATURE_BYTES])
{
    uint8_t room[SIGNED_BYTES_MAX];
    sign(secret_bytes(ring->sign).at, signed_bytes(domain, digest, room), out);
}

bool sign_verify_of(enum sign_domain domain, const uint8_t public_key[SIGN_PUBLIC_BYTES],
                    const uint8_t digest[SIGN_DIGEST_BYTES],
                    const uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t room[SIGNED_BYTES_MAX];
    return sign_verify(public_key, signed_bytes(domain, digest, room), signature);
}

void key_ring_public(const struct key_ring *ring, uint8_t out[SIGN_PUBLIC_BYTES])
{
    sign_public(secret_bytes(ring->sign).at, out);
}
