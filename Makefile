# A thin front: what there is to do, by name. The work is done by the scripts in .ci/ and by CMake
# (CMakePresets.json), which can be used without this file just as well.

# Where `make run` listens, and what else goes to the server's command line.
LISTEN = 127.0.0.1:8080
ARGS =
# How long `make fuzz` lets each fuzzer run.
SECONDS = 60

# `make bench`: how many rounds, and which rows (a regular expression of their names).
ROUNDS = 5
ROWS = .*
bench: SECONDS = 2

.PHONY: help build run check test fuzz soak bench format clean

help:
	@echo 'make build    install what is missing, build the release preset in build/release'
	@echo 'make run      build, then serve on $(LISTEN) until Ctrl-C, with commands to try'
	@echo '              (make run LISTEN=127.0.0.1:9000 ARGS="-o log.frames=true")'
	@echo 'make check    the quick part of the tests: unit, plugins, style, a short end-to-end run'
	@echo 'make test     everything: gcc and clang, end to end, sanitizers, a fixed run of the fuzzers'
	@echo 'make fuzz     each fuzzer for $(SECONDS) seconds (make fuzz SECONDS=600)'
	@echo 'make soak     8,000 connections through 1,000 reloads; prints figures, takes minutes'
	@echo 'make bench    actd beside other servers; takes an hour, writes docs/performance.md'
	@echo "              (make bench ROUNDS=1 SECONDS=0.5 ROWS='echo-50-.*')"
	@echo 'make format   clang-format over the C files'
	@echo 'make clean    remove what was built; the data in build/state stay'

build:
	@.ci/install .ci/packages.run
	@.ci/build release

run: build
	@LISTEN='$(LISTEN)' .ci/serve $(ARGS)

check:
	@.ci/install .ci/packages.run .ci/packages.test
	@.ci/test check

test:
	@.ci/run

fuzz:
	@.ci/install .ci/packages.run .ci/packages.test
	@.ci/fuzz '$(SECONDS)'

soak:
	@.ci/install .ci/packages.run .ci/packages.test
	@.ci/soak

bench:
	@.ci/install .ci/packages.run .ci/packages.test .ci/packages.bench
	@.ci/bench --rounds '$(ROUNDS)' --seconds '$(SECONDS)' --rows '$(ROWS)' \
		--document docs/performance.md

format:
	@.ci/install .ci/packages.test
	@.ci/format

clean:
	@.ci/clean
