// SPDX-License-Identifier: Apache-2.0
#include "access/trusted.h"
#include "server/approved.h"
#include "server/installation.h"
#include "server/sealed_key.h"
#include "unit/cli/run.h"
#include "unit/policy/sealed.h"
#include "unit/server/place.h"

static const char password[] = "a long password for tests";

struct town {
    struct place place;
    char home[96], secret[96];
};

// The keys are made as a start does, and ivy is an investigator.
static void town_make(struct town *t)
{
    char policy[96];
    char access[128];
    struct world dir;
    struct arena *arena AUTO(arena_freep) = arena_new(16 << 20);
    struct access *users = NULL;
    struct key_ring *ring = NULL;
    t->place = place_make();
    snprintf(t->home, sizeof t->home, "%s/home", t->place.path);
    snprintf(t->secret, sizeof t->secret, "%s/secret", t->place.path);
    snprintf(policy, sizeof policy, "%s/policy.yml", t->place.path);
    snprintf(access, sizeof access, "%s/access", t->home);
    place_write(&t->place, "secret", password);
    place_write(&t->place, "policy.yml", SEALED_POLICY);
    const struct installation_plan plan = {.directory = t->home,
                                           .policy_file = policy,
                                           .admin = "ann",
                                           .password = slice_text(password)};
    EXPECT_EQ(installation_make(&plan, NULL), OK);
    EXPECT_EQ(world_open(t->home, &dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    EXPECT_EQ(access_open_trusted(access, false, &dir, ring, &users, NULL), OK);
    EXPECT_EQ(access_user_add(users, slice_text("ivy"), slice_text(password),
                              1u << ROLE_INVESTIGATOR, NULL),
              OK);
    EXPECT_EQ(
        access_user_add(users, slice_text("bob"), slice_text(password), 1u << ROLE_ADMIN, NULL),
        OK);
    EXPECT_EQ(access_settle_head(users, &dir, NULL), OK);
    access_close(users);
    const struct schema *s = sealed_policy(arena)->schema;
    for (uint32_t i = 0; i < schema_sealed_count(s); i++) {
        struct sealed_column c = sealed_column_at(s, i);
        EXPECT_EQ(sealed_key_make(&dir, &c, NULL), OK);
    }
    key_ring_close(ring);
    world_close(&dir);
}

#define SEALED(t, ...) \
    RUN("sealed", __VA_ARGS__, "--dir", (t)->home, "--password-file", (t)->secret)

static void number_in(const struct ran *r, char out[16])
{
    EXPECT_EQ(r->status, EXIT_STATUS_OK);
    EXPECT(sscanf(r->out, "proposal %15s waits", out) == 1);
}

TEST(sealed_open_is_proposed_by_an_investigator_with_a_row_and_a_reason)
{
    static const struct {
        const char *column, *row, *as, *words;
    } wrong[] = {{"customers.city", "00000000000000ab", "ivy", "is not sealed"},
                 {"customers.email", "x", "ivy", "is no _id"},
                 {"customers.email", "00000000000000ab", "ann", "has not the role investigator"}};
    struct town t;
    town_make(&t);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ran r = SEALED(&t, "open", wrong[i].column, "--row", wrong[i].row, "--why", "x",
                              "--as", wrong[i].as);
        EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
        EXPECT(strstr(r.err, wrong[i].words) != NULL);
    }
    struct ran r =
        SEALED(&t, "open", "customers.email", "--row", "00000000000000ab", "--as", "ivy");
    EXPECT(strstr(r.err, "--why is missing") != NULL);
    place_drop(&t.place);
}

TEST(sealed_open_needs_its_approval_and_leaves_no_warrant_behind)
{
    struct town t;
    char number[16];
    char warrant[64];
    town_make(&t);
    struct ran r = SEALED(&t, "open", "shop.customers.email", "--row", "00000000000000ab", "--why",
                          "ticket 7", "--as", "ivy");
    number_in(&r, number);
    r = SEALED(&t, "open", number, "--as", "ivy");
    EXPECT(strstr(r.err, "is not approved") != NULL);
    r = RUN("sealed", "list", "--dir", t.home);
    EXPECT(strstr(r.out, "customers.email: its key is there") != NULL);
    EXPECT(strstr(r.out, "open customers.email of row 00000000000000ab\n  why: ticket 7"));
    r = SEALED(&t, "approve", number, "--as", "bob");
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "approved; ivy opens it with") != NULL);
    r = SEALED(&t, "open", number, "--as", "ivy"); // no server runs here
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    snprintf(warrant, sizeof warrant, "home/keys/warrant-%s", number);
    EXPECT_EQ(place_mode(&t.place, warrant), -1);
    place_drop(&t.place);
}

TEST(sealed_destroy_takes_two_administrators_and_says_when)
{
    struct town t;
    char number[16];
    town_make(&t);
    struct ran asked =
        SEALED(&t, "destroy", "app.log.message", "--why", "done with", "--as", "ann");
    number_in(&asked, number);
    EXPECT_EQ(SEALED(&t, "approve", number, "--as", "ann").status, EXIT_STATUS_FAILED);
    EXPECT(strstr(RUN("sealed", "list", "--dir", t.home).out, "app.log.message: its key is there"));
    struct ran approved = SEALED(&t, "approve", number, "--as", "bob");
    EXPECT_EQ(approved.status, EXIT_STATUS_OK);
    EXPECT(strstr(approved.out, "destroy the key of app.log.message, for good") != NULL);
    struct ran list = RUN("sealed", "list", "--dir", t.home);
    EXPECT(strstr(list.out, "the key of app.log.message was destroyed at 20") != NULL);
    EXPECT(strstr(list.out, "customers.email: its key is there") != NULL);
    place_drop(&t.place);
}

TEST(sealed_proposals_can_be_withdrawn)
{
    struct town t;
    char number[16];
    town_make(&t);
    struct ran asked =
        SEALED(&t, "destroy", "customers.phone", "--why", "a mistake", "--as", "ann");
    number_in(&asked, number);
    EXPECT_EQ(SEALED(&t, "withdraw", number, "--as", "ann").status, EXIT_STATUS_OK);
    EXPECT_EQ(SEALED(&t, "approve", number, "--as", "bob").status, EXIT_STATUS_FAILED);
    EXPECT(strstr(RUN("sealed", "list", "--dir", t.home).out, "customers.phone: its key is there"));
    place_drop(&t.place);
}

TEST(sealed_says_what_is_wrong_with_its_words)
{
    EXPECT_EQ(RUN("sealed", "read").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("sealed", "open", "a.b", "--as", "ivy").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("sealed", "open", "--dir", "d", "--as", "ivy").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("sealed", "open", "a.b", "--dir", "d").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("sealed", "list", "a", "--dir", "d").status, EXIT_STATUS_USAGE);
}
