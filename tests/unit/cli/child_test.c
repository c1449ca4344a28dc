// SPDX-License-Identifier: Apache-2.0
#include "cli/child.h"
#include "unit/server/place.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

TEST(child_reads_writes_and_runs_where_it_is_told)
{
    struct place p = place_make();
    char output[96];
    snprintf(output, sizeof output, "%s/out", p.path);
    place_write(&p, "in", "from the file\n");
    struct child c = {.words = {"sh", "-c", "cat; pwd; echo talk >&2"},
                      .directory = p.path,
                      .input = "/dev/null",
                      .output = output};
    char input[96];
    snprintf(input, sizeof input, "%s/in", p.path);
    c.input = input;
    struct fault why = {0};
    EXPECT_EQ(child_run(&c, &why), OK);
    char text[256] = {0};
    char want[256];
    int fd = open(output, O_RDONLY | O_CLOEXEC);
    EXPECT(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    snprintf(want, sizeof want, "from the file\n%s\ntalk\n", p.path);
    EXPECT(strcmp(text, want) == 0);
    EXPECT_EQ(child_run(&c, NULL), OK); // appended to, not written over
    struct stat st;
    EXPECT_EQ(stat(output, &st), 0);
    EXPECT_EQ(st.st_size, (long long)(2 * strlen(want)));
    place_drop(&p);
}

TEST(child_that_fails_is_told_by_name)
{
    struct fault why = {0};
    struct child failing = {.words = {"sh", "-c", "exit 3"}};
    EXPECT_EQ(child_run(&failing, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "sh ended with status 3") == 0);
    struct child missing = {.words = {"/no/such/program"}};
    EXPECT_EQ(child_run(&missing, &why), ERR_UNAVAILABLE);
    EXPECT(strstr(why.words, "/no/such/program could not be started; is it installed?") != NULL);
    struct child killed = {.words = {"sh", "-c", "kill -KILL $$"}};
    EXPECT_EQ(child_run(&killed, &why), ERR_UNAVAILABLE);
    EXPECT(strstr(why.words, "sh: ended by signal 9") != NULL);
}

TEST(child_failing_names_the_file_with_its_last_words)
{
    struct place p = place_make();
    char output[96];
    snprintf(output, sizeof output, "%s/out", p.path);
    struct child c = {.words = {"false"}, .output = output};
    struct fault why = {0};
    EXPECT_EQ(child_run(&c, &why), ERR_INVALID);
    EXPECT(strstr(why.words, output) != NULL);
    place_drop(&p);
}

// Neither test waits: a pipe tells when the child has come so far.
static pid_t start_and_hear(const char *script)
{
    int pipe_fds[2];
    EXPECT_EQ(pipe(pipe_fds), 0);
    int out = dup(STDOUT_FILENO);
    dup2(pipe_fds[1], STDOUT_FILENO);
    struct child c = {.words = {"sh", "-c", script}};
    pid_t pid = 0;
    enum err e = child_start(&c, &pid, NULL);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(pipe_fds[1]);
    EXPECT_EQ(e, OK);
    char byte;
    EXPECT_EQ(read(pipe_fds[0], &byte, 1), 1);
    close(pipe_fds[0]);
    return pid;
}

TEST(child_ends_when_it_is_asked_to)
{
    pid_t pid = start_and_hear("echo; exec cat /dev/zero >/dev/null");
    child_end(pid, 60000);
    EXPECT_EQ(waitpid(pid, NULL, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    child_end(0, 60000); // one that was never started
}

TEST(child_that_does_not_listen_is_killed)
{
    pid_t pid = start_and_hear("trap '' TERM; echo; exec cat /dev/zero >/dev/null");
    child_end(pid, 0);
    EXPECT_EQ(waitpid(pid, NULL, WNOHANG), -1);
    EXPECT_EQ(kill(pid, 0), -1);
}
