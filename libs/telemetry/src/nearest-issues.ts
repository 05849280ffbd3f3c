import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * What is wrong, place by place: of a choice of shapes, for which zod says no more than that none of them fits, what is wrong with the one that is meant. That is the
 * one with the least; where that does not tell, all of those.
 */
export function nearestIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const least = Math.min(...issue.errors.map(({ length }) => length));
    const inside = issue.errors.filter(({ length }) => length === least).flat();
    return nearestIssues(inside.map((each) => ({ ...each, path: [...issue.path, ...each.path] })));
  });
}
