// SPDX-License-Identifier: Apache-2.0
#include "server/user.h"

#include "base/num.h"

#include <pwd.h>
#include <stdlib.h>

enum { LOOKUP_BYTES = 16384 };

// A number is taken as it is, with the group of the same number; a name is looked up.
static enum err resolve(const char *text, struct process_user *out, struct fault *why)
{
    uint64_t number = 0;
    if (parse_u64(slice_text(text), &number) == OK && number < UINT32_MAX) {
        out->uid = (uint32_t)number;
        out->gid = (uint32_t)number;
        return OK;
    }
    char *room = malloc(LOOKUP_BYTES);
    struct passwd entry;
    struct passwd *found = NULL;
    if (room)
        (void)getpwnam_r(text, &entry, room, LOOKUP_BYTES, &found);
    if (found) {
        out->uid = found->pw_uid;
        out->gid = found->pw_gid;
    }
    free(room);
    return found ? OK : fail(why, ERR_INVALID, "tamis.yml: there is no user '%s'", text);
}

static enum err check_apart(const struct process_user users[PROCESS_COUNT], struct fault *why)
{
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
        if (users[i].uid == 0 || users[i].gid == 0)
            return fail(why, ERR_INVALID, "tamis.yml: %s may not run as root",
                        process_name((enum process)i));
        for (int k = i + 1; k < PROCESS_COUNT; k++) {
            if (users[i].uid == users[k].uid)
                return fail(why, ERR_INVALID, "tamis.yml: %s and %s may not share user %u",
                            process_name((enum process)i), process_name((enum process)k),
                            users[i].uid);
        }
    }
    return OK;
}

enum err users_resolve(const struct config *c, bool as_root, struct process_user out[PROCESS_COUNT],
                       struct fault *why)
{
    struct process_user users[PROCESS_COUNT] = {0};
    for (int i = PROCESS_KEEPER; as_root && i < PROCESS_COUNT; i++) {
        users[i].is_own = true;
        enum err e = resolve(c->users[i], &users[i], why);
        if (e)
            return e;
    }
    enum err e = as_root ? check_apart(users, why) : OK;
    if (!e)
        memcpy(out, users, sizeof users);
    return e;
}
