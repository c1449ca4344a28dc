// SPDX-License-Identifier: Apache-2.0
#include "cli/home_ratchet.h"
#include "server/approved.h"
#include "server/installation.h"
#include "unit/server/place.h"

static void make(struct place *p, char home[96])
{
    *p = place_make();
    snprintf(home, 96, "%s/home", p->path);
    const struct installation_plan plan = {
        .directory = home, .admin = "ann", .password = slice_text("a long password for tests")};
    EXPECT_EQ(installation_make(&plan, NULL), OK);
}

TEST(home_ratchet_opens_the_ledger_and_finds_proposals_alone)
{
    struct place p;
    char home[96];
    struct home_ratchet h;
    struct fault why = {0};
    int64_t seq = 0;
    make(&p, home);
    EXPECT_EQ(home_ratchet_open(home, &h, NULL), OK);
    EXPECT_EQ(home_ratchet_proposal(&h, NULL, &seq, &why), ERR_INVALID);
    EXPECT_EQ(home_ratchet_proposal(&h, "1", &seq, &why), ERR_NOT_FOUND); // a start
    EXPECT_EQ(home_ratchet_proposal(&h, "99", &seq, &why), ERR_NOT_FOUND);
    EXPECT_EQ(home_ratchet_proposal(&h, "one", &seq, &why), ERR_NOT_FOUND);
    EXPECT(strcmp(why.words, "there is no proposal one") == 0);
    const struct ratchet_change c = {
        .kind = "test", .subject = "x", .who = "ann", .value = slice_text("v")};
    int64_t made = 0;
    EXPECT_EQ(ratchet_propose(h.ratchet, &c, &made, NULL), OK);
    char word[24];
    snprintf(word, sizeof word, "%lld", (long long)made);
    EXPECT_EQ(home_ratchet_proposal(&h, word, &seq, NULL), OK);
    EXPECT_EQ(seq, made);
    struct buf told AUTO(buf_donep) = buf_init(1024);
    home_ratchet_tell(&h, seq, "sealed", &told);
    EXPECT(memmem(told.at, told.len, "tamis sealed approve", 20) != NULL);
    home_ratchet_close(&h);
    place_drop(&p);
}

TEST(home_ratchet_of_nothing_says_so_and_closes)
{
    struct place p = place_make();
    struct home_ratchet h;
    EXPECT(home_ratchet_open(p.path, &h, NULL) != OK);
    home_ratchet_close(&h);
    place_drop(&p);
}
