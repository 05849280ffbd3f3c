import { findEndpoint } from '@rcm/db';
import { RcmError, type Secret } from '@rcm/telemetry';
import { readMigratorConfig } from './config.ts';
import type { Moved, Why } from './credential/move.ts';
import { onboardEndpoint } from './credential/onboard.ts';
import { openMigration } from './services.ts';
import { stopOnSignals } from './stop.ts';

/** Stores the login of an endpoint that is registered and has none. */
export type Onboard = (login: { readonly endpointId: string; readonly payload: Secret<string> } & Why) => Promise<Moved>;

/** For as long as `act` takes, with the migrator's own rights and sessions. Fails with `config_invalid`, and as `act` does. */
export async function withOnboarding<T>(environment: NodeJS.ProcessEnv, act: (onboard: Onboard) => Promise<T>): Promise<T> {
  const config = readMigratorConfig(environment);
  const stop = stopOnSignals();
  const migration = openMigration(config, { stop, stderr: process.stderr });
  try {
    await migration.db.ping();
    return await act(async ({ endpointId, payload, ...why }) => {
      const endpoint = await findEndpoint(migration.db, { endpointId });
      if (!endpoint) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was stored.`);
      return onboardEndpoint(migration, endpoint, payload, why);
    });
  } finally {
    stop.dispose();
    await migration.close();
  }
}
