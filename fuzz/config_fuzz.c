// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "server/config.h"

// tamis.yml is written by hand: any bytes at all, and what is accepted is in bounds.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    struct fault why = {0};
    if (config_parse(slice_of(data, size), &c, &why) != OK) {
        CHECK(why.words[0] != '\0');
        return 0;
    }
    CHECK(c.search_threads <= 64);
    CHECK(strnlen(c.cluster_name, sizeof c.cluster_name) < sizeof c.cluster_name);
    CHECK(c.listen.address_bytes > 0);
    return 0;
}
