// SPDX-License-Identifier: Apache-2.0
#include "server/sealed_key.h"
#include "unit/access/ratchet.h"
#include "unit/policy/sealed.h"

struct office {
    struct ratchet_place p;
    struct arena *arena;
    const struct schema *schema;
    struct sealed_column email;
};

static void office_open(struct office *o)
{
    ratchet_place_make(&o->p);
    o->arena = arena_new(16 << 20);
    o->schema = sealed_policy(o->arena)->schema;
    o->email = sealed_column_at(o->schema, 0);
}

static void office_close(struct office *o)
{
    arena_free(o->arena);
    ratchet_place_drop(&o->p);
}

static enum err find(const struct office *o, const char *name, const char *want, struct fault *why)
{
    struct sealed_column c;
    char printed[SEALED_NAME_BYTES];
    enum err e = sealed_column_find(o->schema, slice_text(name), &c, why);
    if (e)
        return e;
    sealed_column_print(&c, printed);
    EXPECT(strcmp(printed, want) == 0);
    return OK;
}

TEST(sealed_key_is_found_by_the_name_of_its_column)
{
    struct office o;
    office_open(&o);
    EXPECT_EQ(find(&o, "customers.email", "customers.email", NULL), OK);
    EXPECT_EQ(find(&o, "shop.customers.phone", "customers.phone", NULL), OK);
    EXPECT_EQ(find(&o, "app.log.message", "app.log.message", NULL), OK);
    EXPECT_EQ(find(&o, "customers.city", "", NULL), ERR_INVALID);
    EXPECT_EQ(find(&o, "customers.nothing", "", NULL), ERR_NOT_FOUND);
    EXPECT_EQ(find(&o, "other.customers.email", "", NULL), ERR_NOT_FOUND);
    EXPECT_EQ(find(&o, "email", "", NULL), ERR_NOT_FOUND);
    EXPECT_EQ(find(&o, "", "", NULL), ERR_NOT_FOUND);
    office_close(&o);
}

