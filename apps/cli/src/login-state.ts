import { type FleetLogin, troublesOf } from '@rcm/db/fleet';
import { type LoginState, loginStateOf } from '@rcm/fleet';
import type { Cell } from './table.ts';

export const stateCell = (state: LoginState): Cell => ({
  text: state,
  style: state === 'ok' ? 'green' : ['locked', 'blocked', 'failing'].includes(state) ? 'red' : 'yellow',
});

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** A login as `--json` has it. */
export const loginJson = (login: FleetLogin): Record<string, unknown> => ({
  id: login.id,
  organization: login.orgId,
  portalType: login.portalTypeCode,
  account: login.accountId,
  standing: loginStateOf(login),
  troubles: troublesOf(login),
  stored: login.stored,
  retiredAt: iso(login.retiredAt),
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
