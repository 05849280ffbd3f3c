import {
  credentialReference,
  formatReference,
  parsePayload,
  payloadFingerprint,
  placeForSize,
  placeKey,
  type SecretReference,
  type SecretTags,
} from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { createOrFind } from './move.ts';

/** Of the fingerprint, as many digits as a name may have beside its word. */
const NAME_LENGTH = 32;

/** A store takes payloads alone: what is none is kept as a text in one. */
function asPayload(text: Secret<string>): Secret<string> {
  try {
    parsePayload(text);
    return text;
  } catch (error) {
    if (!hasCode(error, 'payload_invalid')) throw error;
    return text.map((row) => JSON.stringify({ username: '-', password: '-', custom_fields: { row } }));
  }
}

/**
 * Keeps a text that is about to be replaced, as a secret of its own beside the login's, in the same place: `…/endpoints/{endpoint}/kept-{fingerprint}`. No row names it, so nothing logs in
 * with it; it is created only, and has the same name each time, so that a run that died finds it. Returns its reference. Fails with `payload_too_large`, `store_*`.
 */
export async function keepBeside(
  migration: Migration,
  endpoint: EndpointRow,
  { asItIs, beside }: { readonly asItIs: Secret<string>; readonly beside: SecretReference },
): Promise<string> {
  const text = asPayload(asItIs);
  const { places, patience, pace, giveUp, fingerprintKey } = migration;
  const store = migration.stores.forTenant(endpoint.orgId);
  const print = payloadFingerprint({ key: fingerprintKey.secret, text: text.map((json) => `kept of ${endpoint.id}\n${json}`) });
  const place = places.all.find((each) => placeKey(each) === placeKey(beside)) ?? places.new[0];
  const wanted = credentialReference({
    ...placeForSize(place, text, places.largePayloads),
    environment: places.environment,
    orgId: endpoint.orgId,
    endpointId: endpoint.id,
    portalAccountId: `kept-${print.slice(0, NAME_LENGTH)}`,
  });
  const tags: SecretTags = { TenantId: endpoint.orgId, Environment: places.environment, PortalType: endpoint.portalTypeCode };
  const reference = await patience(pace.writes(wanted), () => createOrFind(store, wanted, { text, tags, signal: giveUp }));
  const found = await patience(pace.reads(wanted), () => store.read(reference, { signal: giveUp }));
  if (found === null || !found.text.map((kept) => kept === text.reveal()).reveal())
    throw new RcmError('store_conflict', 'What was to be kept of the two could not be read back as it is. Nothing was changed.');
  return formatReference(found.reference ?? reference);
}
