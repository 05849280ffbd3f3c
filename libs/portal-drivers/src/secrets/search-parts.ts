import { CoveredRanges } from './covered-ranges.ts';
import { SecretBeginnings } from './secret-beginnings.ts';
import type { SoughtForm } from './secret-forms.ts';
import { SecretSearch } from './secret-search.ts';
import { SoughtLetters } from './sought-letters.ts';
import { StretchRows } from './stretch-rows.ts';
import { TextReadings } from './text-readings.ts';

/** What a search is made of, here and in a page. */
export const SEARCH_PARTS = { TextReadings, SoughtLetters, SecretBeginnings, StretchRows, CoveredRanges, SecretSearch };

/**
 * A search for these forms. `visited` is told how many steps were done. Runs inside pages, too, of the parts that were sent there, so it uses nothing from
 * outside itself.
 */
export function secretSearch(parts: typeof SEARCH_PARTS, forms: readonly SoughtForm[], visited: (steps: number) => void): SecretSearch {
  const readings = new parts.TextReadings(visited);
  const sought = new parts.SoughtLetters(forms, readings);
  const on = { sought, readings, rows: new parts.StretchRows(sought.words, visited), visited };
  return new parts.SecretSearch(on, new parts.SecretBeginnings(forms, readings), new parts.CoveredRanges(on));
}
