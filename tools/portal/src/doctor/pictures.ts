import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PagePicture } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';

/** Where pictures of portals' pages are kept, over those of an earlier look; mode 600. */
export interface Pictures {
  /** The files. */
  keep(name: string, pictures: readonly PagePicture[]): Promise<readonly string[]>;
}

/** Makes the folder where it is not there. Fails with `input_invalid`. */
export async function openPictures(folder: string): Promise<Pictures> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new RcmError('input_invalid', `The pictures cannot be kept in ${folder} (${(cause as NodeJS.ErrnoException).code ?? 'error'}). Nothing was done.`, {
      cause,
    });
  });
  return {
    async keep(name, pictures) {
      const files: string[] = [];
      for (const { part, png } of pictures) {
        const file = join(folder, `${name}-${part}.png`);
        await writeFile(file, png, { mode: 0o600 });
        files.push(file);
      }
      return files;
    },
  };
}
