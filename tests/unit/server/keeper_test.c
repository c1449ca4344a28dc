// SPDX-License-Identifier: Apache-2.0
#include "guard/relayer_ask.h"
#include "guard/warrant_ask.h"
#include "keys/layer.h"
#include "server/drawn_key.h"
#include "server/keeper.h"
#include "server/layer_key.h"
#include "server/sealed_key.h"
#include "unit/policy/fleet.h"
#include "unit/policy/sealed.h"
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

static struct keeper_reply *ask_bytes(const struct office *o, enum message_type type,
                                      const uint8_t bytes[KEEPER_LABEL_BYTES])
{
    struct message m = {.type = type, .payload = slice_of(bytes, KEEPER_LABEL_BYTES)};
    static struct keeper_reply reply; // until the next question
    keeper_answer(&o->keeper, &m, &reply);
    return &reply;
}

static struct keeper_reply *ask(const struct office *o, enum message_type type, const char *text)
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
        struct keeper_reply *reply = ask(&o, MESSAGE_KEY_ASK, labels[i]);
        key_ring_derive(o.ring, labels[i], want);
        EXPECT_EQ(reply->type, MESSAGE_KEY);
        EXPECT_EQ(reply->len, KEY_BYTES);
        EXPECT(memcmp(reply->bytes, want, KEY_BYTES) == 0);
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
        EXPECT_EQ(ask(&o, MESSAGE_KEY_ASK, labels[i])->type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_looks_at_the_padding_of_a_question)
{
    struct office o;
    office_open(&o);
    uint8_t bytes[KEEPER_LABEL_BYTES] = "pseudonym/device";
    for (size_t i = strlen("pseudonym/device") + 1; i < sizeof bytes; i++) {
        bytes[i] = 'x';
        EXPECT_EQ(ask_bytes(&o, MESSAGE_KEY_ASK, bytes)->type, MESSAGE_REFUSED);
        bytes[i] = 0;
    }
    EXPECT_EQ(ask_bytes(&o, MESSAGE_KEY_ASK, bytes)->type, MESSAGE_KEY);
    memset(bytes, 'x', sizeof bytes);
    EXPECT_EQ(ask_bytes(&o, MESSAGE_KEY_ASK, bytes)->type, MESSAGE_REFUSED);
    office_close(&o);
}

static bool password_is(const struct office *o, const char *want)
{
    struct keeper_reply *reply = ask(o, MESSAGE_PASSWORD_ASK, "keys/r.password");
    return reply->type == MESSAGE_PASSWORD && slice_is(slice_of(reply->bytes, reply->len), want);
}

