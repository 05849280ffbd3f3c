#!/bin/sh
# Becomes the browser under another user, for a platform that runs as root: the browser then keeps its sandbox, and can read nothing of
# the platform's memory, files or environment. Playwright starts this in the browser's place, with its arguments and its open pipes.
set -eu
user="$RCM_AS_USER" program="$RCM_AS_PROGRAM" home=''
unset RCM_AS_USER RCM_AS_PROGRAM
for argument; do
  case "$argument" in --user-data-dir=/*) home="${argument#--user-data-dir=}" ;; esac
done
[ -d "$home" ] || { echo 'the browser has no folder of its own' >&2; exit 1; }
chown -R -- "$user" "$home"
export HOME="$home" TMPDIR="$home"
cd /
exec setpriv --reuid="$user" --regid="$(id -g -- "$user")" --init-groups --inh-caps=-all -- "$program" "$@"
