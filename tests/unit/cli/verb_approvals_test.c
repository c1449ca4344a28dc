// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/run.h"
#include "unit/server/place.h"

struct town {
    struct place place;
    char home[96], admin[96], second[96], other[96];
};

static void town_make(struct town *t)
{
    t->place = place_make();
    snprintf(t->home, sizeof t->home, "%s/home", t->place.path);
    snprintf(t->admin, sizeof t->admin, "%s/admin", t->place.path);
    snprintf(t->second, sizeof t->second, "%s/second", t->place.path);
    snprintf(t->other, sizeof t->other, "%s/other", t->place.path);
    EXPECT_EQ(RUN("init", t->home, "--password-file", t->admin).status, EXIT_STATUS_OK);
    EXPECT_EQ(RUN("user", "add", "--dir", t->home, "second", "--role", "admin", "--password-file",
                  t->second)
                  .status,
              EXIT_STATUS_OK);
    EXPECT_EQ(mkdir(place_name(&t->place, "home/data/segments"), 0700), 0);
    place_write(&t->place, "home/data/segments/1", "more than the head of an empty log has in it");
}

TEST(approvals_let_a_user_of_the_command_line_in_with_a_second_person)
{
    struct town t;
    town_make(&t);
    struct ran r = RUN("user", "add", "--dir", t.home, "ana", "--role", "analyst",
                       "--password-file", t.other, "--as", "admin", "--as-password-file", t.admin);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.err, "approval 1 waits for a second administrator") != NULL);
    EXPECT(strstr(RUN("user", "list", "--dir", t.home).out, "ana ") == NULL);
    r = RUN("approvals", "list", "--dir", t.home);
    EXPECT(strstr(r.out, "user.put ana, by admin: roles: none -> analyst; another password") !=
           NULL);
    EXPECT(strstr(RUN("approvals", "list", "--dir", t.home, "--json").out,
                  "\"name\":\"ana\",\"change\":\"roles: none -> analyst; another password\","
                  "\"proposed_by\":\"admin\"") != NULL);
    r = RUN("approvals", "approve", "1", "--dir", t.home, "--as", "admin", "--password-file",
            t.admin);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "another administrator") != NULL);
    r = RUN("approvals", "approve", "1", "--dir", t.home);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "--as NAME") != NULL);
    r = RUN("approvals", "approve", "1", "--dir", t.home, "--as", "second", "--password-file",
            t.second);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(RUN("user", "list", "--dir", t.home).out, "ana ") != NULL);
    EXPECT_EQ(RUN("approvals", "list", "--dir", t.home).out[0], '\0');
    place_drop(&t.place);
}

TEST(approvals_are_refused_and_what_nobody_named_waits_a_day)
{
    struct town t;
    town_make(&t);
    struct ran r =
        RUN("user", "add", "--dir", t.home, "ana", "--role", "analyst", "--password-file", t.other);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.err, "without --as NAME time is the second person") != NULL);
    r = RUN("approvals", "approve", "1", "--dir", t.home);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "the second key is time") != NULL);
    r = RUN("approvals", "approve", "1", "--dir", t.home, "--as", "second", "--password-file",
            t.second);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT_EQ(RUN("approvals", "refuse", "1", "--dir", t.home, "--as", "second", "--password-file",
                  t.second)
                  .status,
              EXIT_STATUS_OK);
    EXPECT_EQ(RUN("approvals", "refuse", "1", "--dir", t.home).status, EXIT_STATUS_FAILED);
    place_drop(&t.place);
}

TEST(approvals_tell_what_was_said_wrongly)
{
    EXPECT_EQ(RUN("approvals", "undo", "--dir", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("approvals", "list").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("approvals", "approve", "--dir", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("approvals", "approve", "1", "--dir", "x", "--json").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("approvals", "approve", "1", "--dir", "x", "--otp", "1").status,
              EXIT_STATUS_USAGE);
}

// What is printed is for an authenticator, and shown once.
TEST(user_with_a_second_factor_needs_a_code_at_the_command_line)
{
    struct town t;
    town_make(&t);
    struct ran r = RUN("user", "totp", "--dir", t.home, "admin");
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strncmp(r.out, "otpauth://totp/tamis:admin?secret=", 34) == 0);
    char *recovery = strchr(r.out, '\n') + 1;
    recovery[strcspn(recovery, "\n")] = '\0';
    EXPECT_EQ(strlen(recovery), 19);
    EXPECT_EQ(RUN("user", "totp", "--dir", t.home, "admin").status, EXIT_STATUS_FAILED);
    struct ran bare =
        RUN("user", "add", "--dir", t.home, "ana", "--role", "analyst", "--password-file", t.other,
            "--as", "admin", "--as-password-file", t.admin, "--otp", "123");
    EXPECT_EQ(bare.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(bare.err, "no code of the authenticator") != NULL);
    EXPECT_EQ(place_mode(&t.place, "other"), -1);
    struct ran with =
        RUN("user", "add", "--dir", t.home, "ana", "--role", "analyst", "--password-file", t.other,
            "--as", "admin", "--as-password-file", t.admin, "--otp", recovery);
    EXPECT_EQ(with.status, EXIT_STATUS_OK);
    EXPECT(strstr(with.err, "approval 1 waits") != NULL);
    struct ran again = RUN("approvals", "refuse", "1", "--dir", t.home, "--as", "admin",
                           "--password-file", t.admin, "--otp", recovery);
    EXPECT_EQ(again.status, EXIT_STATUS_FAILED);
    // Taking it away waits as well.
    r = RUN("user", "totp", "--dir", t.home, "admin", "--remove", "--as", "second",
            "--as-password-file", t.second);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.err, "approval 2 waits") != NULL);
    place_drop(&t.place);
}