TEST(sealed_key_is_made_once_and_its_halves_belong_together)
{
    struct office o;
    uint8_t secret_half[AGREE_BYTES];
    uint8_t again[AGREE_BYTES];
    uint8_t public_half[AGREE_BYTES];
    uint8_t other[AGREE_BYTES];
    office_open(&o);
    struct sealed_column phone = sealed_column_at(o.schema, 1);
    EXPECT_EQ(sealed_key_secret(&o.p.dir, o.p.ring, &o.email, secret_half, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(sealed_key_make(&o.p.dir, &o.email, NULL), OK);
    EXPECT_EQ(sealed_key_make(&o.p.dir, &phone, NULL), OK);
    EXPECT_EQ(sealed_key_secret(&o.p.dir, o.p.ring, &o.email, secret_half, NULL), OK);
    EXPECT_EQ(sealed_key_make(&o.p.dir, &o.email, NULL), OK);
    EXPECT_EQ(sealed_key_secret(&o.p.dir, o.p.ring, &o.email, again, NULL), OK);
    EXPECT(memcmp(secret_half, again, AGREE_BYTES) == 0);
    EXPECT_EQ(sealed_key_public(&o.p.dir, o.p.ring, &o.email, public_half, NULL), OK);
    agree_public(secret_half, other);
    EXPECT(memcmp(public_half, other, AGREE_BYTES) == 0);
    EXPECT_EQ(sealed_key_secret(&o.p.dir, o.p.ring, &phone, other, NULL), OK);
    EXPECT(memcmp(secret_half, other, AGREE_BYTES) != 0);
    office_close(&o);
}

TEST(sealed_key_that_is_destroyed_says_when_and_never_comes_back)
{
    struct office o;
    struct fault why = {0};
    uint8_t half[AGREE_BYTES] = {1};
    static const uint8_t nothing[AGREE_BYTES];
    office_open(&o);
    EXPECT_EQ(sealed_key_make(&o.p.dir, &o.email, NULL), OK);
    EXPECT_EQ(sealed_key_destroy(&o.p.dir, &o.email, 1575417600000, NULL), OK);
    EXPECT_EQ(sealed_key_destroy(&o.p.dir, &o.email, 1575417600001, NULL), OK);
    EXPECT_EQ(sealed_key_make(&o.p.dir, &o.email, NULL), OK);
    EXPECT_EQ(sealed_key_secret(&o.p.dir, o.p.ring, &o.email, half, &why), ERR_DENIED);
    EXPECT(strcmp(why.words,
                  "the key of customers.email was destroyed at 2019-12-04T00:00:00.000Z: "
                  "nothing opens it any more") == 0);
    EXPECT_EQ(sealed_key_public(&o.p.dir, o.p.ring, &o.email, half, NULL), OK);
    EXPECT(memcmp(half, nothing, AGREE_BYTES) == 0);
    office_close(&o);
}

static bool has_file(const struct office *o, const char *ending)
{
    char command[256];
    snprintf(command, sizeof command, "ls %s/keys | grep -q '^seal-[0-9a-f]*\\.%s$'",
             o->p.place.path, ending);
    return system(command) == 0; // NOLINT(cert-env33-c): a test's own directory
}

TEST(sealed_keys_follow_the_ledger_even_out_of_a_backup)
{
    struct office o;
    uint32_t destroyed = 9;
    uint8_t half[AGREE_BYTES];
    office_open(&o);
    EXPECT_EQ(sealed_keys_settle(&o.p.dir, o.p.ratchet, o.schema, &destroyed, NULL), OK);
    EXPECT_EQ(destroyed, 0);
    EXPECT(has_file(&o, "key") && !has_file(&o, "gone"));
    const struct ratchet_change gone = {.kind = RATCHET_SEAL_DESTROY,
                                        .subject = "customers.email",
                                        .who = "ann",
                                        .value = slice_text("x")};
    int64_t seq = 0;
    EXPECT_EQ(ratchet_propose(o.p.ratchet, &gone, &seq, NULL), OK);
    EXPECT_EQ(sealed_keys_settle(&o.p.dir, o.p.ratchet, o.schema, &destroyed, NULL), OK);
    EXPECT_EQ(destroyed, 0); // proposed only
    EXPECT_EQ(ratchet_approve(o.p.ratchet, seq, "bob", NULL), OK);
    EXPECT_EQ(sealed_keys_settle(&o.p.dir, o.p.ratchet, o.schema, &destroyed, NULL), OK);
    EXPECT_EQ(destroyed, 1);
    EXPECT(has_file(&o, "gone"));
    EXPECT_EQ(sealed_key_secret(&o.p.dir, o.p.ring, &o.email, half, NULL), ERR_DENIED);
    office_close(&o);
}

static struct warrant warrant(void)
{
    return (struct warrant){.number = 12,
                            .column = "customers.email",
                            .row = "00000000000000ab",
                            .why = "ticket 7",
                            .who = "ivy",
                            .until_ms = 1575417600000};
}

TEST(sealed_key_warrant_comes_back_as_it_was_written)
{
    struct office o;
    struct warrant w = warrant();
    struct warrant got;
    office_open(&o);
    EXPECT_EQ(warrant_read(&o.p.dir, 12, &got, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(warrant_write(&o.p.dir, &w, NULL), OK);
    EXPECT_EQ(warrant_read(&o.p.dir, 12, &got, NULL), OK);
    EXPECT(strcmp(got.column, w.column) == 0 && strcmp(got.row, w.row) == 0);
    EXPECT(strcmp(got.why, w.why) == 0 && strcmp(got.who, w.who) == 0);
    EXPECT(got.number == 12 && got.until_ms == w.until_ms);
    office_close(&o);
}

TEST(sealed_key_warrant_is_five_lines_and_nothing_else)
{
    struct warrant w = warrant();
    struct warrant got;
    struct buf text AUTO(buf_donep) = buf_init(WARRANT_TEXT_BYTES);
    warrant_print(&w, &text);
    for (size_t len = 0; len < text.len; len++)
        EXPECT_EQ(warrant_parse(slice_of(text.at, len), &got, NULL), ERR_CORRUPT);
    EXPECT_EQ(warrant_parse(buf_slice(&text), &got, NULL), OK);
    buf_text(&text, "x");
    EXPECT_EQ(warrant_parse(buf_slice(&text), &got, NULL), ERR_CORRUPT);
}

TEST(sealed_key_warrants_lock_each_with_its_own_key)
{
    struct office o;
    uint8_t a[KEY_BYTES];
    uint8_t b[KEY_BYTES];
    office_open(&o);
    warrant_key(o.p.ring, 1, a);
    warrant_key(o.p.ring, 2, b);
    EXPECT(memcmp(a, b, KEY_BYTES) != 0);
    office_close(&o);
}
