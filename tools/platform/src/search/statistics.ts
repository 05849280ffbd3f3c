import { withClient } from '../postgres/start.ts';
import type { PlaintextSearch } from './scan.ts';

/** All sample columns of `pg_stats`; the array types differ per column, so each is read as text. */
const SAMPLES = `
  SELECT schemaname || '.' || tablename || '.' || attname AS place,
         concat_ws(E'\\n', most_common_vals::text, histogram_bounds::text, most_common_elems::text) AS samples
    FROM pg_stats`;
const EXTENDED = `
  SELECT statistics_schemaname || '.' || statistics_name AS place,
         concat_ws(E'\\n', most_common_vals::text) AS samples
    FROM pg_stats_ext`;
const EXPRESSIONS = `
  SELECT statistics_schemaname || '.' || statistics_name AS place,
         concat_ws(E'\\n', most_common_vals::text, histogram_bounds::text, most_common_elems::text) AS samples
    FROM pg_stats_ext_exprs`;

/**
 * Searches the planner's samples. They hold column values, and their storage is compressed, so a search of the data folder's
 * bytes cannot see them. `url` must be a superuser's: the views hide what the asker may not read.
 */
export const searchStatistics = (search: PlaintextSearch, url: string): Promise<void> =>
  withClient(url, async (client) => {
    for (const query of [SAMPLES, EXTENDED, EXPRESSIONS]) {
      const { rows } = await client.query<{ place: string; samples: string }>(query);
      for (const { place, samples } of rows) search.searchText(`pg_stats of ${place}`, samples);
    }
  });
