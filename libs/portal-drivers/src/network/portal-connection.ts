import { connect, type Socket } from 'node:net';
import { type Destination, type FoundAddress, lookupOf } from './session-addresses.ts';

/** Milliseconds for a connection to a portal, over all of its addresses. */
const CONNECT_MS = 15_000;
/** Milliseconds for one address before the next is tried. */
const CONNECT_ONE_MS = 2_000;

/** What a socket needs to reach a destination at its checked addresses, one after the other, and no other. */
export const connectionTo = ({ name }: Destination, found: readonly FoundAddress[]) => ({
  host: name,
  lookup: lookupOf(found),
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: CONNECT_ONE_MS,
});

/** Begins a connection for a tunnel to `host`, as a browser names it: its port is 443 unless it says another. */
export function connectTunnel(host: string, destination: Destination, found: readonly FoundAddress[]): Socket {
  const { port } = new URL(`http://${host}`);
  return connect({ ...connectionTo(destination, found), port: Number(port || (host.endsWith(':80') ? 80 : 443)) });
}

export function limitConnecting(socket: Socket): void {
  socket.setTimeout(CONNECT_MS, () => socket.connecting && socket.destroy());
}
