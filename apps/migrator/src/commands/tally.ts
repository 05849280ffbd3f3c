import type { Movable, Unmovable } from '../credential/examine.ts';
import type { Finding } from '../shapes/elsewhere.ts';

/** What lies in rows beside their logins: paths and counts, never values. */
export interface Elsewhere {
  readonly path: string;
  /** Rows in which something lies there. */
  readonly endpoints: number;
  /** Of these, those where it holds a secret of the row's own login. */
  readonly same: number;
  readonly why: readonly Finding['why'][];
}

export interface ShapeCount {
  /** What is done to bring logins of this shape into a payload's words. */
  readonly shape: string;
  readonly becomes: 'a secret' | 'nothing' | 'refused';
  readonly endpoints: number;
  /** One of them, to look at. */
  readonly example: string;
}

interface Warning {
  readonly path: string;
  readonly says: string;
  readonly endpoints: number;
  readonly example: string;
}

/** Counts what is found row by row, in memory that grows with the number of shapes and paths, not of rows. */
export class Tally {
  readonly #shapes = new Map<string, ShapeCount>();
  readonly #warnings = new Map<string, Warning>();
  readonly #elsewhere = new Map<string, Elsewhere>();

  shape(endpointId: string, found: Movable | Unmovable): void {
    const shape = found.ok ? found.shapes.join(', ') || 'as a payload is' : found.reason;
    const becomes = found.ok ? 'a secret' : found.empty ? 'nothing' : 'refused';
    const there = this.#shapes.get(`${becomes} ${shape}`);
    this.#shapes.set(`${becomes} ${shape}`, { shape, becomes, endpoints: (there?.endpoints ?? 0) + 1, example: there?.example ?? endpointId });
    if (found.ok) for (const { path, says } of found.remarks) this.#warn(endpointId, path, says);
  }

  #warn(endpointId: string, path: string, says: string): void {
    const there = this.#warnings.get(`${path} ${says}`);
    this.#warnings.set(`${path} ${says}`, { path, says, endpoints: (there?.endpoints ?? 0) + 1, example: there?.example ?? endpointId });
  }

  elsewhere(findings: readonly Finding[]): void {
    for (const [path, here] of Map.groupBy(findings, (finding) => finding.path)) {
      const there = this.#elsewhere.get(path);
      const same = here.some(({ why }) => why === 'same') ? 1 : 0;
      const why = [...new Set([...(there?.why ?? []), ...here.map((finding) => finding.why)])].sort();
      this.#elsewhere.set(path, { path, endpoints: (there?.endpoints ?? 0) + 1, same: (there?.same ?? 0) + same, why });
    }
  }

  get json(): { readonly shapes: ShapeCount[]; readonly warnings: Warning[]; readonly elsewhere: Elsewhere[] } {
    return { shapes: byCount(this.#shapes), warnings: byCount(this.#warnings), elsewhere: byCount(this.#elsewhere) };
  }

  get lines(): string[] {
    const { shapes, warnings, elsewhere } = this.json;
    return [
      ...shapes.map(
        ({ shape, becomes, endpoints, example }) =>
          `  ${endpoints} ${becomes === 'a secret' ? 'become a secret' : becomes === 'nothing' ? 'hold nothing' : 'are refused'}: ${shape} (such as ${example})`,
      ),
      ...warnings.map(({ path, says, endpoints, example }) => `  look at ${endpoints}: ${path} ${says} (such as ${example})`),
      ...elsewhereLines(elsewhere),
    ];
  }
}

export const elsewhereLines = (elsewhere: readonly Elsewhere[]): string[] =>
  elsewhere.map(
    ({ path, endpoints, same }) =>
      `  also in ${endpoints}: ${path}, which ${same === 0 ? 'looks like a secret' : `holds the login's own secret in ${same}`} (scrub --also ${path})`,
  );

const byCount = <T extends { readonly endpoints: number }>(counted: ReadonlyMap<string, T>): T[] =>
  [...counted].sort(([a, one], [b, other]) => other.endpoints - one.endpoints || (a < b ? -1 : 1)).map(([, value]) => value);
