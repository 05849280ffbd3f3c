import { resolve } from 'node:path';
import { bucketPlace, isBucketAddress } from './bucket-place.ts';
import type { BackupPlace, PlaceOptions } from './place.ts';
import { writeSealed } from './sealed-file.ts';

/** A folder, which is made where it is missing, or `s3://BUCKET/PREFIX`. Fails with `input_invalid`. */
export async function backupPlace(where: string, options: PlaceOptions): Promise<BackupPlace> {
  return isBucketAddress(where) ? await bucketPlace(where, options) : folderPlace(where);
}

function folderPlace(folder: string): BackupPlace {
  return {
    name: resolve(folder),
    async write(name, bytes) {
      const file = resolve(folder, name);
      return { file, sha256: await writeSealed(file, bytes) };
    },
    // Whoever typed the command has read what it answered.
    complete: () => Promise.resolve(),
    close: () => undefined,
  };
}
