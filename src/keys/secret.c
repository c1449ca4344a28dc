// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "keys/crypto.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Pages of its own, so that each kernel promise covers the secret and nothing else:
//
//     | no access | ...... bytes | no access |
//                   secret ends here ^
//
// The bytes end where the guard page begins: reading on past a secret faults at once.
// libsodium's own allocator is not used, since its canary does not outlive
// MADV_WIPEONFORK: a child that frees a secret would be killed.
struct secret {
    uint8_t *map; // the three parts
    size_t map_bytes;
    uint8_t *at;
    size_t len;
};

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static struct secret *secret_room(size_t len)
{
    CHECK(len > 0 && len <= 64 << 10);
    size_t page = page_bytes();
    size_t inner = (len + page - 1) / page * page;
    struct secret *s = calloc(1, sizeof *s);
    CHECK(s != NULL);
    s->map_bytes = inner + 2 * page;
    void *map = mmap(NULL, s->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    s->map = map;
    CHECK(mprotect(s->map + page, inner, PROT_READ | PROT_WRITE) == 0);
    CHECK(madvise(s->map + page, inner, MADV_DONTDUMP) == 0);
    CHECK(madvise(s->map + page, inner, MADV_WIPEONFORK) == 0);
    // Where the limit on locked memory is 0 the key may reach the swap, which is better
    // than a server that does not start; everything else still holds.
    (void)mlock(s->map + page, inner);
    s->at = s->map + page + inner - len;
    s->len = len;
    return s;
}

struct secret *secret_new(const void *bytes, size_t len)
{
    struct secret *s = secret_room(len);
    memcpy(s->at, bytes, len);
    return s;
}

struct secret *secret_random(size_t len)
{
    struct secret *s = secret_room(len);
    random_bytes(s->at, len);
    return s;
}

void secret_free(struct secret *s)
{
    if (!s)
        return;
    wipe(s->at, s->len);
    munmap(s->map, s->map_bytes);
    free(s);
}

struct slice secret_bytes(const struct secret *s)
{
    return slice_of(s->at, s->len);
}
