// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "guard/control.h"
#include "guard/link.h"

#include <sys/socket.h>
#include <unistd.h>

// A process of ours that was taken over may send its peers anything.  First byte: who
// to whom; the rest comes down the link.  Whatever is given out must obey the table.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(struct link *l, enum process from, enum process to)
{
    for (;;) {
        struct message m;
        bool got = false;
        if (link_receive(l, &m, &got, NULL) != OK || !got)
            return;
        const struct message_rule *rule = &message_rules[m.type];
        CHECK(rule->from == from && (rule->to == to || rule->to == PROCESS_COUNT));
        CHECK(m.payload.len >= rule->length_min && m.payload.len <= rule->length_max);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 60000)
        return 0;
    enum process from = (enum process)(data[0] % PROCESS_COUNT);
    enum process to = (enum process)(data[0] / PROCESS_COUNT % PROCESS_COUNT);
    int ends[2];
    if (control_link_pair(ends, NULL) != OK)
        return 0;
    struct link *l = link_new(ends[0], to, from);
    size_t half = size / 2;
    if (half > 1 && send(ends[1], data + 1, half - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        drain(l, from, to);
    if (size > half && send(ends[1], data + (half ? half : 1), size - (half ? half : 1),
                            MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        drain(l, from, to);
    link_free(l);
    close(ends[1]);
    return 0;
}
