import { createHash } from 'node:crypto';
import { createRecipeDriver, type BrowserPool, parseRecipe, type PortalDriver } from '@rcm/portal-drivers';
import type { PortalTypeRow } from '@rcm/db';
import { type Logger, type Metrics, RcmError } from '@rcm/telemetry';

/** The drivers of one process, built from the portal types' rows; a changed recipe or host list gives a new driver. */
export class Drivers {
  readonly #browser: BrowserPool;
  readonly #logger: Logger;
  readonly #blocked;
  readonly #built = new Map<string, { readonly source: string; readonly driver: PortalDriver }>();

  constructor(browser: BrowserPool, logger: Logger, metrics: Metrics) {
    this.#browser = browser;
    this.#logger = logger;
    this.#blocked = metrics.counter('rcm_portal_requests_blocked_total', 'Requests of portal pages to places their portal type does not declare', ['portal_type']);
  }

  /** Fails with `recipe_invalid`. */
  for(portalType: PortalTypeRow): PortalDriver {
    if (portalType.driver !== 'recipe') throw new RcmError('recipe_invalid', `Portal type ${portalType.code} names a driver that this process does not have: ${portalType.driver}.`);
    const source = createHash('sha256').update(JSON.stringify([portalType.recipe, portalType.hosts])).digest('hex');
    const built = this.#built.get(portalType.code);
    if (built?.source === source) return built.driver;
    const driver = createRecipeDriver({
      recipe: parseRecipe(portalType.recipe as object),
      hosts: portalType.hosts,
      browser: this.#browser,
      onStep: (step) => this.#logger.debug({ portalType: portalType.code, ...step }, 'a step of a recipe'),
      // A page that wants to talk to somebody else: most are trackers, one may be a thief.
      onBlocked: (request) => {
        this.#blocked.inc({ portal_type: portalType.code });
        this.#logger.debug({ portalType: portalType.code, origin: request.origin, kind: request.kind }, 'a request of a portal page was blocked');
      },
    });
    this.#built.set(portalType.code, { source, driver });
    return driver;
  }
}
