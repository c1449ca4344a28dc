// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a witness keeps in a directory of its own: heads of an audit log, as lines of text
// (audit/head.h).
//
//     heads.txt   every head it was given, one behind the other
//     last        the newest, for `tamis audit verify --head`
//     proven      the newest up to where the log was proven to go on from itself

#include "audit/head.h"
#include "base/world.h"

#define HEAD_FILE_LAST   "last"
#define HEAD_FILE_PROVEN "proven"

// *out_has false: the file is not there.  ERR_CORRUPT: its first line is no head.
enum err head_file_read(const struct world *w, const char *name, bool *out_has,
                        struct audit_head *out, struct fault *why);
// One line, atomically; on disk when it returns.
enum err head_file_write(const struct world *w, const char *name, const struct audit_head *head,
                         struct fault *why);
// At the end of heads.txt, and as `last`.
enum err head_file_add(const struct world *w, const struct audit_head *head, struct fault *why);

// `given` is a public key's 64 digits, or a file with them.
enum err head_key_read(const char *given, uint8_t out[SIGN_PUBLIC_BYTES], struct fault *why);
