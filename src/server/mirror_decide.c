// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_decide.h"

uint64_t mirror_generation(uint32_t chance, const struct source_facts *facts)
{
    return (uint64_t)chance << 32 | facts->publication_mark;
}

static const char *doubt_server(const struct position *p, const struct source_facts *facts)
{
    if (p->system_id != facts->system_id)
        return "this is another database cluster than the one copied";
    if (p->timeline == facts->timeline && facts->server_end_lsn < p->end_lsn)
        return "the server was set back to an older state";
    if (p->timeline != facts->timeline && facts->timeline_switch_lsn < p->end_lsn)
        return "a failover lost changes that are here";
    return NULL;
}

static const char *doubt_slot(const struct position *p, const struct source_facts *facts)
{
    if (!facts->has_slot)
        return "the replication slot is gone";
    if (facts->slot_is_lost)
        return "the server threw away log that was not read yet (max_slot_wal_keep_size)";
    if (facts->confirmed_flush_lsn > p->end_lsn)
        return "somebody else read from the replication slot";
    if ((uint32_t)p->generation != facts->publication_mark)
        return "a table left the publication, or came back to it";
    return NULL;
}

const char *mirror_decide(const struct position *position, const struct source_facts *facts,
                          const struct mirror_doubt *doubt)
{
    if (position->phase == PHASE_NONE)
        return "nothing is copied yet";
    if (position->phase != PHASE_STREAMING)
        return "the last copy was cut short";
    if (position->policy_fingerprint != doubt->policy_fingerprint)
        return "the policy changed";
    if (doubt->had_conflict)
        return "a table was altered and altered back";
    const char *reason = doubt_server(position, facts);
    return reason ? reason : doubt_slot(position, facts);
}
