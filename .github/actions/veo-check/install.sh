#!/usr/bin/env bash
# Installs veo-check into an environment of its own; the job's Python stays as it was. Python runs
# with -I, or a module of that name in the checkout would be taken for its own.
set -euo pipefail

wanted=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
if [[ -n ${VERSION:-} ]]; then
  if [[ ! $VERSION =~ ^[0-9][0-9A-Za-z.+-]*$ ]]; then
    echo "::error title=veo-check::the input 'version' has to be a version such as 0.1.0"
    exit 2
  fi
  wanted=veo-check==$VERSION
fi
"${PYTHON:-python3}" -I -m venv "$RUNNER_TEMP/veo-check"
python=$RUNNER_TEMP/veo-check/bin/python
[[ -x $python ]] || python=$RUNNER_TEMP/veo-check/Scripts/python.exe
"$python" -I -m pip install -q --disable-pip-version-check "$wanted"
