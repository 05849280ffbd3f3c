import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What the network needs of a portal type's file (docs/portal-recipes.md); the rotator reads the rest of it. */
const portalType = z.looseObject({
  code: z.string(),
  hosts: z.array(z.union([z.string(), z.strictObject({ host: z.string(), address: z.enum(['private', 'loopback']) })])).min(1),
});

/** Where browsers go: names for DNS, ports for TCP. */
export interface PortalHosts {
  /** Lower case, each once, sorted. */
  readonly names: readonly string[];
  /** Each once, sorted; 443 among them. */
  readonly ports: readonly number[];
}

const DEFAULT_PORT = 443;
const HOST = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)(?::([0-9]{1,5}))?$/;

/** The hosts of all portal types, and one line for each file or host that cannot be used. */
export function portalHosts(files: readonly string[]): { readonly hosts: PortalHosts; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const found = files.flatMap((file) => {
    const parsed = portalType.safeParse(read(file));
    if (!parsed.success) problems.push(`${file} cannot be read as a portal type: JSON with "code" and "hosts"`);
    return parsed.success ? parsed.data.hosts.map((host) => ({ file, host: typeof host === 'string' ? { host, address: 'public' } : host })) : [];
  });
  const names = new Set<string>();
  const ports = new Set([DEFAULT_PORT]);
  for (const { file, host } of found) {
    const match = HOST.exec(host.host.toLowerCase());
    if (host.address === 'loopback') problems.push(`${file} names ${host.host} at a loopback address, which no browser in a container of its own reaches`);
    else if (!match) problems.push(`${file} names ${host.host}, which is no host name that DNS could be asked for`);
    else {
      names.add(match[1] ?? '');
      ports.add(Number(match[4] ?? DEFAULT_PORT));
    }
  }
  return { hosts: { names: [...names].sort(), ports: [...ports].sort((a, b) => a - b) }, problems };
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
