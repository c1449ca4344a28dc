// SPDX-License-Identifier: Apache-2.0
#pragma once

// Log lines, to standard error: `2026-11-24T04:42:10.123Z serve info words key=value`.
// Only server/ and cli/ log.  Words name things (table, column, limit), never a
// person's data.  Any thread; each line is one write.

enum log_level { LOG_INFO, LOG_WARN, LOG_ERROR };

void log_name(const char *process); // "serve", "mirror", ...; a string that stays
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
