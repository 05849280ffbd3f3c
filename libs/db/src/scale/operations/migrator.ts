import { listAdopted } from '../../adoption/look.ts';
import { readChainHeads, readEventHashes } from '../../audit/chains.ts';
import { migrationByOrganization } from '../../legacy/by-organization.ts';
import { listConfigs } from '../../legacy/configs.ts';
import { listLoginSample } from '../../legacy/login-sample.ts';
import { listLegacyEndpoints } from '../../legacy/migrate.ts';
import { listProofs } from '../../legacy/proofs.ts';
import { forgetLeftoverFingerprints, organizationsRemovedByHand } from '../../legacy/removed-by-hand.ts';
import { listRuns, unfinishedRuns } from '../../legacy/runs.ts';
import { migrationCounts } from '../../legacy/scrub.ts';
import { listStorageOutside, storageRewriteState } from '../../legacy/storage-state.ts';
import { ONE } from '../fleet.ts';
import { asks, list, type Operation } from '../operation.ts';

export const ofMigrators: readonly Operation[] = [
  asks('rcm_migrator', migrationCounts, [], { ...list, every: 'how far each login is' }),
  asks('rcm_migrator', migrationByOrganization, [], { ...list, every: 'how far each login is, by organization' }),
  asks('rcm_migrator', listLegacyEndpoints, [{ limit: 100 }], { ...list, most: 500 }),
  // As many as the small fleet has.
  asks('rcm_migrator', listLegacyEndpoints, [{ limit: 20, unnamed: true }], { ...list, of: 'whose account has no name yet' }),
  asks('rcm_migrator', listConfigs, [{ limit: 100 }], list),
  asks('rcm_migrator', listProofs, [{ limit: 100 }], list),
  asks('rcm_migrator', organizationsRemovedByHand, []),
  asks('rcm_migrator', forgetLeftoverFingerprints, []),
  // Of a thousand of all, and of twenty of each portal type.
  asks('rcm_migrator', listLoginSample, [{ count: 20, filters: {} }], { ...list, most: 15_000 }),
  asks('rcm_migrator', listAdopted, [{ source: 'logins', limit: 100 }], list),
  asks('rcm_migrator', listRuns, [{ limit: 20 }], list),
  asks('rcm_migrator', unfinishedRuns, [{ limit: 20 }], list),
  asks('rcm_migrator', storageRewriteState, []),
  asks('rcm_migrator', listStorageOutside, []),
  asks('rcm_head_writer', readChainHeads, [], { ...list, every: 'a head for each organization' }),
  asks('rcm_head_writer', readEventHashes, [[{ orgId: ONE.orgId, count: 1 }]]),
];
