#!/bin/sh
# What a container of graft runs: variables become flags, secrets come from files, and graft takes this process's place, so
# that it hears the container's signals itself. README.md beside this file lists the variables.
#
#   start.sh serve [FLAG…]     start.sh worker [FLAG…]     start.sh password FILE     start.sh COMMAND… (any other of graft)
set -euf

here=$(dirname "$0")

fail() {
  printf 'graft: %s\n' "$1" >&2
  exit 2
}

# value NAME: what a variable holds; "" for one that is not set.
value() {
  eval "printf '%s' \"\${$1:-}\""
}

# secret NAME: where NAME is not set, NAME_FILE may name a file that holds it. It becomes a variable of this process alone:
# a command line can be read by everybody on the machine.
secret() {
  secret_file=$(value "$1_FILE")
  if [ -z "$secret_file" ]; then return 0; fi
  if [ -n "$(value "$1")" ]; then fail "$1 and $1_FILE are both set. Leave one of them out."; fi
  if [ ! -r "$secret_file" ]; then
    fail "$1_FILE: $secret_file cannot be read. Name a file that user $(id -u) can read, or leave it out."
  fi
  secret_text=$(cat "$secret_file")
  if [ -z "$secret_text" ]; then fail "$1_FILE: $secret_file is empty. Write the secret into it."; fi
  export "$1=$secret_text"
}

# is_on NAME: true for 1, true, yes, on; false for 0, false, no, off and nothing.
is_on() {
  case "$(value "$1")" in
    1 | true | yes | on) return 0 ;;
    '' | 0 | false | no | off) return 1 ;;
    *) fail "$1: received $(value "$1"). Expected: 1 or 0." ;;
  esac
}

# seconds NAME DEFAULT
seconds() {
  seconds_text=$(value "$1")
  case "${seconds_text:-$2}" in
    *[!0-9]*) fail "$1: received $seconds_text. Expected: a whole number of seconds." ;;
    *) printf '%s' "${seconds_text:-$2}" ;;
  esac
}

# words NAME: a list's entries, which spaces or commas part.
words() {
  value "$1" | tr ',' ' '
}

serve() {
  bind=${GRAFT_BIND:-0.0.0.0}
  flags_of_door=
  if is_on GRAFT_LAN; then flags_of_door="$flags_of_door --lan"; fi
  if is_on GRAFT_INSECURE; then flags_of_door="$flags_of_door --insecure"; fi
  if [ -z "$flags_of_door${GRAFT_TLS_CERT:-}${GRAFT_TLS_KEY:-}" ]; then
    case "$bind" in
      127.* | ::1 | localhost) ;;
      *) fail "Others would reach this server without encryption. Set GRAFT_TLS_CERT and GRAFT_TLS_KEY to files of a certificate and its key (PEM), or GRAFT_INSECURE=1 where a proxy that encrypts, or this machine alone, reaches it." ;;
    esac
  fi
  # shellcheck disable=SC2086 # two flags without values
  set -- $flags_of_door "$@"
  for name in $(words GRAFT_HOST_NAMES); do set -- --host-name "$name" "$@"; done
  for origin in $(words GRAFT_ALLOW_ORIGINS); do set -- --allow-origin "$origin" "$@"; done
  if [ -n "${GRAFT_TLS_CERT:-}" ]; then set -- --tls-cert "$GRAFT_TLS_CERT" "$@"; fi
  if [ -n "${GRAFT_TLS_KEY:-}" ]; then set -- --tls-key "$GRAFT_TLS_KEY" "$@"; fi
  if [ -n "${GRAFT_WORKERS:-}" ]; then set -- --workers "$GRAFT_WORKERS" "$@"; fi
  if [ -n "${GRAFT_WORKER_TOKEN_FILE:-}" ]; then set -- --worker-token "$GRAFT_WORKER_TOKEN_FILE" "$@"; fi
  if [ -n "${GRAFT_TRUST_PROXY:-}" ]; then set -- --trust-proxy "$GRAFT_TRUST_PROXY" "$@"; fi
  if [ -n "${GRAFT_BLOBS:-}" ]; then set -- --blobs "$GRAFT_BLOBS" "$@"; fi
  if [ -n "${GRAFT_LOG_LEVEL:-}" ]; then set -- --log-level "$GRAFT_LOG_LEVEL" "$@"; fi
  for each in DATABASE_URL PGPASSWORD AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; do secret "$each"; done
  wait_seconds=$(seconds GRAFT_DATABASE_WAIT 60)
  if [ -n "${DATABASE_URL:-}" ]; then node "$here/wait-for-database.mjs" "$wait_seconds"; fi
  exec graft serve --bind "$bind" --port "${GRAFT_PORT:-4700}" "$@"
}

worker() {
  if [ -z "${GRAFT_SERVER:-}" ]; then
    fail "GRAFT_SERVER is not set. Set it to the server's address, such as http://server:4700."
  fi
  if [ -z "${GRAFT_TOKEN:-}${GRAFT_TOKEN_FILE:-}" ]; then
    fail "GRAFT_TOKEN_FILE is not set. Set it to a file with a token of the role worker, such as the server's GRAFT_WORKER_TOKEN_FILE."
  fi
  # the server makes it at its first start
  left=$(seconds GRAFT_TOKEN_WAIT 60)
  while [ -n "${GRAFT_TOKEN_FILE:-}" ] && [ ! -s "$GRAFT_TOKEN_FILE" ]; do
    if [ "$left" -le 0 ]; then
      fail "GRAFT_TOKEN_FILE: there is no token in $GRAFT_TOKEN_FILE. Set the server's GRAFT_WORKER_TOKEN_FILE to the same file, and start the server."
    fi
    left=$((left - 1))
    sleep 1
  done
  secret GRAFT_TOKEN
  if [ -n "${GRAFT_WORKER_NAME:-}" ]; then set -- --name "$GRAFT_WORKER_NAME" "$@"; fi
  if [ -n "${GRAFT_THREADS:-}" ]; then set -- --threads "$GRAFT_THREADS" "$@"; fi
  if [ -n "${GRAFT_CA:-}" ]; then set -- --ca "$GRAFT_CA" "$@"; fi
  exec graft worker "$@"
}

# password FILE: makes one, where there is none yet, that its owner alone can read.
password() {
  if [ "$#" -ne 1 ]; then fail "password: name the file that is to hold it."; fi
  if [ -s "$1" ]; then return 0; fi
  umask 077
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$1.new"
  mv "$1.new" "$1"
}

if [ "$#" -eq 0 ]; then set -- serve; fi
command=$1
case "$command" in
  serve | worker | password)
    shift
    "$command" "$@"
    ;;
  *) exec graft "$@" ;;
esac
