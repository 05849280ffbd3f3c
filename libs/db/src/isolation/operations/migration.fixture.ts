import { Secret } from '@rcm/telemetry';
import { claimLegacy, releaseClaim } from '../../legacy/claim.ts';
import { gatherCredentials, scrubElsewhere } from '../../legacy/configs.ts';
import { tellRowAndStoreDiffer } from '../../legacy/dual-read.ts';
import { recordMigrated } from '../../legacy/migrate.ts';
import { forgetName, nameRow } from '../../legacy/name-row.ts';
import { beginSecretLook, beginSecretLooks } from '../../legacy/secret-looks.ts';
import { recordProof } from '../../legacy/proofs.ts';
import { readLegacy, recordResolved, recordResolvedRow } from '../../legacy/resolve.ts';
import { restoreLegacyCredentials } from '../../legacy/restore.ts';
import { rowSinceRecorded, wasPromoted } from '../../legacy/rotated.ts';
import { HELD_NOTHING } from '../../legacy/row.ts';
import { scrubEndpoint } from '../../legacy/scrub.ts';
import { beginFirstSecret, leaveFirstPlace } from '../../secret-places/first-place.ts';
import { beginMove, endMove, noteMoveProved, recordMove } from '../../secret-places/move.ts';
import { noteUnnamedRemoved, unnamedSecretsOf } from '../../secret-places/unnamed.ts';
import type { Operations } from './named.fixture.ts';

const READ = { look: { number: 1, askedAt: '2026-01-01T00:00:00Z' }, fingerprint: 'f' };
const DECIDED = { row: HELD_NOTHING, credentials: null, kept: null, take: 'row', actor: 'a', reason: 'x' } as const;

/** Operations on the migration, and on where secrets lie. */
export const MIGRATION: Operations = {
  tellRowAndStoreDiffer: (t, n) => tellRowAndStoreDiffer(t.agent, n),
  forgetName: (t, n) => forgetName(t.migrator, n),
  nameRow: (t, n) => nameRow(t.migrator, { ...n, from: null, names: [{ id: n.loginIdentity, keyId: '1' }], row: HELD_NOTHING }),
  recordMigrated: (t, n) => recordMigrated(t.migrator, { ...n, version: '1', fingerprint: 'f' }),
  beginFirstSecret: (t, n) => beginFirstSecret(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  leaveFirstPlace: (t, n) => leaveFirstPlace(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  beginMove: (t, n) => beginMove(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  endMove: (t, n) => endMove(t.migrator, { ...n, place: 'ssm:aws:us-east-1:111111111111' }),
  recordMove: (t, n) =>
    recordMove(
      t.migrator,
      {
        ...n,
        from: { secretArn: n.secretArn, version: '1', place: 'here' },
        to: { secretArn: `${n.secretArn}-2`, version: '1', place: 'there' },
      },
      DECIDED,
    ),
  noteMoveProved: (t, n) => noteMoveProved(t.migrator, n),
  unnamedSecretsOf: (t, n) => unnamedSecretsOf(t.migrator, n),
  noteUnnamedRemoved: (t, n) => noteUnnamedRemoved(t.migrator, { ...n, place: 'there' }, DECIDED),
  gatherCredentials: (t, n) => gatherCredentials(t.migrator, { ...n, place: ['login'] }),
  scrubElsewhere: (t, n) => scrubElsewhere(t.migrator, { ...n, placesOf: () => [['note']], paths: ['note'], actor: 'a', reason: 'x' }),
  claimLegacy: (t, n) => claimLegacy(t.migrator, { ...n, holder: 'h', ttlMs: 1000 }),
  releaseClaim: (t, n) => releaseClaim(t.migrator, { ...n, holder: 'h' }),
  recordProof: (t, n) => recordProof(t.migrator, { ...n, ...READ, version: '1', currentVersion: '1', row: HELD_NOTHING }),
  beginSecretLook: (t, n) => beginSecretLook(t.migrator, n),
  beginSecretLooks: (t, { orgId, endpointId }) => beginSecretLooks(t.migrator, { orgId, endpointIds: [endpointId] }),
  rowSinceRecorded: (t, n) => rowSinceRecorded(t.migrator, { ...n, fingerprints: [`1:${'a'.repeat(64)}`] }),
  wasPromoted: (t, n) => wasPromoted(t.migrator, n),
  readLegacy: (t, n) => readLegacy(t.migrator, n),
  recordResolved: (t, n) => recordResolved(t.migrator, { ...n, ...DECIDED, ...READ, version: '2' }),
  recordResolvedRow: (t, n) => recordResolvedRow(t.migrator, { ...n, ...DECIDED, holder: 'h' }),
  scrubEndpoint: (t, n) => scrubEndpoint(t.migrator, { ...n, ...HELD_NOTHING, proofMaxAgeMs: 1000 }),
  restoreLegacyCredentials: (t, n) => restoreLegacyCredentials(t.migrator, { ...n, ...HELD_NOTHING, credentials: new Secret({}), actor: 'a', reason: 'x' }),
};
