import type { Destination } from './session-addresses.ts';
import type { Look } from './unanswered.ts';

/** Bytes of the frame around a part of a body (RFC 9113, 4.1). */
const FRAME_BYTES = 9;
/** Bytes that encryption adds: ChaCha20-Poly1305 in TLS 1.2, everything in TLS 1.3, AES-GCM in TLS 1.2. A portal's choice of them is not looked at. */
export const SHORTEST_SEAL = 16;
const SEALS = [SHORTEST_SEAL, 17, 24];
/** Chromium sends a body in parts that fill one record each. */
const FULL_BYTES = 16_384 - FRAME_BYTES;
/** Frames that a connection needs by itself (a ping, a window's update, a priority) are as short as shorter parts. */
const SHORTEST_BYTES = 16;

/** How the parts of a body of so many bytes look in a tunnel of HTTP/2, which nobody can look into: by their lengths. */
export function looksOfBody(destination: Destination, bytes: number): readonly Look[] {
  const [full, rest] = [Math.floor(bytes / FULL_BYTES), bytes % FULL_BYTES];
  return [
    ...(full > 0 ? [{ what: lookOf(destination, FULL_BYTES), times: full }] : []),
    ...(rest >= SHORTEST_BYTES ? [{ what: lookOf(destination, rest), times: 1 }] : []),
  ];
}

/** The parts of a body that a record of so many bytes may hold; `isFull`: one of them fills it. */
export function partsIn(destination: Destination, length: number): { readonly looks: readonly string[]; readonly isFull: boolean } {
  const sizes = SEALS.map((seal) => length - seal - FRAME_BYTES);
  return { looks: sizes.map((size) => lookOf(destination, size)), isFull: sizes.includes(FULL_BYTES) };
}

const lookOf = ({ host }: Destination, bytes: number): string => `${host} ${bytes}`;
