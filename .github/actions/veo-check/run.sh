#!/usr/bin/env bash
# Runs veo-check with the action's inputs, which are in the environment, and tells what came of it.
# Python runs with -I, or a module of that name in the checkout would be taken for its own.
set -euo pipefail

refuse() {
  echo "::error title=veo-check::$1"
  exit 2
}

# Every line of $1 that is not blank, without the white space around it, into the array `lines`.
lines=()
read_lines() {
  lines=()
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line#"${line%%[![:space:]]*}"}
    line=${line%"${line##*[![:space:]]}"}
    [[ -z $line ]] || lines+=("$line")
  done <<<"$1"
}

python=$RUNNER_TEMP/veo-check/bin/python
[[ -x $python ]] || python=$RUNNER_TEMP/veo-check/Scripts/python.exe
folder=$(mktemp -d "$RUNNER_TEMP/veo-check-report.XXXXXX")
report=$folder/report.json
sarif=$folder/report.sarif

read_lines "$ROUTES"
[[ ${#lines[@]} -gt 0 ]] || refuse "the input 'routes' names no route file"
routes=("${lines[@]}")
case $OFFLINE in true | false) ;; *) refuse "the input 'offline' has to be true or false" ;; esac

# A fork's code gets no key, so the run must need none; and it must not be red for that.
restricted=$FORK_SAFE
case $FORK_SAFE in
true | false) ;;
auto)
  restricted=false
  case $GITHUB_EVENT_NAME in
  pull_request*)
    # an empty name is that of a fork that was deleted since
    [[ ${HEAD_REPOSITORY:-} == "$GITHUB_REPOSITORY" ]] || restricted=true
    [[ ${GITHUB_ACTOR:-} != "dependabot[bot]" ]] || restricted=true
    ;;
  esac
  ;;
*) refuse "the input 'fork-safe' has to be auto, true or false" ;;
esac

read_lines "$KEYS"
for name in ${lines[@]+"${lines[@]}"}; do
  [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || refuse "the input 'keys' has to name variables"
  if [[ -z ${!name:-} && $restricted == false && $OFFLINE == false ]]; then
    if [[ $FORK_SAFE == auto && $GITHUB_EVENT_NAME == pull_request* ]]; then
      restricted=true
    else
      refuse "$name is empty; give the step that secret in its env"
    fi
  fi
done

options=()
if [[ $restricted == true ]]; then
  echo "::notice title=veo-check::Run without keys: offline, red only for what is surely wrong."
  options+=(--offline --checklist pull-request --inconclusive=pass)
else
  [[ -z $CHECKLIST ]] || options+=("--checklist=$CHECKLIST")
  [[ -z $INCONCLUSIVE ]] || options+=("--inconclusive=$INCONCLUSIVE")
  [[ $OFFLINE == false ]] || options+=(--offline)
  read_lines "$ALLOW_HOST"
  for line in ${lines[@]+"${lines[@]}"}; do
    options+=("--allow-host=$line")
  done
  if [[ -n $SPEND ]]; then
    [[ $STATE == /* ]] || refuse "'spend' needs 'state': a folder by its whole path, mounted on the runner"
    [[ -d $STATE ]] || refuse "'state' has to be there already: a folder that is made now is lost with the runner"
    mount=$(findmnt --noheadings --output TARGET --target "$STATE" 2>/dev/null) || mount=/
    here=$(findmnt --noheadings --output TARGET --target "$GITHUB_WORKSPACE" 2>/dev/null) || here=/
    [[ $mount != / && $mount != "$here" ]] ||
      refuse "'state' is on the runner's own disk and lost with it; mount storage that outlives the job"
    options+=("--spend=$SPEND")
  fi
  [[ -z $STATE ]] || options+=("--state=$STATE")
  read_lines "$ARGS"
  options+=(${lines[@]+"${lines[@]}"})
fi
[[ -z $TARGET ]] || options+=("--target=$TARGET")

code=0
"$python" -I -m veo_check run "${options[@]}" \
  -o github -o "json:$report" -o "sarif:$sarif" -o "markdown:$GITHUB_STEP_SUMMARY" \
  -- "${routes[@]}" || code=$?

"$python" -I - "$report" "$sarif" "$code" >>"$GITHUB_OUTPUT" <<'PYTHON'
import json
import os
import sys

report, sarif, code = sys.argv[1:]
tiers = ["none", "research", "staging", "production"]
verdict, tier = "no-report", "none"
try:
    with open(report, encoding="utf-8") as file:
        read = json.load(file)
    if read["verdict"] in ("ready", "not-ready", "inconclusive"):
        verdict = read["verdict"]
    if read["routes"]:
        tier = min((route["tier"] for route in read["routes"]), key=tiers.index)
except (OSError, ValueError, KeyError, TypeError):
    pass
print(f"verdict={verdict}")
print(f"tier={tier}")
print(f"exit-code={code}")
print(f"report={report if os.path.exists(report) else ''}")
print(f"sarif={sarif if os.path.exists(sarif) else ''}")
PYTHON
exit "$code"
