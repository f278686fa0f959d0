#!/usr/bin/env bash
# Installs what the tests run against: npm packages by lock file, and a browser. Fails loudly; nothing is skipped.
set -euo pipefail
cd "$(dirname "$0")"

npm ci --ignore-scripts --no-audit --no-fund

need() { command -v "$1" >/dev/null 2>&1; }
packages=()
need chromium || packages+=(chromium)
need java || packages+=(default-jre-headless)
need unshare || packages+=(util-linux)
need ip || packages+=(iproute2)
if ((${#packages[@]})); then
  sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi
