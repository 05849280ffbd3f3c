import { RcmError } from '@rcm/telemetry';
import { LONGEST_REASON } from '../pages/act-form.ts';

/** Why, as a form says it. Fails with `input_invalid`. */
export function reasonIn(body: unknown): string {
  const reason = fieldIn(body, 'reason').trim();
  if (reason !== '' && reason.length <= LONGEST_REASON && reason.isWellFormed() && !reason.includes('\0')) return reason;
  throw new RcmError('input_invalid', `Say why, in ${LONGEST_REASON} characters at most: it goes into the audit trail. Nothing was done.`);
}

/** Empty: the form has no such field, or more than one. */
export function fieldIn(body: unknown, name: string): string {
  const given = (body as Readonly<Record<string, unknown>>)[name];
  return typeof given === 'string' ? given : '';
}
