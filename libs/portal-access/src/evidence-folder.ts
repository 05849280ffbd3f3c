import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvidencePolicy } from '@rcm/portal-drivers';
import { type Clock, isId, type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import { type ActEvidence, type EvidenceOwner, sizeOf, writeEvidence, type WriteFile } from './evidence-files.ts';
import { type EvidenceBounds, tidyEvidence } from './evidence-tidying.ts';

export interface EvidenceFolderOptions extends EvidenceBounds {
  /** Made with mode 700 where it is not there. */
  readonly folder: string;
  readonly when: 'unclear' | 'ends';
  readonly screenshots: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How a file is written. Default: Node's way. */
  readonly write?: WriteFile;
}

/** Keeps evidence as files of this process's own user: one subfolder per organization, one JSON and at most one PNG per act. */
export interface EvidenceFolder {
  /** What a driver of this endpoint is given. Its `keep` waits for no disk. */
  policyFor(owner: EvidenceOwner): EvidencePolicy;
  /** Waits for what is being written, at most a few seconds. */
  close(): Promise<void>;
}

const TIDY_EVERY_MS = 300_000;
/** Acts whose evidence waits for the disk, in memory. More at once are lost: a disk that hangs must hold up no act and fill no memory. */
const MAX_WAITING = 16;
const CLOSE_MS = 5_000;

/** Fails with `config_invalid` where the folder cannot be used. Afterwards a failure is logged and counted, and tells no act. */
export function openEvidenceFolder(options: EvidenceFolderOptions): EvidenceFolder {
  prepare(options.folder);
  const kept = new KeptEvidence(options);
  return {
    policyFor: (owner) => kept.policyFor(owner),
    close: () => kept.close(),
  };
}

class KeptEvidence implements EvidenceFolder {
  readonly #options: EvidenceFolderOptions;
  readonly #write: WriteFile;
  readonly #kept: ReturnType<Metrics['counter']>;
  readonly #failures: ReturnType<Metrics['counter']>;
  readonly #timer: NodeJS.Timeout;
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  #bytes = 0;
  #isFailing = false;

  constructor(options: EvidenceFolderOptions) {
    const { metrics, maxBytes, write = writeFile } = options;
    this.#options = options;
    this.#write = write;
    this.#kept = metrics.counter('rcm_evidence_kept_total');
    this.#failures = metrics.counter('rcm_evidence_failures_total');
    metrics.watched('rcm_evidence_full_percent', (gauge) => gauge.set((100 * this.#bytes) / maxBytes));
    this.#enqueue('remove', () => this.#tidy(0));
    this.#timer = setInterval(() => this.#enqueue('remove', () => this.#tidy(0)), TIDY_EVERY_MS);
    this.#timer.unref();
  }

  policyFor(owner: EvidenceOwner): EvidencePolicy {
    const { when, screenshots, clock } = this.#options;
    return {
      when,
      screenshots,
      keep: (evidence) => {
        const at = clock.now();
        this.#enqueue('keep', () => this.#keep({ owner, at, evidence }));
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    let late: NodeJS.Timeout | undefined;
    await Promise.race([this.#work, new Promise((resolve) => (late = setTimeout(resolve, CLOSE_MS)))]);
    clearTimeout(late);
  }

  /** One after the other, so that the count of bytes is right. */
  #enqueue(what: 'keep' | 'remove', act: () => Promise<void>): void {
    if (this.#waiting >= MAX_WAITING) return void this.#failed(what, new Error('too much waits for the disk'));
    this.#waiting += 1;
    this.#work = this.#work
      .then(act)
      .catch((error: unknown) => this.#failed(what, error))
      .finally(() => (this.#waiting -= 1));
  }

  async #tidy(roomFor: number): Promise<void> {
    const { folder, keptMs, maxBytes, clock } = this.#options;
    const { left, failure } = await tidyEvidence(folder, { keptMs, maxBytes }, { now: clock.now(), roomFor });
    this.#bytes = left;
    if (failure !== null) this.#failed('remove', failure);
  }

  async #keep(act: ActEvidence): Promise<void> {
    const { folder, maxBytes } = this.#options;
    if (!isId(act.owner.orgId) || !isId(act.owner.endpointId)) throw new RcmError('input_invalid', 'Evidence is kept under valid ids only.');
    const size = sizeOf(act);
    if (this.#bytes + size > maxBytes) await this.#tidy(size);
    if (this.#bytes + size > maxBytes) throw new RcmError('input_invalid', 'There is no room for it.');
    await writeEvidence(folder, act, this.#write);
    this.#bytes += size;
    this.#kept.inc();
    this.#isFailing = false;
  }

  /** Said once until it works again: a full disk would fill the log as well. Names the error alone, since a path names an organization. */
  #failed(what: 'keep' | 'remove', error: unknown): void {
    this.#failures.inc({ work: what });
    if (!this.#isFailing)
      this.#options.logger.warn(
        { work: what, code: (error as NodeJS.ErrnoException).code ?? 'error' },
        'evidence of portal pages could not be kept or removed; said once until it works again',
      );
    this.#isFailing = true;
  }
}

/** Made, and tried once, at start: a folder that others may read or that takes no file is a wrong configuration. */
function prepare(folder: string): void {
  const unusable = (why: string, cause?: unknown) => new RcmError('config_invalid', `RCM_EVIDENCE_DIR: ${folder} cannot be used: ${why}.`, { cause });
  let mode: number;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mode = statSync(folder).mode;
    const trial = join(folder, `.trial-${process.pid}`);
    writeFileSync(trial, '', { mode: 0o600 });
    rmSync(trial, { force: true });
  } catch (cause) {
    throw unusable((cause as NodeJS.ErrnoException).code ?? 'error', cause);
  }
  // Not mended here: a folder that was named by mistake may be one that others need.
  if ((mode & 0o077) !== 0) throw unusable('others may look into it; it must have mode 700');
}
