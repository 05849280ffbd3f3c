import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence, EvidencePolicy } from '@rcm/portal-drivers';
import { type Clock, isId, type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import { evidenceName } from './evidence-name.ts';
import { type EvidenceBounds, onDisk, tidyEvidence } from './evidence-tidying.ts';

export interface EvidenceFolderOptions extends EvidenceBounds {
  /** Made with mode 700 where it is not there. */
  readonly folder: string;
  readonly when: 'unclear' | 'ends';
  readonly screenshots: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How a file is written. Default: Node's way. */
  readonly write?: (path: string, content: string | Uint8Array, options: { readonly flag: 'wx'; readonly mode: number }) => Promise<void>;
}

/** Whose pages are shown, by ids alone. */
interface EvidenceOwner {
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalTypeCode: string;
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
/** Other processes may have taken the name of a millisecond; the next is free sooner than this. */
const MAX_NAMES = 100;

/** Fails with `config_invalid` where the folder cannot be used. Afterwards a failure is logged and counted, and tells no act. */
export function openEvidenceFolder(options: EvidenceFolderOptions): EvidenceFolder {
  const { folder, when, screenshots, clock, logger, metrics, write = writeFile, ...bounds } = options;
  prepare(folder);
  const kept = metrics.counter('rcm_evidence_kept_total');
  const failures = metrics.counter('rcm_evidence_failures_total');
  let work: Promise<void> = Promise.resolve();
  let waiting = 0;
  let bytes = 0;
  metrics.watched('rcm_evidence_full_percent', (gauge) => gauge.set((100 * bytes) / bounds.maxBytes));
  let isFailing = false;

  /** Said once until it works again: a full disk would fill the log as well. Names the error alone, since a path names an organization. */
  function failed(what: 'keep' | 'remove', error: unknown): void {
    failures.inc({ work: what });
    if (!isFailing)
      logger.warn(
        { work: what, code: (error as NodeJS.ErrnoException).code ?? 'error' },
        'evidence of portal pages could not be kept or removed; said once until it works again',
      );
    isFailing = true;
  }

  async function tidy(roomFor = 0): Promise<void> {
    bytes = await tidyEvidence(folder, bounds, { now: clock.now(), roomFor });
  }

  async function keep(owner: EvidenceOwner, at: Date, evidence: Evidence): Promise<void> {
    if (!isId(owner.orgId) || !isId(owner.endpointId)) throw new RcmError('input_invalid', 'Evidence is kept under valid ids only.');
    const { screenshot, ...words } = evidence;
    const content = (name: string): string => `${JSON.stringify({ at, ...owner, ...words, screenshot: screenshot && `${name}.png` }, null, 2)}\n`;
    const size = onDisk(Buffer.byteLength(content('-'.repeat(200)))) + (screenshot ? onDisk(screenshot.byteLength) : 0);
    if (bytes + size > bounds.maxBytes) await tidy(size);
    if (bytes + size > bounds.maxBytes) throw new RcmError('input_invalid', 'There is no room for it.');
    const home = join(folder, owner.orgId);
    await mkdir(home, { recursive: true, mode: 0o700 });
    const taken = await claimName(home, at, { endpointId: owner.endpointId, act: evidence.act, ended: evidence.ended }, (path, name) =>
      write(path, content(name), { flag: 'wx', mode: 0o600 }),
    );
    const path = join(home, taken);
    try {
      if (screenshot) {
        await write(`${path}.png.part`, screenshot, { flag: 'wx', mode: 0o600 });
        await rename(`${path}.png.part`, `${path}.png`);
      }
      // The last of the two: whoever finds a JSON finds its picture.
      await rename(`${path}.json.part`, `${path}.json`);
    } catch (error) {
      for (const half of ['.json.part', '.png.part', '.png']) await rm(path + half, { force: true }).catch(() => undefined);
      throw error;
    }
    bytes += size;
    kept.inc();
    isFailing = false;
  }

  /** One after the other, so that the count of bytes is right. */
  function enqueue(what: 'keep' | 'remove', act: () => Promise<void>): void {
    if (waiting >= MAX_WAITING) return void failed(what, new Error('too much waits for the disk'));
    waiting += 1;
    work = work
      .then(act)
      .catch((error: unknown) => failed(what, error))
      .finally(() => (waiting -= 1));
  }

  enqueue('remove', () => tidy());
  const timer = setInterval(() => enqueue('remove', () => tidy()), TIDY_EVERY_MS);
  timer.unref();
  return {
    policyFor: (owner) => ({
      when,
      screenshots,
      keep(evidence) {
        const at = clock.now();
        enqueue('keep', () => keep(owner, at, evidence));
      },
    }),
    async close() {
      clearInterval(timer);
      let late: NodeJS.Timeout | undefined;
      await Promise.race([work, new Promise((resolve) => (late = setTimeout(resolve, CLOSE_MS)))]);
      clearTimeout(late);
    },
  };
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

interface NameParts {
  readonly endpointId: string;
  readonly act: string;
  readonly ended: string;
}

/**
 * Writes the JSON under its temporary name, which claims the whole name among all processes: from then on either that file or
 * the finished one is there.
 */
async function claimName(home: string, at: Date, parts: NameParts, write: (path: string, name: string) => Promise<void>): Promise<string> {
  for (let later = 0; later < MAX_NAMES; later += 1) {
    const name = evidenceName({ ...parts, at: new Date(at.getTime() + later) });
    const path = join(home, name);
    try {
      await write(`${path}.json.part`, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      // A disk that fills up leaves half a file.
      await rm(`${path}.json.part`, { force: true }).catch(() => undefined);
      throw error;
    }
    const isFinished = await access(`${path}.json`).then(
      () => true,
      () => false,
    );
    if (!isFinished) return name;
    await rm(`${path}.json.part`, { force: true });
  }
  throw new RcmError('state_conflict', 'No name is free for evidence.');
}
