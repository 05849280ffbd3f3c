import { type FleetLogin, type LoginTrouble, troublesOf } from '@rcm/db/fleet';
import { relative } from './times.ts';

/** What a login is, in one word: the worst that holds. */
export type LoginState = LoginTrouble | 'retired' | 'not stored' | 'rotating' | 'never used' | 'ok';

export function loginStateOf(login: FleetLogin): LoginState {
  const [worst] = troublesOf(login);
  if (worst) return worst;
  if (login.retiredAt) return 'retired';
  if (!login.stored) return 'not stored';
  if (login.openState !== null) return 'rotating';
  return login.firstAcceptedAt === null ? 'never used' : 'ok';
}

export const isWell = (login: FleetLogin): boolean => troublesOf(login).length === 0;

/** What there is to say of the worst, in a few words. */
export function noteOf(login: FleetLogin, now: Date): string {
  if (login.retiredAt) return `since ${relative(login.retiredAt, now)}`;
  if (login.locked) return login.lockedUntil ? `unlocks ${relative(login.lockedUntil, now)}` : 'until support unlocks it';
  if (login.openState === 'blocked') return 'a rotation waits for a person';
  if (login.refusedSince) return `refused ${relative(login.refusedSince, now)}`;
  return login.shared ? 'lies in several places' : '';
}
