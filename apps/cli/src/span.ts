import { RcmError } from '@rcm/telemetry';

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
