import type { DateNotice } from '../recipe/date-notice.ts';
import { readDate } from './date-notice.ts';
import type { SessionParts } from './parts.ts';

/** Until when an outcome holds, as far as the page or the recipe tells it. */
export async function untilOf(parts: Pick<SessionParts, 'watch'>, { date }: { readonly date?: DateNotice | undefined }): Promise<{ readonly until?: Date }> {
  const until = date ? await readDate(parts.watch.page, date) : null;
  return until ? { until } : {};
}
