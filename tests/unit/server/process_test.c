// SPDX-License-Identifier: Apache-2.0
#include "server/process.h"
#include "unit/server/launch.h"

// The whole life of a child is in launcher_test.c; here is what ends it early.

static struct fault policy_fault(const char *text)
{
    struct place p = place_make();
    struct fault why = {0};
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (text)
        place_write(&p, "policy.yml", text);
    EXPECT_EQ(chdir(p.path), 0);
    struct arena *a = arena_new(16 << 20);
    const struct policy *policy = NULL;
    why.code = process_policy(a, &policy, &why);
    arena_free(a);
    EXPECT_EQ(fchdir(before), 0);
    close(before);
    place_drop(&p);
    return why;
}

TEST(a_process_needs_a_policy_that_parses)
{
    EXPECT_EQ(policy_fault("sources: {}\n").code, OK);
    EXPECT_EQ(policy_fault(NULL).code, ERR_NOT_FOUND);
    struct fault why = policy_fault("sources: {}\nsauces: {}\n");
    EXPECT_EQ(why.code, ERR_INVALID);
    EXPECT(strstr(why.words, "policy.yml line 2") != NULL);
}

TEST(a_process_without_its_launcher_ends_at_once)
{
    pid_t child = fork();
    if (child == 0) {
        int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(log, STDERR_FILENO);
        struct config config;
        config_default(&config);
        struct process_start start = {
            .self = PROCESS_KEEPER, .config = &config, .launcher_pid = getppid() + 1};
        _exit(process_main(&start));
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
