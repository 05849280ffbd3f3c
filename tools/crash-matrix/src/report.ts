import type { CaseResult } from './cases/run-case.ts';
import type { Failure } from './cases/verdict.ts';

/** The matrix's figures: cases that were run, and how many of them had each failure. All but `cases` are to be zero. */
export type Figures = Readonly<Record<'cases' | Failure, number>>;

const FAILURES = ['lost', 'locked', 'stuck', 'blocked', 'overBudget', 'unexpectedEnd'] as const satisfies readonly Failure[];

export function figuresOf(results: readonly CaseResult[]): Figures {
  const counts = FAILURES.map(
    (failure) => [failure, results.filter((result) => result.findings.some((finding) => finding.failure === failure)).length] as const,
  );
  return { cases: results.length, ...(Object.fromEntries(counts) as Record<Failure, number>) };
}

/** Whether the run proves what it is to prove. */
export const isClean = (figures: Figures): boolean => figures.cases > 0 && FAILURES.every((failure) => figures[failure] === 0);

export function describeFigures(figures: Figures): string {
  return `${Object.entries(figures)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}\n`;
}

export function describeResult({ cell, findings, trail, tookMs }: CaseResult): string {
  const seconds = (tookMs / 1000).toFixed(1);
  if (findings.length === 0) return `ok    ${cell.name}  ${seconds} s`;
  const lines = [...findings.map(({ failure, what }) => `${failure}: ${what}`), ...trail.map((line) => `  ${line}`)];
  return `WRONG ${cell.name}  ${seconds} s\n${lines.map((line) => `      ${line}`).join('\n')}`;
}
