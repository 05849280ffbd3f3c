import { createHash } from 'node:crypto';
import { isId } from '@rcm/telemetry';

/** Hex digits of the hash behind what could be kept of an id. */
const HASH = 10;
const SUFFIXED = new RegExp(`-[0-9a-f]{${HASH}}$`);
const READABLE = 63 - HASH - 1;

/**
 * The id that something of a source has here. One that is an id already stays as it is; of any other what can be read is kept, with a hash of all of it behind. An id that ends like that
 * gets a hash, too, so that no two ids of a source become one unless their hashes are the same (and then the database refuses the second).
 */
export function slugOf(prefix: string, sourceId: string): string {
  const whole = prefix + sourceId;
  if (isId(whole) && !SUFFIXED.test(whole)) return whole;
  const readable = whole
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, READABLE)
    .replace(/-+$/, '');
  return `${readable || 'id'}-${createHash('sha256').update(whole).digest('hex').slice(0, HASH)}`;
}

const LONGEST = 200;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/;

/** Whether something can be told by it for good: not empty, no longer than 200 characters, nothing in it that cannot be seen. */
export const isSourceId = (text: string): boolean => text.trim() !== '' && text.length <= LONGEST && text.isWellFormed() && !CONTROL.test(text);
