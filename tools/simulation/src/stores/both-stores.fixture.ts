import type { SecretReference, SecretStore, SecretTags } from '@rcm/credentials';
import { isRcmError, Secret } from '@rcm/telemetry';
import type { Random } from '../time/random.ts';
import { ENVIRONMENT } from './stores.ts';

export const ORG = 'hospital-a';
const tags: SecretTags = { TenantId: ORG, Environment: ENVIRONMENT, PortalType: 'alpine' };
const attempts = ['aaaaaaaa-0000-4000-8000-00000000000a', 'bbbbbbbb-0000-4000-8000-00000000000b', 'cccccccc-0000-4000-8000-00000000000c'];
const textOf = (password: string, attemptId?: string): Secret<string> =>
  new Secret(JSON.stringify({ username: 'user', password, ...(attemptId ? { metadata: { rotation_attempt_id: attemptId, rotation_counter: 1 } } : {}) }));

/** One of the two sides: the product's store on the real thing, or on the model; and a person at its console. */
export interface Side {
  readonly store: SecretStore;
  reference: SecretReference;
  /** Versions in the order in which this side first told of them: the two sides name them differently. */
  readonly versions: string[];
  /** What a person does before the store's call of this number in the operation under way. */
  readonly meanwhile: { call: number; act: () => Promise<void> };
  personWrites(reference: SecretReference, text: string): Promise<void>;
  personRemoves(reference: SecretReference): Promise<void>;
}

type OperationName =
  | 'create'
  | 'read'
  | 'readVersion'
  | 'readBefore'
  | 'replace'
  | 'stage'
  | 'readStaged'
  | 'listStaged'
  | 'promote'
  | 'discard'
  | 'person writes'
  | 'person removes';
const WEIGHTS: Readonly<Record<OperationName, number>> = {
  create: 3,
  read: 3,
  readVersion: 3,
  readBefore: 3,
  replace: 4,
  stage: 5,
  readStaged: 2,
  listStaged: 1,
  promote: 5,
  discard: 2,
  'person writes': 2,
  'person removes': 1,
};

interface Operation {
  readonly name: OperationName;
  readonly attemptId: string;
  readonly password: string;
  /** Which of the versions told so far; the newest is 0. */
  readonly base: number;
  /** A person who does not wait for the operation to end. */
  readonly meanwhile: { readonly call: number; readonly does: 'writes' | 'removes'; readonly password: string } | null;
}

export function operationsOf(random: Random, count: number): Operation[] {
  return Array.from({ length: count }, (_, at) => ({
    name: at === 0 ? 'create' : random.weighted(WEIGHTS),
    attemptId: random.pick(attempts),
    password: `password-${random.between(0, 5)}`,
    base: random.chance(0.7) ? 0 : random.between(0, 3),
    meanwhile: random.chance(0.4)
      ? { call: random.between(1, 4), does: random.chance(0.8) ? 'writes' : 'removes', password: `password-${random.between(0, 5)}` }
      : null,
  }));
}

export async function perform(side: Side, { name, attemptId, password, base, meanwhile }: Operation): Promise<unknown> {
  side.meanwhile.call = meanwhile?.call ?? 0;
  side.meanwhile.act = async () =>
    meanwhile?.does === 'writes' ? side.personWrites(side.reference, textOf(meanwhile.password).reveal()) : side.personRemoves(side.reference);
  const slot = { current: side.reference, attemptId, tags };
  const version = side.versions.at(-1 - base) ?? side.versions.at(-1) ?? '1';
  const told = (found: { readonly version: string; readonly text?: Secret<string> } | null) => {
    if (found === null) return null;
    if (!side.versions.includes(found.version)) side.versions.push(found.version);
    return { version: side.versions.indexOf(found.version), text: found.text?.reveal() ?? null };
  };
  try {
    switch (name) {
      case 'create': {
        const created = await side.store.create(side.reference, textOf(password), tags);
        side.reference = created.reference;
        return told(created);
      }
      case 'read':
        return told(await side.store.read(side.reference));
      case 'readVersion': {
        const found = await side.store.readVersion(side.reference, version);
        return found && found.text.reveal();
      }
      case 'readBefore': {
        const found = await side.store.readBefore(side.reference, version);
        return found && found.text.reveal();
      }
      case 'replace':
        return told(await side.store.replace(side.reference, textOf(password), version));
      case 'stage': {
        const { text, adopted } = await side.store.stage(slot, textOf(password, attemptId));
        return { text: text.reveal(), adopted };
      }
      case 'readStaged':
        return (await side.store.readStaged(slot))?.text.reveal() ?? null;
      case 'listStaged':
        return [...(await side.store.listStaged(side.reference))].sort();
      case 'promote':
        return told(await side.store.promote(slot, version));
      case 'discard':
        await side.store.discard(slot);
        return null;
      case 'person writes':
        await side.personWrites(side.reference, textOf(password).reveal());
        return null;
      case 'person removes':
        await side.personRemoves(side.reference);
        return null;
    }
  } catch (error) {
    if (isRcmError(error)) return { code: error.code };
    return { code: (error as Error).name };
  }
}
