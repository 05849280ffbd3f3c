import type { ToldDate } from '../recipe/told-date.ts';
import { readDate } from './told-date.ts';
import type { SessionDependencies } from './dependencies.ts';

/** Until when an outcome holds, as far as the page or the recipe tells it. */
export async function untilOf(
  dependencies: Pick<SessionDependencies, 'watch'>,
  { date }: { readonly date?: ToldDate | undefined },
): Promise<{ readonly until?: Date }> {
  const until = date ? await readDate(dependencies.watch.page, date) : null;
  return until ? { until } : {};
}
