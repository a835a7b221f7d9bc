#!/usr/bin/env bash
# Sees to what Python's packages cannot bring: tools/need.sh chromium chinese-font java python-venv
# What is missing is installed where that is allowed (root on Debian); else it says how to get it and fails.
set -euo pipefail

have() {
    case $1 in
        chromium)
            command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        chinese-font)
            command -v fc-list && [ -n "$(fc-list ':lang=zh-cn' family)" ] ;;
        java) # 17 or later, for Spark
            java=${JAVA_HOME:+$JAVA_HOME/bin/}java
            version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') && [ "${version:-0}" -ge 17 ] ;;
        cron) # to read crontabs; elsewhere there is none of Debian's
            [ "$(uname)" != Linux ] || command -v crontab ;;
        systemd) # to verify units
            [ "$(uname)" != Linux ] || command -v systemd-analyze ;;
        python-venv)
            python3 -c 'import ensurepip, venv' ;;
    esac >/dev/null 2>&1
}

debian_packages() {
    case $1 in
        chromium) echo chromium ;;
        chinese-font) echo fontconfig fonts-noto-cjk ;;
        java) echo default-jre-headless ;;
        cron) echo cron ;;
        systemd) echo systemd ;;
        python-venv) echo python3-venv ;;
        *) echo "need.sh knows no '$1'" >&2; return 2 ;;
    esac
}

missing=() packages=()
for thing in "$@"; do
    wanted=$(debian_packages "$thing")
    if ! have "$thing"; then
        missing+=("$thing")
        read -ra names <<<"$wanted"
        packages+=("${names[@]}")
    fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}." >&2
    echo "Debian and Ubuntu: sudo apt-get install ${packages[*]}" >&2
    echo "macOS: brew install --cask chromium font-noto-sans-cjk temurin" >&2
    exit 1
fi
echo "Installing ${packages[*]} (once) ..." >&2
log=$(mktemp)
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"; } \
    >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install ${packages[*]}: see above, or $log" >&2
    exit 1
fi
rm -f "$log"
