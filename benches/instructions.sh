#!/usr/bin/env bash
# Counts instructions of the hot path, which no busy machine changes, and compares them with benches/instructions.txt: more than a
# tenth above fails. What became cheaper, or dearer for a reason, is written there anew with: benches/instructions.sh --write
set -euo pipefail
cd "$(dirname "$0")/.."
kept=benches/instructions.txt
cases=$(awk '!/^#/ { print $1 }' "$kept")
build=$(cargo bench --quiet --locked --bench instructions --no-run --message-format=json |
    sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p')
[ -x "$build" ] || { echo "the bench was not built"; exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0
for name in $cases; do
    valgrind --quiet --tool=callgrind --callgrind-out-file="$out/$name" --collect-atstart=no \
        --toggle-collect='instructions::counted*' "$build" "$name" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
    total=$(sed -n 's/^\(summary\|totals\): *\([0-9]*\).*/\2/p' "$out/$name" | sort -n | tail -1)
    count=$((total / 1000))
    limit=$(awk -v name="$name" '$1 == name { print int($2 * 1.1) }' "$kept")
    echo "$name: $count instructions, at most $limit"
    [ "$count" -gt 0 ] || { echo "$name: nothing was counted"; exit 1; }
    [ "$count" -le "$limit" ] || status=1
    echo "$name $count" >>"$out/new"
done
if [ "${1:-}" = --write ]; then
    { grep '^#' "$kept"; cat "$out/new"; } >"$out/kept"
    cp "$out/kept" "$kept"
    exit 0
fi
[ "$status" = 0 ] || echo "more than a tenth above $kept: make it cheaper, or write down why with --write"
exit "$status"
