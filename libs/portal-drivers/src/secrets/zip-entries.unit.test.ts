import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { zip } from './zip.fixture.ts';
import { zipEntries } from './zip-entries.ts';

const WHOLE = zip({ a: 'first', b: 'second' });
const DIRECTORY = WHOLE.indexOf('PK\u0001\u0002');
const END = WHOLE.lastIndexOf('PK\u0005\u0006');

/** The archive with other bytes at a place. */
function changed(at: number, bytes: readonly number[]): Buffer {
  const other = Buffer.from(WHOLE);
  other.set(bytes, at);
  return other;
}

const read = (bytes: Buffer) => [...zipEntries(bytes)].map((entry) => (typeof entry === 'string' ? entry : entry.name));

it('gives each part as it lies there', () => {
  const parts = [...zipEntries(WHOLE)];
  expect(read(WHOLE)).toEqual(['a', 'b']);
  expect(parts).toEqual([
    { name: 'a', isEncrypted: false, method: 'deflated', packed: deflateRawSync('first') },
    { name: 'b', isEncrypted: false, method: 'deflated', packed: deflateRawSync('second') },
  ]);
});

it.each([
  ['has no end', WHOLE.subarray(0, END), ['damaged']],
  ['is cut off in its end', WHOLE.subarray(0, -1), ['damaged']],
  ['names no part where it says', changed(DIRECTORY, [0]), ['damaged']],
  ['has its directory behind its end', changed(END + 16, [0xff, 0xff, 0, 0]), ['damaged']],
  ['has a directory that is cut off', Buffer.concat([changed(END + 16, [...u32(WHOLE.length)]), Buffer.from('PK\u0001\u0002')]), ['damaged']],
  ['has another thing where a part should be', changed(0, [0]), ['damaged']],
  ['has a part behind its end', changed(DIRECTORY + 42, [0xff, 0xff, 0, 0]), ['damaged']],
  ['has a part that is longer than the archive', changed(DIRECTORY + 20, [0xff, 0xff, 0, 0]), ['damaged']],
  ['counts more parts than it can', changed(END + 10, [0xff, 0xff]), ['unknown_packing']],
  ['has a directory that stands elsewhere', changed(END + 16, [0xff, 0xff, 0xff, 0xff]), ['unknown_packing']],
  ['has a part that is packed in another way', changed(DIRECTORY + 10, [12]), ['a', 'b']],
  ['counts a part more than it has', changed(END + 10, [3]), ['a', 'b', 'damaged']],
])('tells of an archive that %s', (_what, bytes, parts) => {
  expect(read(bytes)).toEqual(parts);
});

it('gives nothing of a part that is encrypted', () => {
  const [part] = zipEntries(changed(DIRECTORY + 8, [1]));
  expect(part).toEqual({ name: 'a', isEncrypted: true, method: 'unknown', packed: Buffer.alloc(0) });
});

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
