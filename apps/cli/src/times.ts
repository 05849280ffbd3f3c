import { RcmError } from '@rcm/telemetry';

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `in 3 d`, `5 min ago`, `now`: the largest unit that is whole. */
export function relative(at: Date | null, now: Date): string {
  if (at === null) return '';
  const seconds = Math.round((at.getTime() - now.getTime()) / 1_000);
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['s', 1];
  const amount = Math.trunc(Math.abs(seconds) / size);
  if (amount === 0) return 'now';
  return seconds > 0 ? `in ${amount} ${unit}` : `${amount} ${unit} ago`;
}

const SPAN = /^(\d{1,5})(min|m|h|d|w)$/;
const SECONDS: Readonly<Record<string, number>> = { m: 60, min: 60, h: 3_600, d: 86_400, w: 604_800 };
const LONGEST_DAYS = 3_660;

/** `14d`, `36h`, `30min`, `2w` as milliseconds. Fails with `input_invalid`, naming the option. */
export function span(option: string, text: string): number {
  const [, amount, unit] = SPAN.exec(text) ?? [];
  const ms = Number(amount) * (SECONDS[unit ?? ''] ?? Number.NaN) * 1_000;
  if (!Number.isFinite(ms) || ms > LONGEST_DAYS * 86_400_000)
    throw new RcmError('input_invalid', `${option} must be a time such as 14d, 36h or 30min, ten years at most. Nothing was done.`);
  return ms;
}
