// SPDX-License-Identifier: Apache-2.0
#include "policy/mark.h"

const char *protects_name(enum protects p)
{
    static const char *const names[PROTECTS_COUNT] = {
        [PROTECTS_NOTHING] = "nothing", [PROTECTS_CONTENT] = "content",
        [PROTECTS_PEOPLE] = "people",   [PROTECTS_REACH] = "reach",
        [PROTECTS_ACCESS] = "access",   [PROTECTS_SEPARATION] = "separation",
        [PROTECTS_SERVICE] = "service", [PROTECTS_RECORD] = "record",
    };
    return names[p];
}

const char *loosens_words(enum loosens l)
{
    static const char *const words[LOOSENS_COUNT] = {
        [LOOSENS_NEVER] = "never",
        [LOOSENS_ALWAYS] = "any change",
        [LOOSENS_MORE] = "more entries",
        [LOOSENS_FEWER] = "fewer entries, or less",
        [LOOSENS_STEP] = "a finer step",
        [LOOSENS_TYPE] = "a text in place of a number",
        [LOOSENS_COLUMN] = "a treatment that reveals more",
        [LOOSENS_BEYOND] = "an address beyond this machine",
    };
    return words[l];
}
