#!/bin/sh
# run.sh BUILD NAME LIMIT: runs the fuzzer NAME of the build folder BUILD from its corpus.
#   LIMIT is an option of libFuzzer that ends it:
#   -runs=N               the same N runs each time: a fixed seed, and nothing but the corpus
#   -max_total_time=N     N seconds that go on where the last ones ended: inputs that reached
#                         something new are kept in BUILD/grown/NAME
# One line tells how it went. What fails is in BUILD/findings/NAME-…, and the end of the log is
# shown.
set -eu
if [ $# -ne 3 ]; then
	echo "usage: tests/fuzz/run.sh BUILD NAME -runs=N | -max_total_time=SECONDS" >&2
	exit 2
fi
here=$(dirname "$0")
build=$1 name=$2 limit=$3

case $limit in
-runs=*)
	grown=$build/fixed/$name
	rm -rf "$grown"
	seed=-seed=1
	;;
*)
	grown=$build/grown/$name
	seed=-seed=0
	;;
esac
log=$build/log/$name.log
mkdir -p "$grown" "$build/log" "$build/findings"

set -- "$limit" "$seed" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$build/findings/$name-"
[ ! -f "$here/$name.dict" ] || set -- "$@" -dict="$here/$name.dict"
set -- "$@" "$grown"
for seeds in "$here/corpus/$name" "$build/seeds/$name"; do
	[ ! -d "$seeds" ] || set -- "$@" "$seeds"
done
code=0
"$build/bin/fuzz_$name" "$@" >"$log" 2>&1 || code=$?

awk -v name="$name" '
/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") reached = $(i + 1) }
/^stat::number_of_executed_units:/ { runs = $2 }
/^stat::new_units_added:/ { new = $2 }
END {
	printf "%-8s %9d runs, %5d new inputs, %5d edges reached\n", name, runs, new, reached
}' "$log"
if [ "$code" -ne 0 ]; then
	tail -n 60 "$log" >&2
	echo "fuzz: $name ended with $code; the whole log: $log" >&2
	sed -n 's/.*Test unit written to /fuzz: the input that fails: /p' "$log" >&2
fi
exit "$code"
