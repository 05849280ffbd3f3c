import { describe, expect, test } from 'vitest';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import type { LockoutRules } from '../portal/lockout.ts';
import type { Portal } from '../portal/portal.ts';
import type { PortalEntry } from '../portal/record.ts';
import type { Findings } from './findings.ts';
import { judgeShare } from './our-share.ts';

const NOW = 1_000_000;
const LOCKOUT: LockoutRules = { counts: 'window', threshold: 4, windowMs: 3_600_000, lastsMs: 3_600_000, countsCodes: true };
const TYPE = { lockoutThreshold: 4, lockoutMargin: 2, lockoutWindowSeconds: 3_600 };
const CHANGE: PortalEntry = {
  ...{ at: NOW, username: 'user', act: 'change', by: 'rotator', process: 'rotator', askedAt: NOW, ended: 'refused' },
  ...{ password: null, counted: true, code: null, said: 'current_wrong' },
};

/** The kinds of what is found where so many failures of ours count by the time of this entry. */
function found(ours: number, entry: Partial<PortalEntry> = {}): string[] {
  const kinds: string[] = [];
  const failures = Array.from({ length: ours }, () => ({ at: NOW - 1, askedAt: NOW - 1, by: 'us' }));
  const portal = { realm: 'alder', accounts: new Map([['user', { failures, lockedUntil: null }]]), habits: { lockout: LOCKOUT } } as unknown as Portal;
  const environment = { plan: { portals: [{ realm: 'alder', doors: [{ type: TYPE }] }] }, wasLocked: new Set() } as unknown as SimulatedEnvironment;
  const findings = { add: (kind: string) => void kinds.push(kind) } as unknown as Findings;
  judgeShare({ environment, findings }, portal, { ...CHANGE, ...entry });
  return kinds;
}

describe('a change whose current password is wrong', () => {
  test('is over budget where it counts and our share of what counts was spent', () => {
    expect(found(2)).toEqual([]);
    expect(found(3)).toEqual(['over budget']);
  });

  test('is nothing where the portal does not count it', () => {
    expect(found(3, { counted: false })).toEqual([]);
  });

  test('may lock, and then the lock is judged', () => {
    expect(found(4, { act: 'locked', by: 'portal', ended: 'done', counted: false, said: null })).toEqual(['locked']);
  });
});
