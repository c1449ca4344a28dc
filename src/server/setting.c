// SPDX-License-Identifier: Apache-2.0
#include "server/setting.h"

#include "access/access.h"
#include "server/config.h"

#define OF_FILE(section_, name_, form_, field_, min_, max_, protects_, loosens_) \
    {section_, name_, "", min_, max_, protects_, loosens_, form_, SETTING_FILE},
#define OF_SERVE(name_, value_, protects_, loosens_) \
    {NULL, name_, value_, 0, 0, protects_, loosens_, KEY_TEXT, SETTING_FLAG},
#define OF_ENVIRONMENT(name_, value_, protects_, loosens_) \
    {NULL, name_, value_, 0, 0, protects_, loosens_, KEY_TEXT, SETTING_ENVIRONMENT},
#define OF_ROLE(name_, protects_, loosens_) \
    {NULL, name_, "", 0, 0, protects_, loosens_, KEY_TEXT, SETTING_ROLE},
#define OF_MODE(name_, kind_, protects_, loosens_) \
    {NULL, name_, kind_, 0, 0, protects_, loosens_, KEY_TEXT, SETTING_MODE},

const struct setting settings[] = {SETTINGS_OF_FILE(OF_FILE) SETTINGS_OF_SERVE(OF_SERVE)
                                       SETTINGS_OF_ENVIRONMENT(OF_ENVIRONMENT)
                                           SETTINGS_OF_ROLES(OF_ROLE) SETTINGS_OF_FILES(OF_MODE)};

const uint32_t setting_count = sizeof settings / sizeof settings[0];

// Zero is the mark of nobody, and so of an entry that was given none.
#define FILE_MARKED(section_, name_, form_, field_, min_, max_, protects_, loosens_) \
    _Static_assert((protects_) > 0 && (loosens_) > 0, name_ " has no mark");
#define MARKED_4(name_, value_, protects_, loosens_) \
    _Static_assert((protects_) > 0 && (loosens_) > 0, name_ " has no mark");
#define MARKED_3(name_, protects_, loosens_) \
    _Static_assert((protects_) > 0 && (loosens_) > 0, name_ " has no mark");

SETTINGS_OF_FILE(FILE_MARKED)
SETTINGS_OF_SERVE(MARKED_4)
SETTINGS_OF_ENVIRONMENT(MARKED_4)
SETTINGS_OF_ROLES(MARKED_3)
SETTINGS_OF_FILES(MARKED_4)

#define ONE(...) 1,

_Static_assert(sizeof((const char[]){SETTINGS_OF_ROLES(ONE)}) == ROLE_COUNT,
               "a role without a mark");

const char *setting_kind_name(enum setting_kind k)
{
    static const char *const names[] = {"tamis.yml", "flag of serve", "environment", "role",
                                        "file mode"};
    return names[k];
}
