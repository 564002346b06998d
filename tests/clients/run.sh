#!/usr/bin/env bash
# Clients that nobody here wrote walk through the mock server, started as a program, and through the real server where
# PARSE_SERVER_URL names one (tests/parse-server/up.sh starts it; PARSE_APP_ID, PARSE_REST_KEY, PARSE_JAVASCRIPT_KEY,
# PARSE_MASTER_KEY). Needs cargo, Node.js with npm, and Python 3; without pip also apt-get. What npm and pip bring is
# kept in CLIENTS_DIR, a cache folder by default. Arguments choose subjects of both: objects queries users ..
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")")
DIR=${CLIENTS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/parse-orm-clients}
mkdir -p "$DIR/javascript" "$DIR/python"

cp "$HERE"/javascript/*.mjs "$HERE/javascript/package.json" "$DIR/javascript/"
if ! cmp -s "$HERE/javascript/package-lock.json" "$DIR/javascript/package-lock.json"; then
  cp "$HERE/javascript/package-lock.json" "$DIR/javascript/new.json"
  mv "$DIR/javascript/new.json" "$DIR/javascript/package-lock.json"
  (cd "$DIR/javascript" && npm ci --no-audit --no-fund --ignore-scripts --silent) || { rm "$DIR/javascript/package-lock.json"; exit 1; }
fi
if ! cmp -s "$HERE/python/requirements.txt" "$DIR/python/requirements.txt"; then
  python3 -m pip --version >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-pip >/dev/null; }
  rm -rf "$DIR/python"
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install -q --disable-pip-version-check --target "$DIR/python" -r "$HERE/python/requirements.txt"
  cp "$HERE/python/requirements.txt" "$DIR/python/"
fi

# both walk at the same time; what they say is shown one behind the other
walk() {
  local said; said=$(mktemp) rc=0
  PYTHONPATH=$DIR/python PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/python/walk.py" "$@" >"$said" 2>&1 & local python=$!
  (cd "$DIR/javascript" && node walk.mjs "$@") || rc=1
  wait "$python" || rc=1
  cat "$said"; rm "$said"
  return "$rc"
}

FAILED=0
URL=$(mktemp)
cargo build -q --manifest-path "$HERE/../../Cargo.toml" -p parse-orm-mock
cargo run -q --manifest-path "$HERE/../../Cargo.toml" -p parse-orm-mock -- --port 0 --app-id walk --rest-key walkRest \
  --javascript-key walkJs --master-key walkMaster --webhook-key walkHook --functions all --jobs all --auth fakeauth \
  --idempotency '.*' >"$URL" &
MOCK=$!
trap 'kill $MOCK 2>/dev/null || true; rm -f "$URL"' EXIT
for _ in $(seq 1 600); do [ -s "$URL" ] && break; sleep 0.05; done
[ -s "$URL" ] || { echo "the mock server did not start"; exit 1; }
echo "== the mock server"
PARSE_SERVER_URL=$(cat "$URL") PARSE_APP_ID=walk PARSE_REST_KEY=walkRest PARSE_JAVASCRIPT_KEY=walkJs PARSE_MASTER_KEY=walkMaster \
  PARSE_WEBHOOK_KEY=walkHook PARSE_DATABASE=mongo walk "$@" || FAILED=1

if [ -n "${PARSE_SERVER_URL:-}" ]; then
  echo "== the server at $PARSE_SERVER_URL"
  PARSE_DATABASE=${PARSE_DATABASE:-postgres} walk "$@" || FAILED=1
fi
exit "$FAILED"
