import type { Request } from 'playwright';
import { looksOfBody } from './body-look.ts';
import type { Destination } from './session-addresses.ts';
import type { Look } from './unanswered.ts';

/** How a request looks to the proxy; `destination`: where a tunnel leads that carries it, `null` where it goes without one. */
export const looksOf = (request: Request, destination: Destination | null): readonly Look[] =>
  destination === null
    ? [{ what: plainLook(request.method(), new URL(request.url())), times: 1 }]
    : looksOfBody(destination, request.postDataBuffer()?.length ?? 0);

/** Of a request without a tunnel the proxy sees all. */
export const plainLook = (method: string, { origin, pathname, search }: URL): string => `${method} ${origin}${pathname}${search}`;
