import { crc32, deflateSync } from 'node:zlib';

const [WIDTH, HEIGHT] = [480, 270];
/** Left, top, width, height: a heading, two fields, a button. */
const BOXES: readonly (readonly [number, number, number, number, number])[] = [
  [140, 40, 120, 18, 0x55],
  [140, 90, 200, 28, 0],
  [140, 140, 200, 28, 0],
  [140, 195, 90, 28, 0x99],
];

/** A picture as a look makes one: a page on which every field is a black box. Grey, 8 bits (W3C PNG, 11.2). */
export function maskedPage(): Buffer {
  const rows = Buffer.alloc((WIDTH + 1) * HEIGHT, 0xf2);
  for (let y = 0; y < HEIGHT; y += 1) rows[y * (WIDTH + 1)] = 0;
  for (const [left, top, width, height, grey] of BOXES)
    for (let y = top; y < top + height; y += 1) rows.fill(grey, y * (WIDTH + 1) + 1 + left, y * (WIDTH + 1) + 1 + left + width);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header[8] = 8;
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(8 + named.length);
  framed.writeUInt32BE(body.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), 4 + named.length);
  return framed;
}
