import type { LockedPackage } from './lockfile.ts';

/** One package, before and after. Versions are lists: a tree may hold several of one name. */
export interface Change {
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** What a reviewer should look at; empty for a plain change of version. */
  readonly alarms: readonly string[];
}

/** What an update changed, by name. A package that stayed the same in everything is not in it. */
export function changesBetween(before: readonly LockedPackage[], after: readonly LockedPackage[]): Change[] {
  const [old, now] = [byName(before), byName(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [old.get(name) ?? [], now.get(name) ?? []];
    const change = { name, from: versions(was), to: versions(is), alarms: alarms(was, is) };
    return change.alarms.length > 0 || change.from.join() !== change.to.join() ? [change] : [];
  });
}

function byName(packages: readonly LockedPackage[]): Map<string, LockedPackage[]> {
  const found = new Map<string, LockedPackage[]>();
  for (const each of packages) found.set(each.name, [...(found.get(each.name) ?? []), each]);
  return found;
}

const versions = (packages: readonly LockedPackage[]): string[] => [...new Set(packages.map(({ version }) => version))].sort();

function alarms(was: readonly LockedPackage[], is: readonly LockedPackage[]): string[] {
  const said = new Set<string>();
  for (const each of is) {
    const same = was.find(({ version }) => version === each.version);
    if (same?.integrity && each.integrity && same.integrity !== each.integrity)
      said.add(`${each.version} has other contents than before, under the same version`);
    if (!each.integrity && !each.isBundled) said.add(`${each.version} has no checksum`);
    if (was.length > 0 && !was.some(({ host }) => host === each.host)) said.add(`is fetched from ${each.host ?? 'the registry that npm is set to'}`);
    if (each.runsScripts && !was.some(({ runsScripts }) => runsScripts)) said.add('runs a script when it is installed');
    if (was.length > 0 && !was.some(({ licence }) => licence === each.licence)) said.add(`its licence is now ${each.licence ?? 'not known'}`);
    if (each.use === 'shipped' && was.length > 0 && !was.some(({ use }) => use === 'shipped')) said.add('is now part of what is shipped');
  }
  return [...said];
}
