# Sourced: lets programs find what setup.sh unpacked below $tree, before what the machine has. Scripts are run by name of their interpreter, which
# may have been unpacked, too.
lib="usr/lib/$(uname -m)-linux-gnu"
export PATH="$tree/usr/sbin:$tree/usr/bin:$PATH"
export LD_LIBRARY_PATH="$tree/$lib"
export PYTHONPATH="$tree/usr/lib/python3/dist-packages"
PERL5LIB="$tree/usr/share/perl5:$(printf '%s:' "$tree/$lib"/perl5/* "$tree/$lib"/perl/* "$tree"/usr/share/perl/*)"
export PERL5LIB
