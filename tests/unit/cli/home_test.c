// SPDX-License-Identifier: Apache-2.0
#include "cli/home.h"
#include "test.h"
#include "unit/cli/home.h"

#include <grp.h>
#include <sys/wait.h>

static bool has(const struct fault *why, const char *words)
{
    return strstr(why->words, words) != NULL;
}

TEST(home_that_is_none_is_told_with_what_to_do)
{
    struct place p = place_make();
    struct fault why = {0};
    EXPECT_EQ(home_check("/no/such/home", &why), ERR_NOT_FOUND);
    EXPECT(has(&why, "'tamis init /no/such/home' makes it"));
    EXPECT_EQ(home_check("", &why), ERR_INVALID);
    EXPECT(has(&why, "is empty"));
    EXPECT_EQ(home_check(p.path, &why), ERR_INVALID);
    EXPECT(has(&why, "it has no tamis.yml"));
    place_write(&p, "tamis.yml", "");
    EXPECT_EQ(home_check(p.path, &why), OK);
    EXPECT_EQ(home_check(place_name(&p, "tamis.yml"), &why), ERR_INVALID);
    EXPECT(has(&why, "is no directory"));
    place_drop(&p);
}

// Root may read everything, so a child that is nobody tries.
TEST(home_of_another_user_is_told_with_its_owner)
{
    struct place p = place_make();
    place_write(&p, "tamis.yml", "");
    EXPECT_EQ(chmod(p.path, 0700), 0);
    pid_t child = fork();
    if (child == 0) {
        struct fault why = {0};
        if (getuid() == 0 && (setgroups(0, NULL) < 0 || setuid(65534) < 0))
            _exit(2);
        if (getuid() != 65534) // not root: nothing of somebody else's can be made here
            _exit(0);
        bool told = home_check(p.path, &why) == ERR_DENIED && has(&why, "run it as root");
        _exit(told ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    place_drop(&p);
}

TEST(home_policy_has_its_mistakes_under_its_own_name)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct place p = home_make_with(home_policy_text);
    const struct policy *policy = NULL;
    const struct policy_source *source = NULL;
    struct fault why = {0};
    EXPECT_EQ(home_policy(p.path, NULL, scratch, &policy, &why), OK);
    EXPECT_EQ(home_source(policy, "fleet", &source, &why), OK);
    EXPECT_EQ(home_source(policy, "flat", &source, &why), ERR_NOT_FOUND);
    EXPECT(has(&why, "there are: fleet"));
    place_write(&p, "other.yml", "sources: {}\nsauces: {}\n");
    EXPECT_EQ(home_policy(NULL, place_name(&p, "other.yml"), scratch, &policy, &why), ERR_INVALID);
    EXPECT(has(&why, "/other.yml line 2: sauces"));
    EXPECT_EQ(home_policy(NULL, "/no/such.yml", scratch, &policy, &why), ERR_NOT_FOUND);
    place_write(&p, "policy.yml", "sources: {}\n");
    EXPECT_EQ(home_policy(p.path, NULL, scratch, &policy, &why), OK);
    EXPECT_EQ(home_source(policy, "fleet", &source, &why), ERR_NOT_FOUND);
    EXPECT(has(&why, "declares no source"));
    place_drop(&p);
}

TEST(home_status_knows_a_server_that_runs_from_one_that_does_not)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct place p = home_make_with("sources: {}\n");
    struct home_status status;
    struct fault why = {0};
    EXPECT_EQ(home_status(p.path, scratch, &status, &why), ERR_NOT_FOUND);
    EXPECT(has(&why, "has never been served"));

    home_write_status(&p, getpid(), now_ms(), "127.0.0.1:1", "");
    EXPECT_EQ(home_status(p.path, scratch, &status, &why), OK);
    EXPECT(status.is_running);
    home_write_status(&p, getpid(), now_ms() - 60000, "127.0.0.1:1", "");
    EXPECT_EQ(home_status(p.path, scratch, &status, &why), OK);
    EXPECT(!status.is_running); // stale: the pid is somebody else's by now
    EXPECT(status.age_ms >= 60000);
    home_write_status(&p, 0, now_ms(), "127.0.0.1:1", "");
    EXPECT_EQ(home_status(p.path, scratch, &status, &why), OK);
    EXPECT(!status.is_running);

    place_write(&p, "run/status.json", "{\"listen\":");
    EXPECT_EQ(home_status(p.path, scratch, &status, &why), ERR_INVALID);
    EXPECT(has(&why, "status of "));
    place_drop(&p);
}

TEST(status_members_of_another_type_are_as_if_missing)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    const struct json *j = NULL;
    EXPECT_EQ(json_parse(slice_text("{\"n\":19.7,\"t\":\"x\",\"l\":[1]}"), scratch, &j, NULL), OK);
    EXPECT_EQ(status_number(j, "n"), 19);
    EXPECT_EQ(status_number(j, "t"), 0);
    EXPECT_EQ(status_number(j, "none"), 0);
    EXPECT(slice_is(status_text(j, "t"), "x"));
    EXPECT_EQ(status_text(j, "n").len, 0);
    EXPECT_EQ(status_list(j, "l")->count, 1);
    EXPECT_EQ(status_list(j, "t")->count, 0);
    EXPECT_EQ(status_list(NULL, "l")->count, 0);
}
