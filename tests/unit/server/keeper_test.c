// SPDX-License-Identifier: Apache-2.0
#include "server/keeper.h"
#include "unit/policy/fleet.h"
#include "unit/server/place.h"

struct office {
    struct place place;
    struct arena *arena;
    struct world dir;
    struct key_ring *ring;
    struct keeper keeper;
};

static void office_open(struct office *o)
{
    o->place = place_make();
    o->arena = arena_new(POLICY_ARENA_BYTES);
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(o->place.path, &o->dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&o->dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&o->dir, &o->ring, NULL), OK);
    o->keeper = (struct keeper){.ring = o->ring, .files = o->dir};
    EXPECT_EQ(policy_parse(slice_text(FLEET_POLICY), o->arena, &o->keeper.policy, NULL), OK);
}

static void office_close(struct office *o)
{
    key_ring_close(o->ring);
    world_close(&o->dir);
    arena_free(o->arena);
    place_drop(&o->place);
}

static struct keeper_reply ask_bytes(const struct office *o, enum message_type type,
                                     const uint8_t bytes[KEEPER_LABEL_BYTES])
{
    struct message m = {.type = type, .payload = slice_of(bytes, KEEPER_LABEL_BYTES)};
    struct keeper_reply reply;
    keeper_answer(&o->keeper, &m, &reply);
    return reply;
}

static struct keeper_reply ask(const struct office *o, enum message_type type, const char *text)
{
    uint8_t bytes[KEEPER_LABEL_BYTES] = {0};
    memcpy(bytes, text, strlen(text));
    return ask_bytes(o, type, bytes);
}

TEST(keeper_gives_the_keys_that_the_policy_needs)
{
    struct office o;
    office_open(&o);
    static const char *const labels[] = {"pseudonym/device", "pseudonym/customer",
                                         "row-key/devices", "row-key/connections"};
    for (size_t i = 0; i < 4; i++) {
        uint8_t want[KEY_BYTES];
        struct keeper_reply reply = ask(&o, MESSAGE_KEY_ASK, labels[i]);
        key_ring_derive(o.ring, labels[i], want);
        EXPECT_EQ(reply.type, MESSAGE_KEY);
        EXPECT_EQ(reply.len, KEY_BYTES);
        EXPECT(memcmp(reply.bytes, want, KEY_BYTES) == 0);
    }
    office_close(&o);
}

TEST(keeper_gives_no_key_that_the_policy_does_not_need)
{
    struct office o;
    office_open(&o);
    static const char *const labels[] = {
        "pseudonym/nobody", "pseudonym/", "row-key/users",    "",
        "api-key",          "device",     "row-key/devices ", "seal/x"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        EXPECT_EQ(ask(&o, MESSAGE_KEY_ASK, labels[i]).type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_looks_at_the_padding_of_a_question)
{
    struct office o;
    office_open(&o);
    uint8_t bytes[KEEPER_LABEL_BYTES] = "pseudonym/device";
    for (size_t i = strlen("pseudonym/device") + 1; i < sizeof bytes; i++) {
        bytes[i] = 'x';
        EXPECT_EQ(ask_bytes(&o, MESSAGE_KEY_ASK, bytes).type, MESSAGE_REFUSED);
        bytes[i] = 0;
    }
    EXPECT_EQ(ask_bytes(&o, MESSAGE_KEY_ASK, bytes).type, MESSAGE_KEY);
    memset(bytes, 'x', sizeof bytes);
    EXPECT_EQ(ask_bytes(&o, MESSAGE_KEY_ASK, bytes).type, MESSAGE_REFUSED);
    office_close(&o);
}

static bool password_is(const struct office *o, const char *want)
{
    struct keeper_reply reply = ask(o, MESSAGE_PASSWORD_ASK, "keys/r.password");
    return reply.type == MESSAGE_PASSWORD && slice_is(slice_of(reply.bytes, reply.len), want);
}

TEST(keeper_reads_a_password_anew_each_time)
{
    struct office o;
    office_open(&o);
    EXPECT_EQ(ask(&o, MESSAGE_PASSWORD_ASK, "keys/r.password").type, MESSAGE_REFUSED);
    place_write(&o.place, "keys/r.password", "first\n");
    EXPECT(password_is(&o, "first"));
    place_write(&o.place, "keys/r.password", "second\r\n");
    EXPECT(password_is(&o, "second"));
    place_write(&o.place, "keys/r.password", "");
    EXPECT(password_is(&o, ""));
    office_close(&o);
}

TEST(keeper_reads_no_file_that_the_policy_does_not_name)
{
    struct office o;
    office_open(&o);
    place_write(&o.place, "keys/other", "x");
    static const char *const names[] = {"keys/other", "keys/master.key", "/etc/passwd",
                                        "keys/../keys/r.password", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        EXPECT_EQ(ask(&o, MESSAGE_PASSWORD_ASK, names[i]).type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_refuses_a_password_file_that_is_too_large)
{
    struct office o;
    office_open(&o);
    char large[KEEPER_REPLY_BYTES + 2];
    memset(large, 'p', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    place_write(&o.place, "keys/r.password", large);
    EXPECT_EQ(ask(&o, MESSAGE_PASSWORD_ASK, "keys/r.password").type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_signs_what_serve_asks_for)
{
    struct office o;
    office_open(&o);
    static uint8_t asked[1 + SIGN_DIGEST_BYTES] = {SIGN_AUDIT_HEAD, 7};
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct message m = {.type = MESSAGE_SIGN_ASK, .payload = slice_of(asked, sizeof asked)};
    struct keeper_reply reply;
    keeper_answer(&o.keeper, &m, &reply);
    EXPECT_EQ(reply.type, MESSAGE_SIGNATURE);
    EXPECT_EQ(reply.len, SIGNATURE_BYTES);
    key_ring_public(o.ring, public_key);
    EXPECT(sign_verify_of(SIGN_AUDIT_HEAD, public_key, asked + 1, reply.bytes));
    asked[0] = SIGN_DOMAIN_COUNT;
    keeper_answer(&o.keeper, &m, &reply);
    EXPECT_EQ(reply.type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_answers_nothing_else)
{
    struct office o;
    office_open(&o);
    for (int type = 1; type < MESSAGE_TYPE_COUNT; type++) {
        if (type == MESSAGE_KEY_ASK || type == MESSAGE_PASSWORD_ASK || type == MESSAGE_SIGN_ASK)
            continue;
        EXPECT_EQ(ask(&o, (enum message_type)type, "pseudonym/device").type, MESSAGE_REFUSED);
    }
    office_close(&o);
}
