import { randomUUID } from 'node:crypto';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createMetrics, RcmError } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type CredentialManager, createCredentialManager } from '../reading/credential-manager.ts';
import type { SecretReference } from '../reference.ts';
import { createTenantReaders, createTenantStores, type TenantReaders, type TenantStores } from '../tenancy/tenant-stores.ts';
import { type CopyingStores, createCopyingStores } from './copying-stores.ts';
import { createFailoverReaders } from './failover-readers.ts';
import { inRegion } from './in-region.ts';
import { readCopy } from './replica-copy.ts';
import { AWAY, codeOf, HOME, newReference, optionsFor, ORG, payload, TAGS } from './two-regions.fixture.ts';

const OPEN_MS = 300;
let home: LocalAws;
let away: LocalAws;
let writers: { readonly home: TenantStores; readonly away: TenantStores };
let readers: TenantReaders;
let stores: CopyingStores;
let metrics: ReturnType<typeof createMetrics>;
let credentials: CredentialManager;
let turns: string[];
let behind: string[];

beforeAll(async () => {
  [home, away] = await Promise.all([startLocalAws({ region: HOME }), startLocalAws({ region: AWAY })]);
  writers = { home: createTenantStores(optionsFor(home, 'rotator')), away: createTenantStores(optionsFor(away, 'rotator')) };
});
afterAll(async () => {
  await Promise.all([readers?.close(), writers?.home.close(), writers?.away.close()]);
  await Promise.all([home?.close(), away?.close()]);
});
beforeEach(() => {
  for (const region of [home, away]) region.setFaults({ kind: 'none' });
  metrics = createMetrics();
  [turns, behind] = [[], []];
  const replica = createTenantReaders(optionsFor(away, 'agent'));
  readers = createFailoverReaders({
    primary: createTenantReaders(optionsFor(home, 'agent')),
    replica,
    replicaRegion: AWAY ?? '',
    metrics,
    openMs: OPEN_MS,
    onTurn: (state, store) => turns.push(`${store} ${state}`),
  });
  stores = createCopyingStores({
    primary: writers.home,
    replica: writers.away,
    replicaRegion: AWAY ?? '',
    replicaKeyOf: () => away.kmsKeyArn,
    metrics,
    onBehind: (_, { code }) => behind.push(code),
  });
  credentials = createCredentialManager({ stores: readers, metrics, retryPauseMs: 10, missingMs: 0 });
});

