import { readFile } from 'node:fs/promises';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe, readRecipeFile, type Recipe, upgradeRecipe } from '../index.ts';
import { DemoRun, nextPassword, PATIENT_LOGOUT_MS, wrong } from './demo-portals.fixture.ts';

let run: DemoRun;
beforeAll(async () => {
  run = await DemoRun.start();
});
afterEach(() => run.closeSessions());
afterAll(() => run.close());

async function upgraded(name: string): Promise<Recipe> {
  const text = await readFile(new URL(`../../recipes/${name}.yaml`, import.meta.url), 'utf8');
  return parseRecipe(upgradeRecipe(text, { file: name })?.text ?? '');
}

const PORTALS = ['alpine', 'borealis', 'cascade'] as const;

// On a change the one whose recipe is longest.
describe.each(PORTALS.slice(0, isLongForm() ? 3 : 1))('the recipe of %s, rewritten as version 2', (portal) => {
  it('gives what it gave as version 1: logins, refusals, claims, changes, the end of the session', async () => {
    const of = await run.account(portal);
    const results = async (recipe: Recipe, current: typeof of, next: string) => {
      const session = await run.session(portal, { recipe, logoutMs: PATIENT_LOGOUT_MS });
      const refused = await run.login(await run.session(portal, { recipe }), wrong(current));
      const login = await run.login(session, current);
      const claims = [await run.claim(session, 'CLM-10'), await run.claim(session, 'NO-SUCH-CLAIM')];
      const before = run.traces.length;
      const change = await run.change(session, current, next);
      await session.close();
      const steps = run.traces.slice(before).map(({ act, step, outcome }) => [act, step, outcome]);
      return { refused: refused.outcome, login: login.outcome.kind, claims, change, steps };
    };
    const first = await results(await readRecipeFile(portal), of, nextPassword(of).password);
    // Of the last passwords none may be taken again.
    const second = await results(await upgraded(portal), nextPassword(of), `${nextPassword(of).password.slice(0, -2)}9Z`);
    expect(first.login).toBe('accepted');
    expect(first.change.kind).toBe('applied');
    expect(second).toEqual(first);
  });
});
