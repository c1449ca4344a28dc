// SPDX-License-Identifier: Apache-2.0
#pragma once

// A key drawn by chance into a file below keys/, so that destroying the file destroys what only it
// can open.  Keys that derive from the master key alone live as long as that one does.

#include "base/world.h"
#include "keys/crypto.h"

// `w` is DIR, `name` "keys/...".  Draws it unless it is there.
enum err drawn_key_make(const struct world *w, const char *name, struct fault *why);
// ERR_NOT_FOUND, ERR_CORRUPT.
enum err drawn_key_read(const struct world *w, const char *name, uint8_t out[KEY_BYTES],
                        struct fault *why);
// Writes over it and removes it.  That it is not there is fine.
enum err drawn_key_destroy(const struct world *w, const char *name, struct fault *why);

enum err drawn_key_is_there(const struct world *w, const char *name, bool *out, struct fault *why);
// As root: gives a file to whom keys/ belongs, so that keeper reads it.
enum err drawn_key_give(const struct world *w, const char *name, struct fault *why);
