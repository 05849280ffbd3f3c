import { Transform } from 'node:stream';
import { tunnelUse } from './client-hello.ts';
import type { Passage } from './passage.ts';
import type { Destination } from './session-addresses.ts';

/**
 * What a browser sends into a tunnel, on its way to the portal. Requests have passed the request gate already. What a socket sends passes
 * here, whoever opened it: a page, a frame, a worker, a worker of a worker; only the proxy sees them all. Its opening and its
 * messages wait while the passage is held; where the passage is closed the stream fails, and nothing of them leaves. To a host that may not receive what is
 * typed there is no socket: nobody could look into it.
 */
export function createValve(passage: Passage, { receives }: Pick<Destination, 'receives'>): Transform {
  let use: ReturnType<typeof tunnelUse> = null;
  let first: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = use === null ? Buffer.concat([first, chunk]) : chunk;
      use ??= tunnelUse(bytes);
      if (use === 'requests') return void done(null, bytes);
      if (use === null) {
        first = bytes;
        return void done();
      }
      if (!receives) return void done(new Error('no socket to this host'));
      passage.pass().then((may) => (may ? done(null, bytes) : done(new Error('closed'))), done);
    },
  });
}
