// SPDX-License-Identifier: Apache-2.0
#include "server/process.h"
#include "unit/server/launch.h"

// The whole life of a child is in launcher_test.c; here is what ends it early.

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
