import { playwright } from './playwright.ts';

/** What finds elements below a root that an earlier part of a selector found. Runs inside the page, so it may use nothing from outside itself. */
export type SelectorEngine = () => { queryAll(root: never, wanted: string): unknown[] };

/** Makes an engine known to Playwright, once a process; its scripts run where the page's own scripts cannot reach. `content`: an expression that gives the engine. */
export async function registerEngine(name: string, engine: SelectorEngine | { readonly content: string }): Promise<void> {
  const { selectors } = await playwright();
  await selectors.register(name, engine, { contentScript: true }).catch((error: unknown) => {
    if (!String(error).includes('already registered')) throw error;
  });
}
