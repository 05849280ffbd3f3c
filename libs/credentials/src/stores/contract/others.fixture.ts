import { Secret } from '@rcm/telemetry';
import { type CredentialPayload, parsePayload, rotationOf, serializePayload } from '../../payload.ts';
import type { SecretReference } from '../../reference.ts';
import type { SecretStore, StoredSecret } from '../store.ts';
import type { Scene } from './scene.fixture.ts';
import { newSlot, payloadText, rotatedText, tags } from './store-under-test.fixture.ts';

/** Somebody who does something to the secret while a writer is stopped, having read the newest each time. */
export interface Others {
  readonly name: string;
  /** The secret is deleted and made again, so its versions may start anew. */
  readonly makesAnew: boolean;
  /** What they wrote has more than another password, so that a rotation made without it can be told. */
  readonly showsInFields: boolean;
  act(testEnvironment: TestEnvironment, scene: Scene): Promise<void>;
}

/** The store as it is for everybody but the stopped writer. */
export interface TestEnvironment {
  readonly store: SecretStore;
  remove(reference: SecretReference): Promise<void>;
}

async function newest({ store }: TestEnvironment, { named }: Scene): Promise<StoredSecret> {
  const found = await store.read(named);
  if (found === null) throw new Error('There is no secret to act on.');
  return found;
}

/** As a person's tool does it: read, change, write on top of what was read. */
async function edit(testEnvironment: TestEnvironment, scene: Scene, change: Partial<CredentialPayload>): Promise<void> {
  const found = await newest(testEnvironment, scene);
  const text = serializePayload(new Secret({ ...parsePayload(found.text).reveal(), ...change }));
  await testEnvironment.store.replace(found.reference ?? scene.named, text, found.version);
}

const editing = (what: string, change: Partial<CredentialPayload>, showsInFields = true): Others => ({
  name: `a person edits ${what}`,
  makesAnew: false,
  showsInFields,
  act: (testEnvironment, scene) => edit(testEnvironment, scene, change),
});

/** A twin of the stopped rotator, with the same attempt. */
async function finish({ store }: TestEnvironment, { slot, base, staged }: Scene): Promise<void> {
  await store.stage(slot, staged);
  await store.promote(slot, base);
}

async function rotateAgain(testEnvironment: TestEnvironment, scene: Scene): Promise<void> {
  const found = await newest(testEnvironment, scene);
  const slot = newSlot(found.reference ?? scene.named);
  await testEnvironment.store.stage(slot, rotatedText(found.text, slot.attemptId, 'newer', rotationOf(found.text).counter + 1));
  await testEnvironment.store.promote(slot, found.version);
}

const finishing = (name: string, act: Others['act'], showsInFields: boolean): Others => ({
  name: `a twin finishes the attempt${name}`,
  makesAnew: false,
  showsInFields,
  async act(testEnvironment, scene) {
    // Where the stopped writer has changed current already, the twin is told; what follows goes on from what it finds.
    await finish(testEnvironment, scene).catch(() => {});
    await act(testEnvironment, scene);
  },
});

export const OTHERS: readonly Others[] = [
  finishing('', async () => {}, true),
  finishing(' and rotates again', rotateAgain, true),
  finishing(' and a person edits a note then', (testEnvironment, scene) => edit(testEnvironment, scene, { note: 'edited' }), true),
  finishing(' and a person sets another password then', (testEnvironment, scene) => edit(testEnvironment, scene, { password: 'typed' }), false),
  {
    name: 'a rival of another attempt comes first',
    makesAnew: false,
    showsInFields: true,
    act: rotateAgain,
  },
  editing('a note', { note: 'edited' }),
  editing('the seed', { mfa_seed: 'KRSXG5CTMVRXEZLU' }),
  editing('the password', { password: 'typed' }, false),
  {
    name: 'a person deletes the secret and makes it again',
    makesAnew: true,
    showsInFields: true,
    async act({ store, remove }, scene) {
      await remove(scene.named);
      await store.create(scene.named, payloadText('by hand', { note: 'made anew' }), tags);
    },
  },
];
