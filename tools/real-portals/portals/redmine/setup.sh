#!/usr/bin/env bash
# Makes a folder from which start.sh runs, below CACHE, and prints its path: a tree of Debian's Redmine with its own
# configuration and an sqlite database with the schema, Redmine's default data and the accounts of portal.json. It is kept
# until the package or one of these files changes. Needs the Debian packages redmine, redmine-sqlite and puma: --install installs
# them (as root), else exit code 3 says that they are missing.
#   setup.sh [--install] CACHE
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
source_tree=/usr/share/redmine

install_packages() {
  if [[ -f "$source_tree/config.ru" ]] && command -v puma >/dev/null; then return; fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # Debian's own instance is not used: no database of it is wanted.
  echo 'redmine redmine/instances/default/dbconfig-install boolean false' | debconf-set-selections
  apt-get install -y -qq --no-install-recommends redmine redmine-sqlite puma
}

if [[ "${1:-}" == --install ]]; then
  install_packages >&2
  shift
fi
cache="${1:?setup.sh [--install] CACHE}"
if [[ ! -f "$source_tree/config.ru" ]]; then
  echo 'Redmine is not installed: apt-get install redmine redmine-sqlite puma' >&2
  exit 3
fi

stamp="$(cat "$here"/setup.sh "$here"/seed.rb "$here"/portal.json <(dpkg-query -W redmine) | sha256sum | cut -c1-16)"
mkdir -p "$cache"
folder="$(cd "$cache" && pwd)/$stamp"
if [[ -d "$folder" ]]; then
  echo "$folder"
  exit 0
fi

# Made beside the folder and moved into place whole: a set-up that was killed leaves nothing that looks finished.
work="$(mktemp -d "$(cd "$cache" && pwd)/making-XXXXXX")"
trap 'rm -rf "$work"' EXIT
tree="$work/tree"
instance="$tree/instances/practice"
mkdir -p "$instance"/{config,log,tmp,files,plugins,public/assets} "$tree/plugins"
# Rails takes the folder of config/application.rb for its root, and code that is reached by two paths would be loaded twice: all is copied (15 MB).
for name in app config lib db extra public bin templates config.ru Rakefile Gemfile.lock; do
  if [[ -e "$source_tree/$name" ]]; then cp -rL "$source_tree/$name" "$tree/$name"; fi
done
# Debian's Gemfile looks into its own instances for the database in use; here it must look into this tree.
sed "s#/usr/share/redmine#.#" "$source_tree/Gemfile" >"$tree/Gemfile"
printf 'production:\n  adapter: sqlite3\n  database: <%%= ENV.fetch("PORTAL_DATA") %%>/redmine.sqlite3\n  timeout: 15000\n' >"$instance/config/database.yml"
cp "$instance/config/database.yml" "$tree/config/database.yml"
head -c 48 /dev/urandom | base64 -w0 >"$instance/config/secret_key.txt"

cd "$tree"
export REDMINE_INSTANCE=practice RAILS_ENV=production PORTAL_DATA="$work" REDMINE_LANG=en
{ rake -s db:migrate && bin/rails runner "$here/seed.rb" "$here/portal.json" && rake -s assets:precompile; } >"$work/setup.log" 2>&1 || {
  tail -30 "$work/setup.log" >&2
  exit 1
}
# Two set-ups at the same time make the same: the second is dropped.
mv -T "$work" "$folder" 2>/dev/null || [[ -d "$folder" ]]
echo "$folder"
