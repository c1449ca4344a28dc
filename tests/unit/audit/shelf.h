// SPDX-License-Identifier: Apache-2.0
#pragma once

// A directory for a log, a key to sign its heads, and entries to put into it.

#include "audit/audit.h"
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct shelf {
    char path[64];
    struct world world;
    uint8_t seed[SIGN_SEED_BYTES], key[SIGN_PUBLIC_BYTES];
};

// What key_ring_sign() does, without a ring.
static inline enum err shelf_sign(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                                  uint8_t out[SIGNATURE_BYTES], struct fault *why)
{
    struct shelf *s = context;
    uint8_t bytes[17 + SIGN_DIGEST_BYTES] = "tamis audit head";
    (void)why;
    memcpy(bytes + 17, digest, SIGN_DIGEST_BYTES);
    sign(s->seed, slice_of(bytes, sizeof bytes), out);
    return OK;
}

static inline void shelf_empty(const struct shelf *s)
{
    DIR *d = opendir(s->path);
    EXPECT(d != NULL);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (e->d_name[0] != '.')
            EXPECT_EQ(unlinkat(dirfd(d), e->d_name, 0), 0);
    }
    closedir(d);
}

static inline void shelf_open(struct shelf *s)
{
    *s = (struct shelf){.path = "/tmp/audit_test_XXXXXX", .seed = {7, 1, 2}};
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT(mkdtemp(s->path) != NULL);
    EXPECT_EQ(world_open(s->path, &s->world, NULL), OK);
    sign_public(s->seed, s->key);
}

static inline void shelf_close(struct shelf *s)
{
    world_close(&s->world);
    shelf_empty(s);
    EXPECT_EQ(rmdir(s->path), 0);
}

// A body of its own for each number.
static inline struct buf shelf_body(uint64_t number)
{
    char name[32];
    snprintf(name, sizeof name, "reader-%llu", (unsigned long long)number % 7);
    struct audit_entry e = {.kind = AUDIT_ANSWER,
                            .status = 200,
                            .principal = slice_text(name),
                            .action = slice_text("indices:data/read/search"),
                            .rows = number};
    struct buf body = buf_init(1 << 20);
    audit_body_encode(&e, &body);
    return body;
}

static inline enum err shelf_append(struct journal *j, uint64_t salt, uint64_t *out)
{
    struct buf body AUTO(buf_donep) = shelf_body(salt);
    return journal_append(j, buf_slice(&body), out, NULL);
}
