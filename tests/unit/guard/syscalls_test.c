// SPDX-License-Identifier: Apache-2.0
// What each filter refuses is tried out in sandbox_test.c, together with Landlock.
#include "guard/syscalls.h"
#include "test.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// A filter cannot be had by a process that could still gain rights by running a program.
TEST(a_filter_that_cannot_be_set_is_an_error)
{
    if (getuid() == 0)
        return; // root may, and sandbox.c sets no_new_privs in any case
    pid_t child = fork();
    if (child == 0)
        _exit(syscalls_restrict(PROCESS_LAUNCHER, NULL) == ERR_UNAVAILABLE ? 0 : 1);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(filters_lie_on_one_another)
{
    pid_t child = fork();
    if (child == 0) {
        bool well = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                    syscalls_restrict(PROCESS_LAUNCHER, NULL) == OK &&
                    syscalls_restrict(PROCESS_LAUNCHER, NULL) == OK;
        char *const words[] = {(char[]){"true"}, NULL};
        execv("/bin/true", words);
        _exit(well && errno == EPERM ? 3 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}
