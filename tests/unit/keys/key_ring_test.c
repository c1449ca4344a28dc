// SPDX-License-Identifier: Apache-2.0
#include "keys/key_ring.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char path[64];
    struct world world;
};

static struct place place_new(void)
{
    EXPECT_EQ(crypto_start(NULL), OK);
    struct place p = {.path = "/tmp/key_ring_test_XXXXXX"};
    EXPECT(mkdtemp(p.path) != NULL);
    EXPECT_EQ(world_open(p.path, &p.world, NULL), OK);
    return p;
}

static void place_done(struct place *p)
{
    (void)unlinkat(p->world.dir, "keys/master.key", 0);
    (void)unlinkat(p->world.dir, "keys/sign.key", 0);
    (void)unlinkat(p->world.dir, "keys/master.key.tmp", 0);
    (void)unlinkat(p->world.dir, "keys/sign.key.tmp", 0);
    (void)unlinkat(p->world.dir, "keys", AT_REMOVEDIR);
    world_close(&p->world);
    EXPECT_EQ(rmdir(p->path), 0);
}

TEST(key_ring_made_opens_to_the_same_keys)
{
    struct place p = place_new();
    EXPECT_EQ(key_ring_make(&p.world, NULL), OK);
    struct key_ring *a = NULL;
    struct key_ring *b = NULL;
    EXPECT_EQ(key_ring_open(&p.world, &a, NULL), OK);
    EXPECT_EQ(key_ring_open(&p.world, &b, NULL), OK);
    uint8_t one[KEY_BYTES];
    uint8_t two[KEY_BYTES];
    key_ring_derive(a, "pseudonym/device", one);
    key_ring_derive(b, "pseudonym/device", two);
    EXPECT(memcmp(one, two, KEY_BYTES) == 0);
    key_ring_derive(b, "pseudonym/customer", two);
    EXPECT(memcmp(one, two, KEY_BYTES) != 0);
    uint8_t signature[SIGNATURE_BYTES];
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    const uint8_t digest[SIGN_DIGEST_BYTES] = {1, 2, 3};
    key_ring_sign(a, SIGN_AUDIT_HEAD, digest, signature);
    key_ring_public(b, public_key);
    EXPECT(sign_verify_of(SIGN_AUDIT_HEAD, public_key, digest, signature));
    EXPECT(!sign_verify_of(SIGN_POLICY, public_key, digest, signature));
    EXPECT(!sign_verify(public_key, slice_of(digest, sizeof digest), signature));
    key_ring_close(a);
    key_ring_close(b);
    place_done(&p);
}

TEST(key_ring_is_never_written_over)
{
    struct place p = place_new();
    EXPECT_EQ(key_ring_make(&p.world, NULL), OK);
    EXPECT_EQ(key_ring_make(&p.world, NULL), ERR_CONFLICT);
    EXPECT_EQ(unlinkat(p.world.dir, "keys/master.key", 0), 0);
    EXPECT_EQ(key_ring_make(&p.world, NULL), ERR_CONFLICT);
    place_done(&p);
}

TEST(key_ring_files_are_for_the_owner_only)
{
    struct place p = place_new();
    struct key_ring *ring = NULL;
    struct fault why = {0};
    EXPECT_EQ(key_ring_open(&p.world, &ring, &why), ERR_NOT_FOUND);
    EXPECT_EQ(key_ring_make(&p.world, NULL), OK);
    struct stat st;
    EXPECT_EQ(fstatat(p.world.dir, "keys/sign.key", &st, 0), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
    EXPECT_EQ(fchmodat(p.world.dir, "keys/sign.key", 0640, 0), 0);
    EXPECT_EQ(key_ring_open(&p.world, &ring, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "keys/sign.key") != NULL);
    EXPECT(ring == NULL);
    place_done(&p);
}

TEST(key_ring_refuses_a_key_of_another_length)
{
    struct place p = place_new();
    EXPECT_EQ(key_ring_make(&p.world, NULL), OK);
    EXPECT_EQ(world_write_file(&p.world, "keys/master.key", slice_text("short"), NULL), OK);
    struct key_ring *ring = NULL;
    struct fault why = {0};
    EXPECT_EQ(key_ring_open(&p.world, &ring, &why), ERR_CORRUPT);
    EXPECT(strcmp(why.words, "keys/master.key is not of 32 bytes") == 0);
    place_done(&p);
}

// Every operation on the world fails once, in turn; then nothing does.
static int calls_left;

static bool fails_now(struct fault *why)
{
    if (calls_left-- > 0)
        return false;
    (void)fail(why, ERR_IO, "made to fail");
    return true;
}

static enum err open_write_or_fail(const struct world *w, const char *name, bool exclusive,
                                   int *out_fd, struct fault *why)
{
    return fails_now(why) ? ERR_IO : world_real_ops.open_write(w, name, exclusive, out_fd, why);
}

static enum err open_read_or_fail(const struct world *w, const char *name, int *out_fd,
                                  struct fault *why)
{
    return fails_now(why) ? ERR_IO : world_real_ops.open_read(w, name, out_fd, why);
}

static enum err write_or_fail(int fd, struct slice bytes, struct fault *why)
{
    return fails_now(why) ? ERR_IO : world_real_ops.write(fd, bytes, why);
}

static enum err rename_or_fail(const struct world *w, const char *from, const char *to,
                               struct fault *why)
{
    return fails_now(why) ? ERR_IO : world_real_ops.rename(w, from, to, why);
}

static enum err read_at_or_fail(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    return fails_now(why) ? ERR_IO : world_real_ops.read_at(fd, at, len, offset, why);
}

TEST(key_ring_tells_every_failure_of_the_disk)
{
    struct world_ops ops = world_real_ops;
    ops.open_read = open_read_or_fail;
    ops.open_write = open_write_or_fail;
    ops.write = write_or_fail;
    ops.rename = rename_or_fail;
    ops.read_at = read_at_or_fail;
    int failures = 0;
    for (;; failures++) {
        struct place p = place_new();
        p.world.ops = &ops;
        calls_left = failures;
        struct key_ring *ring = NULL;
        enum err e = key_ring_make(&p.world, NULL);
        if (!e)
            e = key_ring_open(&p.world, &ring, NULL);
        EXPECT((e == OK) == (ring != NULL));
        key_ring_close(ring);
        place_done(&p);
        if (!e)
            break;
        EXPECT_EQ(e, ERR_IO);
    }
    EXPECT(failures >= 10);
}
