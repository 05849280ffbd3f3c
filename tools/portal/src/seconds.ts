import { RcmError } from '@rcm/telemetry';

/** Milliseconds of a `--deadline`. Fails with `input_invalid`. */
export function secondsOf(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text) || Number(text) < 1) throw new RcmError('input_invalid', '--deadline is a number of seconds from 1 to 9999.');
  return Number(text) * 1_000;
}
