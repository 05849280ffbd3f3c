#!/bin/bash
# Whether a health port of this container answers a path with 200: `rcm-healthy 8081 /readyz`. RCM_HEALTH_PORT goes before the port given. Without a
# program of its own: this is asked every few seconds.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${RCM_HEALTH_PORT:-$1}"
printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
read -r _ status _ <&3
[[ "$status" == 200 ]]
