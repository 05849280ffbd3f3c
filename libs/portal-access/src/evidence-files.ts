import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { evidenceName } from './evidence-name.ts';
import { onDisk } from './evidence-tidying.ts';

/** Whose pages are shown, by ids alone. */
export interface EvidenceOwner {
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalTypeCode: string;
}

/** What one act leaves: one JSON and at most one PNG. */
export interface ActEvidence {
  readonly owner: EvidenceOwner;
  readonly at: Date;
  readonly evidence: Evidence;
}

export type WriteFile = (path: string, content: string | Uint8Array, options: { readonly flag: 'wx'; readonly mode: number }) => Promise<void>;

/** Other processes may have taken the name of a millisecond; the next is free sooner than this. */
const MAX_NAMES = 100;

/** Bytes that it takes on disk at most: of its name only the length is not known yet. */
export function sizeOf(act: ActEvidence): number {
  const { screenshot } = act.evidence;
  return onDisk(Buffer.byteLength(contentOf(act, '-'.repeat(200)))) + (screenshot ? onDisk(screenshot.byteLength) : 0);
}

/** Writes it into its organization's folder, whole or not at all. Its ids are valid ones. */
export async function writeEvidence(folder: string, act: ActEvidence, write: WriteFile): Promise<void> {
  const { screenshot } = act.evidence;
  const home = join(folder, act.owner.orgId);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const path = join(home, await claimName(home, act, write));
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
}

function contentOf({ owner, at, evidence: { screenshot, ...words } }: ActEvidence, name: string): string {
  return `${JSON.stringify({ at, ...owner, ...words, screenshot: screenshot && `${name}.png` }, null, 2)}\n`;
}

/**
 * Writes the JSON under its temporary name, which claims the whole name among all processes: from then on either that file or
 * the finished one is there.
 */
async function claimName(home: string, act: ActEvidence, write: WriteFile): Promise<string> {
  const parts = { endpointId: act.owner.endpointId, act: act.evidence.act, ended: act.evidence.ended };
  for (let later = 0; later < MAX_NAMES; later += 1) {
    const name = evidenceName({ ...parts, at: new Date(act.at.getTime() + later) });
    const path = join(home, name);
    try {
      await write(`${path}.json.part`, contentOf(act, name), { flag: 'wx', mode: 0o600 });
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
