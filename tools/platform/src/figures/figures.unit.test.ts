import { describe, expect, it } from 'vitest';
import { wrongFigures, type Expected, type Figures } from './figures.ts';

const expected: Expected = { endpoints: 24, seededSecrets: 40, interruptedRotations: 0, rotationsAsked: 24, byPeople: { endpoints: 0, refused: 0 } };
const good: Figures = {
  endpoints: 24,
  migrated: 24,
  verified: 24,
  scrubbed: 24,
  tasks: { succeeded: 60, failed: 0, failedForCredentials: 0, duringRotation: 12 },
  rotations: { done: 24, abandoned: 0, blocked: 0 },
  portal: { loginsAccepted: 130, loginsRejected: 0, accountsLocked: 0, passwordsChanged: 24, acceptsStored: 24 },
  secretsSearched: 64,
  plaintextHitsBeforeScrub: 90,
  plaintextHits: 0,
  durationMs: 60_000,
};

describe('verdict on the figures', () => {
  it('finds nothing wrong where every figure is as it should be', () => {
    expect(wrongFigures(good, expected)).toEqual([]);
  });

  const bad: [string, Partial<Figures>][] = [
    ['endpoints', { endpoints: 23 }],
    ['migrated', { migrated: 23 }],
    ['verified', { verified: 23 }],
    ['scrubbed', { scrubbed: 23 }],
    ['tasks.succeeded', { tasks: { ...good.tasks, succeeded: 47 } }],
    ['tasks.failed', { tasks: { ...good.tasks, failed: 1 } }],
    ['tasks.failedForCredentials', { tasks: { ...good.tasks, failedForCredentials: 1 } }],
    ['tasks.duringRotation', { tasks: { ...good.tasks, duringRotation: 0 } }],
    ['rotations.abandoned', { rotations: { ...good.rotations, abandoned: 1 } }],
    ['rotations.blocked', { rotations: { ...good.rotations, blocked: 1 } }],
    ['portal.passwordsChanged', { portal: { ...good.portal, passwordsChanged: 25 } }],
    ['portal.acceptsStored', { portal: { ...good.portal, acceptsStored: 23 } }],
    ['portal.loginsRejected', { portal: { ...good.portal, loginsRejected: 1 } }],
    ['portal.accountsLocked', { portal: { ...good.portal, accountsLocked: 1 } }],
    ['portal.loginsAccepted', { portal: { ...good.portal, loginsAccepted: 23 } }],
    ['secretsSearched', { secretsSearched: 63 }],
    ['plaintextHitsBeforeScrub', { plaintextHitsBeforeScrub: 39 }],
    ['plaintextHits', { plaintextHits: 1 }],
  ];
  for (const [name, change] of bad) {
    it(`names ${name} alone when only it is wrong`, () => {
      const wrong = wrongFigures({ ...good, ...change }, expected);
      expect(wrong).toHaveLength(1);
      expect(wrong[0]).toMatch(new RegExp(`^${name.replace('.', '\\.')} is `));
    });
  }

  it('is as it should be with the logins that people have added on a kept folder, and what was refused because they mistyped it', () => {
    const more = { ...good, endpoints: 27, migrated: 27, verified: 27, scrubbed: 27, portal: { ...good.portal, loginsRejected: 1 } };
    expect(wrongFigures(more, { ...expected, byPeople: { endpoints: 3, refused: 1 } })).toEqual([]);
    expect(wrongFigures({ ...more, endpoints: 26 }, { ...expected, byPeople: { endpoints: 3, refused: 0 } })).toHaveLength(2);
  });

  it('misses a rotation', () => {
    const wrong = wrongFigures({ ...good, rotations: { ...good.rotations, done: 23 } }, expected);
    expect(wrong).toEqual(['rotations.done is 23, less than 24.', 'portal.passwordsChanged is 24, but rotations.done is 23.']);
  });

  it('asks for no task during a rotation where there was none to be done', () => {
    const none = { ...good, tasks: { ...good.tasks, duringRotation: 0 } };
    expect(wrongFigures(none, { ...expected, rotationsAsked: 0 })).toEqual([]);
    expect(wrongFigures(none, { ...expected, rotationsAsked: 1 })).toHaveLength(1);
  });

  it('allows one wrong login for each rotation that a kill interrupted, and no more', () => {
    const killed = { ...expected, interruptedRotations: 2 };
    expect(wrongFigures({ ...good, portal: { ...good.portal, loginsRejected: 2 }, rotations: { ...good.rotations, abandoned: 1 } }, killed)).toEqual([]);
    expect(wrongFigures({ ...good, portal: { ...good.portal, loginsRejected: 3 } }, killed)).toHaveLength(1);
  });
});
