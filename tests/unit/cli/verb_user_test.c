// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/run.h"
#include "unit/server/place.h"

struct home {
    struct place place;
    char dir[96], password[96], other[96];
};

static void home_make(struct home *h)
{
    h->place = place_make();
    snprintf(h->dir, sizeof h->dir, "%s/home", h->place.path);
    snprintf(h->password, sizeof h->password, "%s/pw", h->place.path);
    snprintf(h->other, sizeof h->other, "%s/pw2", h->place.path);
    EXPECT_EQ(RUN("init", h->dir, "--password-file", h->password).status, EXIT_STATUS_OK);
    EXPECT_EQ(unlink(h->password), 0);
}

TEST(user_is_added_listed_and_removed)
{
    struct home h;
    home_make(&h);
    EXPECT_EQ(RUN("user", "add", "--dir", h.dir, "ana", "--role", "analyst,metrics",
                  "--password-file", h.password)
                  .status,
              EXIT_STATUS_OK);
    EXPECT_EQ(place_mode(&h.place, "pw"), 0600);
    EXPECT(strstr(RUN("user", "list", "--dir", h.dir).out, "analyst,metrics") != NULL);
    EXPECT(strstr(RUN("user", "list", "--dir", h.dir, "--json").out,
                  "{\"name\":\"ana\",\"roles\":[\"analyst\",\"metrics\"]}") != NULL);
    EXPECT_EQ(RUN("user", "remove", "--dir", h.dir, "ana").status, EXIT_STATUS_OK);
    EXPECT(strstr(RUN("user", "list", "--dir", h.dir).out, "ana") == NULL);
    EXPECT_EQ(RUN("user", "remove", "--dir", h.dir, "ana").status, EXIT_STATUS_FAILED);
    place_drop(&h.place);
}

TEST(user_gets_a_new_password_into_a_new_file)
{
    struct home h;
    home_make(&h);
    EXPECT_EQ(
        RUN("user", "password", "--dir", h.dir, "admin", "--password-file", h.password).status,
        EXIT_STATUS_OK);
    EXPECT_EQ(
        RUN("user", "password", "--dir", h.dir, "admin", "--password-file", h.password).status,
        EXIT_STATUS_FAILED); // never over a password that is there
    EXPECT_EQ(RUN("user", "password", "--dir", h.dir, "nobody", "--password-file", h.other).status,
              EXIT_STATUS_FAILED);
    EXPECT_EQ(place_mode(&h.place, "pw2"), -1);
    place_drop(&h.place);
}

TEST(user_that_is_there_is_not_added_again)
{
    struct home h;
    home_make(&h);
    struct ran r = RUN("user", "add", "--dir", h.dir, "admin", "--role", "admin", "--password-file",
                       h.password);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT_EQ(place_mode(&h.place, "pw"), -1);
    r = RUN("user", "add", "--dir", h.dir, "x", "--role", "king", "--password-file", h.password);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "analyst") != NULL); // says which roles there are
    place_drop(&h.place);
}

TEST(user_in_wrong_words_is_wrong_use)
{
    EXPECT_EQ(RUN("user", "ad", "--dir", "d", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("user", "add", "x", "--role", "admin").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("user", "add", "--dir", "d", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("user", "list", "--dir", "d", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("user", "remove", "--dir", "d").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("user", "remove", "--dir", "d", "x", "--role", "admin").status,
              EXIT_STATUS_USAGE);
}
