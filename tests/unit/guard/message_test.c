// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "guard/message.h"
#include "test.h"

TEST(every_message_has_a_rule_and_a_name)
{
    for (int i = 1; i < MESSAGE_TYPE_COUNT; i++) {
        const struct message_rule *rule = &message_rules[i];
        EXPECT(rule->name != NULL);
        EXPECT(rule->from < PROCESS_COUNT);
        EXPECT(rule->length_min <= rule->length_max);
        EXPECT(rule->length_max <= LIMIT_CHANGESET_BYTES);
        EXPECT(rule->from != rule->to);
    }
}

TEST(only_mirror_may_ask_for_keys_and_passwords)
{
    EXPECT_EQ(message_rules[MESSAGE_KEY_ASK].from, PROCESS_MIRROR);
    EXPECT_EQ(message_rules[MESSAGE_KEY].to, PROCESS_MIRROR);
    EXPECT_EQ(message_rules[MESSAGE_PASSWORD_ASK].from, PROCESS_MIRROR);
    EXPECT_EQ(message_rules[MESSAGE_PASSWORD].to, PROCESS_MIRROR);
}

TEST(every_process_has_a_name)
{
    EXPECT(strcmp(process_name(PROCESS_KEEPER), "keeper") == 0);
    EXPECT(strcmp(process_name((enum process)99), "nobody") == 0);
}
