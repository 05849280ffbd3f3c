import { RcmError } from '@rcm/telemetry';
import { type DeclaredHost, hostOf, nameOf } from './network/declared-host.ts';
import { namedHosts, saidHosts } from './recipe/named-host.ts';
import type { Recipe } from './recipe/recipe.ts';

/** The hosts of a recipe at one portal. */
export interface BoundHosts {
  /** By the names that the recipe gives them. */
  readonly named: ReadonlyMap<string, string>;
  /** Those that may receive what is typed; `undefined`: every one that is declared. */
  readonly receiving: readonly string[] | undefined;
}

/**
 * Finds the hosts that a recipe names: where the portal type says that a host of the name is, else where the recipe says it. Fails with `recipe_invalid`
 * where one is nowhere said, or is not among what the portal type declares.
 */
export function bindHosts(recipe: Recipe, declared: readonly DeclaredHost[], baseUrl: string): BoundHosts {
  const named = new Map<string, string>();
  for (const [name, { host: said }] of Object.entries(namedHosts(recipe.hosts))) {
    const found = declared.find((one) => nameOf(one) === name);
    const host = found ? hostOf(found) : said;
    if (host === undefined)
      throw new RcmError(
        'recipe_invalid',
        `The recipe ${recipe.name} needs a host named ${name}, and its portal type has none of that name: add {"host": …, "name": ${JSON.stringify(name)}} to the portal type's hosts.`,
      );
    named.set(name, host);
  }
  const needed = recipe.version === 1 ? saidHosts(recipe.hosts) : [...named.values()];
  const undeclared = needed.filter((host) => !declared.some((one) => hostOf(one) === host));
  if (undeclared.length > 0)
    throw new RcmError(
      'recipe_invalid',
      `The recipe ${recipe.name} needs ${undeclared.join(', ')}, which its portal type does not declare: add it to the portal type's hosts if it may be trusted.`,
    );
  const secret = Object.entries(namedHosts(recipe.hosts)).filter(([, { secrets }]) => secrets);
  // Whoever lists hosts without names has always let all of them receive what is typed.
  return { named, receiving: recipe.version === 1 ? undefined : [baseHost(baseUrl), ...secret.map(([name]) => named.get(name) ?? '')] };
}

/** A base URL that is none is refused where it is opened. */
const baseHost = (baseUrl: string): string => (URL.canParse(baseUrl) ? new URL(baseUrl).host : '');
