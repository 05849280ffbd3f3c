import { createHash } from 'node:crypto';
import {
  type BrowserPool,
  createRecipeDriver,
  declaredHosts,
  type Inspection,
  inspectPortal,
  type PageFinding,
  parseRecipe,
  type PortalDriver,
  type RecipeDriverOptions,
} from '@rcm/portal-drivers';
import type { PortalTypeRow } from '@rcm/db';
import { type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import type { EvidenceFolder } from './evidence-folder.ts';

/** Whose login a driver is used for: evidence of its pages is kept as theirs. */
export interface DriverUser {
  readonly id: string;
  readonly orgId: string;
}

interface Built {
  readonly source: string;
  readonly options: RecipeDriverOptions;
  readonly driver: PortalDriver;
}

export interface DriversOptions {
  /** Without a folder no evidence is taken. Default none. */
  readonly evidence?: EvidenceFolder | null;
  /** Whether portals on other machines may be reached by plain http. Default false. */
  readonly plaintextAllowed?: boolean;
}

/** The drivers of one process, built from the portal types' rows; a changed recipe or host list gives a new driver. */
export class Drivers {
  readonly #browser: BrowserPool;
  readonly #logger: Logger;
  readonly #blocked;
  readonly #evidence: EvidenceFolder | null;
  readonly #plaintextAllowed: boolean;
  readonly #built = new Map<string, Built>();

  constructor(browser: BrowserPool, logger: Logger, metrics: Metrics, { evidence = null, plaintextAllowed = false }: DriversOptions = {}) {
    this.#browser = browser;
    this.#logger = logger;
    this.#evidence = evidence;
    this.#plaintextAllowed = plaintextAllowed;
    this.#blocked = metrics.counter('rcm_portal_requests_blocked_total');
  }

  /** The driver of a portal type; for `user` it takes evidence where a folder keeps it. Fails with `recipe_invalid`. */
  for(portalType: PortalTypeRow, user?: DriverUser): PortalDriver {
    const { options, driver } = this.#build(portalType);
    if (!user || !this.#evidence) return driver;
    const owner = { orgId: user.orgId, endpointId: user.id, portalTypeCode: portalType.code };
    return createRecipeDriver({ ...options, evidence: this.#evidence.policyFor(owner) });
  }

  /** What a portal type's pages show to whoever does not log in: no credential is read, and no attempt is spent. Fails as `inspectPortal`, and with `recipe_invalid`. */
  inspect(portalType: PortalTypeRow, where: Inspection): Promise<readonly PageFinding[]> {
    return inspectPortal(this.#build(portalType).options, where);
  }

  #build(portalType: PortalTypeRow): Built {
    if (portalType.driver !== 'recipe')
      throw new RcmError('recipe_invalid', `Portal type ${portalType.code} names a driver that this process does not have: ${portalType.driver}.`);
    const hosts = declaredHosts(portalType);
    const source = createHash('sha256')
      .update(JSON.stringify([portalType.recipe, hosts]))
      .digest('hex');
    const built = this.#built.get(portalType.code);
    if (built?.source === source) return built;
    const options: RecipeDriverOptions = {
      recipe: parseRecipe(portalType.recipe as object),
      hosts,
      portalType: portalType.code,
      browser: this.#browser,
      plaintextAllowed: this.#plaintextAllowed,
      onStep: (step) => this.#logger.debug({ portalType: portalType.code, ...step }, 'a step of a recipe'),
      // A page that wants to talk to somebody else: most are trackers, one may be a thief.
      onBlocked: (request) => {
        this.#blocked.inc({ portal_type: portalType.code });
        // A host that is declared: a resolver that lies, a portal type that does not say where its portal is, or a recipe that does not say what sends.
        if (request.reason !== undefined) {
          const { origin, kind, reason } = request;
          this.#logger.warn({ portalType: portalType.code, origin, kind, reason }, 'a request to a declared host of a portal was stopped');
        } else this.#logger.debug({ portalType: portalType.code, origin: request.origin, kind: request.kind }, 'a request of a portal page was blocked');
      },
    };
    const fresh = { source, options, driver: createRecipeDriver(options) };
    this.#built.set(portalType.code, fresh);
    return fresh;
  }
}
