// SPDX-License-Identifier: Apache-2.0
#pragma once

// As much of MongoDB's wire protocol (OP_MSG of one BSON document, opcode 2013) as two questions
// need: who are you, and which databases are there.  Pure.

#include "base/slice.h"

// {hello: 1, $db: "admin"} and {listDatabases: 1, nameOnly: false, $db: "admin"}, as messages.
#define MONGO_HELLO                                                    \
    "\064\000\000\000\001\000\000\000\000\000\000\000\335\007\000\000" \
    "\000\000\000\000\000\037\000\000\000\020\150\145\154\154\157\000" \
    "\001\000\000\000\002\044\144\142\000\006\000\000\000\141\144\155" \
    "\151\156\000\000"
#define MONGO_LIST_DATABASES                                           \
    "\107\000\000\000\001\000\000\000\000\000\000\000\335\007\000\000" \
    "\000\000\000\000\000\062\000\000\000\020\154\151\163\164\104\141" \
    "\164\141\142\141\163\145\163\000\001\000\000\000\010\156\141\155" \
    "\145\117\156\154\171\000\000\002\044\144\142\000\006\000\000\000" \
    "\141\144\155\151\156\000\000"

enum mongo_said { MONGO_NOTHING, MONGO_OK, MONGO_REFUSED, MONGO_FAILED };

// Of the bytes that came back.  REFUSED: the code of the error is 13, Unauthorized.
enum mongo_said mongo_answer(struct slice bytes);

// The number at `key` of the answer's document (a double, or an integer of either length);
// false: there is none.
bool mongo_number(struct slice bytes, const char *key, double *out);
