import { createReplicatedStores, identityKeys, keyChecks, newSecretPlace, tenantStoresOptions } from '@rcm/credentials';
import { fingerprintKeys, type Vocabulary, vocabularyOf } from '@rcm/credentials/legacy';
import { openDatabase } from '@rcm/db';
import { createLogger, createMetrics, processName, sayPlaintext, systemClock } from '@rcm/telemetry';
import type { MigratorConfig } from './config.ts';
import type { Filter, Migration } from './migration.ts';
import { createPacer } from './pacing/pacer.ts';
import { createPatience } from './pacing/patience.ts';
import { createProgress, type ProgressStream } from './progress.ts';
import type { Stop } from './stop.ts';

export interface OpenMigration extends Migration {
  /** Closes store clients, then the database. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly stop: Stop;
  readonly stderr: ProgressStream;
  /** Default: what is known to the product. */
  readonly vocabulary?: Vocabulary;
  /** Default: every endpoint. */
  readonly filter?: Filter;
  /** Default: nobody is told. */
  readonly onEnd?: Migration['onEnd'];
  /** Default: `listed`. */
  readonly endpoints?: Migration['endpoints'];
}

/** Everything a command needs, made once from the configuration. Nothing is connected before it is used. */
export function openMigration(
  config: MigratorConfig,
  { stop, stderr, vocabulary = vocabularyOf(), filter = {}, onEnd = () => undefined, endpoints = 'listed' }: OpenOptions,
): OpenMigration {
  const keys = identityKeys(config);
  const prints = fingerprintKeys(keys);
  const db = openDatabase({
    url: config.RCM_DATABASE_URL,
    directUrl: config.RCM_DATABASE_DIRECT_URL,
    applicationName: 'rcm-migrator',
    role: 'rcm_migrator',
    keys: keyChecks(keys),
    maxConnections: config.RCM_MIGRATOR_CONCURRENCY + 2,
  });
  const logger = createLogger({ name: 'migrator', level: config.RCM_LOG_LEVEL });
  const holder = processName('migrator');
  sayPlaintext('migrator', config.RCM_PLAINTEXT);
  const { stores } = createReplicatedStores({
    stores: { ...tenantStoresOptions(config), processName: holder },
    replica: config,
    metrics: createMetrics(),
    onBehind: ({ endpointId }, error) => logger.warn({ err: error, endpointId }, 'the secret has no copy in the second region yet; `rotator copies` makes it'),
  });
  const clock = systemClock;
  return {
    db,
    stores,
    place: { ...newSecretPlace(config, config.RCM_MIGRATOR_STORE), environment: config.RCM_ENVIRONMENT, largePayloads: config.RCM_LARGE_PAYLOADS },
    keys,
    vocabulary,
    filter,
    fingerprintKey: prints[0],
    fingerprintKeys: prints,
    clock,
    logger,
    holder,
    concurrency: config.RCM_MIGRATOR_CONCURRENCY,
    writes: createPacer({ db, counted: counted('write', config), perSecond: config.RCM_MIGRATOR_WRITES_PER_SECOND, clock }),
    reads: createPacer({ db, counted: counted('read', config), perSecond: config.RCM_MIGRATOR_READS_PER_SECOND, clock }),
    patience: createPatience({ clock, random: Math.random, stop: stop.stopping }),
    stopping: stop.stopping,
    giveUp: stop.giveUp,
    progress: (what, total) => createProgress({ stream: stderr, what, total }),
    onEnd,
    endpoints,
    async close() {
      await stores.close();
      await db.close();
    },
  };
}

/** What the store counts together: calls of one kind, of one account in one region. */
const counted = (kind: 'read' | 'write', { RCM_MIGRATOR_STORE: store, RCM_AWS_ACCOUNT_ID: account, RCM_AWS_REGION: region }: MigratorConfig): string =>
  [store, kind, account, region].filter(Boolean).join(' ');
