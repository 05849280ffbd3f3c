import { idSchema, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { Prisma } from './generated/client.ts';

/** Fails with `input_invalid`, naming the argument and never its value. */
export function checkId(name: string, value: string): string {
  if (idSchema.safeParse(value).success) return value;
  throw new RcmError('input_invalid', `${name} is not an id (lower-case letters, digits and dashes, 63 at most).`);
}

const uuidSchema = z.uuid();

export function checkUuid(name: string, value: string): string {
  if (uuidSchema.safeParse(value).success) return value;
  throw new RcmError('input_invalid', `${name} is not a UUID.`);
}

export const isUuid = (value: string): boolean => uuidSchema.safeParse(value).success;

const PLACE_TIME = /^[-0-9:.+ TZ]{1,64}$/;

/** The time of a place in a list, as Postgres wrote it and as it came back from outside. */
export function checkPlaceTime(value: string): string {
  if (PLACE_TIME.test(value)) return value;
  throw new RcmError('input_invalid', 'The place in the list is none.');
}

/** A duration in whole milliseconds, from 0 (or `least`) to 400 days. */
export function checkMs(name: string, value: number, least = 0): number {
  if (Number.isFinite(value) && value >= least && value <= 400 * 86_400_000) return Math.round(value);
  throw new RcmError('input_invalid', `${name} must be between ${least} ms and 400 days.`);
}

export function checkLimit(value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= 10_000) return value;
  throw new RcmError('input_invalid', 'limit must be a whole number from 1 to 10000.');
}

/** As far as something is counted. */
export function checkCount(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= 1_000_000) return value;
  throw new RcmError('input_invalid', `${name} must be a whole number from 1 to 1000000.`);
}

/** Adapters send a Date without its zone; ISO text with a cast to timestamptz is right whatever the session's zone is. */
export const timestamp = (value: Date): string => value.toISOString();

/**
 * JSON text that jsonb takes. NUL and lone surrogates are refused here, by path: Postgres would refuse them too, but quotes the
 * JSON around them in its error and its log. Fails with `input_invalid`.
 */
export function jsonText(name: string, value: unknown): string {
  const unfit = (text: string): boolean => text.includes('\0') || !text.isWellFormed();
  const text = JSON.stringify(value, (key: string, part: unknown): unknown => {
    if (unfit(key) || (typeof part === 'string' && unfit(part)))
      throw new RcmError('input_invalid', `${name} holds a character that Postgres cannot store (NUL or half of a surrogate pair).`);
    return part;
  }) as string | undefined;
  if (text === undefined) throw new RcmError('input_invalid', `${name} is not JSON.`);
  return text;
}

/** For the client's model API: the same check, as a value. */
export const jsonValue = (name: string, value: unknown): Prisma.InputJsonValue => JSON.parse(jsonText(name, value)) as Prisma.InputJsonValue;
