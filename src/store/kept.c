// SPDX-License-Identifier: Apache-2.0
#include "store/kept.h"

#include "base/buf.h"
#include "base/hash.h"

#include <stdio.h>

void kept_file_name(uint64_t file, char out[SEGMENT_FILE_NAME_BYTES])
{
    snprintf(out, SEGMENT_FILE_NAME_BYTES, "segments/%016llx.kept", (unsigned long long)file);
}

enum err kept_file_write(const struct world *w, struct slice bytes, struct manifest_kept *kept,
                         struct fault *why)
{
    char name[SEGMENT_FILE_NAME_BYTES];
    kept_file_name(kept->file, name);
    enum err e = file_write_synced(w, name, bytes, why);
    if (e)
        return fail_in(why, e, "%s", name);
    kept->bytes = bytes.len;
    kept->sum = checksum(bytes.at, bytes.len);
    return OK;
}

enum err kept_file_read(const struct world *w, const struct manifest_kept *kept, struct buf *out,
                        struct fault *why)
{
    char name[SEGMENT_FILE_NAME_BYTES];
    kept_file_name(kept->file, name);
    enum err e = world_read_file(w, name, out, why);
    if (e == ERR_NOT_FOUND || e == ERR_LIMIT)
        return fail(why, ERR_CORRUPT, "%s is not what the manifest says", name);
    if (e)
        return e;
    if (out->len != kept->bytes || checksum(out->at, out->len) != kept->sum)
        return fail(why, ERR_CORRUPT, "%s does not match its checksum", name);
    return OK;
}
