import type { HeadWriter, Round } from '../heads/head-writer.ts';
import type { Report } from '../report.ts';

/** One round. A writer that has just started knows of no head, so every chain's is written. */
export async function headsWrite(writer: HeadWriter, signal: AbortSignal): Promise<Report> {
  const round = await writer.round(signal);
  return { json: round, lines: roundLines(round), complete: isComplete(round) };
}

export const isComplete = ({ sinks, contradictions }: Round): boolean => contradictions.length === 0 && sinks.every(({ problem }) => problem === null);

const roundLines = ({ sinks, contradictions }: Round): string[] => [
  ...sinks.map(({ name, heads, problem }) => (problem === null ? `${name}: ${heads} heads written.` : `${name}: audit heads not written: ${problem}`)),
  ...contradictions.map(({ orgId, message }) => `${orgId}: not signed: ${message}.`),
];
