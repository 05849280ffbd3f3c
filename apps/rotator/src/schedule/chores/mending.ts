import { countRefusedLogins } from '@rcm/db/rotation';
import type { Metrics } from '@rcm/telemetry';
import type { RotatorConfig } from '../../config.ts';
import { lookAtBlocked } from '../../mending/look-at-blocked.ts';
import { longWaitLooks } from '../../mending/look-at-long-waits.ts';
import { mendWanted } from '../../mending/mend-wanted.ts';
import type { Rotator } from '../../rotator.ts';
import type { Chore } from '../service.ts';

/** Each is looked at once an hour; so many a minute, or a portal that blocks thousands would use up the store's quota. */
const BLOCKED_EVERY_MS = 60_000;
const LOOKED_AT_AT_ONCE = 20;
/** Each is one read of a store; the person who has changed the secret waits for it. */
const LONG_WAITS_EVERY_MS = 300_000;

/** Looks again at what has stopped: logins that were refused, rotations that are blocked or wait for a person. */
export function mendingChores(rotator: Rotator, metrics: Metrics, config: RotatorConfig): readonly Chore[] {
  const refused = metrics.gauge('rcm_logins_refused');
  const lookAtLongWaits = longWaitLooks(rotator, LOOKED_AT_AT_ONCE);
  return [
    {
      name: 'logins that were refused',
      everyMs: config.RCM_ROTATOR_MEND_SCAN_MS,
      async round(signal, intake) {
        await mendWanted(rotator, { limit: config.RCM_ROTATOR_MEND_SEARCHES, pauseMs: config.RCM_ROTATOR_MEND_PAUSE_MS, signal, intake });
        refused.set(await countRefusedLogins(rotator.db));
      },
    },
    {
      name: 'blocked rotations',
      everyMs: BLOCKED_EVERY_MS,
      round: (signal, intake) => lookAtBlocked(rotator, { limit: LOOKED_AT_AT_ONCE, signal, intake }),
    },
    {
      name: 'rotations that wait for a person',
      everyMs: LONG_WAITS_EVERY_MS,
      round: (_, intake) => lookAtLongWaits(intake),
    },
  ];
}
