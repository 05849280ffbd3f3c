import type { LockedPackage } from './lockfile.ts';

/** Whoever takes what we ship may use it: they ask for a notice at most. */
const PERMISSIVE = [
  ...['MIT', 'MIT-0', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense', 'CC0-1.0', 'CC-BY-4.0', 'Python-2.0'],
];
/** They ask for more of whoever passes them on, so they may be beside what we ship and never in it. */
const TOOLS_ONLY = ['MPL-2.0', 'EPL-2.0', 'AGPL-3.0-or-later'];

/** Packages that do not say it in a way that the lockfile takes; looked at by a person, at this version. */
const LOOKED_AT: Readonly<Record<string, string>> = {
  'buildcheck@0.0.7': 'MIT',
  'cpu-features@0.0.10': 'MIT',
  'seq-queue@0.0.5': 'MIT',
  'ssh2@1.17.0': 'MIT',
};

export interface LicenceProblem {
  readonly package: string;
  readonly use: LockedPackage['use'];
  readonly licence: string | null;
}

const licenceOf = ({ name, version, licence }: LockedPackage): string | null => licence ?? LOOKED_AT[`${name}@${version}`] ?? null;

/** Packages whose licence is not on the list for what they are used for, or is not known. */
export function licenceProblems(packages: readonly LockedPackage[]): LicenceProblem[] {
  const wrong = packages.filter((each) => !isAllowed(licenceOf(each), each.use));
  return wrong.map((each) => ({ package: `${each.name}@${each.version}`, use: each.use, licence: licenceOf(each) }));
}

/** How many packages are under each licence, most first. */
export function licenceCounts(packages: readonly LockedPackage[]): { readonly licence: string; readonly shipped: number; readonly tools: number }[] {
  const counts = new Map<string, { shipped: number; tools: number }>();
  for (const each of packages) {
    const licence = licenceOf(each) ?? 'not known';
    const count = counts.get(licence) ?? { shipped: 0, tools: 0 };
    count[each.use] += 1;
    counts.set(licence, count);
  }
  const rows = [...counts].map(([licence, count]) => ({ licence, ...count }));
  return rows.sort((a, b) => b.shipped + b.tools - a.shipped - a.tools || a.licence.localeCompare(b.licence));
}

/** An SPDX expression: of an OR one choice must be allowed, of an AND every part. What cannot be read is not allowed. */
function isAllowed(expression: string | null, use: LockedPackage['use']): boolean {
  if (expression === null) return false;
  const allowed = new Set(use === 'shipped' ? PERMISSIVE : [...PERMISSIVE, ...TOOLS_ONLY]);
  const plain = expression.trim().replace(/^\(([^()]*)\)$/, '$1');
  if (/[()]|\bWITH\b/i.test(plain)) return false;
  return plain.split(/ or /i).some((choice) => choice.split(/ and /i).every((part) => allowed.has(part.trim())));
}
