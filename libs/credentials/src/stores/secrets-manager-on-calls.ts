import { randomUUID } from 'node:crypto';
import { RcmError, type Secret } from '@rcm/telemetry';
import { firstOfOurs } from './history.ts';
import { readEach } from './read-each.ts';
import { isSameText } from './same-text.ts';
import type { SecretsManagerCalls, SecretVersion } from './secrets-manager-calls.ts';
import { conflict, makeCurrent, mustExist, readCurrent } from './secrets-manager-current.ts';
import { REPLACING, versionsBefore } from './secrets-manager-labels.ts';
import { hasNoArn, secretId, secretName, withArn } from './secrets-manager-names.ts';
import { keepReplica } from './secrets-manager-replica.ts';
import { secretsManagerStages } from './secrets-manager-stages.ts';
import { checkSecretsManagerSize } from './size-policy.ts';
import type { ClosableSecretStore } from './store.ts';

export interface SecretsManagerRules {
  /** The id of a version that `replace` writes: 32 to 64 characters of a UUID. Default: a random UUID. */
  readonly newVersionId?: () => string;
}

/** Payloads as secrets; a staged one is a version of the same secret. Versions are VersionIds. */
export function secretsManagerStoreOn(calls: SecretsManagerCalls, { newVersionId = randomUUID }: SecretsManagerRules = {}): ClosableSecretStore {
  return {
    batchSize: 1,
    async read(reference, options) {
      const found = await readCurrent(calls, reference, options);
      return found && hasNoArn(reference) ? { ...found, reference: withArn(reference, found.arn) } : found;
    },
    async readVersion(reference, version, options) {
      return firstOfOurs(VERSION_ID.test(version) ? [version] : [], (kept) => calls.get(secretId(reference), { id: kept }, options));
    },
    async readBefore(reference, version, options) {
      const id = secretId(reference);
      const before = versionsBefore(version, await calls.listVersions(id, options));
      return firstOfOurs(before, (earlier) => calls.get(id, { id: earlier }, options));
    },
    // There is no batch read that names AWSCURRENT.
    readMany: (references, options) => readEach(references, async (reference) => readCurrent(calls, reference, options)),

    async create(reference, text, tags, options) {
      const name = secretName(reference);
      checkSecretsManagerSize(text);
      const created = (await calls.create(name, text, tags, options)) ?? (await sameAs(text, readCurrent(calls, reference, options)));
      if (created === null) throw new RcmError('secret_exists', 'There is another secret under this name already; it was left as it is.');
      return { reference: withArn(reference, created.arn), version: created.version };
    },
    async replace(reference, text, base, options) {
      const id = secretId(reference);
      checkSecretsManagerSize(text);
      const found = await mustExist(readCurrent(calls, reference, options));
      if (isSameText(found.text, text)) return { version: found.version };
      if (found.version !== base) throw conflict(base, found.version);
      const version = newVersionId();
      await calls.putVersion(id, { version, text, stages: [REPLACING] }, options);
      return makeCurrent(calls, id, { from: base, to: version }, options);
    },

    ...secretsManagerStages(calls),
    keepReplica: (reference, place, options) => keepReplica(calls, secretId(reference), place, options),
    close: () => calls.close(),
  };
}

/** What AWS takes as a version id; anything else was never one, and asking would be refused. */
const VERSION_ID = /^[A-Za-z0-9-]{32,64}$/;

/** A name that is taken may be taken by ourselves: a crash came before the ARN was noted. */
async function sameAs(text: Secret<string>, read: Promise<SecretVersion | null>): Promise<SecretVersion | null> {
  const found = await read;
  return found && isSameText(found.text, text) ? found : null;
}
