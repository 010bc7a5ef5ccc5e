#!/usr/bin/env bash
# From a signal model at a URL to a running app, each step with the command and its time.
# Usage: tests/demo.sh FOLDER_OF_THE_PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/$1:$PATH"

work=$(mktemp -d)
export VEHICLE_EDGE_STATE=$work/state
running=()

clean() {
  code=$?
  for pid in "${running[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  [ "$code" -eq 0 ] || { echo "demo failed, exit code $code"; sed 's/^/  runtime: /' "$work/serve.log" 2>/dev/null | tail -30; }
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

bold='' plain=''
if [ -t 1 ]; then bold=$(tput bold) plain=$(tput sgr0); fi

chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Runs a command, shows it with its output indented and the time it took.
step() {
  local start=$EPOCHREALTIME
  printf '$ %s\n' "${*//"$work"/…}"
  "$@" 2>&1 | sed 's/^/    /'
  printf '    %s(%s s)%s\n' "$bold" "$(seconds "$start")" "$plain"
}

seconds() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

# Shows an app's console for a while.
listen() { echo "$ vehicle-edge logs --follow --tail 1 $2"; timeout --foreground "$1" vehicle-edge logs --follow --tail 1 "$2" | sed 's/^/    /' || true; }

# The line NAME=… of a file that a server writes when it is ready.
wait_for() {
  for _ in $(seq 300); do
    if line=$(grep -m1 -oE "$2" "$1" 2>/dev/null); then echo "$line"; return; fi
    sleep 0.1
  done
  echo "no '$2' in $1" >&2
  return 1
}

chapter "1. A vehicle signal model, served at a URL"
step vssc check vss/VehicleEdge.vspec
mkdir "$work/web"
step vssc export json vss/VehicleEdge.vspec -o "$work/web/vehicle.json"
python3 -u -m http.server --bind 127.0.0.1 --directory "$work/web" 0 >"$work/web.log" 2>&1 &
running+=($!)
port=$(wait_for "$work/web.log" 'port [0-9]+' | cut -d' ' -f2)
url=http://127.0.0.1:$port/vehicle.json

chapter "2. The SDKs and the manifest, generated from that URL"
step vssc generate python "$url" -o "$work/sdk"
step vssc generate rust "$url" -o "$work/stubs"
step vssc generate manifest "$url" -o "$work/sdk"

chapter "3. The runtime: broker, mock signals, API"
start=$EPOCHREALTIME
echo "$ vehicle-edge serve --model $url"
vehicle-edge serve --model "$url" \
  --http-listen 127.0.0.1:0 --grpc-listen 127.0.0.1:0 --health-listen 127.0.0.1:0 \
  >"$work/ready" 2>"$work/serve.log" &
running=($! "${running[@]}")
wait_for "$work/ready" 'ready .*' | sed 's/^/    /'
printf '    %s(%s s)%s\n' "$bold" "$(seconds "$start")" "$plain"
VEHICLE_EDGE_SERVER=$(wait_for "$work/ready" 'http=[^ ]+' | cut -d= -f2)
export VEHICLE_EDGE_SERVER
step vehicle-edge signals get Vehicle.Speed
step vehicle-edge signals set Vehicle.Body.Lights.Beam.Low.IsOn true
step vehicle-edge signals get Vehicle.Body.Lights.Beam.Low.IsOn

chapter "4. An app with pip dependencies: install, run, watch"
step vehicle-edge install --start sdk-python/examples/numpy-stats
listen 3 numpy-stats

chapter "5. An app that is spoken to"
step vehicle-edge install --start sdk-python/examples/light-switch
sleep 0.5
step vehicle-edge send light-switch on
step vehicle-edge send light-switch status
sleep 0.5
step vehicle-edge logs light-switch

chapter "6. Pause, resume, restart"
step vehicle-edge install --start tests/apps/counter
listen 1 counter
step vehicle-edge pause counter
echo "paused: nothing for a second"
listen 1 counter
step vehicle-edge resume counter
listen 1 counter
step vehicle-edge restart counter
step vehicle-edge ps
step vehicle-edge inspect counter

chapter "7. Uninstall"
for app in numpy-stats light-switch counter; do step vehicle-edge uninstall "$app"; done
step vehicle-edge ps

printf '\nThe whole way took %s s.\n' "$SECONDS"
