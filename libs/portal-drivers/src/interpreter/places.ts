import { hostOfAddress, pathOfAddress } from '../recipe/named-host.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { addressFits } from './address-pattern.ts';

/** What the addresses of a recipe are at one portal. */
export interface Places {
  /** Absolute address of a path: below the base URL, on the host that is named before it (`{idp}/login`), or as it stands. Whether it may be reached the request gate decides. */
  address(path: string): string;
  /** Whether a page's address is as a pattern says: its path, at whatever host, or at the one that is named before it. */
  fits(url: string, pattern: string): boolean;
}

export interface PlacesOptions {
  readonly version: Recipe['version'];
  readonly base: URL;
  /** The hosts behind the names that the recipe gives them. Default: none. */
  readonly named?: ReadonlyMap<string, string>;
}

export function placesOf({ version, base, named = new Map() }: PlacesOptions): Places {
  const basePath = base.pathname.replace(/\/$/, '');
  const stars = version === 1 ? 'any' : 'segments';
  const originOf = (name: string): string => `${base.protocol}//${named.get(name) ?? ''}`;
  return {
    address(path) {
      const host = hostOfAddress(path);
      if (host !== null) return originOf(host) + pathOfAddress(path);
      if (!path.startsWith('/')) return path;
      // Well-known addresses stand at the root of a host (RFC 8615).
      if (path.startsWith('/.well-known/')) return base.origin + path;
      return base.href.replace(/\/$/, '') + path;
    },
    fits(url, pattern) {
      const host = hostOfAddress(pattern);
      if (host === null) return addressFits(url, pattern, { basePath, stars });
      // Of another host than the portal's nothing is below the base URL.
      return URL.canParse(url) && new URL(url).host === new URL(originOf(host)).host && addressFits(url, pathOfAddress(pattern), { basePath: '', stars });
    },
  };
}
