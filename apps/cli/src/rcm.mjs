#!/usr/bin/env -S node --disable-sigusr1
// Node 24 or later; `npm run rcm` finds one where this machine's own is older.
await import('./main.ts');
