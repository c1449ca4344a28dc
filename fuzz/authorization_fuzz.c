// SPDX-License-Identifier: Apache-2.0
#include "access/credential.h"
#include "base/check.h"

// Any bytes at all may come as the Authorization header: no crash, no overrun, and what
// is accepted has a name and lies within its own bytes.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct credential c;
    if (credential_parse(slice_of(data, size), &c, NULL) == OK) {
        CHECK(c.name.len > 0);
        CHECK(c.name.at == c.bytes);
        CHECK(c.secret.at + c.secret.len <= c.bytes + CREDENTIAL_BYTES_MAX);
    }
    credential_wipe(&c);
    return 0;
}
