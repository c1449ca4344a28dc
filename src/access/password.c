// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "keys/crypto.h"

// 57 characters that are not taken for one another (no 0 O, 1 l I): 5.83 bits each.
static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

// Bytes past the largest multiple of the alphabet's size are drawn again, so that every
// character is equally likely.
void access_password_make(char out[PASSWORD_MADE_BYTES])
{
    const unsigned count = sizeof alphabet - 1;
    const unsigned fair = 256 / count * count;
    for (int i = 0; i < PASSWORD_MADE_BYTES - 1;) {
        uint8_t byte;
        random_bytes(&byte, 1);
        if (byte < fair)
            out[i++] = alphabet[byte % count];
    }
    out[PASSWORD_MADE_BYTES - 1] = '\0';
}
