import { type CredentialManager, formatReference, parseReference, referenceKey, type SecretReference } from '@rcm/credentials';
import { type Database, listCurrentVersions } from '@rcm/db';
import type { Clock, Logger } from '@rcm/telemetry';

export interface MissedChangesOptions {
  readonly db: Database;
  readonly credentials: CredentialManager;
  readonly logger: Logger;
  /** Told of each endpoint whose credential was held in another version than its row has. */
  readonly onChanged: (endpointId: string) => void;
  /** Told, when a comparison has ended, how many credentials were. */
  readonly onCaughtUp: (changed: number) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Random number in [0, 1). */
  readonly random: () => number;
}

/** All agents hear of one lost Postgres at once; they come back to it over this time. */
const SPREAD_MS = 1_000;
const RETRY_MS = { least: 500, most: 30_000 } as const;

/** Compares what is held with the rows after a time in which changes may not have been heard of. Without Postgres it goes on trying. */
export class MissedChanges {
  readonly #options: MissedChangesOptions;
  #superseded = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(options: MissedChangesOptions) {
    this.#options = options;
  }

  /** A gap that opens while an earlier one is being caught up with makes that comparison worthless. */
  catchUp(): void {
    this.#superseded.abort();
    this.#superseded = new AbortController();
    const over = AbortSignal.any([this.#options.signal, this.#superseded.signal]);
    this.#ended = this.#compare(over).catch((error: unknown) => {
      if (!over.aborted) this.#options.logger.error({ err: error }, 'held credentials are not compared with the rows');
    });
  }

  /** Resolves when the latest comparison has ended. */
  async idle(): Promise<void> {
    await this.#ended;
  }

  async #compare(over: AbortSignal): Promise<void> {
    const { logger, clock, random } = this.#options;
    await clock.sleep(SPREAD_MS * random(), over);
    for (let pause: number = RETRY_MS.least; ; pause = Math.min(pause * 2, RETRY_MS.most)) {
      try {
        await this.#compareOnce(over);
        return;
      } catch (error) {
        if (over.aborted) return;
        logger.warn({ err: error }, 'held credentials could not be compared with the rows yet');
        await clock.sleep(pause * (0.5 + random() / 2), over);
      }
    }
  }

  async #compareOnce(over: AbortSignal): Promise<void> {
    const { db, credentials, logger, onChanged, onCaughtUp } = this.#options;
    const rows = new Rows(db);
    const { checked, changed } = await credentials.catchUp((orgId, references) => rows.versions(orgId, references), over);
    for (const reference of changed) rows.endpointsOf(reference).forEach(onChanged);
    onCaughtUp(changed.length);
    logger.info({ checked, changed: changed.length }, 'caught up with changes of credentials that were not heard');
  }
}

/** What the rows say of the references that one catch-up asks about. */
class Rows {
  readonly #db: Database;
  readonly #endpoints = new Map<string, string[]>();

  constructor(db: Database) {
    this.#db = db;
  }

  async versions(orgId: string, references: readonly SecretReference[]): Promise<ReadonlyMap<string, string | null>> {
    const rows = await listCurrentVersions(this.#db, { orgId, secretArns: references.map(formatReference) });
    const keyed = rows.map((row) => ({ ...row, key: referenceKey(parseReference(row.secretArn)) }));
    for (const [key, sharing] of Map.groupBy(keyed, ({ key }) => key))
      this.#endpoints.set(
        key,
        sharing.map(({ endpointId }) => endpointId),
      );
    return new Map(keyed.map(({ key, version }) => [key, version]));
  }

  endpointsOf(reference: SecretReference): readonly string[] {
    return this.#endpoints.get(referenceKey(reference)) ?? [];
  }
}
