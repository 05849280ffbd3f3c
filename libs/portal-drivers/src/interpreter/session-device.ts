import { Secret, withDeadline } from '@rcm/telemetry';
import type { BrowserContext } from 'playwright';
import type { RequestGate } from '../network/request-gate.ts';
import type { KnownDevice } from '../outcome.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { createSecretMask } from '../secret-mask.ts';
import { type DevicePlace, type DeviceState, heldState, isSameState, keptState } from './device-state.ts';
import type { Places } from './places.ts';

/** Milliseconds to give a browser what is kept, or to read it: a hundred times what it takes. A login goes on without it. */
const BROWSER_MS = 15_000;
/** Shorter values are in many texts by chance, and hold no secret. */
const SHORTEST_SECRET = 8;

/** By what the portal knows the device that a session's browser is. */
export interface SessionDevice {
  /** Puts what was kept into an empty context, before its first page. Returns what of it must not show anywhere; nothing, where nothing was put there. Never fails. */
  give(device: Secret<object>): Promise<readonly Secret<string>[]>;
  /** What the browser holds of it now; `undefined`: nothing. Never fails. */
  read(): Promise<KnownDevice | undefined>;
}

interface SessionDeviceOptions {
  readonly context: BrowserContext;
  readonly recipe: Recipe;
  readonly places: Places;
  readonly requestGate: RequestGate;
}

/** `null`: the recipe names nothing by which the portal knows a device. */
export function createSessionDevice({ context, recipe: { device: known }, places, requestGate }: SessionDeviceOptions): SessionDevice | null {
  if (!known) return null;
  const place: DevicePlace = { known, origin: new URL(places.address(known.host === undefined ? '/' : `{${known.host}}/`)).origin };
  let given: DeviceState | null = null;
  return {
    async give(device) {
      given = null;
      const state = keptState(device, place);
      if (!state) return [];
      const values = [...state.cookies, ...state.storage].map(({ value }) => new Secret(value)).filter((value) => value.reveal().length >= SHORTEST_SECRET);
      // From here on nothing that could carry it goes to a host that may not receive what is typed.
      requestGate.guard(createSecretMask(values));
      try {
        await withDeadline({ ms: BROWSER_MS, what: 'Giving the browser its device' }, () => put(context, state));
        given = state;
      } catch {
        await context.clearCookies().catch(() => undefined);
      }
      return values;
    },
    async read() {
      try {
        const state = await withDeadline({ ms: BROWSER_MS, what: 'Reading the device' }, async () =>
          heldState(known.storage ? await context.storageState() : { cookies: await context.cookies(), origins: [] }, place),
        );
        return state === null ? undefined : { state: new Secret<object>(state), isNew: given === null || !isSameState(given, state) };
      } catch {
        return undefined;
      }
    },
  };
}

/** Storage is written by an empty page of its host's, which Playwright answers itself: nothing is sent. */
function put(context: BrowserContext, { origin, cookies, storage }: DeviceState): Promise<void> {
  if (storage.length === 0) return context.addCookies(cookies);
  return context.setStorageState({ cookies, origins: [{ origin, localStorage: storage }] });
}
