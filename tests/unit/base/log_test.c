// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

// What log_line() writes to standard error, which is put back afterwards.
static size_t logged(enum log_level level, const char *words, char *out, size_t size)
{
    int file = memfd_create("log", MFD_CLOEXEC);
    int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(file, STDERR_FILENO);
    log_line(level, "%s", words);
    dup2(kept, STDERR_FILENO);
    close(kept);
    ssize_t len = pread(file, out, size - 1, 0);
    close(file);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

TEST(a_log_line_has_time_process_level_and_words)
{
    char line[4096];
    log_name("serve");
    size_t len = logged(LOG_WARN, "store opened segments=3", line, sizeof line);
    log_name("tamis");
    // 2026-11-24T04:42:10.123Z
    EXPECT(line[4] == '-' && line[10] == 'T' && line[19] == '.' && line[23] == 'Z');
    EXPECT(strcmp(line + 24, " serve warn store opened segments=3\n") == 0);
    EXPECT_EQ(len, strlen(line));
}

TEST(a_log_line_is_one_line_whatever_it_says)
{
    char line[4096];
    size_t len = logged(LOG_INFO, "a\nb\tc\x1b[31m", line, sizeof line);
    EXPECT(strstr(line, " info a b c [31m\n") != NULL);
    EXPECT(memchr(line, '\n', len) == line + len - 1);
}

TEST(a_long_log_line_is_cut)
{
    char words[5000];
    char line[8192];
    memset(words, 'x', sizeof words);
    words[sizeof words - 1] = '\0';
    size_t len = logged(LOG_ERROR, words, line, sizeof line);
    EXPECT(len > 1000 && len <= 2048);
    EXPECT(line[len - 1] == '\n' && line[len - 2] == 'x');
}
