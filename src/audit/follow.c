// SPDX-License-Identifier: Apache-2.0
#include "audit/follow.h"

static enum err fell(const char *what, uint64_t from, uint64_t to, struct fault *why)
{
    return fail(why, ERR_CORRUPT, "the log was taken back: its %s was %llu and is %llu now", what,
                (unsigned long long)from, (unsigned long long)to);
}

enum err follow_head(const struct audit_head *before, const struct audit_head *head,
                     const uint8_t key[SIGN_PUBLIC_BYTES], struct fault *why)
{
    if (!audit_head_is_signed(head, key))
        return fail(why, ERR_CORRUPT, "head %llu is not signed with the key of this installation",
                    (unsigned long long)head->number);
    if (!before)
        return OK;
    if (head->number < before->number)
        return fell("last head's number", before->number, head->number, why);
    if (head->size < before->size)
        return fell("number of entries", before->size, head->size, why);
    if (head->time_ms < before->time_ms)
        return fell("last head's time", (uint64_t)before->time_ms, (uint64_t)head->time_ms, why);
    bool is_same_root = hash256_equal(&head->root, &before->root);
    if (head->size == before->size && !is_same_root)
        return fail(why, ERR_CORRUPT, "the log was changed: its first %llu entries are others now",
                    (unsigned long long)head->size);
    if (head->number == before->number && head->size != before->size)
        return fail(why, ERR_CORRUPT, "head %llu was signed twice, of %llu entries and of %llu",
                    (unsigned long long)head->number, (unsigned long long)before->size,
                    (unsigned long long)head->size);
    return OK;
}

enum err follow_proof(const struct audit_head *before, const struct audit_head *head,
                      const struct merkle_proof *proof, struct fault *why)
{
    struct merkle_state first = {.size = before->size, .root = before->root};
    struct merkle_state second = {.size = head->size, .root = head->root};
    if (before->size == 0 || merkle_consistency_holds(&first, &second, proof))
        return OK;
    return fail(
        why, ERR_CORRUPT,
        "the log was changed: that its %llu entries begin with the %llu of head %llu is not "
        "proven",
        (unsigned long long)head->size, (unsigned long long)before->size,
        (unsigned long long)before->number);
}
