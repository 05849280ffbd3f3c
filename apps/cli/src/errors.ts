import type { ErrorCode } from '@rcm/telemetry';
import { jsonError } from '@rcm/telemetry/json-shape';

/** What to do next, where the message of the error does not say it already. */
const NEXT_STEP: Partial<Record<ErrorCode | 'unexpected', string>> = {
  config_invalid: 'Set what the message names, or choose a profile with --profile NAME (docs/rcm.md).',
  input_invalid: 'See the command’s --help.',
  endpoint_unknown: 'List the logins with `rcm logins`; an id is taken as it stands there.',
  endpoint_retired: 'Use it again with `rcm endpoint reinstate ID`.',
  database_unavailable: 'Check that Postgres can be reached from here, then say it again: it is safe to repeat.',
  store_unavailable: 'Say it again later: it is safe to repeat.',
  store_denied: 'The process may not reach this secret: check whose AWS credentials it has.',
  lease_unavailable: 'Somebody is at the login: `rcm login show ID` says who; say it again when they have done.',
  login_rejected: 'Give the right password with `rcm login set ID`.',
  login_not_allowed: 'Wait for the time that the message names: `rcm login show ID` has the budget.',
  automation_undecided: 'Read the portal’s terms, then say what they allow: rcm portal-type decide CODE --automation allowed|assisted|forbidden …',
  automation_forbidden: 'A person logs in there; `rcm login set ID --unproved` stores what they use.',
  login_locked: 'Call the portal’s support, then say so with `rcm login unlocked ID`.',
  unexpected: 'Report it with the line above; `rcm login show ID` says how things stand.',
};

/** The one object that an error is under `--json`. */
export const errorObject = (code: string, message: string): object => jsonError(code, message, todoFor(code));

export const todoFor = (code: string): string | null => NEXT_STEP[code as ErrorCode] ?? null;
