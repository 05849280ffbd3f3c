import type { RotationAttempt } from '@rcm/db/rotation';
import { expect, it } from 'vitest';
import type { AttemptInHand } from '../machine/attempt.ts';
import { whyNotTried } from './not-tried.ts';

const PORTAL = {};
const inHand = (more: Partial<RotationAttempt>, heldMs = 0): AttemptInHand =>
  ({
    services: { timing: { maxTries: 3, giveUpMs: 1_000 }, drivers: { for: (type: object) => ({ hash: type === PORTAL ? 'now' : 'none' }) } },
    login: { endpoint: { portalType: PORTAL } },
    attempt: { reason: 'due', failedSubmits: 0, submitDeadlineAt: null, recipeHash: 'now', detail: null, ...more },
    heldMs,
  }) as unknown as AttemptInHand;
const SUBMITTED = { submitDeadlineAt: new Date() };
const FORGOTTEN = { kind: 'maybe_submitted', detail: 'nobody knows whether this password was submitted before the database was restored' };

it.each<[string, AttemptInHand, object | null]>([
  ['nothing speaks against it', inHand({ failedSubmits: 2, detail: 'the portal was slow' }, 1_000), null],
  ['the database was restored', inHand({ reason: 'restored' }), FORGOTTEN],
  ['it was restored, whatever else is so', inHand({ reason: 'restored', recipeHash: 'then' }, 2_000), FORGOTTEN],
  ['it was restored, and the portal was asked since', inHand({ reason: 'restored', failedSubmits: 1 }), null],
  ['it was restored, and it was submitted since', inHand({ reason: 'restored', ...SUBMITTED }), null],
  ['it was tried often enough', inHand({ failedSubmits: 3 }), { kind: 'gave_up', detail: 'the change could not be submitted' }],
  ['it was tried often enough, and something was said of it', inHand({ failedSubmits: 4, detail: 'x' }, 2_000), { kind: 'gave_up', detail: 'x' }],
  ['it has waited too long', inHand({}, 1_001), { kind: 'gave_up', detail: 'the change could not be submitted; nothing was submitted' }],
  ['it has waited too long after a submit', inHand({ ...SUBMITTED, detail: 'x' }, 1_001), { kind: 'gave_up', detail: 'x; nothing was submitted in this try' }],
  ['the recipe is another', inHand({ recipeHash: 'then' }), { kind: 'recipe_changed', detail: 'the recipe was changed; nothing was submitted' }],
  [
    'the recipe is another after a submit',
    inHand({ recipeHash: 'then', ...SUBMITTED }),
    { kind: 'recipe_changed', detail: 'the recipe was changed; nothing was submitted in this try' },
  ],
])('where %s', (_, attempt, event) => expect(whyNotTried(attempt)).toEqual(event));
