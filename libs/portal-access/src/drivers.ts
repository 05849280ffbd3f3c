import { createHash } from 'node:crypto';
import { createRecipeDriver, type BrowserPool, parseRecipe, type PortalDriver } from '@rcm/portal-drivers';
import type { PortalTypeRow } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';

/** The drivers of one process, built from the portal types' rows; a changed recipe or host list gives a new driver. */
export class Drivers {
  readonly #browser: BrowserPool;
  readonly #built = new Map<string, { readonly source: string; readonly driver: PortalDriver }>();

  constructor(browser: BrowserPool) {
    this.#browser = browser;
  }

  /** Fails with `recipe_invalid`. */
  for(portalType: PortalTypeRow): PortalDriver {
    if (portalType.driver !== 'recipe') throw new RcmError('recipe_invalid', `Portal type ${portalType.code} names a driver that this process does not have: ${portalType.driver}.`);
    const source = createHash('sha256').update(JSON.stringify([portalType.recipe, portalType.hosts])).digest('hex');
    const built = this.#built.get(portalType.code);
    if (built?.source === source) return built.driver;
    const driver = createRecipeDriver({ recipe: parseRecipe(portalType.recipe as object), hosts: portalType.hosts, browser: this.#browser });
    this.#built.set(portalType.code, { source, driver });
    return driver;
  }
}
