import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { RcmError } from '@rcm/telemetry';
import { ownText } from '../onboarding/own-file.ts';
import { fromBitwarden } from './bitwarden.ts';
import type { FileFormat } from './formats.ts';
import type { Exported } from './item.ts';
import { fromKeePass } from './keepass.ts';
import { loginsOf, type Mapped } from './logins-of.ts';
import { type Mapping, readMapping } from './mapping.ts';
import { fromOnePassword } from './one-password.ts';

/** Whose exports can be read, by what `--from` calls them. */
const READERS: Readonly<Record<FileFormat, (text: string) => Exported>> = {
  bitwarden: fromBitwarden,
  '1password': fromOnePassword,
  keepass: fromKeePass,
};

const LARGEST_MAPPING_BYTES = 1024 * 1024;

/** The logins of another program's export, by a mapping. Fails with `input_invalid`, without a value of either file. */
export function readImport({ from, file, mapping }: { readonly from: FileFormat; readonly file: string; readonly mapping: string }): Mapped {
  return loginsOf(READERS[from](ownText(file, '--file')), mappingIn(mapping));
}

/** The mapping of a file. It holds no password, so anybody may read it. Fails with `input_invalid`. */
export const mappingIn = (path: string): Mapping => readMapping(mappingText(path));

function mappingText(path: string): string {
  try {
    if (statSync(path).size > LARGEST_MAPPING_BYTES) throw new RcmError('input_invalid', '--mapping: the file is larger than 1 MB. Nothing was done.');
    const bytes = readFileSync(path);
    // A folder whose name was read as another one would fall to the organization of all others.
    if (!isUtf8(bytes)) throw new RcmError('input_invalid', '--mapping: the file is not UTF-8: save it as UTF-8. Nothing was done.');
    return bytes.toString('utf8');
  } catch (cause) {
    if (cause instanceof RcmError) throw cause;
    throw new RcmError('input_invalid', `--mapping: the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}). Nothing was done.`, {
      cause,
    });
  }
}
