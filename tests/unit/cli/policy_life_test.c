// SPDX-License-Identifier: Apache-2.0
#include "server/installation.h"
#include "unit/cli/run.h"
#include "unit/server/place.h"

#include <string.h>

static const char password[] = "a long password for tests";
static const char pushed[] = "push:\n  a:\n    columns:\n      n: {treat: keep, as: integer}\n";
static const char looser[] = "push:\n  a:\n    columns:\n      n: {treat: keep, as: integer}\n"
                             "  b:\n    columns:\n      n: {treat: keep, as: keyword}\n";

static void home_make(struct place *p, char home[96], char secret[96])
{
    *p = place_make();
    snprintf(home, 96, "%s/home", p->path);
    snprintf(secret, 96, "%s/secret", p->path);
    place_write(p, "secret", password);
    place_write(p, "policy.yml", pushed);
    char policy[96];
    snprintf(policy, sizeof policy, "%s/policy.yml", p->path);
    struct installation_plan plan = {
        .directory = home, .policy_file = policy, .admin = "ann", .password = slice_text(password)};
    EXPECT_EQ(installation_make(&plan, NULL), OK);
}

// The same entry as a start that finds data writes down.
static void let_something_in(const char *home)
{
    struct world dir;
    struct key_ring *ring = NULL;
    struct ratchet *r = NULL;
    char access[128];
    snprintf(access, sizeof access, "%s/access", home);
    EXPECT_EQ(world_open(home, &dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    EXPECT_EQ(ratchet_open(access, &dir, ring, &r, NULL), OK);
    const struct ratchet_change c = {.kind = RATCHET_DATA,
                                     .subject = SUBJECT_ENTERED,
                                     .who = "tamis serve",
                                     .value = slice_text("yes")};
    EXPECT_EQ(ratchet_set(r, RATCHET_START, &c, NULL), OK);
    ratchet_close(r);
    key_ring_close(ring);
    world_close(&dir);
}

TEST(policy_apply_of_a_loosening_waits_for_somebody_else)
{
    struct place p;
    char home[96];
    char secret[96];
    home_make(&p, home, secret);
    let_something_in(home);
    place_write(&p, "home/policy.yml", looser);
    struct ran diff = RUN("policy", "diff", "--dir", home);
    EXPECT_EQ(diff.status, EXIT_STATUS_OK);
    EXPECT(strstr(diff.out, "loosens  policy.yml line 5: push.b: new") != NULL);
    struct ran apply =
        RUN("policy", "apply", "--dir", home, "--as", "ann", "--password-file", secret);
    EXPECT_EQ(apply.status, EXIT_STATUS_OK);
    EXPECT(strstr(apply.out, "waits: there is one administrator") != NULL);
    struct ran approve =
        RUN("policy", "approve", "6", "--dir", home, "--as", "ann", "--password-file", secret);
    EXPECT_EQ(approve.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(approve.err, "the second key is time") != NULL);
    EXPECT_EQ(
        RUN("policy", "withdraw", "6", "--dir", home, "--as", "ann", "--password-file", secret)
            .status,
        EXIT_STATUS_OK);
    struct ran history = RUN("policy", "history", "--dir", home);
    EXPECT(strstr(history.out, "propose") != NULL && strstr(history.out, "withdraw") != NULL);
    place_drop(&p);
}

TEST(policy_apply_of_a_tightening_is_in_force_at_once)
{
    struct place p;
    char home[96];
    char secret[96];
    home_make(&p, home, secret);
    let_something_in(home);
    place_write(&p, "home/policy.yml", "push: {}\n");
    struct ran apply =
        RUN("policy", "apply", "--dir", home, "--as", "ann", "--password-file", secret);
    EXPECT_EQ(apply.status, EXIT_STATUS_OK);
    EXPECT(strstr(apply.out, "it is in force") != NULL);
    struct ran json = RUN("policy", "history", "--json", "--dir", home);
    EXPECT(strstr(json.out, "\"act\":\"tighten\"") != NULL);
    place_drop(&p);
}

TEST(policy_apply_needs_an_administrator)
{
    struct place p;
    char home[96];
    char secret[96];
    home_make(&p, home, secret);
    place_write(&p, "secret", "another password, wrong");
    EXPECT_EQ(RUN("policy", "apply", "--dir", home).status, EXIT_STATUS_USAGE);
    struct ran r = RUN("policy", "apply", "--dir", home, "--as", "ann", "--password-file", secret);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "not the password of ann") != NULL);
    place_drop(&p);
}

TEST(policy_rekey_is_proposed_for_a_kind_or_all_and_needs_a_second_person)
{
    static const char people[] =
        "push:\n  a:\n    columns:\n      who: {treat: pseudonym, subject: person}\n"
        "      what: {treat: pseudonym, subject: device}\n";
    struct place p;
    char home[96];
    char secret[96];
    home_make(&p, home, secret);
    place_write(&p, "home/policy.yml", people);
    EXPECT_EQ(
        RUN("policy", "apply", "--dir", home, "--as", "ann", "--password-file", secret).status,
        EXIT_STATUS_OK);
    struct ran r = RUN("policy", "rekey", "--dir", home, "--as", "ann", "--password-file", secret);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "all pseudonyms of person: proposal ") != NULL);
    EXPECT(strstr(r.out, "all pseudonyms of device: proposal ") != NULL);
    r = RUN("policy", "rekey", "nobody", "--dir", home, "--as", "ann", "--password-file", secret);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "no subject nobody") != NULL);
    r = RUN("policy", "history", "--dir", home);
    EXPECT(strstr(r.out, "person") != NULL);
    place_drop(&p);
}
