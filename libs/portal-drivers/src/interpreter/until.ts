import type { ToldDate } from '../recipe/told-date.ts';
import { readDate } from './told-date.ts';
import type { SessionParts } from './parts.ts';

/** Until when an outcome holds, as far as the page or the recipe tells it. */
export async function untilOf(parts: Pick<SessionParts, 'watch'>, { date }: { readonly date?: ToldDate | undefined }): Promise<{ readonly until?: Date }> {
  const until = date ? await readDate(parts.watch.page, date) : null;
  return until ? { until } : {};
}
