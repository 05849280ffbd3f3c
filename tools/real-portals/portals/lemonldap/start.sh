#!/usr/bin/env bash
# Serves the folder that setup.sh made: the application on 127.0.0.1:PORT, the sign-in portal on 127.0.0.1:IDP_PORT, with everything they
# change in DATA. Whoever ends this process ends nginx, the portal's FastCGI server and Trac with it.
#   start.sh FOLDER PORT DATA IDP_PORT
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
usage='start.sh FOLDER PORT DATA IDP_PORT'
folder="${1:?$usage}" port="${2:?$usage}" data="${3:?$usage}" idp_port="${4:?$usage}"
tree="$folder/tree"
# shellcheck source=paths.sh
source "$here/paths.sh"
if [[ ! -d "$data/conf" ]]; then cp -r "$folder/data/." "$data/"; fi
mkdir -p "$data/tmp"
key="$(head -c 24 /dev/urandom | base64 -w0)"
for name in lemonldap-ng.ini lmConf-1.json nginx.conf; do
  target="$data/$name"
  if [[ "$name" == lmConf-1.json ]]; then target="$data/conf/$name"; fi
  sed -e "s#@DATA@#$data#g" -e "s#@TREE@#$tree#g" -e "s#@PORT@#$port#g" -e "s#@IDP_PORT@#$idp_port#g" -e "s#@KEY@#$key#g" "$here/$name" >"$target"
done
export LLNG_DEFAULTCONFFILE="$data/lemonldap-ng.ini" LLNG_DEFAULTLOGGER=Lemonldap::NG::Common::Logger::Std TRAC_ENV="$data/trac"

# Each dies with this process, also where that is killed.
children=()
child() {
  setpriv --pdeathsig TERM "$@" &
  children+=($!)
}
stop() {
  kill "${children[@]}" 2>/dev/null || true
  wait "${children[@]}" 2>/dev/null || true
}
trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
child perl "$tree/usr/bin/plackup" -s FCGI -E deployment --no-default-middleware --nproc 2 --listen "$data/portal.sock" "$tree/usr/share/lemonldap-ng/llng-server/llng-server.psgi"
child python3 "$here/application.py" "$data/application.sock"
child nginx -p "$data" -c "$data/nginx.conf" -e stderr
# The first that ends, ends all.
wait -n "${children[@]}"
