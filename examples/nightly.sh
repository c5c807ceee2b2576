#!/usr/bin/env bash
# Loads what is new, checks the warehouse, and writes the report. For cron, once a night:
#
#   SHELL=/bin/bash
#   PATH=/srv/sparkify/.venv/bin:/usr/bin:/bin
#   15 3 * * *  cd /srv/sparkify && ALERT='mail -s sparkify ops@example.com' ./nightly.sh > nightly.log
#
# It stops at the first command that fails, and exits with that command's code, which says who has to act:
#
#   3  configuration   the owner of dwh.cfg or the environment; `sparkify-dwh doctor` shows what to change
#   4  connection      retried below, also when it was lost; then the administrator of the cluster and the network
#   5  migrations      whoever deploys: sparkify-dwh upgrade
#   6  S3              retried below; then whoever delivers the files or grants access to them
#   7  load            the producer of the files: the message names file, line and column
#   8  check           a data engineer: the message names the rows (after `load`, it was rolled back); or the producer of the
#                      files, when the newest play is older than MAX_AGE, because loads succeed although nothing new arrives
#  10  AWS             retried below (unreachable or throttled); then whoever grants permissions
#
# Other codes alert too. A failure leaves the warehouse as it was, and the next night loads what is missing. Nights may be
# skipped, and runs may overlap, because loads wait for one another. `load` itself retries transient errors (conflicts with
# other transactions, lost connections).
#
# Environment: MAX_AGE, how old the newest play may be (36h), TRIES (3), REST_SECONDS before the first retry (300, then
# doubled), REPORTS, the folder of the reports (./reports), and ALERT, a command that reads the message on standard input
# (default: standard error, which cron mails).
set -uo pipefail

tries=${TRIES:-3}
rest_seconds=${REST_SECONDS:-300}
reports=${REPORTS:-reports}
max_age=${MAX_AGE:-36h}

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# Run a command, and retry it after errors that may pass. Its output goes to standard output.
with_retries() {
    local try code
    for ((try = 1; ; try++)); do
        "$@" 2>&1 | tee "$output"
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
        tail -n 20 "$output"
    } | if [[ -n ${ALERT:-} ]]; then bash -c "$ALERT"; else cat >&2; fi
}

nightly() {
    with_retries "$@" && return
    local code=$?
    alert "$code" "$*"
    exit "$code"
}

mkdir -p "$reports" || exit

nightly sparkify-dwh load --wait 7200
nightly sparkify-dwh check --max-age "$max_age"
nightly sparkify-dwh report -o "$reports/$(date -u +%F).html"
