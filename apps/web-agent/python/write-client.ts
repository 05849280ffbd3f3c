import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedInPython } from './described.ts';

const CLIENT = join(import.meta.dirname, 'rcm_tasks.py');
const BEGIN = '# --- from the API’s description, by `npm run python-client --workspace @rcm/web-agent`: begin ---\n';
const END = '\n# --- end ---\n';

/** The client as it should be, with what it has from the description brought up to date. */
export function clientUpToDate(client: string): string {
  const [begin, end] = [client.indexOf(BEGIN), client.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('rcm_tasks.py has lost the lines between which the description stands');
  return `${client.slice(0, begin)}${BEGIN}${describedInPython()}${client.slice(end)}`;
}

if (import.meta.main) writeFileSync(CLIENT, clientUpToDate(readFileSync(CLIENT, 'utf8')));
