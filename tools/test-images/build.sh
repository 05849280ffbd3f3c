#!/usr/bin/env bash
# Builds stand-ins for the images of the container tests, from Debian packages alone, for places that reach no image registry:
#   rcm-test/postgres:latest     Debian's PostgreSQL behind an entrypoint that honours POSTGRES_*
#   rcm-test/localstack:latest   moto on port 4566; no LocalStack: no init hooks, no persistence, and not as strict
# Needs root, a running Docker and debootstrap. Skips what was built from these very files; `--force` builds anew.
set -euo pipefail
cd "$(dirname "$0")"

suite=trixie
base="rcm-test/debian:$suite"
force=no
[[ "${1:-}" == --force ]] && force=yes

say() { printf 'test-images: %s\n' "$*" >&2; }

# What an image was made from, so that a change here is not hidden by an old image.
source_of() { cat "$1"/* | sha256sum | cut -c1-16; }

present() {
  local name="$1" source="$2"
  [[ $force == no ]] && [[ "$(docker image inspect --format '{{index .Config.Labels "rcm.source"}}' "$name" 2>/dev/null)" == "$source" ]]
}

# The machine's own mirror where its apt already follows the suite; else debootstrap's default.
mirror() {
  apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v suite="$suite" '$1 == suite && $2 ~ /^https?:/ { print $2; exit }'
}

# How this machine's apt reaches its mirrors (proxy, clock checks), for the apt inside the images.
apt_settings() {
  apt-config dump --format '%F "%v";%n' 2>/dev/null |
    grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)\b' | grep -v '""' || true
}

build_base() {
  if present "$base" "$suite"; then return; fi
  say "base system $suite"
  local root
  root="$(mktemp -d "${TMPDIR:-/tmp}/rcm-test-base-XXXXXX")"
  # shellcheck disable=SC2064  # the folder is known now and unset when the trap runs
  trap "rm -rf --one-file-system '$root'" EXIT
  debootstrap --variant=minbase "$suite" "$root" $(mirror) >&2
  apt_settings >"$root/etc/apt/apt.conf.d/90build-machine"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar --create --one-file-system --numeric-owner --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* --directory "$root" . |
    docker import --change "LABEL rcm.source=$suite" - "$base" >/dev/null
  rm -rf --one-file-system "$root"
  trap - EXIT
}

build() {
  local name="$1" folder="$2" source
  source="$(source_of "$folder")"
  if present "$name" "$source"; then
    say "$name is there"
    return
  fi
  build_base
  say "$name"
  local proxies=() variable
  for variable in http_proxy https_proxy no_proxy; do
    [[ -n "${!variable:-}" ]] && proxies+=(--build-arg "$variable=${!variable}")
  done
  # The host's network: whatever way apt has to its mirror here, it has inside the build too.
  docker build --quiet --network=host --build-arg "BASE=$base" --label "rcm.source=$source" "${proxies[@]}" --tag "$name" "$folder" >&2
}

build rcm-test/postgres:latest postgres
build rcm-test/localstack:latest localstack
