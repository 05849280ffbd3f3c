import { REASON, RcmError } from '@rcm/telemetry';

/** Why, as a form says it and `rcm` would take it. Fails with `input_invalid`. */
export function reasonIn(body: unknown): string {
  const reason = fieldIn(body, 'reason');
  if (REASON.is(reason)) return reason.trim();
  throw new RcmError('input_invalid', `Say why: it goes into the audit trail, and ${REASON.must}. Nothing was done.`);
}

/** Empty: the form has no such field, or more than one. */
export function fieldIn(body: unknown, name: string): string {
  const given = (body as Readonly<Record<string, unknown>>)[name];
  return typeof given === 'string' ? given : '';
}
