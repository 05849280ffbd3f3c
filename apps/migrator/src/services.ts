import {
  createReplicatedStores,
  createTenantDevices,
  identityKeys,
  keyChecks,
  type NewPlace,
  newSecretPlaces,
  secretPlaces,
  tenantStoresOptions,
} from '@rcm/credentials';
import { fingerprintKeys, type Vocabulary, vocabularyOf } from '@rcm/credentials/legacy';
import { openDatabase } from '@rcm/db';
import { countLoginsAt } from '@rcm/db/migration';
import { createLogger, createMetrics, processName, sayPlaintext, systemClock } from '@rcm/telemetry';
import type { MigratorConfig } from './config.ts';
import type { Filter, Migration, SecretPlaces } from './migration.ts';
import { createPacer } from './pacing/pacer.ts';
import { createPaces } from './pacing/paces.ts';
import { createPatience } from './pacing/patience.ts';
import { createRooms } from './placing/rooms.ts';
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
  const { stores, copies } = createReplicatedStores({
    stores: { ...tenantStoresOptions(config), processName: holder },
    replica: config,
    metrics: createMetrics(),
    onBehind: ({ endpointId }, error) => logger.warn({ err: error, endpointId }, 'the secret has no copy in the second region yet; `rcm copies` makes it'),
  });
  const devices = createTenantDevices({ ...tenantStoresOptions(config), processName: holder });
  const clock = systemClock;
  return {
    db,
    stores,
    copies,
    devices,
    places: placesOf(config),
    rooms: createRooms({
      clock,
      // Of 10,000 parameters, or 100,000 of the advanced tier: each login that was rotated has the copy of its last rotation beside it.
      loginsOfSsm: config.RCM_PLACE_LOGINS ?? (config.RCM_LARGE_PAYLOADS === 'advanced' ? 47_500 : 4_500),
      count: (question) => countLoginsAt(db, question),
    }),
    keys,
    vocabulary,
    filter,
    fingerprintKey: prints[0],
    fingerprintKeys: prints,
    clock,
    logger,
    holder,
    concurrency: config.RCM_MIGRATOR_CONCURRENCY,
    pace: pacesOf({ db, clock }, config),
    patience: createPatience({ clock, random: Math.random, stop: stop.stopping }),
    patienceToTheEnd: createPatience({ clock, random: Math.random, stop: stop.giveUp }),
    stopping: stop.stopping,
    giveUp: stop.giveUp,
    progress: (what, total) => createProgress({ stream: stderr, what, total }),
    onEnd,
    endpoints,
    async close() {
      await Promise.all([stores.close(), devices.close()]);
      await db.close();
    },
  };
}

const placesOf = (config: MigratorConfig): SecretPlaces => ({
  ...{ new: newSecretPlaces(config, config.RCM_MIGRATOR_STORE), all: secretPlaces(config) },
  ...{ environment: config.RCM_ENVIRONMENT, largePayloads: config.RCM_LARGE_PAYLOADS },
});

/** All migrators together are no faster. */
const pacesOf = (services: Pick<Migration, 'db' | 'clock'>, config: MigratorConfig): Migration['pace'] =>
  createPaces((place, kind) =>
    createPacer({
      ...{ ...services, counted: counted(kind, place) },
      perSecond: kind === 'write' ? config.RCM_MIGRATOR_WRITES_PER_SECOND : config.RCM_MIGRATOR_READS_PER_SECOND,
    }),
  );

/** What the store counts together: calls of one kind, of one account in one region. */
const counted = (kind: 'read' | 'write', place: NewPlace): string =>
  place.store === 'vault' ? [place.store, kind, place.mount].join(' ') : [place.store, kind, place.accountId, place.region].join(' ');
