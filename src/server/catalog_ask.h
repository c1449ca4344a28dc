// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key of catalog.db's seal, which serve asks keeper for (keys/catalog_key.h).

#include "guard/link.h"
#include "keys/crypto.h"

enum err catalog_key_ask(struct link *keeper, uint8_t out[KEY_BYTES], struct fault *why);
