import { type EndpointRow, findEndpoint } from '@rcm/db';
import { RcmError, type Secret } from '@rcm/telemetry';
import { readMigratorConfig } from './config.ts';
import type { Moved, Why } from './credential/move.ts';
import { onboardEndpoint } from './credential/onboard.ts';
import { lookRemoved, type Looked } from './credential/look-removed.ts';
import { reinstateSecret } from './credential/reinstate.ts';
import { type ProvedMove, relocateProved, relocateUnproved } from './credential/relocate-proved.ts';
import { type Destination, destination } from './placing/destination.ts';
import { openMigration } from './services.ts';
import { stopOnSignals } from './stop.ts';

/** What an operator has the migrator do for one endpoint, with its rights in store and database. Each fails with `endpoint_unknown`, and as what it names does. */
export interface Onboarding {
  /** Stores the login of an endpoint that is registered and has none: `onboardEndpoint`. */
  onboard(login: { readonly endpointId: string; readonly payload: Secret<string> } & Why): Promise<Moved>;
  /** Names the secret of one that is retired no more: `reinstateSecret`. */
  reinstate(endpointId: string): Promise<'named' | 'already'>;
  /** Moves its secret to another place of the deployment: `relocateProved`, or `relocateUnproved`. Fails with `input_invalid` for no such place. */
  move(to: Destination & Why & { readonly endpointId: string; readonly proof: 'login' | 'none' }): Promise<ProvedMove>;
  /** Notes that the secrets of one that is retired, or was moved, are gone where no row names them: `lookRemoved`. */
  lookRemoved(endpointId: string, why: Why): Promise<Looked>;
}

/** For as long as `act` takes, with the migrator's own rights and sessions. Fails with `config_invalid`, and as `act` does. */
export async function withOnboarding<T>(environment: NodeJS.ProcessEnv, act: (onboarding: Onboarding) => Promise<T>): Promise<T> {
  const config = readMigratorConfig(environment);
  const stop = stopOnSignals();
  const migration = openMigration(config, { stop, stderr: process.stderr });
  const found = async (endpointId: string): Promise<EndpointRow> => {
    const endpoint = await findEndpoint(migration.db, { endpointId });
    if (!endpoint) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was stored.`);
    return endpoint;
  };
  try {
    await migration.db.ping();
    return await act({
      onboard: async ({ endpointId, payload, ...why }) => onboardEndpoint(migration, await found(endpointId), payload, why),
      reinstate: async (endpointId) => reinstateSecret(migration, await found(endpointId)),
      move: async ({ endpointId, proof, account, region, store, ...why }) => {
        const endpoint = await found(endpointId);
        const to = destination(migration, endpoint, { account, region, store });
        return (proof === 'login' ? relocateProved : relocateUnproved)(migration, endpoint, to, why);
      },
      lookRemoved: async (endpointId, why) => lookRemoved(migration, await found(endpointId), why),
    });
  } finally {
    stop.dispose();
    await migration.close();
  }
}
