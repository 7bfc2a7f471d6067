#!/bin/sh
# Installs what the tests need from Debian and what is missing: Chromium, PostgreSQL's server, Pango, a Chinese font. As root it does;
# otherwise it says plainly what is missing and which tests are left out for it. Never fails: the tests say the same again.
set -u

missing=""
has_browser() {
    command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1
}
has_browser || missing="$missing chromium-headless-shell"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
ls /usr/share/fonts/*/*/*CJK* >/dev/null 2>&1 || fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk"
ls /usr/lib/*/libpangoft2-1.0.so.0 >/dev/null 2>&1 || missing="$missing libpangoft2-1.0-0"
ls /usr/lib/*/libharfbuzz-subset.so.0 >/dev/null 2>&1 || missing="$missing libharfbuzz-subset0"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing from Debian:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # the name is younger than some releases: there the whole browser does
    if apt-get update -qq && { apt-cache show chromium-headless-shell >/dev/null 2>&1 || missing=$(echo "$missing" | sed s/-headless-shell//); } &&
        apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
    echo "apt-get could not install:$missing"
fi
for package in $missing; do
    case $package in
        chromium-headless-shell) echo "No Chromium: browser tests are left out." ;;
        postgresql) echo "No PostgreSQL: every test runs on SQLite only." ;;
        libpangoft2-1.0-0 | libharfbuzz-subset0) echo "No Pango ($package): records cannot be made into PDF files, and the test of it fails." ;;
        fonts-noto-cjk) echo "No Chinese font: pages in screenshots show boxes instead of characters." ;;
    esac
done
echo "To install as root: apt-get install$missing"
