// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "watch/mongo.h"

#include <stdlib.h>

// An OP_MSG with a document of {<elements>}, made here as the wire protocol's page says.
static size_t message(const char *elements, size_t len, uint8_t out[256])
{
    size_t document = 4 + len + 1;
    size_t whole = 16 + 4 + 1 + document;
    memset(out, 0, 256);
    out[0] = (uint8_t)whole;
    out[12] = 0xdd; // 2013
    out[13] = 0x07;
    out[21] = (uint8_t)document;
    memcpy(out + 25, elements, len);
    return whole;
}

#define OK_ONE    "\1ok\0\0\0\0\0\0\0\xf0\x3f"
#define OK_NOUGHT "\1ok\0\0\0\0\0\0\0\0\0"
#define SIZE_INT  "\x12totalSize\0\0\0\1\0\0\0\0\0"
#define WORDS     "\2errmsg\0\6\0\0\0no no\0"
#define LIST      "\4databases\0\5\0\0\0\0"
#define CODE_13 \
    "\x10"      \
    "code\0\x0d\0\0\0"
#define CODE_59 \
    "\x10"      \
    "code\0\x3b\0\0\0"
#define ANSWER(elements) message(elements, sizeof(elements) - 1, bytes)

TEST(mongo_answers_are_told_apart)
{
    uint8_t bytes[256];
    double size = 0;
    size_t len = ANSWER(LIST SIZE_INT OK_ONE);
    EXPECT_EQ(mongo_answer(slice_of(bytes, len)), MONGO_OK);
    EXPECT(mongo_number(slice_of(bytes, len), "totalSize", &size) && size == 65536);
    EXPECT(!mongo_number(slice_of(bytes, len), "nothing", &size));
    len = ANSWER(OK_NOUGHT WORDS CODE_13);
    EXPECT_EQ(mongo_answer(slice_of(bytes, len)), MONGO_REFUSED);
    len = ANSWER(OK_NOUGHT WORDS CODE_59);
    EXPECT_EQ(mongo_answer(slice_of(bytes, len)), MONGO_FAILED);
    len = ANSWER(WORDS);
    EXPECT_EQ(mongo_answer(slice_of(bytes, len)), MONGO_NOTHING);
    EXPECT_EQ(mongo_answer(slice_text("HTTP/1.1 400 Bad Request\r\n")), MONGO_NOTHING);
    EXPECT_EQ(mongo_answer(slice_text("")), MONGO_NOTHING);
}

TEST(mongo_answers_cut_or_changed_anywhere_are_read_within_their_bytes)
{
    uint8_t bytes[256];
    size_t len = ANSWER(LIST SIZE_INT WORDS OK_ONE CODE_13);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *own = malloc(cut + 1);
        memcpy(own, bytes, cut);
        EXPECT_EQ(mongo_answer(slice_of(own, cut)) == MONGO_OK, false);
        free(own);
    }
    uint8_t *own = malloc(len);
    for (size_t at = 0; at < len; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(own, bytes, len);
            own[at] = (uint8_t)byte;
            (void)mongo_answer(slice_of(own, len));
        }
    }
    free(own);
}

TEST(mongo_questions_are_messages_of_their_own_length)
{
    EXPECT_EQ((uint8_t)MONGO_HELLO[0], sizeof(MONGO_HELLO) - 1);
    EXPECT_EQ((uint8_t)MONGO_LIST_DATABASES[0], sizeof(MONGO_LIST_DATABASES) - 1);
}
