#!/usr/bin/env bash
# Makes a virtual environment from the lock file: tools/venv.sh FOLDER LOCKFILE
# PYTHON=... names the interpreter; left out, the first that is 3.11 or later.
set -euo pipefail
folder=$1 lock=$2

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        # A name on the PATH may still be a shim of nothing, so each is run.
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or later is needed and was not found${PYTHON:+ as '$PYTHON'}." >&2
    echo "Install it (Debian: apt-get install python3 python3-venv; conda: conda env create -f environment.yml)" >&2
    echo "or name it: make PYTHON=/path/to/python3.12 ..." >&2
    return 1
}

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$(dirname "$0")/need.sh" python-venv
fi
echo "Setting up $folder (once; about a minute) ..." >&2
rm -rf "$folder"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install -qq --no-input --disable-pip-version-check --require-hashes --requirement "$lock"
