import { type Database, openDatabase } from '@rcm/db';
import { type AuditCheckEnd, endAuditCheck, takeAuditCheck } from '@rcm/db/audit';
import { type Clock, hasCode, isRcmError, type Logger, processName, RcmError, withDeadline } from '@rcm/telemetry';
import { keyOf } from '../commands/verify.ts';
import type { AuditConfig } from '../config.ts';
import { openSigner, openSources, type Services } from '../services.ts';
import type { HeadSource } from '../sinks/sink.ts';
import { headKey } from '../verify-audit.mjs';
import { checkChain } from './check-chain.ts';

interface ChecksOptions {
  /** As a member of `rcm_head_writer`: takes a check and says how it ended. */
  readonly db: Database;
  /** As a member of `rcm_auditor`: reads the events, and nothing else. */
  readonly auditor: Database;
  readonly sources: readonly (HeadSource & { close(): void })[];
  /** Those configured, and the one that this process signs with. */
  readonly keys: (signal: AbortSignal) => Promise<readonly ReturnType<typeof headKey>[]>;
  readonly logger: Logger;
  readonly scanMs: number;
  readonly deadlineMs: number;
}

/** Does what people ask for in the console, one check at a time: beside the heads, which no check holds up. */
export class Checks {
  readonly #options: ChecksOptions;

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  /** Until `signal`. What fails by something that passes is tried at the next look. */
  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    const { logger, scanMs } = this.#options;
    while (!signal.aborted) {
      const did = await this.next(signal).catch((error: unknown) => {
        // A wrong login is not a database that is down.
        if (hasCode(error, 'config_invalid')) throw error;
        if (!signal.aborted) logger.error({ err: error }, 'no check of the audit could be taken or ended');
        return false;
      });
      if (did) continue;
      await clock.sleep(scanMs, signal).catch((error: unknown) => {
        if (!hasCode(error, 'cancelled')) throw error;
      });
    }
  }

  /** The one that waits longest; false: none waits. */
  async next(signal: AbortSignal): Promise<boolean> {
    const { db, logger } = this.#options;
    const taken = await takeAuditCheck(db, { takenBy: processName('audit') });
    if (!taken) return false;
    const end = await this.#check(taken.orgId, signal);
    await endAuditCheck(db, { id: taken.id, end });
    logger.info({ orgId: taken.orgId, outcome: end.outcome }, 'an audit chain was checked');
    return true;
  }

  async #check(orgId: string, signal: AbortSignal): Promise<AuditCheckEnd> {
    const { auditor, sources, keys, logger, deadlineMs } = this.#options;
    try {
      return await withDeadline({ ms: deadlineMs, what: 'The check of the audit', signal }, async (within) =>
        checkChain({ db: auditor, orgId, sources, keys: await keys(within), signal: within }),
      );
    } catch (error) {
      logger.error({ err: error, orgId }, 'an audit chain could not be checked');
      return { outcome: 'failed', code: isRcmError(error) ? error.code : 'unexpected' };
    }
  }

  async close(): Promise<void> {
    for (const source of this.#options.sources) source.close();
    await this.#options.auditor.close();
  }
}

/** `null`: this deployment has no login to read events with, so checks are done by whoever calls `audit verify`. Fails with `config_invalid` where there are no heads to read. */
export function openChecks(config: AuditConfig, { db, logger }: Services): Checks | null {
  const url = config.RCM_AUDIT_CHECKS_DATABASE_URL;
  if (url === undefined) return null;
  const sources = openSources(config);
  if (sources.length === 0)
    throw new RcmError(
      'config_invalid',
      'RCM_AUDIT_CHECKS_DATABASE_URL is set, and there are no heads to check against: set RCM_AUDIT_HEADS_FILE or RCM_AUDIT_BUCKET.',
    );
  const given = config.RCM_AUDIT_PUBLIC_KEYS.map(keyOf);
  return new Checks({
    ...{ db, logger, sources, scanMs: config.RCM_AUDIT_CHECKS_SCAN_MS, deadlineMs: config.RCM_AUDIT_CHECKS_DEADLINE_MS },
    auditor: openDatabase({ url: url.reveal(), applicationName: 'rcm-audit checks', role: 'rcm_auditor', maxConnections: 1 }),
    keys: async (signal) => {
      const signer = openSigner(config);
      try {
        return [...given, headKey((await signer.publicKey(signal)).pem)];
      } finally {
        signer.close();
      }
    },
  });
}
