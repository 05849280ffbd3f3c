import { listAdmissions } from '../../admission/list.ts';
import { listPauses } from '../../admission/pause.ts';
import { listEndpoints } from '../../endpoints/read.ts';
import { listSharedIdentities } from '../../endpoints/schedule.ts';
import { countSecrets } from '../../endpoints/secret-counts.ts';
import { rotationCounts } from '../../journal/ends.ts';
import { listAttempts } from '../../journal/open.ts';
import { keyRows } from '../../keys/left.ts';
import { listLoginsToMove } from '../../keys/move.ts';
import { listLeases } from '../../leases/upkeep.ts';
import { listWriterIntents } from '../../leases/writer-intents.ts';
import { listNotifications } from '../../notifications/outbox.ts';
import { asks, list, type Operation } from '../operation.ts';

/** What `rotator status`, `keys` and the like ask. */
export const askedOfRotators: readonly Operation[] = [
  // A thousand that are open and a thousand that are blocked are counted.
  asks('rcm_rotator', rotationCounts, [], { ...list, most: 4_000 }),
  asks('rcm_rotator', listLeases, [], list),
  asks('rcm_rotator', listWriterIntents, [], { ...list, most: 6_000 }),
  asks('rcm_rotator', listAttempts, [{ limit: 200, states: ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked'] }], {
    ...list,
    most: 400,
  }),
  asks('rcm_rotator', listPauses, [], list),
  asks('rcm_rotator', listAdmissions, [], list),
  asks('rcm_rotator', listSharedIdentities, [{ limit: 200 }], { ...list, most: 3_000 }),
  asks('rcm_rotator', listNotifications, [{ limit: 20 }], list),
  asks('rcm_rotator', listEndpoints, [{ limit: 1000 }], list),
  asks('rcm_rotator', keyRows, [], { ...list, every: 'what is under each key is counted: every login, every line of the ledger, every proof' }),
  asks('rcm_rotator', listLoginsToMove, [{ identityKeyId: '1', fingerprintKeyId: '1', limit: 100 }], { ...list, of: 'nothing is to be moved' }),
  asks('rcm_rotator', listLoginsToMove, [{ identityKeyId: '2', fingerprintKeyId: '1', limit: 100 }], { ...list, of: 'all are to be moved', most: 1_000 }),
  asks('rcm_rotator', countSecrets, [], { ...list, every: 'what is paid for: every secret, by organization' }),
];
