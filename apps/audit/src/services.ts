import { readFileSync } from 'node:fs';
import { openDatabase, type AppRole, type Database } from '@rcm/db';
import { createLogger, createMetrics, type Logger, type Metrics, RcmError, sayPlaintext } from '@rcm/telemetry';
import type { AuditConfig, HeadsConfig } from './config.ts';
import { HeadWriter } from './heads/head-writer.ts';
import { keyFileSigner } from './signing/key-file-signer.ts';
import { kmsSigner } from './signing/kms-signer.ts';
import type { HeadSigner } from './signing/signer.ts';
import { headBucket } from './sinks/bucket.ts';
import { headFile } from './sinks/head-file.ts';
import type { HeadSink, HeadSource } from './sinks/sink.ts';
import { syslog, syslogPlace } from './sinks/syslog.ts';
import { type Destination, fileDestination, syslogDestination } from './stream/destination.ts';

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
  const warnings = sayPlaintext('audit', config.RCM_PLAINTEXT);
  const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: `rcm-audit ${role}`, role, maxConnections: 2 });
  return { db, logger, metrics: createMetrics({ process: true }), warnings, close: () => db.close() };
}

/** Fails with `config_invalid` where no key is configured. */
export function openSigner({ RCM_AUDIT_SIGNING_KEY: pem, RCM_AUDIT_SIGNING_KMS_KEY: key, ...config }: HeadsConfig): HeadSigner {
  if (pem) return keyFileSigner(pem);
  if (key !== undefined) return kmsSigner({ key, region: config.RCM_AWS_REGION ?? '', endpoint: config.RCM_AWS_ENDPOINT });
  throw new RcmError('config_invalid', 'No key to sign heads with: set RCM_AUDIT_SIGNING_KEY_FILE or RCM_AUDIT_SIGNING_KMS_KEY.');
}

/** The sinks that can be read again. */
export function openSources(config: HeadsConfig): (HeadSink & HeadSource)[] {
  const sources = [];
  if (config.RCM_AUDIT_HEADS_FILE !== undefined) sources.push(headFile(config.RCM_AUDIT_HEADS_FILE));
  if (config.RCM_AUDIT_BUCKET !== undefined)
    sources.push(
      headBucket({
        bucket: config.RCM_AUDIT_BUCKET,
        prefix: config.RCM_AUDIT_BUCKET_PREFIX,
        mode: config.RCM_AUDIT_BUCKET_MODE,
        keepDays: config.RCM_AUDIT_BUCKET_KEEP_DAYS,
        region: config.RCM_AWS_REGION ?? '',
        endpoint: config.RCM_AWS_ENDPOINT,
      }),
    );
  return sources;
}

function openSinks(config: HeadsConfig): HeadSink[] {
  const place = config.RCM_AUDIT_SYSLOG === undefined ? null : syslogPlace(config.RCM_AUDIT_SYSLOG, certificatesIn(config.RCM_AUDIT_SYSLOG_CA_FILE));
  return [...openSources(config), ...(place ? [syslog(place)] : [])];
}

/** Where `audit stream` sends to: what begins like an address of syslog is one, anything else is a file. Fails with `config_invalid`. */
export function openDestination(config: HeadsConfig, to: string): Destination {
  if (!/^(tls|unix|tcp|udp|https?):/.test(to)) return fileDestination(to);
  const place = syslogPlace(to, certificatesIn(config.RCM_AUDIT_SYSLOG_CA_FILE));
  if (place === null) throw new RcmError('config_invalid', '--to must be a file, tls://host:port or unix:/path.');
  return syslogDestination(place);
}

/** Fails with `config_invalid`. */
function certificatesIn(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RcmError('config_invalid', `RCM_AUDIT_SYSLOG_CA_FILE cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}).`, { cause });
  }
}

/** Fails with `config_invalid` where there is no key or no sink. */
export function openHeadWriter(config: AuditConfig, { db, logger, metrics }: Services): { readonly writer: HeadWriter; close(): void } {
  const [signer, sinks] = [openSigner(config), openSinks(config)];
  if (sinks.length === 0) throw new RcmError('config_invalid', 'No place to keep heads: set RCM_AUDIT_HEADS_FILE, RCM_AUDIT_BUCKET or RCM_AUDIT_SYSLOG.');
  return {
    writer: new HeadWriter({ db, signer, sinks, logger, metrics, deadlineMs: config.RCM_AUDIT_DEADLINE_MS }),
    close() {
      for (const sink of sinks) sink.close();
      signer.close();
    },
  };
}
