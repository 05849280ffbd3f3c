import type { Report } from '../report.ts';
import type { HeadSource } from '../sinks/sink.ts';
import { linesOf, parseHead } from '../verify-audit.mjs';

interface Newest {
  readonly organization: string;
  readonly count: number;
  readonly hash: string;
  readonly at: string;
  readonly key: string;
  readonly heads: number;
}

/** The longest head of each chain in each sink that can be read, as it says; nothing is verified. */
export async function headsList(sources: readonly HeadSource[], signal: AbortSignal): Promise<Report> {
  const places = [];
  for (const source of sources) places.push({ place: source.place, ...(await newestOf(source, signal)) });
  return {
    json: { places },
    lines: places.flatMap(({ place, chains, unreadable }) => [
      `${place}: ${chains.length} organizations, ${unreadable} lines that are no heads. Not verified.`,
      ...chains.map(({ organization, count, at, key, heads }) => `  ${organization}: ${count} events at ${at} (key ${key}; ${heads} heads)`),
    ]),
    complete: places.every(({ unreadable }) => unreadable === 0),
  };
}

async function newestOf(source: HeadSource, signal: AbortSignal): Promise<{ readonly chains: readonly Newest[]; readonly unreadable: number }> {
  const chains = new Map<string, Newest>();
  let unreadable = 0;
  for await (const { line } of linesOf(source.read(signal))) {
    const head = parseHead(line.toString());
    if (!head) {
      unreadable += 1;
      continue;
    }
    const { org, count, hash, at, key } = head;
    const known = chains.get(org);
    const heads = (known?.heads ?? 0) + 1;
    chains.set(org, known && known.count > count ? { ...known, heads } : { organization: org, count, hash, at, key, heads });
  }
  return { chains: [...chains.values()].sort((a, b) => (a.organization < b.organization ? -1 : 1)), unreadable };
}
