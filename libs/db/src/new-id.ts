import { randomBytes } from 'node:crypto';

/**
 * A UUID that grows with time (RFC 9562, 5.7), as `rcm_new_id()` makes them: milliseconds since 1970, and 74 random bits. A new row's entry lies at the end of an index then, and not on
 * a page of its own that Postgres writes whole after each checkpoint. When something was made may be read from it; nothing is ordered by it, since clocks differ.
 */
export function newId(nowMs: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
