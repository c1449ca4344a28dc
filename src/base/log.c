// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 2048 };

static const char *process_name = "tamis";

void log_name(const char *process)
{
    process_name = process;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const levels[] = {"info", "warn", "error"};
    char line[LINE_BYTES];
    int64_t now = now_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t len = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
    len += (size_t)snprintf(line + len, sizeof line - len, ".%03dZ %s %s ", (int)(now % 1000),
                            process_name, levels[level]);
    va_list args;
    va_start(args, format);
    int words = vsnprintf(line + len, sizeof line - len - 1, format, args);
    va_end(args);
    len += words > 0 ? (size_t)words : 0;
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    }
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; // a log that cannot be written has nobody to tell
}
