import { Refusal } from '../http/answer.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

/** Seconds of `1200`, `"1200"`, `"20m"`; `fallback` where nothing is given. Fails with 400. */
export function seconds(value: unknown, fallback: number): number {
  if (value === undefined || value === null || value === '') return fallback;
  const match = typeof value === 'string' || typeof value === 'number' ? /^([0-9]{1,9})([smh]?)$/.exec(String(value)) : null;
  if (!match) throw new Refusal(400, 'error converting input for a field: it is not a duration');
  return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
}
