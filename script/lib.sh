# Shared by every script here: `source` it first. It enters the repository's root and offers what follows.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
ROOT=$PWD
JOBS=${JOBS:-$(nproc)}
export ROOT JOBS

# A Node of our own (script/bootstrap puts it there when the system's is too old) goes first.
if [[ -x $ROOT/var/node/node_modules/.bin/node ]]; then
  PATH=$ROOT/var/node/node_modules/.bin:$PATH
fi
# Debian keeps the PostgreSQL server's programs off the path.
PATH=$PATH:/usr/sbin:/usr/lib/postgresql/15/bin

say() { printf '[%(%H:%M:%S)T] %s\n' -1 "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# The comment at the top of the calling script is its help.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# build PRESET [TARGET...]: configures where needed and builds; without a target, everything.
# Quiet when all goes well, so that the output of what follows stands out.
build() {
  local preset=$1 log
  shift
  log=$ROOT/build/$preset/build.log
  mkdir -p "$ROOT/build/$preset"
  say "building $preset ${*:-(all)}; log in ${log#"$ROOT"/}"
  if ! { cmake --preset "$preset" && ninja -C "build/$preset" -j "$JOBS" "$@"; } >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    die "the $preset build failed"
  fi
}

# wait_for SECONDS COMMAND...: true as soon as the command is, false when the time is over.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
