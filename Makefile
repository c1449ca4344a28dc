# One Makefile, no configure step.  `make help` lists what it can do.
# Every MODE builds into a tree of its own, so switching costs nothing.

MODE ?= release
B := build/$(MODE)

ifeq ($(filter $(MODE),debug release asan tsan fuzz cover),)
$(error MODE is one of debug release asan tsan fuzz cover, not '$(MODE)')
endif

CC_debug   := gcc
CC_release := gcc
CC_asan    := clang
CC_tsan    := clang
CC_cover   := clang
CC_fuzz    := clang
CC := $(CC_$(MODE))

FLAGS_debug   := -Og -g3 -DSLOW_CHECKS
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
FLAGS_asan    := -O1 -g -DSLOW_CHECKS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_cover   := -O0 -g -fprofile-instr-generate -fcoverage-mapping
FLAGS_fuzz    := -O1 -g -DSLOW_CHECKS -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wmissing-variable-declarations -Wpointer-arith -Wcast-qual -Wvla \
        -Wwrite-strings -Wundef -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough \
        -Wnull-dereference -fno-common
ifeq ($(CC),gcc)
WARN := $(filter-out -Wmissing-variable-declarations,$(WARN)) -Wlogical-op -Wduplicated-cond \
        -Wduplicated-branches -Wno-format-truncation -Wjump-misses-init -Wstack-usage=65536
STD := -std=gnu17
else
STD := -std=gnu17 -fdouble-square-bracket-attributes
endif

PACKAGES := libmicrohttpd gnutls libcurl libpq libsodium sqlite3 libhs libzstd libxxhash libcyaml yaml-0.1 libseccomp zlib
LIB_FLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS      := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lroaring -lpthread -lm

VERSION := $(shell cat VERSION 2>/dev/null || echo 0.0.0)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

CFLAGS   += $(STD) $(FLAGS_$(MODE)) $(WARN)
CPPFLAGS += -D_GNU_SOURCE -Isrc -Itests $(patsubst -I%,-isystem %,$(LIB_FLAGS))
LDFLAGS  += $(filter -fsanitize=% -fprofile%,$(FLAGS_$(MODE)))
ifeq ($(MODE),release)
LDFLAGS  += -pie -Wl,-z,relro,-z,now
endif

