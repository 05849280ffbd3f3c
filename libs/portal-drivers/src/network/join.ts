import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import type { Passage } from './passage.ts';
import type { TunnelRecords } from './tunnel-records.ts';
import type { Tunnel } from './tunnels.ts';
import { createValve } from './valve.ts';

/** Joins the browser's end of a tunnel to the portal's; gives the valve between. */
export function join(
  { browser, destination }: Pick<Tunnel, 'browser' | 'destination'>,
  portal: Socket,
  { passage, records }: { readonly passage: Passage; readonly records: TunnelRecords },
): Transform {
  const valve = createValve(passage, destination, records);
  valve.on('error', () => browser.destroy());
  // What was lost with one end is known before the browser hears of it.
  for (const end of [portal, browser]) for (const event of ['end', 'close']) end.once(event, () => records.gone());
  portal.on('data', ({ length }: Buffer) => records.noteAnswer(length));
  browser.pipe(valve).pipe(portal).pipe(browser);
  return valve;
}
