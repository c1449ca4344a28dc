// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_decide.h"
#include "test.h"

static const struct mirror_doubt no_doubt = {.policy_fingerprint = 9};

static struct source_facts facts_of_a_healthy_server(void)
{
    return (struct source_facts){.system_id = 1,
                                 .timeline = 2,
                                 .server_end_lsn = 5000,
                                 .has_slot = true,
                                 .confirmed_flush_lsn = 1000,
                                 .publication_mark = 77,
                                 .timeline_switch_lsn = 100};
}

static struct position position_that_fits(const struct source_facts *facts)
{
    return (struct position){.phase = PHASE_STREAMING,
                             .generation = mirror_generation(12345, facts),
                             .end_lsn = 1000,
                             .system_id = 1,
                             .timeline = 2,
                             .policy_fingerprint = 9};
}

static bool copies(const struct position *p, const struct source_facts *facts, const char *word)
{
    const char *reason = mirror_decide(p, facts, &no_doubt);
    return reason && strstr(reason, word) != NULL;
}

TEST(mirror_goes_on_when_everything_fits)
{
    struct source_facts facts = facts_of_a_healthy_server();
    struct position p = position_that_fits(&facts);
    EXPECT(mirror_decide(&p, &facts, &no_doubt) == NULL);
    p.end_lsn = 5000;
    EXPECT(mirror_decide(&p, &facts, &no_doubt) == NULL);
}

TEST(mirror_copies_what_was_never_whole_or_has_another_policy)
{
    struct source_facts facts = facts_of_a_healthy_server();
    struct position p = position_that_fits(&facts);
    p.phase = PHASE_NONE;
    EXPECT(copies(&p, &facts, "nothing is copied"));
    p.phase = PHASE_COPYING;
    EXPECT(copies(&p, &facts, "cut short"));
    p = position_that_fits(&facts);
    p.policy_fingerprint = 8;
    EXPECT(copies(&p, &facts, "policy changed"));
    p = position_that_fits(&facts);
    const struct mirror_doubt conflict = {.policy_fingerprint = 9, .had_conflict = true};
    EXPECT(mirror_decide(&p, &facts, &conflict) != NULL);
}

TEST(mirror_copies_when_the_server_is_not_the_one_it_was)
{
    struct source_facts facts = facts_of_a_healthy_server();
    struct position p = position_that_fits(&facts);
    facts.system_id = 3;
    EXPECT(copies(&p, &facts, "another database cluster"));
    facts = facts_of_a_healthy_server();
    facts.server_end_lsn = 999; // the same timeline, set back
    EXPECT(copies(&p, &facts, "older state"));
    facts = facts_of_a_healthy_server();
    p.timeline = 1;
    facts.timeline_switch_lsn = 999; // a failover before what we have
    EXPECT(copies(&p, &facts, "failover"));
    facts.timeline_switch_lsn = 1000; // a clean one
    EXPECT(mirror_decide(&p, &facts, &no_doubt) == NULL);
}

TEST(mirror_copies_when_the_slot_or_publication_has_a_gap)
{
    struct source_facts facts = facts_of_a_healthy_server();
    struct position p = position_that_fits(&facts);
    facts.has_slot = false;
    EXPECT(copies(&p, &facts, "slot is gone"));
    facts = facts_of_a_healthy_server();
    facts.slot_is_lost = true;
    EXPECT(copies(&p, &facts, "threw away"));
    facts = facts_of_a_healthy_server();
    facts.confirmed_flush_lsn = 1001;
    EXPECT(copies(&p, &facts, "somebody else"));
    facts = facts_of_a_healthy_server();
    facts.publication_mark = 78;
    EXPECT(copies(&p, &facts, "publication"));
}
