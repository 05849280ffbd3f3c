import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence, EvidencePolicy, NoPicture } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';

/** Where evidence is kept: a numbered picture and a text for the end of every act. Masked, but it may hold health data: mode 600. */
export interface EvidenceFolder {
  readonly policy: EvidencePolicy;
  /** Keeps the table that a task read, beside the picture of the page that it was read from. */
  keepRows(table: readonly string[]): Promise<void>;
  /** Files written so far. */
  readonly files: readonly string[];
}

/** Makes the folder where it is not there. Fails with `input_invalid`. */
export async function openEvidenceFolder(folder: string): Promise<EvidenceFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new RcmError('input_invalid', `The evidence cannot be kept in ${folder} (${(cause as NodeJS.ErrnoException).code ?? 'error'}). Nothing was done.`, {
      cause,
    });
  });
  const files: string[] = [];
  // Evidence of another try in the same folder stays.
  const started = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  let count = 0;
  async function keep(evidence: Evidence): Promise<void> {
    count += 1;
    const name = `${started}-${String(count).padStart(2, '0')}-${evidence.act.replace(/[^a-z0-9_]+/g, '-')}-${evidence.ended}`;
    await write(`${name}.txt`, words(evidence));
    if (evidence.screenshot) await write(`${name}.png`, evidence.screenshot);
  }
  async function write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    files.push(path);
  }
  return {
    policy: { when: 'ends', keep },
    // Under the number of the act before, whose picture it belongs to.
    keepRows: (table) => write(`${started}-${String(count).padStart(2, '0')}-rows.txt`, `${table.join('\n')}\n`),
    files,
  };
}

const NO_PICTURE: Readonly<Record<NoPicture, string>> = {
  unwanted: 'none was asked for',
  closed_tree: 'none: the page draws something on which no box can be put (a closed shadow root), and it could show a secret',
  gone: 'none: the page was closed',
  not_taken: 'none: the page hung, or the browser could not take it',
};

function words({ act, step, ended, address, title, text, outline, noPicture }: Evidence): string {
  const picture = noPicture === null ? 'beside this file' : NO_PICTURE[noPicture];
  const head = [`act: ${act}`, `last step: ${step ?? 'none'}`, `ended: ${ended}`, `address: ${address}`, `title: ${title}`, `picture: ${picture}`];
  return `${head.join('\n')}\n\n== words ==\n${text}\n\n== elements, in the terms of a recipe ==\n${outline ?? 'withheld'}\n`;
}