const store = () => stores.forTenant(ORG);
const get = (reference: SecretReference, version: string | null) => credentials.get({ orgId: ORG, reference, version });
const metric = async (line: string) =>
  Number(
    (await metrics.exposition())
      .split('\n')
      .find((text) => text.startsWith(`${line} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
/** What the second region holds of a secret, as it is stored there. */
async function copyOf(reference: SecretReference) {
  const twin = inRegion(reference, AWAY ?? '');
  const stored = twin && (await writers.away.forTenant(ORG).read(twin));
  const copy = stored ? readCopy(stored.text) : null;
  return copy && { version: copy.version, password: (JSON.parse(copy.text.reveal()) as { password: string }).password };
}

test('every write that makes a payload current leaves its copy at that version; repeating it changes nothing', async () => {
  const reference = newReference(home);
  const { version } = await store().create(reference, payload('one'), TAGS);
  expect(await copyOf(reference)).toEqual({ version, password: 'one' });
  const replaced = await store().replace(reference, payload('two'), version);
  expect(await copyOf(reference)).toEqual({ version: replaced.version, password: 'two' });
  const slot = { current: reference, attemptId: randomUUID(), tags: TAGS };
  await store().stage(slot, payload('three', slot.attemptId));
  const promoted = await store().promote(slot, replaced.version);
  expect(await copyOf(reference)).toEqual({ version: promoted.version, password: 'three' });
  expect(await store().promote(slot, replaced.version)).toEqual(promoted);
  expect(await metric('rcm_credential_copies_total{result="written"}')).toBe(3);
  expect(await metric('rcm_credential_copies_total{result="current"}')).toBe(1);
});

test('a writer is asked through every layer before what cannot be taken back, and a rehearsal reaches the store', async () => {
  const reference = newReference(home);
  const { version } = await store().create(reference, payload('one'), TAGS);
  const slot = { current: reference, attemptId: randomUUID(), tags: TAGS };
  const { text } = await store().stage(slot, payload('two', slot.attemptId));
  expect(await store().rehearse(slot, version, { text })).toEqual({ overwritten: null });
  const over = new RcmError('lease_lost', 'The lease is over.');
  const refuses = { beforeWrite: () => Promise.reject(over) };
  for (const act of [
    () => store().promote(slot, version, refuses),
    () => store().replace(reference, payload('three'), version, refuses),
    () => store().discard(slot, refuses),
  ])
    await expect(act()).rejects.toBe(over);
  expect((await store().read(reference))?.version).toBe(version);
  expect(await store().readStaged(slot)).not.toBeNull();
});

test('while the first region is down reads come from the second one and say so; when it is back they come from it again', async () => {
  const reference = newReference(home);
  const { version } = await store().create(reference, payload('one'), TAGS);
  home.setFaults({ kind: 'down' });
  const held = await get(reference, version);
  expect([held.served, held.version, held.payload.reveal().password]).toEqual(['replica', version, 'one']);
  expect(turns).toEqual(['ssm down']);
  expect(await metric('rcm_credential_region_down{store="ssm"}')).toBe(1);
  expect(await metric('rcm_credential_misses_total{served="replica"}')).toBe(1);
  home.setFaults({ kind: 'none' });
  const other = newReference(home);
  const created = await store().create(other, payload('x'), TAGS);
  await expect.poll(() => get(newReference(home), null).catch(() => turns), { timeout: 20_000 }).toEqual(['ssm down', 'ssm up']);
  expect((await get(other, created.version)).served).toBe('store');
});

test('a region that does not answer in time is down as well, and is not waited for at each read', async () => {
  const references = [newReference(home), newReference(home), newReference(home)];
  const versions = [];
  for (const reference of references) versions.push((await store().create(reference, payload('slow'), TAGS)).version);
  home.setFaults({ kind: 'slow', delayMs: 600_000 });
  readers = createFailoverReaders({
    primary: createTenantReaders(optionsFor(home, 'agent')),
    replica: createTenantReaders(optionsFor(away, 'agent')),
    replicaRegion: AWAY ?? '',
    metrics,
    primaryWaitMs: 200,
    openMs: 600_000,
  });
  credentials = createCredentialManager({ stores: readers, metrics, retryPauseMs: 10 });
  for (const [i, reference] of references.entries()) expect((await get(reference, versions[i] ?? '')).served).toBe('replica');
  expect(await metric('rcm_credential_failovers_total{store="ssm"}')).toBe(3);
});

test('a copy that is not at the current version is not used, nor one of which nobody says what is current', async () => {
  const reference = newReference(home);
  const { version } = await store().create(reference, payload('one'), TAGS);
  away.setFaults({ kind: 'down' });
  const replaced = await store().replace(reference, payload('two'), version);
  expect(behind).toEqual(['store_unavailable']);
  expect(await metric('rcm_credential_copies_total{result="behind"}')).toBe(1);
  expect((await alarmsTold(metrics, 'rotator')).cloudWatch).toEqual(['rcm-copies-behind']);
  away.setFaults({ kind: 'none' });
  home.setFaults({ kind: 'down' });
  expect(await codeOf(get(reference, replaced.version))).toBe('store_unavailable');
  expect(await codeOf(get(reference, null))).toBe('store_unavailable');
  home.setFaults({ kind: 'none' });
  expect(await stores.repairCopy(reference, TAGS)).toBe('written');
  expect(await stores.repairCopy(reference, TAGS)).toBe('current');
  home.setFaults({ kind: 'down' });
  expect((await get(reference, replaced.version)).payload.reveal().password).toBe('two');
});

test('what the second region does not have is not known to be missing', async () => {
  const reference = newReference(home);
  const { version } = await writers.home.forTenant(ORG).create(reference, payload('one'), TAGS);
  home.setFaults({ kind: 'down' });
  expect(await codeOf(get(reference, version))).toBe('store_unavailable');
});

test('a secret that is missing or refused in the first region is not looked for in the second', async () => {
  const reference = newReference(home);
  const twin = inRegion(reference, AWAY ?? '');
  if (twin) await writers.away.forTenant(ORG).create(twin, payload('away'), TAGS);
  expect(await codeOf(get(reference, '1'))).toBe('secret_missing');
  expect(await codeOf(get({ ...newReference(home), organizationId: 'hospital-two' }, '1'))).toBe('reference_not_yours');
  expect(await metric('rcm_credential_failovers_total{store="ssm"}')).toBe(0);
});

test('writes never go to the second region alone', async () => {
  const reference = newReference(home);
  const { version } = await store().create(reference, payload('one'), TAGS);
  home.setFaults({ kind: 'down' });
  expect(await codeOf(store().replace(reference, payload('two'), version))).toMatch(/store_unavailable|deadline_exceeded/);
  expect(await codeOf(store().create(newReference(home), payload('new'), TAGS))).toMatch(/store_unavailable|deadline_exceeded/);
  expect(await copyOf(reference)).toEqual({ version, password: 'one' });
});

test('two that copy at once end at what the secret holds', async () => {
  const reference = newReference(home);
  let { version } = await store().create(reference, payload('0'), TAGS);
  for (let i = 1; i <= 5; i += 1) ({ version } = await writers.home.forTenant(ORG).replace(reference, payload(String(i)), version));
  const ends = await Promise.all(Array.from({ length: 3 }, () => stores.repairCopy(reference, TAGS).catch((error: RcmError) => error.code)));
  expect(ends).toContain('written');
  expect(await copyOf(reference)).toEqual({ version, password: '5' });
});
