import { RcmError } from '@rcm/telemetry';
import type { PageRecord } from '../contract/page-record.ts';
import type { SheetRecipe } from '../recipe/task.ts';
import type { SheetRow } from '../sheet/cell.ts';
import { readCsv } from '../sheet/csv.ts';
import { sheetRecords } from '../sheet/sheet-rows.ts';
import type { Act } from './act.ts';
import { receiveFile } from './file.ts';
import type { Worded } from './outcome-watch.ts';
import { mismatch, toldCount } from './told-count.ts';

/**
 * Makes the portal send a file with the rows, and reads them. Fails with `portal_unexpected` where the file is not as the recipe says, or has another number of rows
 * than the page tells, and as `receiveFile`.
 */
export async function readSheet<W extends Worded>(act: Act<W>, recipe: SheetRecipe): Promise<readonly PageRecord[]> {
  // The press may lead away from the page that says it.
  const told = recipe.total ? await toldCount(act, recipe.total) : null;
  if (told && 'problem' in told) throw new RcmError('portal_unexpected', told.problem);
  const { bytes } = await receiveFile(act, recipe);
  const records = sheetRecords(await rowsOf(bytes, recipe), recipe);
  const wrong = told && mismatch(told, { before: 0, now: records.length, last: true });
  if (wrong) throw new RcmError('portal_unexpected', wrong);
  return records;
}

async function rowsOf(bytes: Uint8Array, { format, encoding, separator, tab, max_rows, heading_row }: SheetRecipe): Promise<SheetRow[]> {
  const maxRows = max_rows + heading_row;
  if (format === 'csv') return readCsv(bytes, { encoding, separator: separator === 'tab' ? '\t' : (separator ?? ','), maxRows });
  // Most recipes read no workbook.
  const { readXlsx } = await import('../sheet/xlsx.ts');
  return readXlsx(bytes, { tab, maxRows });
}
