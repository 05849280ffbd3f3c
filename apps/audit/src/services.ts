import { openDatabase, type AppRole, type Database } from '@rcm/db';
import { createLogger, createMetrics, type Logger, type Metrics, plaintextWarnings, RcmError } from '@rcm/telemetry';
import type { AuditConfig } from './config.ts';
import { HeadWriter } from './heads/head-writer.ts';
import { keyFileSigner } from './signing/key-file-signer.ts';
import type { HeadSigner } from './signing/signer.ts';
import { headFile } from './sinks/head-file.ts';
import type { HeadSink, HeadSource } from './sinks/sink.ts';

/** What every command of this process has; nothing is connected before it is used. */
export interface Services {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export function openServices(config: AuditConfig, role: Extract<AppRole, 'rcm_auditor' | 'rcm_head_writer'>): Services {
  const logger = createLogger({ name: 'audit', level: config.RCM_LOG_LEVEL });
  const warnings = plaintextWarnings(config.RCM_PLAINTEXT);
  for (const warning of warnings) createLogger({ name: 'audit', level: 'warn' }).warn(warning);
  const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: `rcm-audit ${role}`, role, maxConnections: 2 });
  return { db, logger, metrics: createMetrics({ process: true }), warnings, close: () => db.close() };
}

/** Fails with `config_invalid` where no key is configured. */
export function openSigner(config: AuditConfig): HeadSigner {
  if (config.RCM_AUDIT_SIGNING_KEY) return keyFileSigner(config.RCM_AUDIT_SIGNING_KEY);
  throw new RcmError('config_invalid', 'No key to sign heads with: set RCM_AUDIT_SIGNING_KEY_FILE.');
}

export const openSinks = (config: AuditConfig): HeadSink[] => (config.RCM_AUDIT_HEADS_FILE === undefined ? [] : [headFile(config.RCM_AUDIT_HEADS_FILE)]);

/** The sinks that can be read again. */
export const openSources = (config: AuditConfig): HeadSource[] => (config.RCM_AUDIT_HEADS_FILE === undefined ? [] : [headFile(config.RCM_AUDIT_HEADS_FILE)]);

/** Fails with `config_invalid` where there is no key or no sink. */
export function openHeadWriter(config: AuditConfig, { db, logger, metrics }: Services): { readonly writer: HeadWriter; close(): void } {
  const [signer, sinks] = [openSigner(config), openSinks(config)];
  if (sinks.length === 0) throw new RcmError('config_invalid', 'No place to keep heads: set RCM_AUDIT_HEADS_FILE.');
  return {
    writer: new HeadWriter({ db, signer, sinks, logger, metrics, deadlineMs: config.RCM_AUDIT_DEADLINE_MS }),
    close: () => sinks.forEach((sink) => sink.close()),
  };
}
