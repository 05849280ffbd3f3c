import { type FleetLogin, type LoginTrouble, troublesOf } from '@rcm/db';
import type { Cell } from './table.ts';
import { relative } from './times.ts';

/** What a login is, in one word: the worst that holds. */
export type Standing = LoginTrouble | 'not stored' | 'rotating' | 'never used' | 'ok';

export function standingOf(login: FleetLogin): Standing {
  const [worst] = troublesOf(login);
  if (worst) return worst;
  if (!login.stored) return 'not stored';
  if (login.openState !== null) return 'rotating';
  return login.firstAcceptedAt === null ? 'never used' : 'ok';
}

export const isWell = (login: FleetLogin): boolean => troublesOf(login).length === 0;

export const standingCell = (standing: Standing): Cell => ({
  text: standing,
  style: standing === 'ok' ? 'green' : ['locked', 'blocked', 'failing'].includes(standing) ? 'red' : 'yellow',
});

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** A login as `--json` has it. */
export const loginJson = (login: FleetLogin): Record<string, unknown> => ({
  id: login.id,
  organization: login.orgId,
  portalType: login.portalTypeCode,
  account: login.accountId,
  standing: standingOf(login),
  troubles: troublesOf(login),
  stored: login.stored,
  shared: login.shared,
  rotation: {
    mode: login.rotationMode,
    open: login.openState,
    lastAt: iso(login.lastRotatedAt),
    nextAt: iso(login.nextRotationAt),
    expiresAt: iso(login.expiresAt),
  },
  lastAcceptedAt: iso(login.lastAcceptedAt),
  refusedSince: iso(login.refusedSince),
  lock: login.locked ? { until: iso(login.lockedUntil) } : null,
});

/** What there is to say of the worst, in a few words. */
export function noteOf(login: FleetLogin, now: Date): string {
  if (login.locked) return login.lockedUntil ? `unlocks ${relative(login.lockedUntil, now)}` : 'until support unlocks it';
  if (login.openState === 'blocked') return 'a rotation waits for a person';
  if (login.refusedSince) return `refused ${relative(login.refusedSince, now)}`;
  return login.shared ? 'lies in several places' : '';
}
