#!/usr/bin/env bash
# Judges the ids of video models in the working folder, with the action's inputs from the
# environment. Python runs with -I, or a module of that name in the checkout would be taken.
set -euo pipefail

paths=()
while IFS= read -r line || [[ -n $line ]]; do
  line=${line#"${line%%[![:space:]]*}"}
  line=${line%"${line##*[![:space:]]}"}
  [[ -z $line ]] || paths+=("$line")
done <<<"$PATHS"
if [[ ${#paths[@]} -eq 0 ]]; then
  echo "::error title=veo-check::the input 'paths' names nothing to scan"
  exit 2
fi

python=$RUNNER_TEMP/veo-check/bin/python
[[ -x $python ]] || python=$RUNNER_TEMP/veo-check/Scripts/python.exe
folder=$(mktemp -d "$RUNNER_TEMP/veo-check-scan.XXXXXX")
code=0
"$python" -I -m veo_check scan -o github -o "text:$folder/scan.txt" -o "sarif:$folder/scan.sarif" \
  "--within=$WITHIN" ${BASELINE:+"--baseline=$BASELINE"} -- "${paths[@]}" || code=$?

{
  echo "exit-code=$code"
  if [[ -f $folder/scan.sarif ]]; then echo "sarif=$folder/scan.sarif"; else echo "sarif="; fi
} >>"$GITHUB_OUTPUT"
if [[ -f $folder/scan.txt ]]; then
  {
    printf '## Ids of video models\n\n'
    sed 's/^/    /' "$folder/scan.txt" # indented, it is code that no file's name can end
  } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
