// SPDX-License-Identifier: Apache-2.0
#include "unit/access/ratchet.h"

#include <sqlite3.h>

static int64_t clock_ms = 1700000000000;

int64_t ratchet_now(void)
{
    return clock_ms;
}

void ratchet_wait(int64_t ms)
{
    clock_ms += ms;
}

void ratchet_place_sql(const struct ratchet_place *p, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/catalog.db", p->access);
    EXPECT_EQ(sqlite3_open(path, &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

enum err ratchet_place_reopen(struct ratchet_place *p, struct fault *why)
{
    ratchet_close(p->ratchet);
    p->ratchet = NULL;
    enum err e = ratchet_open(p->access, &p->dir, p->ring, &p->ratchet, why);
    if (!e)
        ratchet_clock(p->ratchet, ratchet_now);
    return e;
}

struct ratchet_change ratchet_policy(const char *who, const char *text)
{
    return (struct ratchet_change){
        .kind = "policy", .subject = "policy.yml", .who = who, .value = slice_text(text)};
}

// Users straight into the tables: a password's hash costs most of a second each.
void ratchet_place_make(struct ratchet_place *p)
{
    *p = (struct ratchet_place){.place = place_make()};
    snprintf(p->access, sizeof p->access, "%s", p->place.path);
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(p->place.path, &p->dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&p->dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&p->dir, &p->ring, NULL), OK);
    struct access *access = NULL;
    EXPECT_EQ(access_open(p->access, true, &access, NULL), OK);
    access_close(access);
    ratchet_place_sql(p,
                      "INSERT INTO users (name, password_hash, created_ms) VALUES "
                      "('ann', 'x', 1700000000000), ('bob', 'x', 1700000000000);"
                      "INSERT INTO roles (user, role) VALUES ('ann', 'admin'), ('bob', 'admin');");
    clock_ms = 1700000000000;
    EXPECT_EQ(ratchet_place_reopen(p, NULL), OK);
    const struct ratchet_change first = ratchet_policy("init", "sources: {}\n");
    EXPECT_EQ(ratchet_set(p->ratchet, RATCHET_START, &first, NULL), OK);
}

void ratchet_place_drop(struct ratchet_place *p)
{
    ratchet_close(p->ratchet);
    key_ring_close(p->ring);
    world_close(&p->dir);
    place_drop(&p->place);
}

TEST(ratchet_keeps_every_version_and_says_which_is_in_force)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    const struct ratchet_change second = ratchet_policy("ann", "sources: {} # tighter\n");
    EXPECT_EQ(ratchet_set(p.ratchet, RATCHET_TIGHTEN, &second, NULL), OK);
    EXPECT_EQ(ratchet_place_reopen(&p, NULL), OK);
    uint32_t count = 0;
    const struct ratchet_entry *all = ratchet_entries(p.ratchet, &count);
    EXPECT_EQ(count, 2);
    EXPECT(slice_is(all[0].value, "sources: {}\n"));
    EXPECT(ratchet_in_force(p.ratchet, "policy", "policy.yml") == &all[1]);
    EXPECT(strcmp(all[1].who, "ann") == 0);
    EXPECT(ratchet_in_force(p.ratchet, "setting", "listen") == NULL);
    ratchet_place_drop(&p);
}

// Whatever is changed by hand in whichever entry, the ledger no longer opens.
TEST(ratchet_changed_by_hand_does_not_open)
{
    static const char *const edits[] = {
        "UPDATE ratchet SET value = cast('sources: {a: 1}' AS BLOB) WHERE seq = 1",
        "UPDATE ratchet SET who = 'bob' WHERE seq = 2",
        "UPDATE ratchet SET act = 4 WHERE seq = 3",
        "UPDATE ratchet SET at_ms = at_ms - 1 WHERE seq = 2",
        "UPDATE ratchet SET due_ms = 1 WHERE seq = 3",
        "UPDATE ratchet SET subject = 'other' WHERE seq = 1",
        "DELETE FROM ratchet WHERE seq = 1",
        "DELETE FROM ratchet WHERE seq = 2",
        "DELETE FROM ratchet WHERE seq = 3",
        "DELETE FROM ratchet",
        "DELETE FROM ratchet WHERE seq > 1",
        "INSERT INTO ratchet SELECT 4, at_ms, 0, 3, 4, kind, subject, 'bob', value, signature "
        "FROM ratchet WHERE seq = 3",
        "UPDATE ratchet SET signature = (SELECT signature FROM ratchet WHERE seq = 1) WHERE seq = "
        "2",
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct ratchet_place p;
        ratchet_place_make(&p);
        const struct ratchet_change c = ratchet_policy("ann", "sources: {} # tighter\n");
        int64_t seq = 0;
        EXPECT_EQ(ratchet_set(p.ratchet, RATCHET_TIGHTEN, &c, NULL), OK);
        EXPECT_EQ(ratchet_propose(p.ratchet, &c, &seq, NULL), OK);
        ratchet_close(p.ratchet);
        p.ratchet = NULL;
        ratchet_place_sql(&p, edits[i]);
        enum err e = ratchet_place_reopen(&p, NULL);
        if (e != ERR_CORRUPT)
            test_fail(__FILE__, __LINE__, "%s: %d", edits[i], (int)e);
        ratchet_place_drop(&p);
    }
}

// An older catalog.db in the place of a newer one, with the keys as they are.
TEST(ratchet_does_not_go_back)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    const struct ratchet_change c = ratchet_policy("ann", "sources: {} # tighter\n");
    ratchet_close(p.ratchet);
    p.ratchet = NULL;
    struct buf old AUTO(buf_donep) = buf_init(16 << 20);
    EXPECT_EQ(world_read_file(&p.dir, "catalog.db", &old, NULL), OK);
    EXPECT_EQ(ratchet_place_reopen(&p, NULL), OK);
    EXPECT_EQ(ratchet_set(p.ratchet, RATCHET_TIGHTEN, &c, NULL), OK);
    ratchet_close(p.ratchet);
    p.ratchet = NULL;
    EXPECT_EQ(world_write_file(&p.dir, "catalog.db", buf_slice(&old), NULL), OK);
    struct fault why = {0};
    EXPECT_EQ(ratchet_place_reopen(&p, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "an older one was put in its place") != NULL);
    ratchet_place_drop(&p);
}

// A crash between the entry and the head leaves an entry more than the head knows.
TEST(ratchet_takes_a_signed_entry_that_its_head_does_not_know_yet)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    struct buf head AUTO(buf_donep) = buf_init(64);
    EXPECT_EQ(world_read_file(&p.dir, "keys/ratchet.head", &head, NULL), OK);
    const struct ratchet_change c = ratchet_policy("ann", "sources: {} # tighter\n");
    EXPECT_EQ(ratchet_set(p.ratchet, RATCHET_TIGHTEN, &c, NULL), OK);
    EXPECT_EQ(world_write_file(&p.dir, "keys/ratchet.head", buf_slice(&head), NULL), OK);
    EXPECT_EQ(ratchet_place_reopen(&p, NULL), OK);
    uint32_t count = 0;
    (void)ratchet_entries(p.ratchet, &count);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(p.dir.ops->remove(&p.dir, "keys/ratchet.head", NULL), OK);
    EXPECT_EQ(ratchet_place_reopen(&p, NULL), ERR_CORRUPT);
    ratchet_place_drop(&p);
}
