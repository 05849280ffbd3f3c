import { type EnvironmentEndpoint } from '@rcm/test-environment';
import type { Page } from 'playwright';
import { Keyboard } from './keyboard.fixture.ts';
import { REASON } from './test-environment.fixture.ts';

export const addressOf = ({ orgId, id }: EnvironmentEndpoint): string => `/o/${orgId}/logins/${id}`;

/** Whoever types the password of a login into its page, with the keyboard alone. */
export class SetForm {
  readonly #page: Page;
  readonly #origin: string;

  constructor(page: Page, origin: string) {
    [this.#page, this.#origin] = [page, origin];
  }

  /** From the login's page to where a rotator waits; the page itself leads there once one does. */
  async asked(at: EnvironmentEndpoint): Promise<void> {
    await this.#page.goto(`${this.#origin}${addressOf(at)}`);
    const keyboard = new Keyboard(this.#page);
    const isOf = ({ action }: { readonly action: string }): boolean => action.endsWith('/acts/set');
    await keyboard.to('set', (focused) => focused.tag === 'SUMMARY' && isOf(focused));
    await keyboard.press('Enter');
    await keyboard.to('the reason', (focused) => focused.name === 'reason' && isOf(focused));
    await keyboard.type(REASON);
    await keyboard.to('the button', (focused) => focused.tag === 'BUTTON' && isOf(focused));
    await keyboard.enter();
    await this.#page.getByRole('link', { name: `type the password of ${at.id}` }).waitFor();
    await keyboard.to('the form', ({ href }) => href === `${addressOf(at)}/set`);
    await keyboard.enter();
  }

  async typed(password: string): Promise<void> {
    const keyboard = new Keyboard(this.#page);
    // The focus is where it is typed, by itself.
    while ((await keyboard.focused()).name !== 'password') await new Promise((resolve) => setTimeout(resolve, 50));
    await keyboard.type(password);
    await keyboard.to('the button', ({ tag, action }) => tag === 'BUTTON' && action.endsWith('/acts/type'));
    await keyboard.enter();
  }

  /** How far it is, on the page that is open, which nobody loads again: waits for one of these. */
  async untilSaid(...words: readonly string[]): Promise<string> {
    for (;;) {
      const said = await this.#howFar();
      if (words.includes(said)) return said;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #howFar(): Promise<string> {
    const said = await this.#page
      .locator('#asked td[data-title="How far"]')
      .first()
      .textContent()
      .catch(() => null);
    return said ?? '';
  }
}
