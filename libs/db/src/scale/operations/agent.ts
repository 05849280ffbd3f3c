import { callbackWaits, claimNextCallback } from '../../callbacks/outbox.ts';
import { turnsAtInbox } from '../../codes/message.ts';
import { listEndpointsOf } from '../../endpoints/read.ts';
import { listCurrentVersions } from '../../credential-changes-missed.ts';
import { dataKeyCounts } from '../../sealing/move.ts';
import { portalTaskWaits } from '../../tasks/claim.ts';
import { sealPlainTasks } from '../../tasks/plain.ts';
import { taskQueueFigures } from '../../tasks/queue-figures.ts';
import { tidyPortalTasks } from '../../tasks/tidy.ts';
import { ONE } from '../fleet.ts';
import { asks, list, type Operation } from '../operation.ts';

const DAY_MS = 86_400_000;

export const ofAgents: readonly Operation[] = [
  asks('rcm_agent', portalTaskWaits, []),
  asks('rcm_agent', callbackWaits, []),
  asks('rcm_agent', claimNextCallback, [{ ttlMs: 60_000 }]),
  asks('rcm_agent', turnsAtInbox, [[`1:${'a'.repeat(64)}`]], list),
  // Ten thousand that wait are counted; of the thousand that have waited longest it is asked whether their accounts have room.
  asks('rcm_agent', taskQueueFigures, [], { ...list, most: 20_000 }),
  // Two hundred organizations at a time.
  asks('rcm_agent', tidyPortalTasks, [{ keptMs: 30 * DAY_MS }], { most: 2_000 }),
  asks('rcm_agent', sealPlainTasks, []),
  asks('rcm_agent', listCurrentVersions, [{ orgId: ONE.orgId, secretArns: [ONE.secretArn] }]),
  asks('rcm_agent', listEndpointsOf, [{ orgId: ONE.orgId, limit: 20 }], list),
  asks('rcm_agent', dataKeyCounts, [], list),
];
