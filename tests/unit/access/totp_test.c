// SPDX-License-Identifier: Apache-2.0
#include "access/ratchet.h"
#include "access/totp.h"
#include "keys/totp.h"
#include "unit/access/trusted.h"

#include <stdlib.h>

static const struct access_by ann = {"ann", "", {(const uint8_t *)"::1", 3}};
static const struct access_by bob = {"bob", "", {(const uint8_t *)"::1", 3}};
static const struct slice name = {(const uint8_t *)"ann", 3};

// The secret as an authenticator reads it from the address.
static struct slice secret_of(const struct totp_new *made, uint8_t out[TOTP_SECRET_BYTES])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const char *at = strstr(made->uri, "secret=") + 7;
    uint64_t bits = 0;
    int count = 0;
    size_t len = 0;
    for (; *at != '&'; at++) {
        bits = bits << 5 | (uint64_t)(strchr(alphabet, *at) - alphabet);
        count += 5;
        if (count >= 8) {
            out[len++] = (uint8_t)(bits >> (count - 8));
            count -= 8;
        }
    }
    EXPECT_EQ(len, TOTP_SECRET_BYTES);
    return slice_of(out, len);
}

struct factor_test {
    struct trusted t;
    struct totp_new made;
    uint8_t bytes[TOTP_SECRET_BYTES];
    struct slice secret;
};

static void open_with_factor(struct factor_test *f)
{
    trusted_make(&f->t);
    EXPECT_EQ(access_totp_enrol(f->t.access, NULL, name, &f->made, NULL), OK);
    f->secret = secret_of(&f->made, f->bytes);
}

static enum err say(struct factor_test *f, const char *code)
{
    uint32_t wait_s = 0;
    return access_totp_check(f->t.access, name, slice_text(code), slice_text("192.0.2.1"), &wait_s,
                             NULL);
}

static enum err say_step(struct factor_test *f, int64_t step)
{
    char code[16];
    snprintf(code, sizeof code, "%06u", totp_code(f->secret, (uint64_t)step, TOTP_DIGITS));
    return say(f, code);
}

static int64_t now_step(void)
{
    return trusted_now_ms / TOTP_STEP_MS;
}

TEST(totp_is_asked_of_who_has_one_and_of_nobody_else)
{
    struct factor_test f;
    struct totp_state state;
    uint32_t wait_s = 0;
    open_with_factor(&f);
    EXPECT_EQ(access_totp_check(f.t.access, slice_text("bob"), slice_text(""), slice_text("x"),
                                &wait_s, NULL),
              OK);
    EXPECT_EQ(say(&f, ""), ERR_DENIED);
    EXPECT_EQ(say_step(&f, now_step()), OK);
    EXPECT_EQ(access_totp_state(f.t.access, name, &state, NULL), OK);
    EXPECT(state.is_there);
    EXPECT_EQ(state.since_ms, trusted_now_ms);
    EXPECT_EQ(state.recovery_codes, TOTP_RECOVERY_CODES);
    EXPECT_EQ(access_totp_enrol(f.t.access, NULL, name, &f.made, NULL), ERR_CONFLICT);
    EXPECT_EQ(access_totp_enrol(f.t.access, NULL, slice_text("eve"), &f.made, NULL), ERR_NOT_FOUND);
    EXPECT(strstr(f.made.uri, "otpauth://totp/tamis:ann?secret=") == f.made.uri);
    trusted_drop(&f.t);
}

TEST(totp_takes_a_code_once_and_a_step_to_either_side)
{
    struct factor_test f;
    open_with_factor(&f);
    EXPECT_EQ(say_step(&f, now_step() - 2), ERR_DENIED);
    EXPECT_EQ(say_step(&f, now_step() - 1), OK);
    EXPECT_EQ(say_step(&f, now_step() - 1), ERR_DENIED);
    EXPECT_EQ(say_step(&f, now_step() + 1), OK);
    trusted_now_ms += 120000; // what was wrong is paid off
    EXPECT_EQ(say_step(&f, now_step() + 2), ERR_DENIED);
    EXPECT_EQ(say_step(&f, now_step()), OK);
    EXPECT_EQ(trusted_reopen(&f.t, NULL), OK); // another process knows what was used
    EXPECT_EQ(say_step(&f, now_step()), ERR_DENIED);
    trusted_drop(&f.t);
}

TEST(totp_slows_guesses_by_user_and_by_address)
{
    struct factor_test f;
    uint32_t wait_s = 0;
    char wrong[16];
    open_with_factor(&f);
    snprintf(wrong, sizeof wrong, "%06u",
             (totp_code(f.secret, (uint64_t)now_step() + 9, TOTP_DIGITS) + 1) % 1000000);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(say(&f, wrong), ERR_DENIED);
    EXPECT_EQ(say_step(&f, now_step()), ERR_LIMIT);
    // From elsewhere: it is the user who is guessed.
    EXPECT_EQ(access_totp_check(f.t.access, name, slice_text("000000"), slice_text("192.0.2.9"),
                                &wait_s, NULL),
              ERR_LIMIT);
    EXPECT(wait_s > 0);
    EXPECT_EQ(say(&f, ""), ERR_DENIED); // guesses nothing
    trusted_now_ms += 120000;
    EXPECT_EQ(say_step(&f, now_step()), OK);
    trusted_drop(&f.t);
}