# ONLY="base json" builds and tests just these folders (and what they name must be among
# them): for work on one part while another does not build.
ifdef ONLY
FOLDERS := $(ONLY)
empty :=
B := build/$(MODE)-$(subst $(empty) ,-,$(strip $(ONLY)))
else
FOLDERS := $(filter-out \#%,$(shell grep -v '^\#' src/LAYERS))
endif

SRC     := $(sort $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.c)))
LIB_SRC := $(filter-out src/cli/main.c,$(SRC))
TESTS   := $(sort $(wildcard tests/*.c) $(foreach f,$(FOLDERS),$(wildcard tests/unit/$(f)/*_test.c)))
HEADERS := $(sort $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.h)) $(wildcard tests/*.h))
FUZZ    := $(sort $(wildcard fuzz/*_fuzz.c))
BENCHES := $(sort $(wildcard bench/*.c))
ALL_C   := $(SRC) $(TESTS) $(FUZZ) $(BENCHES)
obj = $(patsubst %.c,$(B)/%.o,$(1))

.DEFAULT_GOAL := all
.PHONY: all help install install-check demo unit unit-threads audit-long quick check campaign check-peers format format-check tidy headers lint lint-tidy lint-cppcheck analyze fuzz-smoke cover bench bench-protection bench-engine bench-kernels bench-detectors packages-demo packages-check clean

all: build/tamis build/tamis-fleet  ## build/tamis, optimised, and the demo's fleet

build/tamis-fleet: $(B)/demo/fleet.o $(B)/demo/fleet_main.o
	@rm -f $@
	@$(CC) $(LDFLAGS) -o $@ $^ -lpq

# The name is made anew, as the old file may be running.
build/tamis: $(B)/tamis
	@install -m 0755 $< $@

$(B)/tamis: $(call obj,$(SRC))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/unit: $(call obj,$(LIB_SRC) $(TESTS))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/bench-kernels: $(call obj,bench/kernels.c src/base/simd.c src/codec/bitpack.c $(wildcard src/kernel/*.c))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ -lpthread -lm
build/bench-kernels: $(B)/bench-kernels
	@install -m 0755 $< $@
$(B)/bench-engine: $(call obj,bench/engine.c $(LIB_SRC))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
build/bench-engine: $(B)/bench-engine
	@install -m 0755 $< $@
$(B)/bench-detectors: $(call obj,bench/detectors.c tests/corpus.c $(LIB_SRC))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
build/bench-detectors: $(B)/bench-detectors
	@install -m 0755 $< $@
$(B)/bench-metric-latency: $(call obj,bench/metric_latency.c $(LIB_SRC))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
build/bench-metric-latency: $(B)/bench-metric-latency
	@install -m 0755 $< $@
$(B)/bench-amplification: $(call obj,bench/amplification.c $(LIB_SRC))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
build/bench-amplification: $(B)/bench-amplification
	@install -m 0755 $< $@
# The same without the audit log, to compare with: the one flag there is for that, and no
# program that is installed has it.
$(B)/unaudited/audit.o: src/audit/audit.c Makefile
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-unused-function -DBENCH_WITHOUT_AUDIT -MMD -MP -c -o $@ $<
$(B)/bench-metric-latency-unaudited: $(B)/unaudited/audit.o $(filter-out %/src/audit/audit.o,$(call obj,bench/metric_latency.c $(LIB_SRC)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/unaudited/tamis: $(B)/unaudited/audit.o $(filter-out %/src/audit/audit.o,$(call obj,src/cli/main.c $(LIB_SRC)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/fuzz/%: $(B)/fuzz/%.o $(call obj,$(LIB_SRC))
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(if $(filter src/cli/% bench/%,$<),-DTAMIS_VERSION='"$(VERSION)"' -DTAMIS_COMMIT='"$(COMMIT)"') -MMD -MP -c -o $@ $<
-include $(patsubst %.o,%.d,$(call obj,$(ALL_C)))

unit: $(B)/unit  ## unit tests; T=words runs only those, MODE=debug|asan|tsan|cover picks the build
	$(B)/unit $(T)

format:          ## rewrite all C with clang-format
	clang-format -i $(ALL_C) $(HEADERS)
format-check:
	clang-format --dry-run -Werror $(ALL_C) $(HEADERS)
tidy:            ## our own rules: layers, sizes, names, banned calls
	/usr/bin/python3 tools/tidy.py
headers:         ## every header compiles on its own
	@for h in $(HEADERS); do $(CC_debug) -std=gnu17 $(CPPFLAGS) -Wall -Werror -fsyntax-only -include $$h -x c /dev/null || exit 1; done

# Tests of threads, and the fixtures they share, under the thread sanitizer.
THREAD_TESTS := tests/test.c $(filter-out tests/test.c,$(wildcard tests/*.c)) \
                $(filter %_threads_test.c %/fixture_test.c,$(TESTS))
$(B)/unit-threads: $(call obj,$(LIB_SRC) $(THREAD_TESTS))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
unit-threads: $(B)/unit-threads
	TSAN_OPTIONS=halt_on_error=1 $<

audit-long: $(B)/unit  ## 10,000 random tampers of an audit log; each must be found with its place
	TAMIS_LONG=1 $< book_finds

# clang-tidy runs one file a call; 2 at a time.  All files are looked at, whatever the first say.
lint: lint-tidy lint-cppcheck  ## clang-tidy and cppcheck
lint-tidy:
	@printf '%s\n' $(SRC) | xargs -P 2 -I{} sh -c 'clang-tidy --quiet --warnings-as-errors="*" {} -- $(CPPFLAGS) -std=gnu17 -DTAMIS_VERSION=\"x\" -DTAMIS_COMMIT=\"x\" -fdouble-square-bracket-attributes 2>/dev/null'
lint-cppcheck:
	cppcheck -j2 --max-configs=1 --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem --suppress=unknownMacro --error-exitcode=1 -Isrc -Itests $(SRC)

analyze:         ## gcc -fanalyzer, slow
	@for c in $(SRC); do gcc -std=gnu17 $(CPPFLAGS) -O1 -fanalyzer -Werror -DTAMIS_VERSION='""' -DTAMIS_COMMIT='""' -c -o /dev/null $$c || exit 1; done

# S=seconds for each target; the corpus grows below fuzz/corpus and is not kept.
fuzz-smoke: $(patsubst fuzz/%.c,$(B)/fuzz/%,$(FUZZ))
	@for f in $^; do n=$$(basename $$f _fuzz); mkdir -p fuzz/corpus/$$n; echo "fuzz $$n"; \
	    $$f -max_total_time=$(or $(S),3) -rss_limit_mb=4096 fuzz/corpus/$$n > $$f.log 2>&1 || { tail -40 $$f.log; exit 1; }; done

cover:           ## line and branch coverage of the unit tests
	$(MAKE) MODE=cover build/cover/unit
	LLVM_PROFILE_FILE=build/cover/unit.profraw build/cover/unit
	llvm-profdata merge -o build/cover/unit.profdata build/cover/unit.profraw
	llvm-cov report build/cover/unit -instr-profile=build/cover/unit.profdata $(LIB_SRC)

PREFIX ?= /usr
install: all     ## into DESTDIR/usr (PREFIX=/usr)
	install -D -m 0755 build/tamis $(DESTDIR)$(PREFIX)/bin/tamis
	install -D -m 0755 build/tamis-fleet $(DESTDIR)$(PREFIX)/bin/tamis-fleet
	install -D -m 0644 demo/policy.yml $(DESTDIR)$(PREFIX)/share/tamis/demo-policy.yml
	install -D -m 0644 packaging/tamis.service $(DESTDIR)$(PREFIX)/lib/systemd/system/tamis.service
	install -d $(DESTDIR)$(PREFIX)/share/doc/tamis
	install -m 0644 README.md CHANGELOG.md SECURITY.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/tamis/
install-check: all
	rm -rf build/install
	$(MAKE) --no-print-directory install DESTDIR=build/install
	build/install/usr/bin/tamis version

packages-demo:
	@tools/packages.sh build demo
packages-check:
	@tools/packages.sh build demo check

demo: packages-demo  ## a real PostgreSQL, a fictional fleet, its mirror and both metrics (DEMO_ARGS="--once --customers 20000")
	@$(MAKE) --no-print-directory -j2 MODE=release all
	@build/tamis demo $(DEMO_ARGS)

quick: format-check tidy  ## the check to run while working
	$(MAKE) MODE=debug unit

check: packages-check  ## everything CI runs; the last line is 'N passed, N failed'
	@cd tests/clients && npm ci --silent --no-audit --no-fund --ignore-scripts >/dev/null
	@/usr/bin/python3 tools/check.py

campaign: packages-check  ## operator mistakes: each setting and each pair flipped, asked from outside (PAIRS=n: a sample; SEED=n ONLY=NAME: one case again)
	@$(MAKE) --no-print-directory -j2 MODE=release all
	@/usr/bin/python3 tests/human/campaign.py $(if $(PAIRS),--pairs $(PAIRS)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)')

check-peers: packages-check  ## what needs PyPI, Maven or Go: more clients
	@/usr/bin/python3 tools/check_peers.py

bench: packages-check  ## copy, stream, pushes and queries beside peers (ROWS=20000000 CUSTOMERS=2400000)
	@$(MAKE) --no-print-directory -j2 MODE=release all bench-engine
	@/usr/bin/python3 bench/first_copy.py $(or $(CUSTOMERS),2400000)
	@/usr/bin/python3 bench/change_stream.py
	@/usr/bin/python3 bench/bulk_beside.py
	@/usr/bin/python3 bench/queries.py --rows $(or $(ROWS),20000000)

bench-kernels: build/bench-kernels  ## the vector loops, each level, in cache and from memory (K="words of names")
	build/bench-kernels $(K)
bench-protection: packages-check  ## queries/s with audit log and floor and without (ROWS=1000000 ROUNDS=5 CLIENTS=8)
	@$(MAKE) --no-print-directory -j2 MODE=release all build/release/unaudited/tamis
	@/usr/bin/python3 bench/protection.py $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(CLIENTS),--clients $(CLIENTS))
bench-engine: build/bench-engine  ## the engine without HTTPS, for bench/queries.py

bench-detectors: build/bench-detectors  ## what the detectors cost for each value
	build/bench-detectors

clean:           ## remove everything built
	rm -rf build

help:            ## this list
	@grep -hE '^[a-z_-]+:.*##' Makefile | sed 's/:[^#]*##/\t/' | expand -t 20
