#!/bin/sh
# Makes /image: this file system as an image keeps it. Without what two builds from the same packages do not have alike, what names the machine that builds, and any
# setuid bit; and with the same time on every file, so that a layer whose files are the same has the same digest.
set -eu
mkdir /image
tar --create --one-file-system --directory=/ --exclude=./image --exclude=./apps --exclude=./usr/local/bin/settle.sh . | tar --extract --directory=/image
cd /image
for folder in var/cache var/log var/lib/apt/lists var/tmp tmp run proc sys dev; do find "$folder" -mindepth 1 -delete; done
rm -rf etc/apt/apt.conf.d/*build-machine etc/apt/sources.list etc/apt/sources.list.d
rm -f etc/resolv.conf etc/hosts etc/hostname etc/machine-id etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/.pwd.lock var/lib/dpkg/*-old
# Nobody reads manuals in a container, and its language is C; what a package's licence says stays.
rm -rf usr/share/man usr/share/info usr/share/locale usr/share/lintian
find usr/share/doc -type f -not -name copyright -delete
# Drawing by a graphics card: the browser is told not to (--disable-gpu), and this is a third of the image.
rm -f usr/lib/*/libLLVM* usr/lib/*/libz3.so* usr/lib/*/libgallium* usr/lib/chromium/libVkLayer*
find . -type f -perm /6000 -exec chmod ug-s {} +
# Where the apps are put, so that their layers need not say what the folders are like.
mkdir -p opt/rcm
find . -newermt '@1' -exec touch --no-dereference --date='@1' {} +