TEST(keeper_reads_a_password_anew_each_time)
{
    struct office o;
    office_open(&o);
    EXPECT_EQ(ask(&o, MESSAGE_PASSWORD_ASK, "keys/r.password")->type, MESSAGE_REFUSED);
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
        EXPECT_EQ(ask(&o, MESSAGE_PASSWORD_ASK, names[i])->type, MESSAGE_REFUSED);
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
    EXPECT_EQ(ask(&o, MESSAGE_PASSWORD_ASK, "keys/r.password")->type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_signs_what_serve_asks_for)
{
    struct office o;
    office_open(&o);
    static uint8_t asked[1 + SIGN_DIGEST_BYTES] = {SIGN_AUDIT_HEAD, 7};
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    struct message m = {.type = MESSAGE_SIGN_ASK, .payload = slice_of(asked, sizeof asked)};
    static struct keeper_reply reply;
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

struct unsealing {
    struct office o;
    struct sealed_column c;
    struct warrant warrant;
    struct warrant_question q;
    struct buf sealed;
};

static void unsealing_open(struct unsealing *u)
{
    uint8_t half[AGREE_BYTES];
    struct sealer s;
    static const uint64_t row[2] = {0, 0xab};
    office_open(&u->o);
    u->o.keeper.policy = sealed_policy(u->o.arena);
    u->c = sealed_column_at(u->o.keeper.policy->schema, 0);
    u->sealed = buf_init(SEAL_BYTES_MAX);
    EXPECT_EQ(sealed_key_make(&u->o.dir, &u->c, NULL), OK);
    struct keeper_reply *reply = ask(&u->o, MESSAGE_KEY_ASK, "seal/customers/email");
    EXPECT_EQ(reply->type, MESSAGE_KEY);
    EXPECT_EQ(sealed_key_public(&u->o.dir, u->o.ring, &u->c, half, NULL), OK);
    EXPECT(reply->len == AGREE_BYTES && memcmp(reply->bytes, half, AGREE_BYTES) == 0);
    sealer_init(&s, reply->bytes);
    EXPECT_EQ(seal(&s, &(struct seal_of){u->c.table, u->c.column, 5}, row,
                   slice_text("ann@example.org"), &u->sealed, NULL),
              OK);
    u->warrant = (struct warrant){.number = 3,
                                  .column = "customers.email",
                                  .row = "00000000000000ab",
                                  .who = "ivy",
                                  .why = "ticket 7",
                                  .until_ms = now_ms() + 100000};
    u->q = (struct warrant_question){3,
                                     slice_text("customers.email"),
                                     slice_text("00000000000000ab"),
                                     slice_text("ivy"),
                                     slice_text("ticket 7"),
                                     buf_slice(&u->sealed)};
}

static void unsealing_close(struct unsealing *u)
{
    buf_done(&u->sealed);
    office_close(&u->o);
}

static struct keeper_reply *ask_to_open(const struct unsealing *u, const struct warrant_question *q)
{
    struct buf bytes AUTO(buf_donep) = buf_init(KEEPER_REPLY_BYTES);
    warrant_question_print(q, &bytes);
    struct message m = {.type = MESSAGE_OPEN_ASK, .payload = buf_slice(&bytes)};
    static struct keeper_reply reply; // until the next question
    keeper_answer(&u->o.keeper, &m, &reply);
    return &reply;
}

TEST(keeper_opens_what_the_warrant_says_for_who_holds_it)
{
    struct unsealing u;
    uint8_t key[KEY_BYTES];
    uint64_t row[2];
    struct buf text AUTO(buf_donep) = buf_init(1024);
    unsealing_open(&u);
    EXPECT_EQ(ask_to_open(&u, &u.q)->type, MESSAGE_REFUSED); // nobody approved it
    EXPECT_EQ(warrant_write(&u.o.dir, &u.warrant, NULL), OK);
    struct keeper_reply *reply = ask_to_open(&u, &u.q);
    EXPECT_EQ(reply->type, MESSAGE_OPENED);
    EXPECT(memmem(reply->bytes, reply->len, "ann@", 4) == NULL);
    warrant_key(u.o.ring, 3, key);
    EXPECT_EQ(warrant_answer_open(key, &u.q, slice_of(reply->bytes, reply->len), row, &text, NULL),
              OK);
    EXPECT(slice_is(buf_slice(&text), "ann@example.org") && row[1] == 0xab);
    unsealing_close(&u);
}

TEST(keeper_opens_nothing_that_is_not_quite_as_approved)
{
    struct unsealing u;
    unsealing_open(&u);
    EXPECT_EQ(warrant_write(&u.o.dir, &u.warrant, NULL), OK);
    struct warrant_question wrong[6] = {u.q, u.q, u.q, u.q, u.q, u.q};
    wrong[0].number = 4;
    wrong[1].column = slice_text("customers.phone");
    wrong[2].row = slice_text("00000000000000ac");
    wrong[3].who = slice_text("olga");
    wrong[4].why = slice_text("because");
    wrong[5].sealed = slice_from(u.q.sealed, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EXPECT_EQ(ask_to_open(&u, &wrong[i])->type, MESSAGE_REFUSED);
    u.warrant.until_ms = now_ms() - 1;
    EXPECT_EQ(warrant_write(&u.o.dir, &u.warrant, NULL), OK);
    EXPECT_EQ(ask_to_open(&u, &u.q)->type, MESSAGE_REFUSED); // it has lapsed
    unsealing_close(&u);
}

TEST(keeper_says_that_a_key_is_destroyed_and_gives_no_half_of_it)
{
    static const uint8_t nothing[AGREE_BYTES];
    struct unsealing u;
    unsealing_open(&u);
    EXPECT_EQ(warrant_write(&u.o.dir, &u.warrant, NULL), OK);
    EXPECT_EQ(sealed_key_destroy(&u.o.dir, &u.c, 1575417600000, NULL), OK);
    struct keeper_reply *reply = ask_to_open(&u, &u.q);
    EXPECT_EQ(reply->type, MESSAGE_REFUSED);
    EXPECT(memmem(reply->bytes, reply->len, "was destroyed at 2019-12-04", 27) != NULL);
    reply = ask(&u.o, MESSAGE_KEY_ASK, "seal/customers/email");
    EXPECT(reply->len == AGREE_BYTES && memcmp(reply->bytes, nothing, AGREE_BYTES) == 0);
    EXPECT_EQ(ask(&u.o, MESSAGE_KEY_ASK, "seal/customers/city")->type, MESSAGE_REFUSED);
    unsealing_close(&u);
}

static struct keeper_reply *ask_relayer(const struct office *o, const struct relayer_question *q)
{
    static struct keeper_reply reply; // until the next question
    struct buf bytes AUTO(buf_donep) = buf_init(KEEPER_REPLY_BYTES);
    relayer_question_print(q, &bytes);
    struct message m = {.type = MESSAGE_RELAYER_ASK, .payload = buf_slice(&bytes)};
    keeper_answer(&o->keeper, &m, &reply);
    return &reply;
}

TEST(keeper_puts_pseudonyms_under_the_layer_in_force_and_no_other)
{
    static const uint32_t generations[] = {2, 2};
    static const uint8_t values[2 * RELAYER_VALUE_BYTES] = {1, [16] = 2};
    static const char *const files[] = {"keys/layer-device-1.key", "keys/layer-device-2.key"};
    struct office o;
    struct layer layers[3];
    uint8_t key[KEY_BYTES];
    uint8_t want[RELAYER_VALUE_BYTES];
    office_open(&o);
    o.keeper.generations = generations;
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(i ? drawn_key_make(&o.dir, files[i - 1], NULL) : OK, OK);
        EXPECT_EQ(layer_key_get(&o.dir, o.ring, "device", i, key, NULL), OK);
        layer_init(&layers[i], key);
    }
    const struct keeper_reply *mirrors = ask(&o, MESSAGE_KEY_ASK, "layer/device");
    EXPECT(mirrors->type == MESSAGE_KEY && memcmp(mirrors->bytes, key, KEY_BYTES) == 0);
    struct relayer_question q = {1, 2, slice_text("device"), slice_of(values, sizeof values)};
    const struct keeper_reply *reply = ask_relayer(&o, &q);
    EXPECT(reply->type == MESSAGE_RELAYERED && reply->len == sizeof values);
    memcpy(want, values + RELAYER_VALUE_BYTES, sizeof want);
    layer_take(&layers[1], want);
    layer_put(&layers[2], want);
    EXPECT(memcmp(reply->bytes + RELAYER_VALUE_BYTES, want, sizeof want) == 0);
    const struct relayer_question wrong[] = {
        {2, 2, q.kind, q.values},                 // nothing to do
        {2, 1, q.kind, q.values},                 // back
        {0, 1, q.kind, q.values},                 // not in force
        {1, 2, slice_text("customer"), q.values}, // a key that is not there
        {1, 2, slice_text("nobody"), q.values},   // no kind
        {1, 2, q.kind, slice_of(values, sizeof values - 1)}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EXPECT_EQ(ask_relayer(&o, &wrong[i])->type, MESSAGE_REFUSED);
    EXPECT_EQ(ask(&o, MESSAGE_KEY_ASK, "layer/nobody")->type, MESSAGE_REFUSED);
    office_close(&o);
}

TEST(keeper_answers_nothing_else)
{
    struct office o;
    office_open(&o);
    for (int type = 1; type < MESSAGE_TYPE_COUNT; type++) {
        if (type == MESSAGE_KEY_ASK || type == MESSAGE_PASSWORD_ASK || type == MESSAGE_SIGN_ASK)
            continue;
        EXPECT_EQ(ask(&o, (enum message_type)type, "pseudonym/device")->type, MESSAGE_REFUSED);
    }
    office_close(&o);
}
