import { createHash } from 'node:crypto';

/** How tokens and secret ids lie in the data file: long and random, so a plain hash cannot be searched. */
export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
