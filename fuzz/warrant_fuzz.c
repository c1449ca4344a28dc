// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "guard/warrant_ask.h"
#include "keys/seal.h"
#include "server/sealed_key.h"

// Serve may be anybody's by now: any bytes as a question to keeper, as a sealed value in it, and as
// a warrant's text.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t half[AGREE_BYTES] = {8};
    static const struct seal_of of = {"t", "c", 0};
    struct slice bytes = slice_of(data, size);
    struct warrant_question q;
    struct warrant w;
    struct buf text = buf_init(SEAL_TEXT_BYTES_MAX);
    uint64_t row[2];
    CHECK(crypto_start(NULL) == OK);
    if (warrant_question_parse(bytes, &q, NULL) == OK) {
        struct buf again = buf_init(SIZE_MAX / 2);
        warrant_question_print(&q, &again);
        CHECK(again.len <= size); // a length may be written longer than it need be
        buf_done(&again);
        CHECK(seal_open(half, &of, q.sealed, row, &text, NULL) == ERR_CORRUPT);
    }
    CHECK(seal_open(half, &of, bytes, row, &text, NULL) == ERR_CORRUPT);
    if (warrant_parse(bytes, &w, NULL) == OK)
        CHECK(strlen(w.column) < sizeof w.column && strlen(w.row) < sizeof w.row);
    buf_done(&text);
    return 0;
}
