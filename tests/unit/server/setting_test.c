// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "server/config.h"
#include "server/setting.h"
#include "test.h"

#include <stdio.h>

TEST(setting_without_a_mark_is_none)
{
    for (uint32_t i = 0; i < setting_count; i++) {
        EXPECT(settings[i].protects >= PROTECTS_NOTHING && settings[i].protects < PROTECTS_COUNT);
        EXPECT(settings[i].loosens >= LOOSENS_NEVER && settings[i].loosens < LOOSENS_COUNT);
        EXPECT(setting_kind_name(settings[i].kind)[0] != '\0');
    }
}

// The parser is made of the register, so a number's least value parses under its name.
TEST(setting_of_the_file_is_a_key_of_the_file)
{
    for (uint32_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        if (s->kind != SETTING_FILE || (s->form != KEY_U32 && s->form != KEY_U64))
            continue;
        char text[128];
        int len = s->section ? snprintf(text, sizeof text, "%s: {%s: %llu}\n", s->section, s->name,
                                        (unsigned long long)s->min)
                             : snprintf(text, sizeof text, "%s: %llu\n", s->name,
                                        (unsigned long long)s->min);
        struct config c;
        EXPECT_EQ(config_parse(slice_of(text, (size_t)len), &c, NULL), OK);
    }
}

TEST(setting_of_a_role_is_a_role)
{
    for (uint32_t i = 0; i < setting_count; i++) {
        enum role r;
        if (settings[i].kind == SETTING_ROLE)
            EXPECT_EQ(role_parse(slice_text(settings[i].name), &r, NULL), OK);
    }
}
