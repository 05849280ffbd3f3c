import { once } from 'node:events';
import { checkConfiguration, databaseProblem, openDatabase } from '@rcm/db';
import { createLogger, createMetrics, embedMetrics, plaintextWarnings, startHealthServer } from '@rcm/telemetry';
import { SHOWN_ONCE } from './acts/read-routes.ts';
import type { ConsoleConfig } from './config.ts';
import { startConsole } from './server.ts';

/** Serves until SIGTERM or SIGINT; then no new request is taken, and those in hand are answered. */
export async function runConsole(config: ConsoleConfig): Promise<number> {
  const stopping = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await using opened = new AsyncDisposableStack();
  const logger = createLogger({ name: 'console', level: config.RCM_LOG_LEVEL });
  const metrics = createMetrics();
  const warnings = plaintextWarnings(config.RCM_PLAINTEXT);
  for (const warning of warnings) logger.warn(warning);
  const db = opened.adopt(openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-console', role: 'rcm_console' }), (each) => each.close());
  await checkConfiguration(db, logger);
  const { RCM_CONSOLE_TLS_CERT: cert, RCM_CONSOLE_TLS_KEY: key } = config;
  const server = opened.adopt(
    await startConsole({
      ...{ db, logger, metrics },
      origin: new URL(config.RCM_CONSOLE_URL).origin,
      port: config.RCM_CONSOLE_PORT,
      host: config.RCM_CONSOLE_HOST,
      tls: cert === undefined || key === undefined ? null : { cert, key },
      issuer: {
        issuer: config.RCM_CONSOLE_ISSUER,
        clientId: config.RCM_CONSOLE_CLIENT_ID,
        clientSecret: config.RCM_CONSOLE_CLIENT_SECRET,
        scopes: config.RCM_CONSOLE_SCOPES,
        acr: config.RCM_CONSOLE_ACR,
        amr: config.RCM_CONSOLE_AMR,
      },
      groups: config.RCM_CONSOLE_ROLES,
      groupsClaim: config.RCM_CONSOLE_GROUPS_CLAIM,
      idleMs: config.RCM_CONSOLE_IDLE_MS,
      sessionMs: config.RCM_CONSOLE_SESSION_MS,
      passwords: config.RCM_BREAK_GLASS_PAGE ? SHOWN_ONCE : null,
      takesPasswords: config.RCM_SET_PAGE === 'yes',
      live: { most: config.RCM_CONSOLE_STREAMS, roundMs: config.RCM_CONSOLE_CHANGES_SCAN_MS },
    }),
    (each) => each.close(),
  );
  const health = opened.adopt(
    await startHealthServer({
      port: config.RCM_HEALTH_PORT,
      host: config.RCM_HEALTH_HOST,
      metrics,
      warnings,
      checks: { database: () => databaseProblem(db) },
    }),
    (each) => each.close(),
  );
  opened.adopt(embedMetrics({ metrics, service: 'console', everyMs: config.RCM_EMBEDDED_METRICS_MS }), (each) => each.close());
  logger.info({ port: server.port, healthPort: health.port, url: config.RCM_CONSOLE_URL }, 'ready');
  await stopping;
  logger.info('stopping');
  return 0;
}
