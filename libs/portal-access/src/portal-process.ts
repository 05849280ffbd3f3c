import { identityKeys, keyChecks, type KeysConfig } from '@rcm/credentials';
import { type AppRole, type Database, openDatabase } from '@rcm/db';
import type { DataKeyWrapping } from '@rcm/db/sealing';
import { createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Logger, type Metrics, plaintextWarnings, systemClock } from '@rcm/telemetry';
import { watchRefusals } from './database-refuses.ts';
import { Drivers } from './drivers.ts';
import { browserWarnings, type PortalConfig, windowEnvironment } from './environment.ts';
import { type EvidenceFolder, openEvidenceFolder } from './evidence-folder.ts';

const HOUR_MS = 3_600_000;

export interface PortalProcessOptions {
  /** Name of the process in logs and in pg_stat_activity. */
  readonly name: string;
  /** What its login to Postgres must be a member of. */
  readonly role: AppRole;
  readonly config: PortalConfig &
    KeysConfig & {
      readonly RCM_DATABASE_URL: string;
      readonly RCM_DATABASE_DIRECT_URL?: string | undefined;
      readonly RCM_LOG_LEVEL: string;
    };
  /** Contexts held beside those at work. Default 0. */
  readonly idleContexts?: number;
  readonly headed?: boolean | undefined;
  /** What wraps the keys of task data, for a process that has to do with it. */
  readonly dataKeys?: DataKeyWrapping | undefined;
}

/** What every process that logs in to portals is made of, besides its stores. */
export interface PortalProcess {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly db: Database;
  readonly drivers: Drivers;
  /** What this deployment has chosen to leave unprotected, a sentence each: said at the start, and by `/healthz`. */
  readonly warnings: readonly string[];
  /** Opens a context in the browser and closes it. Fails with `browser_unavailable`, `cancelled`. */
  tryBrowser(signal: AbortSignal): Promise<void>;
  /** Why no browser can be had, in a sentence, as far as it is known; `null`: nothing is known against it. */
  browserProblem(): Promise<string | null>;
  /** How many browser contexts have a place now, those that are kept among them. */
  places(): number;
  /** Ends the browser, so that no process of it stays, and then what keeps evidence of its pages. */
  closeBrowser(): Promise<void>;
}

/** Made once from the configuration. Nothing is connected and no browser runs before it is used. Fails with `config_invalid` where evidence cannot be kept as it says. */
export function openPortalProcess({ name, role, config, idleContexts = 0, headed, dataKeys }: PortalProcessOptions): PortalProcess {
  const logger = createLogger({ name, level: config.RCM_LOG_LEVEL });
  const metrics = createMetrics({ process: true });
  const evidence = evidenceFolder(config, logger, metrics);
  const warnings = [...plaintextWarnings(config.RCM_PLAINTEXT), ...browserWarnings(config)];
  // However quiet its log is otherwise.
  const loud = createLogger({ name, level: 'warn' });
  for (const warning of warnings) loud.warn(warning);
  const browser = createBrowserPool({
    executablePath: config.RCM_CHROMIUM_PATH,
    maxContexts: config.RCM_MAX_BROWSER_CONTEXTS + idleContexts,
    maxLeaving: config.RCM_MAX_BROWSER_CONTEXTS,
    headed,
    environment: headed ? windowEnvironment(config) : {},
    sandbox: config.RCM_BROWSER_SANDBOX === 'on',
    user: config.RCM_BROWSER_USER,
    logger,
    metrics,
  });
  return {
    logger,
    metrics,
    db: openDatabase({
      url: config.RCM_DATABASE_URL,
      directUrl: config.RCM_DATABASE_DIRECT_URL,
      applicationName: `rcm-${name}`,
      role,
      keys: keyChecks(identityKeys(config)),
      dataKeys,
      onRefusal: watchRefusals(metrics),
    }),
    drivers: new Drivers(browser, logger, metrics, { evidence, plaintextAllowed: config.RCM_PLAINTEXT.includes('portals') }),
    warnings,
    browserProblem: () => browser.problem(),
    places: () => browser.places(),
    async tryBrowser(signal) {
      const opened = await browser.openContext({ context: {}, signal });
      await opened.close();
    },
    async closeBrowser() {
      await browser.close();
      await evidence?.close();
    },
  };
}

function evidenceFolder(config: PortalConfig, logger: Logger, metrics: Metrics): EvidenceFolder | null {
  if (config.RCM_EVIDENCE_DIR === undefined) return null;
  return openEvidenceFolder({
    folder: config.RCM_EVIDENCE_DIR,
    when: config.RCM_EVIDENCE_WHEN,
    screenshots: config.RCM_EVIDENCE_SCREENSHOTS === 'on',
    keptMs: config.RCM_EVIDENCE_KEPT_HOURS * HOUR_MS,
    maxBytes: config.RCM_EVIDENCE_MAX_BYTES,
    clock: systemClock,
    logger,
    metrics,
  });
}
