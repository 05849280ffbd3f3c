import { isTime } from '@rcm/telemetry';
import { InvalidArgumentError } from 'commander';

export function calendarDay(text: string): Date {
  if (text.length !== 10 || !isTime(text)) throw new InvalidArgumentError('It must be a day: YYYY-MM-DD.');
  return new Date(text);
}

const MAX_SAMPLES = 10_000;

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MAX_SAMPLES) throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_SAMPLES}`);
  return number;
}
