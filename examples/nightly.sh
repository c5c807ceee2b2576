#!/usr/bin/env bash
# Loads what is new, checks the warehouse, and writes the report. For cron, once a night:
#
#   SHELL=/bin/bash
#   PATH=/srv/sparkify/.venv/bin:/usr/bin:/bin
#   15 3 * * *  cd /srv/sparkify && ALERT='mail -s sparkify ops@example.com' ./nightly.sh > nightly.log
#
# It stops at the first command that fails, and exits with that command's code, which says who has to act:
#
#   3  the configuration       somebody who may change dwh.cfg or the environment; `sparkify-dwh doctor` says what
#   4  the connection          nobody yet: tried again below; then whoever looks after the cluster and the network
#   5  the migrations          somebody who deploys: sparkify-dwh upgrade
#   6  S3                      nobody yet: tried again below; then whoever delivers the files, or gives rights to them
#   7  the load                whoever writes the files: the message names file, line and column
#   8  a check                 a data engineer: of a load, all was rolled back; the message names the rows
#  10  AWS                     nobody yet: AWS cannot be reached, or throttles; tried again below; then whoever gives rights
#
# Other codes are alerts too. Whatever fails, the warehouse is as it was before, and the next night loads what is missing: a
# night may be left out, and this may be run twice, or by two at once, for loads wait for one another. What can be cured at
# once (conflicts with other transactions, a connection lost in between) `load` itself has tried again by then.
#
# It asks the environment for TRIES (3), REST_SECONDS between the first two (300, then doubled), REPORTS, the folder of the
# reports (./reports), and ALERT, a command that reads a message (without one it goes to standard error, which cron mails).
set -uo pipefail

tries=${TRIES:-3}
rest_seconds=${REST_SECONDS:-300}
reports=${REPORTS:-reports}

said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Run a command; again, where another try can help. What it says goes to standard output.
patiently() {
    local try code
    for ((try = 1; ; try++)); do
        "$@" 2>&1 | tee "$said"
        code=${PIPESTATUS[0]}
        if [[ ! $code =~ ^(4|6|10)$ ]] || ((try >= tries)); then
            return "$code"
        fi
        sleep $((rest_seconds * 2 ** (try - 1)))
    done
}

alert() {
    {
        printf '%s failed on %s with exit code %s:\n' "$2" "$(uname -n)" "$1"
        tail -n 20 "$said"
    } | if [[ -n ${ALERT:-} ]]; then bash -c "$ALERT"; else cat >&2; fi
}

nightly() {
    patiently "$@" && return
    local code=$?
    alert "$code" "$*"
    exit "$code"
}

mkdir -p "$reports" || exit

nightly sparkify-dwh load --wait 7200
nightly sparkify-dwh check
nightly sparkify-dwh report -o "$reports/$(date -u +%F).html"
