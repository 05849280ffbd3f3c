import { RcmError, withDeadline } from '@rcm/telemetry';
import type { BrowserContext } from 'playwright';
import type { PortalDriver } from './driver.ts';
import type { EvidencePolicy } from './evidence/evidence.ts';
import { createEvidenceRecorder } from './evidence/recorder.ts';
import { createInterruptions } from './interpreter/interruptions.ts';
import { createKnownSecrets } from './interpreter/known-secrets.ts';
import { createTabs, type Tabs } from './interpreter/tabs.ts';
import type { SessionDependencies } from './interpreter/dependencies.ts';
import { placesOf } from './interpreter/places.ts';
import { createSession } from './interpreter/session.ts';
import { createSessionDevice } from './interpreter/session-device.ts';
import type { DeclaredHost } from './network/declared-host.ts';
import { openGuardedContext } from './network/guarded-context.ts';
import type { LookupAddresses } from './network/session-addresses.ts';
import type { BrowserPool } from './pool/browser-pool.ts';
import { recipeHash } from './recipe/parse.ts';
import type { Recipe } from './recipe/recipe.ts';
import { bindHosts } from './recipe-hosts.ts';
import type { BlockedRequest, StepTrace } from './trace.ts';

export interface RecipeDriverOptions {
  readonly recipe: Recipe;
  /** What the portal type declares: `host` or `host:port`, and where each lies (default public). Nothing is ever sent anywhere else. */
  readonly hosts: readonly DeclaredHost[];
  /** Code of the portal type, for words. */
  readonly portalType?: string | undefined;
  /** Finds the addresses of a name. Default: the system's resolver. */
  readonly lookup?: LookupAddresses | undefined;
  readonly browser: BrowserPool;
  /** Whether a portal on another machine may be reached by plain http. Default false. */
  readonly plaintextAllowed?: boolean | undefined;
  /** Longest a logout may take, in ms. Default: what the recipe says, else 3,000: it is a courtesy to portals that count sessions, never worth waiting for. */
  readonly logoutMs?: number | undefined;
  /** Told after every step. Default: nobody. */
  readonly onStep?: ((step: StepTrace) => void) | undefined;
  /** Whether screenshots and page text are taken, and who keeps them. Default: none are taken. */
  readonly evidence?: EvidencePolicy | undefined;
  /** Told of every request that was stopped. Default: nobody. */
  readonly onBlocked?: ((blocked: BlockedRequest) => void) | undefined;
}

/**
 * A driver that follows a recipe. `openSession` fails with `input_invalid` (base URL not on a declared host, or not protected), `address_refused` (the
 * portal lies elsewhere than declared), `recipe_invalid` (the recipe needs a host that is not declared), `browser_unavailable` and `cancelled`.
 */
export function createRecipeDriver(options: RecipeDriverOptions): PortalDriver {
  const { device, codes } = options.recipe;
  return {
    hash: recipeHash(options.recipe),
    ...(device ? { device: { days: device.days, forgottenOnChange: device.forgotten_on_change ?? false } } : {}),
    ...(codes?.valid ? { codeLife: codes.valid } : {}),
    async openSession(where) {
      const { dependencies, context, leave, release } = await openRecipePage(options, where);
      const { logoutMs } = options;
      return createSession({
        dependencies,
        freshPage: () => freshPage(context, dependencies),
        leave,
        release,
        logoutMs,
        device: createSessionDevice({ ...dependencies, context }),
      });
    },
  };
}

/** Milliseconds for a new page: a hundred times what it takes. */
const PAGE_MS = 15_000;

/** An empty page in a context of its own that reaches the declared hosts only. `leave` gives its place back, and `release` everything. */
export interface RecipePage {
  readonly dependencies: SessionDependencies;
  readonly context: BrowserContext;
  leave(): void;
  release(): Promise<void>;
}

/** Opens a page for a recipe, as `openSession` does. */
export async function openRecipePage(options: RecipeDriverOptions, where: { readonly baseUrl: string; readonly signal: AbortSignal }): Promise<RecipePage> {
  const { recipe, hosts } = options;
  const secrets = createKnownSecrets();
  // A page can put what was typed into the name of a host, too.
  const onBlocked = ({ origin, ...rest }: BlockedRequest): void => options.onBlocked?.({ ...rest, origin: secrets.mask().mask(origin) });
  const { named, receiving } = bindHosts(recipe, hosts, where.baseUrl);
  const { context, origins, requestGate, isUnknownHost, leave, close } = await openGuardedContext({
    ...where,
    hosts,
    receiving,
    plaintextAllowed: options.plaintextAllowed,
    portalType: options.portalType,
    lookup: options.lookup,
    browser: options.browser,
    onBlocked,
  });
  try {
    const page = await withDeadline({ ms: PAGE_MS, what: 'Opening a page' }, () => context.newPage());
    const interruptions = createInterruptions(recipe.interruptions ?? [], recipe.step_deadline_ms);
    const places = placesOf({ version: recipe.version, base: origins.base, named });
    const watch = createTabs(page, places, interruptions.guard);
    const onStep = options.onStep ?? (() => undefined);
    const evidence = createEvidenceRecorder(options.evidence);
    const dependencies = { recipe, origins, places, isUnknownHost, watch, interruptions, requestGate, onStep, secrets, evidence };
    return { dependencies, context, leave, release: close };
  } catch {
    await close();
    throw new RcmError('browser_unavailable', 'The browser could not open a page.');
  }
}

/** Closes every page, forgets what the portal left in the context, and opens a new page. */
async function freshPage(context: BrowserContext, { origins, places, interruptions }: SessionDependencies): Promise<Tabs> {
  try {
    const page = await withDeadline({ ms: PAGE_MS, what: 'Opening a page' }, () => context.newPage());
    await Promise.all(
      context
        .pages()
        .filter((other) => other !== page)
        .map((other) => other.close()),
    );
    await context.clearCookies();
    const browser = await context.newCDPSession(page);
    for (const origin of origins.all) await browser.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
    await browser.detach();
    return createTabs(page, places, interruptions.guard);
  } catch {
    throw new RcmError('browser_unavailable', 'The browser could not open a page.');
  }
}
