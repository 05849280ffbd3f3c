import type { Browser, Page } from 'playwright';
import { expect } from 'vitest';
import { Keyboard } from './keyboard.fixture.ts';
import { REASON } from './test-environment.fixture.ts';

/** A page of this person, signed in; every answer that it gets is added to `answers` as it came, before anything shows it. */
export async function signInTo(chromium: Browser, origin: string, { person, answers }: { readonly person: string; readonly answers: Buffer[] }): Promise<Page> {
  const signedIn = await (await chromium.newContext()).newPage();
  // It only ends what hangs: a machine may be ten times as slow.
  signedIn.setDefaultTimeout(600_000);
  signedIn.on('response', (response) => {
    answers.push(Buffer.from(JSON.stringify(response.headers())));
    response.body().then(
      (body) => answers.push(body),
      () => undefined,
    );
  });
  await signedIn.goto(`${origin}/sign-in/begin?to=/all/logins`);
  await signedIn.locator(`button[value="${person}"]`).click();
  await signedIn.waitForURL(`${origin}/all/logins`);
  return signedIn;
}

interface Pages {
  /** Of who asks for acts. */
  readonly page: Page;
  /** The second person's. */
  readonly second: Page;
}

/** Two people at the console: one asks for acts, the other says yes or no to those that need two. */
export class TwoPeople {
  readonly #origin: string;
  readonly #page: Page;
  readonly #second: Page;

  constructor(origin: string, { page, second }: Pages) {
    this.#origin = origin;
    this.#page = page;
    this.#second = second;
  }

  /** As a person does it with the keyboard: to the act, open it, say why, press the button. */
  async act(address: string, title: string): Promise<void> {
    await this.#page.goto(`${this.#origin}${address}`);
    await this.#page.locator('summary', { hasText: title }).first().focus();
    await this.#page.keyboard.press('Enter');
    await this.#page.keyboard.press('Tab');
    await this.#page.keyboard.type(REASON);
    await this.#page.keyboard.press('Tab');
    await Promise.all([this.#page.waitForNavigation(), this.#page.keyboard.press('Enter')]);
    expect(await this.#page.getByRole('heading', { level: 1 }).textContent()).not.toMatch(/^Not (done|known)/);
  }

  async untilDone(address: string): Promise<void> {
    for (;;) {
      await this.#page.goto(`${this.#origin}${address}`);
      const state = (await this.#page.locator('#asked td[data-title="How far"]').first().textContent()) ?? '';
      if (!['waits for a rotator', 'under way'].includes(state)) return void expect(state).toBe('done');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** The second person, at the page that shows what waits. */
  async decide(address: string, answer: 'approve' | 'decline'): Promise<void> {
    await this.#answerTo(this.#second, address, answer);
  }

  /** What a person says to what was asked for, with the keyboard alone. */
  async #answerTo(at: Page, address: string, answer: 'approve' | 'decline' | 'withdraw'): Promise<void> {
    await at.goto(`${this.#origin}${address}`);
    const keyboard = new Keyboard(at);
    const isOf = ({ action }: { readonly action: string }): boolean => action.endsWith(`/acts/${answer}`);
    await keyboard.to(answer, (focused) => focused.tag === 'SUMMARY' && isOf(focused));
    await keyboard.press('Enter');
    await keyboard.to('the reason', (focused) => focused.name === 'reason' && isOf(focused));
    await keyboard.type('seen the ticket');
    await keyboard.to('the button', (focused) => focused.tag === 'BUTTON' && isOf(focused));
    await keyboard.enter();
    expect(await at.getByRole('heading', { level: 1 }).textContent()).not.toMatch(/^Not (done|known)/);
  }

  async actOfTwo(address: string, title: string): Promise<void> {
    await this.act(address, title);
    await this.decide(address, 'approve');
    await this.untilDone(address);
  }

  /** Who asked takes it back. */
  async withdraw(address: string): Promise<void> {
    await this.#answerTo(this.#page, address, 'withdraw');
  }
}
