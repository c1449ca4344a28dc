// SPDX-License-Identifier: Apache-2.0
#pragma once

// The mark each setting has: what it protects, and in which direction it loosens.
//
// One vocabulary for the keys of policy.yml (policy_mark.c) and for all other settings
// (server/setting.h).  Both enums begin at 1, so that a mark left out is no mark and does not
// compile there.

enum protects {
    PROTECTS_NOTHING = 1, // speed, names, sizes: no byte more can be read whatever it is
    PROTECTS_CONTENT,     // what may enter, and how much of it is left
    PROTECTS_PEOPLE,      // how small a group may be seen
    PROTECTS_REACH,       // who can reach the server
    PROTECTS_ACCESS,      // who may ask what
    PROTECTS_RECORD,      // that it stays known who got what
    PROTECTS_SEPARATION,  // what one process may do to another
    PROTECTS_SERVICE,     // that it goes on answering
    PROTECTS_COUNT,
};

enum loosens {
    LOOSENS_NEVER = 1, // any value protects as well as another
    LOOSENS_ALWAYS,    // a change can be judged by a person only
    LOOSENS_MORE,      // more entries loosen, fewer tighten
    LOOSENS_FEWER,     // fewer entries, or a smaller number, loosen
    LOOSENS_STEP,      // `to`: a finer grid loosens
    LOOSENS_TYPE,      // `as`: texts say more than numbers
    LOOSENS_COLUMN,    // a column: by the order of treatments
    LOOSENS_BEYOND,    // an address that others than this machine reach
    LOOSENS_COUNT,
};

const char *protects_name(enum protects p); // "content"
const char *loosens_words(enum loosens l);  // "more entries"
