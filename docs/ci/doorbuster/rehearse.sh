#!/usr/bin/env bash
# Rehearse, judge, report; then tell the pipeline by the exit code what came out. Used by the GitHub action and in GitLab.
#
# Asks the environment: SCENARIO; BASELINE (run directories of last year, by spaces), GATE, NOISE and RUNS where wanted;
# ON_INCONCLUSIVE and ON_INVALID, "block" (the default) or "warn". The shop's address and all secrets are Doorbuster's own
# DOORBUSTER_ variables. Leaves OUT (doorbuster-out) with report.html, junit.xml, summary.md, verdict.json and outcome.txt.
#
#   doorbuster's code   what happened            the pipeline gets
#   0                   PASS                     0
#   1                   FAIL                     1
#   2                   wrong use or files       2
#   3                   INCONCLUSIVE             3, or 0 with a warning where ON_INCONCLUSIVE=warn
#   4                   INVALID, no rehearsal    4, or 0 with a warning where ON_INVALID=warn
#   70                  a bug of doorbuster's    70
#   130                 cancelled                130
#   any other           not doorbuster's word    70 (killed, or not installed)
#
# What is not PASS is never called PASS: outcome.txt, and the output `verdict`, say what it was whatever the exit code.
set -o pipefail

out=${OUT:-doorbuster-out}
runs=${RUNS:-runs}
read -r -a baselines <<<"${BASELINE:-}"
against=()
for one in "${baselines[@]}"; do against+=(--baseline "$one"); done
# A profile of the noise is about comparisons: without last year there are none.
if [ -n "${NOISE:-}" ] && [ "${#baselines[@]}" -gt 0 ]; then against+=(--noise "$NOISE"); fi
if [ -n "${GATE:-}" ]; then against+=(--gate "$GATE"); fi
run=""

# end OUTCOME CODE LEVEL SENTENCE: the last word; LEVEL is notice, warning or error.
end() {
  echo "$1" >"$out/outcome.txt"
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    { echo "verdict=$1"; echo "run=$run"; } >>"$GITHUB_OUTPUT"
  fi
  if [ "${GITHUB_ACTIONS:-}" = true ]; then echo "::$3 title=doorbuster: $1::$4"; else echo "doorbuster: $1: $4"; fi
  exit "$2"
}

# no_verdict CODE COMMAND: a command ended without one.
no_verdict() {
  case $1 in
    2) end USAGE 2 error "doorbuster $2 was used wrongly, or a file or the shop will not do; its sentence stands above" ;;
    70) end BUG 70 error "doorbuster $2 met a bug of its own; please report the lines above" ;;
    130) end CANCELLED 130 error "doorbuster $2 was cancelled; what was measured until then is kept" ;;
    *) end UNKNOWN 70 error "doorbuster $2 ended with $1, which is none of its codes: was it killed, is it installed?" ;;
  esac
}

# undecided OUTCOME CODE CHOICE SENTENCE: neither PASS nor FAIL; the shop's choice decides what that means here.
undecided() {
  if [ "$3" = warn ]; then end "$1" 0 warning "$4; this job lets it go by, but it is no PASS"; fi
  end "$1" "$2" error "$4"
}

mkdir -p "$out"
for choice in "${ON_INCONCLUSIVE:-block}" "${ON_INVALID:-block}"; do
  case $choice in
    block | warn) ;;
    *) end USAGE 2 error "ON_INCONCLUSIVE and ON_INVALID are block or warn, not $choice" ;;
  esac
done
if [ -z "${SCENARIO:-}" ]; then end USAGE 2 error "SCENARIO is not set: a scenario's file or name"; fi

doorbuster run "$SCENARIO" --runs "$runs" | tee "$out/run.txt"
code=${PIPESTATUS[0]}
case $code in
  0 | 4) run=$(tail -n 1 "$out/run.txt") ;; # of a run that was none, gate says why
  *) no_verdict "$code" run ;;
esac

doorbuster gate "$run" "${against[@]}" --junit "$out/junit.xml" --summary "$out/summary.md"
verdict=$?
if [ -f "$out/summary.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
case $verdict in
  0 | 1 | 3 | 4) ;;
  *) no_verdict "$verdict" gate ;;
esac

doorbuster report "$run" "${against[@]}"
code=$?
case $code in
  0) ;;
  130) no_verdict 130 report ;;
  *) echo "doorbuster report ended with $code: there is no page; the verdict stands" >&2 ;;
esac
for name in report.html verdict.json; do
  if [ -f "$run/$name" ]; then cp "$run/$name" "$out/"; fi
done

case $verdict in
  0) end PASS 0 notice "everything that the gate requires was measured and is within its limits" ;;
  1) end FAIL 1 error "at least one limit is broken, by more than chance explains" ;;
  3) undecided INCONCLUSIVE 3 "${ON_INCONCLUSIVE:-block}" "something that the gate requires cannot be told" ;;
  *) undecided INVALID 4 "${ON_INVALID:-block}" "this was no rehearsal, so it says nothing about the shop" ;;
esac
