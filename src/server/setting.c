// SPDX-License-Identifier: Apache-2.0
#include "server/setting.h"

#include "access/access.h"
#include "server/config.h"

#define OF_FILE(section_, name_, form_, field_, min_, max_, protects_, loosens_) \
    {SETTING_FILE, section_, name_, "", protects_, loosens_, form_, min_, max_},
#define OF_SERVE(name_, value_, protects_, loosens_) \
    {SETTING_FLAG, NULL, name_, value_, protects_, loosens_, KEY_TEXT, 0, 0},
#define OF_ENVIRONMENT(name_, value_, protects_, loosens_) \
    {SETTING_ENVIRONMENT, NULL, name_, value_, protects_, loosens_, KEY_TEXT, 0, 0},
#define OF_ROLE(name_, protects_, loosens_) \
    {SETTING_ROLE, NULL, name_, "", protects_, loosens_, KEY_TEXT, 0, 0},
#define OF_MODE(name_, directory_, protects_, loosens_)                                   \
    {SETTING_MODE, NULL, name_, (directory_) ? "directory" : "file", protects_, loosens_, \
     KEY_TEXT,     0,    0},

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

#define ONE(...) +1

_Static_assert((0 SETTINGS_OF_ROLES(ONE)) == ROLE_COUNT, "a role without a mark");

const char *setting_kind_name(enum setting_kind k)
{
    static const char *const names[] = {"tamis.yml", "flag of serve", "environment", "role",
                                        "file mode"};
    return names[k];
}
