// SPDX-License-Identifier: Apache-2.0
#include "store/key_rows.h"
#include "test.h"
#include "unit/store/fixture.h"

enum { ROWS = 5000, CODES = 700 };

TEST(key_rows_lead_to_every_row_of_a_code_newest_first)
{
    static uint32_t codes[ROWS];
    static uint32_t next[ROWS];
    struct test_random r = {.state = 9};
    struct key_rows *k = key_rows_new();
    for (uint32_t row = 0; row < ROWS; row++) {
        // Codes a long way apart share a head now and then.
        codes[row] = test_random(&r, CODES) * 6151;
        key_rows_add(k, codes[row], row, &next[row]);
    }
    for (uint32_t code = 0; code < CODES * 6151; code += 6151) {
        uint32_t want = ROWS;
        for (uint32_t at = key_rows_newest(k, code); at; at = next[at - 1]) {
            EXPECT(at - 1 < want);
            while (want > at)
                EXPECT(codes[--want] != code);
            want = at - 1;
        }
        while (want > 0)
            EXPECT(codes[--want] != code);
    }
    EXPECT(key_rows_bytes() > 0);
    key_rows_free(k);
}
