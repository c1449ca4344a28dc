// SPDX-License-Identifier: Apache-2.0
#include "source/source.h"

#include "source/pg_preflight.h"
#include "source/pg_publication.h"
#include "source/pg_snapshot.h"
#include "source/pg_stream.h"

#include <stdlib.h>

enum { SESSION_BYTES_MAX = 64 << 20 };

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

enum err source_sql(struct source *s, const char **out, struct fault *why)
{
    enum err e = buf_end(&s->sql, why);
    if (e)
        return fail_in(why, e, "an SQL statement");
    buf_u8(&s->sql, 0);
    s->sql.len -= !s->sql.over_limit; // the NUL is behind the bytes
    *out = (const char *)s->sql.at;
    return buf_end(&s->sql, why);
}

// Names of slots and publications go into the replication grammar, where quoting has
// rules of its own; PostgreSQL itself allows no others in a slot's name.
static enum err check_name(const char *what, const char *name, const char *letters,
                           struct fault *why)
{
    size_t len = strlen(name);
    if (len == 0 || len > 63 || strspn(name, letters) != len)
        return fail(why, ERR_INVALID, "%s \"%.80s\": a name is 1 to 63 of %s", what, name, letters);
    return OK;
}

static enum err open_into(struct source *s, const struct source_sink *sink, struct fault *why)
{
    enum err e = check_name("slot", s->spec->slot, LETTERS, why);
    if (!e)
        e = check_name("publication", s->spec->publication, LETTERS "-", why);
    if (!e)
        e = pg_connect(s->spec, true, sink, &s->replication, why);
    if (!e)
        e = pg_connect(s->spec, false, sink, &s->watch, why);
    if (!e)
        e = pg_preflight_server(s, sink, why);
    if (!e)
        e = pg_preflight_tables(s, sink, why);
    if (!e)
        e = pg_publication_ensure(s, sink, why);
    return e;
}

enum err source_open(const struct source_spec *spec, const struct source_sink *sink,
                     struct source **out, struct fault *why)
{
    struct source *s = calloc(1, sizeof *s);
    if (!s)
        abort(); // out of memory, as an arena would
    *s = (struct source){
        .spec = spec, .session = arena_new(SESSION_BYTES_MAX), .sql = buf_init(PG_SQL_BYTES_MAX)};
    enum err e = open_into(s, sink, why);
    if (e) {
        source_close(s);
        return e;
    }
    *out = s;
    return OK;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    PQfinish(s->replication);
    PQfinish(s->watch);
    arena_free(s->session);
    buf_done(&s->sql);
    free(s);
}

const struct source_facts *source_facts(const struct source *s)
{
    return &s->facts;
}

enum err source_copy(struct source *s, const struct source_sink *sink, uint64_t *out_lsn,
                     struct fault *why)
{
    return pg_snapshot_copy(s, sink, out_lsn, why);
}

enum err source_stream(struct source *s, uint64_t from, const struct source_sink *sink,
                       struct fault *why)
{
    return pg_stream_run(s, from, sink, why);
}
