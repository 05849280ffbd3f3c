import { Transform } from 'node:stream';
import { setImmediate as dueEvents } from 'node:timers/promises';
import { tunnelUse } from './client-hello.ts';
import type { Passage } from './passage.ts';
import type { Destination } from './session-addresses.ts';
import type { TunnelRecords } from './tunnel-records.ts';

/**
 * What a browser sends into a tunnel, on its way to the portal. Requests have passed the request gate already. What a socket sends passes
 * here, whoever opened it: a page, a frame, a worker, a worker of a worker; only the proxy sees them all. Its opening and its
 * messages wait while the passage is held; where the passage is closed the stream fails, and nothing of them leaves. To a host that may not receive what is
 * typed there is no socket: nobody could look into it.
 *
 * Over HTTP/2 a socket is part of a tunnel for requests (RFC 8441), and cannot be told from them. The request gate sees those of pages; once a session has a
 * worker, all that leaves by such a tunnel passes as if it were a socket's. The valve says `held` where it has to wait.
 *
 * A request that was let out may still wait for its tunnel's handshake when a machine is put to sleep: where the passage is closed, nothing of it leaves. Nor
 * does what has no answer yet once more, which `records` knows.
 */
export function createValve(passage: Passage, { receives }: Pick<Destination, 'receives'>, records: Pick<TunnelRecords, 'pass'>): Transform {
  let use: ReturnType<typeof tunnelUse> = null;
  let first: Buffer = Buffer.alloc(0);
  const valve = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = use === null ? Buffer.concat([first, chunk]) : chunk;
      use ??= tunnelUse(bytes);
      if (use === null) {
        first = bytes;
        return void done();
      }
      if (use === 'socket' && !receives) return void done(new Error('no socket to this host'));
      const passing = use === 'socket' ? passage.pass() : passRequests(bytes);
      passing.then((may) => (may ? done(null, bytes) : done(new Error('closed'))), done);
    },
  });
  const passRequests = async (bytes: Buffer): Promise<boolean> => {
    // A new worker, and a redirect, do nothing before Playwright has heard of them, but Playwright tells of them an event later.
    if (passage.typed || passage.state !== 'open') await dueEvents();
    if (!(await records.pass(bytes, () => valve.destroyed || passage.state === 'closed'))) return false;
    if (!passage.hadWorker) return passage.state !== 'closed';
    if (passage.state === 'held') valve.emit('held');
    return passage.pass();
  };
  return valve;
}
