// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "cli/cli.h"
#include "json/json_writer.h"

#include <stdio.h>

static const struct flag flags[] = {{"json", NULL}, {NULL, NULL}};

static enum exit_status print_json(void)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    struct json_writer w = json_writer_to(&out);
    json_object(&w);
    json_key(&w, "version");
    json_text(&w, TAMIS_VERSION);
    json_key(&w, "commit");
    json_text(&w, TAMIS_COMMIT);
    json_end(&w);
    printf("%.*s\n", SLICE_PRINT(buf_slice(&out)));
    return EXIT_STATUS_OK;
}

static enum exit_status run(const struct arguments *a)
{
    if (arguments_has(a, "json"))
        return print_json();
    printf("tamis %s (%s)\n", TAMIS_VERSION, TAMIS_COMMIT);
    return EXIT_STATUS_OK;
}

const struct verb verb_version = {
    .name = "version",
    .summary = "which tamis this is",
    .help = "tamis version --json\n\n"
            "Prints the version and the commit it was built from.\n\n"
            "  --json   as JSON\n",
    .flags = flags,
    .run = run,
};
