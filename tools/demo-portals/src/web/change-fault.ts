import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { HTTPException } from 'hono/http-exception';
import type { ChangeFault } from '../records/faults.ts';
import type { PortalContext } from './portal-app.ts';

/** Fails the answer to a password change as the fault says: an error page, or a connection cut without a byte of answer. */
export function failChange(c: PortalContext, fault: ChangeFault): Response {
  if (fault !== 'drop_after_commit') throw new HTTPException(500);
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}
