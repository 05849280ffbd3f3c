import type { PortalTypeRow } from '@rcm/db';

/** What a base URL leads to. `null`: nobody has said. */
export interface PortalTypes {
  of(url: URL): { readonly code: string } | null;
}

/** An http(s) address without a user in it; `null` for anything else. */
export function baseUrlOf(text: string): URL | null {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hostname !== '' ? url : null;
}

/**
 * By the mapping's addresses, the longest that leads: the same origin, and a path that it begins with, whole segments. Where none does, by the one portal type that declares the host;
 * where several do, nobody knows.
 */
export function portalTypesOf(said: Readonly<Record<string, string>>, known: readonly PortalTypeRow[]): PortalTypes {
  const entries = Object.entries(said)
    .flatMap(([address, code]) => {
      const url = baseUrlOf(address);
      return url ? [{ origin: url.origin, path: segmentsOf(url), code }] : [];
    })
    .sort((a, b) => b.path.length - a.path.length);
  return {
    of(url) {
      const path = segmentsOf(url);
      const entry = entries.find((each) => each.origin === url.origin && each.path.every((segment, i) => segment === path[i]));
      if (entry) return { code: entry.code };
      const [one, another] = known.filter(({ hosts }) => hosts.includes(url.host));
      return one && !another ? { code: one.code } : null;
    },
  };
}

const segmentsOf = ({ pathname }: URL): readonly string[] => pathname.split('/').filter((segment) => segment !== '');
