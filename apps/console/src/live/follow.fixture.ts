import { request } from 'node:http';
import type { Browser } from '../browser.fixture.ts';

/** An event stream as it comes, for as long as it does. */
export interface Followed {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** All that has come. */
  text(): string;
  /** Until this is in what has come since `from`, or the stream has ended; returns how much had come by then. */
  until(wanted: RegExp, from?: number): Promise<number>;
  readonly ended: Promise<void>;
  leave(): void;
}

/** Opens it as the browser of this person does. */
export function follow(browser: Browser, path: string): Promise<Followed> {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, browser.origin),
      { agent: false, headers: { 'user-agent': browser.agent, cookie, accept: 'text/event-stream' } },
      (response) => {
        let text = '';
        let waiting = (): void => undefined;
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          waiting();
        });
        const ended = new Promise<void>((end) => response.once('close', end));
        resolve({
          ...{ status: response.statusCode ?? 0, headers: response.headers, ended },
          text: () => text,
          async until(wanted, from = 0) {
            for (let isOver = false; !wanted.test(text.slice(from));) {
              if (isOver) throw new Error(`ended without ${wanted.source}: ${text.slice(from)}`);
              isOver = await Promise.race([new Promise<boolean>((more) => (waiting = () => more(false))), ended.then(() => true)]);
            }
            return text.length;
          },
          leave: () => void asked.destroy(),
        });
      },
    );
    asked.on('error', reject).end();
  });
}
