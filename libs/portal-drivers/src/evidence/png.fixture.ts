import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue at a point, as `rrggbb`. */
  colorAt(x: number, y: number): string;
}

/** Decodes a PNG of 8 bits a channel without interlacing (W3C PNG, 9.2 and 11.2), which is what browsers write. */
export function readPng(bytes: Uint8Array): Picture {
  const data = Buffer.from(bytes);
  const chunks: Buffer[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < data.length;) {
    const length = data.readUInt32BE(at);
    const type = data.toString('latin1', at + 4, at + 8);
    const body = data.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      channels = body[9] === 6 ? 4 : 3;
      if (body[8] !== 8 || body[12] !== 0 || (body[9] !== 2 && body[9] !== 6)) throw new Error('a PNG of a kind that is not read here');
    }
    if (type === 'IDAT') chunks.push(body);
    at += length + 12;
  }
  const pixels = unfiltered(inflateSync(Buffer.concat(chunks)), width * channels, channels, height);
  return { width, height, colorAt: (x, y) => pixels.toString('hex', (y * width + x) * channels, (y * width + x) * channels + 3) };
}

function unfiltered(raw: Buffer, stride: number, channels: number, height: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let index = 0; index < stride; index += 1) {
      const here = row * stride + index;
      const left = index >= channels ? (out[here - channels] ?? 0) : 0;
      const up = row > 0 ? (out[here - stride] ?? 0) : 0;
      const corner = row > 0 && index >= channels ? (out[here - stride - channels] ?? 0) : 0;
      out[here] = (raw[row * (stride + 1) + 1 + index] ?? 0) + predicted(filter, left, up, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const predicted = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(predicted - value)) as [number, number, number];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}