TEST(totp_recovery_code_is_good_once_however_it_is_typed)
{
    struct factor_test f;
    struct totp_state state;
    char typed[TOTP_RECOVERY_BYTES];
    open_with_factor(&f);
    snprintf(typed, sizeof typed, "%s", f.made.recovery[3]);
    for (char *c = typed; *c; c++)
        *c = *c == '-' ? ' ' : (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    EXPECT_EQ(say(&f, typed), OK);
    EXPECT_EQ(say(&f, f.made.recovery[3]), ERR_DENIED);
    EXPECT_EQ(say(&f, f.made.recovery[7]), OK);
    EXPECT_EQ(trusted_reopen(&f.t, NULL), OK);
    EXPECT_EQ(access_totp_state(f.t.access, name, &state, NULL), OK);
    EXPECT_EQ(state.recovery_codes, TOTP_RECOVERY_CODES - 2);
    EXPECT_EQ(say(&f, f.made.recovery[0]), OK);
    trusted_drop(&f.t);
}

TEST(totp_goes_with_two_persons)
{
    struct factor_test f;
    struct access_outcome done = {0};
    open_with_factor(&f);
    const struct access_rule rule = {.begin_ms = trusted_now_ms};
    access_set_rule(f.t.access, &rule);
    access_entered(f.t.access);
    EXPECT_EQ(access_totp_remove(f.t.access, &ann, slice_text("bob"), &done, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_totp_remove(f.t.access, &ann, name, &done, NULL), OK);
    EXPECT(done.waits > 0);
    EXPECT_EQ(say(&f, ""), ERR_DENIED);
    EXPECT_EQ(access_approve(f.t.access, &ann, done.waits, NULL), ERR_DENIED);
    EXPECT_EQ(access_approve(f.t.access, &bob, done.waits, NULL), OK);
    EXPECT_EQ(say(&f, ""), OK);
    EXPECT_EQ(trusted_reopen(&f.t, NULL), OK);
    trusted_drop(&f.t);
}

// Of the secret, whole or in part, nothing is in the file; another's row opens nothing.
TEST(totp_secret_is_hidden_at_rest_and_is_not_moved_to_another)
{
    struct factor_test f;
    struct buf file AUTO(buf_donep) = buf_init(4 << 20);
    open_with_factor(&f);
    EXPECT_EQ(world_read_file(&f.t.dir, "catalog.db-wal", &file, NULL), OK);
    for (int from = 0; from + 8 <= TOTP_SECRET_BYTES; from++)
        EXPECT(memmem(file.at, file.len, f.bytes + from, 8) == NULL);
    EXPECT(memmem(file.at, file.len, f.made.recovery[0], 19) == NULL);
    trusted_sql(&f.t, "UPDATE users SET totp = (SELECT totp FROM users WHERE name = 'ann')"
                      " WHERE name = 'bob'");
    EXPECT_EQ(say_step(&f, now_step()), ERR_CORRUPT);
    trusted_drop(&f.t);
}

TEST(approval_of_the_command_line_without_a_name_takes_a_day)
{
    struct trusted t;
    struct access_outcome done = {0};
    static const struct access_by line = {.name = ACCESS_COMMAND_LINE};
    struct slice role = slice_text("analyst");
    const struct access_user user = {.name = name, .roles = &role, .role_count = 1};
    trusted_make(&t);
    const struct access_rule rule = {.begin_ms = trusted_now_ms};
    access_set_rule(t.access, &rule);
    access_entered(t.access);
    EXPECT_EQ(access_user_put(t.access, &line, &user, &done, NULL), OK);
    EXPECT(done.waits > 0);
    EXPECT_EQ(access_approve(t.access, &line, done.waits, NULL), ERR_DENIED);
    EXPECT_EQ(access_approve(t.access, &bob, done.waits, NULL), ERR_DENIED); // might be the same
    trusted_now_ms += RATCHET_WAIT_MS + 1;
    EXPECT_EQ(access_approve(t.access, &bob, done.waits, NULL), ERR_DENIED);
    EXPECT_EQ(access_approve(t.access, &line, done.waits, NULL), OK);
    EXPECT_EQ(access_user_put(t.access, &ann, &user, &done, NULL), OK);
    EXPECT_EQ(done.waits, 0); // he has the role now
    role = slice_text("writer");
    EXPECT_EQ(access_user_put(t.access, &ann, &user, &done, NULL), OK);
    EXPECT_EQ(access_approve(t.access, &line, done.waits, NULL), ERR_DENIED);
    EXPECT_EQ(access_withdraw(t.access, &line, done.waits, NULL), ERR_DENIED);
    trusted_drop(&t);
}
