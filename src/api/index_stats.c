// SPDX-License-Identifier: Apache-2.0
#include "api/index_stats.h"

#include "api/index_facts.h"
#include "api/list.h"
#include "api/stat_sections.h"

static const struct stat_section sections[] = {
    {"docs", "count deleted"},
    {"shard_stats", "total_count"},
    {"store", "size_in_bytes total_data_set_size_in_bytes reserved_in_bytes"},
    {"indexing", "index_total index_time_in_millis index_current index_failed delete_total "
                 "delete_time_in_millis delete_current noop_update_total is_throttled? "
                 "throttle_time_in_millis"},
    {"get", "total time_in_millis exists_total exists_time_in_millis missing_total "
            "missing_time_in_millis current"},
    {"search", "open_contexts query_total query_time_in_millis query_current fetch_total "
               "fetch_time_in_millis fetch_current scroll_total scroll_time_in_millis "
               "scroll_current suggest_total suggest_time_in_millis suggest_current"},
    {"merges", "current current_docs current_size_in_bytes total total_time_in_millis total_docs "
               "total_size_in_bytes total_stopped_time_in_millis "
               "total_throttled_time_in_millis total_auto_throttle_in_bytes"},
    {"refresh",
     "total total_time_in_millis external_total external_total_time_in_millis listeners"},
    {"flush", "total periodic total_time_in_millis"},
    {"warmer", "current total total_time_in_millis"},
    {"query_cache", "memory_size_in_bytes total_count hit_count miss_count cache_size cache_count "
                    "evictions"},
    {"fielddata", "memory_size_in_bytes evictions"},
    {"completion", "size_in_bytes"},
    {"segments", "count memory_in_bytes terms_memory_in_bytes stored_fields_memory_in_bytes "
                 "term_vectors_memory_in_bytes norms_memory_in_bytes points_memory_in_bytes "
                 "doc_values_memory_in_bytes index_writer_memory_in_bytes "
                 "version_map_memory_in_bytes fixed_bit_set_memory_in_bytes "
                 "max_unsafe_auto_id_timestamp"},
    {"translog", "operations size_in_bytes uncommitted_operations uncommitted_size_in_bytes "
                 "earliest_last_modified_age"},
    {"request_cache", "memory_size_in_bytes evictions hit_count miss_count"},
    {"recovery", "current_as_source current_as_target throttle_time_in_millis"},
    {"bulk", "total_operations total_time_in_millis total_size_in_bytes avg_time_in_millis "
             "avg_size_in_bytes"},
};

enum { SECTION_COUNT = sizeof sections / sizeof *sections };

static const char *const renamed[][2] = {{"merge", "merges"}, {"suggest", "search"}};

static uint64_t section_bit(struct slice name)
{
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        if (slice_is(name, renamed[i][0]))
            name = slice_text(renamed[i][1]);
    }
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (slice_is(name, sections[i].name))
            return UINT64_C(1) << i;
    }
    return 0;
}

enum err index_stats_wish(struct exchange *x, struct slice names, struct stat_wish *out,
                          struct fault *why)
{
    const uint64_t all = (UINT64_C(1) << SECTION_COUNT) - 1;
    out->sections = names.len ? 0 : all;
    struct slice name;
    while (list_next(&names, &name)) {
        bool is_all = slice_is(name, "_all") || slice_is(name, "*");
        uint64_t bit = is_all ? all : section_bit(name);
        if (!bit)
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: request [%.192s] contains unrecognized "
                        "metric: [%.*s]",
                        x->request->path, SLICE_PRINT(name));
        out->sections |= bit;
    }
    return OK;
}

void index_stats_write(struct exchange *x, const struct stat_wish *wish,
                       const struct store_table_stats *sum)
{
    struct agg_cache_stats cache;
    agg_cache_stats(x->api->engine->cache, &cache);
    const struct agg_cache_counts *answers = &cache.of[CACHE_ANSWERS];
    const struct stat_fact known[] = {
        {"docs.count", sum->rows},
        {"docs.deleted", sum->rows_dead},
        {"shard_stats.total_count", 1},
        {"store.size_in_bytes", sum->bytes_disk},
        {"store.total_data_set_size_in_bytes", sum->bytes_disk},
        {"indexing.index_total", sum->changes},
        {"segments.count", sum->segments},
        {"segments.memory_in_bytes", sum->bytes_memory},
        {"request_cache.memory_size_in_bytes", answers->bytes},
        {"request_cache.evictions", answers->evictions},
        {"request_cache.hit_count", answers->hits},
        {"request_cache.miss_count", answers->misses},
    };
    const struct stat_facts facts = {known, sizeof known / sizeof *known};
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (wish->sections >> i & 1)
            stat_section_write(&x->json, &sections[i], &facts);
    }
}

struct store_table_stats index_stats_sum(struct exchange *x, const struct index_list *list)
{
    const struct store_stats *s = index_stats(x);
    struct store_table_stats sum = {0};
    for (uint32_t i = 0; i < list->count; i++) {
        const struct store_table_stats *t = &s->tables[list->tables[i]];
        sum.rows += t->rows;
        sum.rows_dead += t->rows_dead;
        sum.bytes_disk += t->bytes_disk;
        sum.bytes_memory += t->bytes_memory;
        sum.segments += t->segments;
        sum.changes += t->changes;
    }
    return sum;
}
