import { createSecretMask } from '@rcm/portal-drivers';
import { Secret } from '@rcm/telemetry';
import type { Benchmark } from '../benchmark.ts';
import { growth } from './growth.ts';
import { processorMs } from './processor-time.ts';

const LOGIN = ['somebody@hospital.example', 'Tr0ub4dor-&-3 x', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', '904731', 'N3w-Passw0rd-2031'];

/** A text of any length and the secrets sought in it: what a page shows, and what would make a reader that tries again stand still. */
const CASES: readonly { readonly name: string; readonly secrets: readonly string[]; readonly piece: string }[] = [
  { name: 'words of a page', secrets: LOGIN, piece: 'The claim CLM-1001 of patient Jane Doe was paid on 03/31/2031. ' },
  { name: 'hyphens, a password of hyphens', secrets: ['------------x'], piece: '-' },
  { name: 'separators, a password that begins with one', secrets: ['-Pass-w0rd-'], piece: ' -\n' },
  { name: 'one letter, a password of that letter', secrets: ['a'.repeat(64)], piece: 'a' },
  { name: 'all but the end of a password', secrets: LOGIN, piece: 'Tr0ub4dor-&-3 ' },
  { name: 'the password itself', secrets: LOGIN, piece: 'Tr0ub4dor-&-3 x' },
  { name: 'percent signs', secrets: ['%25%25-x'], piece: '%25' },
  { name: 'one percent sign and what may follow it', secrets: ['%25%25-x'], piece: '25' },
  { name: 'entities', secrets: ['&#38;-x'], piece: '&#38;' },
  { name: 'a password of 4,000 letters', secrets: ['a-'.repeat(2_000)], piece: 'a-' },
];

const text = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

/** The secret mask's work from 1 kB to 1 MB: steps, which are the same on every machine, and processor time. */
export const maskGrowth: Benchmark = {
  name: 'work of the mask',
  run: async (run) =>
    CASES.flatMap(({ name, secrets, piece }) => {
      const handles = secrets.map((secret) => new Secret(secret));
      const steps = (length: number): number => {
        let done = 0;
        createSecretMask(handles, { visited: (more) => void (done += more) }).mask(text(piece, length));
        return done;
      };
      const mask = createSecretMask(handles);
      const time = (length: number): number => {
        const given = text(piece, length);
        return processorMs(() => mask.mask(given), 1_000_000 / length) * 1_000;
      };
      return [
        growth({ what: `mask, ${name}, steps`, unit: 'steps', costOf: steps, from: 1_000, most: 1.1 }, run),
        growth({ what: `mask, ${name}, time`, unit: 'µs', costOf: time, from: 10_000, most: 3 }, run),
      ];
    }),
};
