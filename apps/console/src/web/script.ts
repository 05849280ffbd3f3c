import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The one script, under a name that changes with it. The content policy lets a browser run what is at this address, and nothing else. */
export const SCRIPT = readFileSync(new URL('../live.js', import.meta.url), 'utf8');
export const SCRIPT_PATH = `/live-${createHash('sha256').update(SCRIPT).digest('hex').slice(0, 12)}.js`;
