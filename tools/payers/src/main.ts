import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPayerFiles } from './payer-file.ts';
import { payersPage } from './render.ts';

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'payers.md');

/** Writes docs/payers.md; with `--check` says whether it is what the files say. */
const page = payersPage(readPayerFiles());
if (process.argv.includes('--check')) {
  const same = readFileSync(PAGE, 'utf8') === page;
  process.stdout.write(same ? 'docs/payers.md is what portal-types/ says\n' : 'docs/payers.md is not what portal-types/ says: npm run payers\n');
  process.exitCode = same ? 0 : 1;
} else {
  writeFileSync(PAGE, page);
  process.stdout.write('docs/payers.md written\n');
}
